"""Which language a text is in, as far as its script and its commonest words tell.

Made for one question only: is this certainly not the language of that? Where two languages are too alike, or
the text too short, it says nothing.
"""

from __future__ import annotations

import re
from collections import Counter

from roadworthy.features.judge.letters import words_of
from roadworthy.features.judge.screen import holds_any

_LETTERS = 1_500
_LEAST_LETTERS = 12
_LEAST_WORDS = 12
_LEAST_SHARE = 0.16
_LEAD = 2.0
_LEAST_DISTINCT = 3
_CODE = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]{0,300}`|https?://\S+|(?<!\S)\S{1,100}@\S{1,200}|\"[^\"\n]{0,300}\"|„[^“\n]{0,300}“|«[^»\n]{0,300}»|<[^>\n]{1,200}>",
    re.DOTALL,
)
_CODE_SIGNS = ("`", "://", "@", '"', "„", "«", "<")

_RANGES = (
    (0x0370, 0x03FF, "greek"),
    (0x0400, 0x052F, "cyrillic"),
    (0x0590, 0x05FF, "hebrew"),
    (0x0600, 0x06FF, "arabic"),
    (0x0900, 0x097F, "devanagari"),
    (0x0980, 0x09FF, "bengali"),
    (0x0B80, 0x0BFF, "tamil"),
    (0x0E00, 0x0E7F, "thai"),
    (0x3040, 0x30FF, "kana"),
    (0x3400, 0x9FFF, "han"),
    (0xAC00, 0xD7AF, "hangul"),
    (0x1100, 0x11FF, "hangul"),
)
_COMMON: dict[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "English": "the of and to in is you that it for on with as are this your have be at or from we can "
        "will not has was by please an would if my what "
        "i do so me am we no her he she they all but any one out up get like need how also just could there "
        "a o us its our had were been their which who when then than into only",
        "German": "der die das und ist nicht ich sie ein eine zu den mit auf für von dem es im sich "
        "auch wir uns noch wurde dazu ihrem ihren ihrer ab habe hat "
        "ihre ihr haben wird werden oder bei kann einen wie bitte dass sind",
        "French": "le la les des et est une un vous que pour dans en du pas ne ce votre avec sur au "
        "qui nous "
        "je sont être avez plus par être ou cette",
        "Spanish": "el la los las de que y en un una es por con para no su se del al lo como más "
        "usted está "
        "pero puede ha si le tiene este",
        "Portuguese": "o a os as de que e em um uma é por com para não seu sua se do da ao no na como mais "
        "você está mas pode foi são isso",
        "Italian": "il la gli le di che e in un una è per con non suo si del della al come più può sono ma "
        "questo ha dei nel lo anche",
        "Dutch": "de het een en van is dat niet je u in op te voor met zijn aan we er ook uw kan bij of om "
        "maar deze hebben wordt naar",
        "Polish": "i w na z do nie się że jest to o jak za ale po co czy dla od przez być są oraz może pan "
        "tego które ze a my u dni już został została zostało ma pani państwo państwa twoje twój jeszcze "
        "będzie",
        "Swedish": "och att det i en som är på av för med den till inte du har jag vi ett om kan din eller "
        "var från ska",
        "Danish": "og at det i en som er på af for med den til ikke du har jeg vi et om kan din eller var "
        "fra skal",
        "Turkish": "ve bir bu için ile da de ne var mı olarak daha çok gibi size siz ama değil olan lütfen "
        "kadar sonra",
        "Czech": "a je se v na to že s z do o jak pro ale po jsem si k nebo není být které jsou vám váš",
        "Romanian": "și de la în a nu pe că o un este cu din pentru sau mai care sunt dumneavoastră să ce "
        "am fi",
        "Indonesian": "yang dan di ini itu untuk dengan tidak dari anda saya ke pada adalah akan "
        "bisa dalam "
        "atau juga telah",
        "Vietnamese": "và của là có không được cho này với các một trong để bạn tôi những khi đã người",
    }.items()
}
_NO_LETTERS = {code: None for code in range(128) if not chr(code).isalpha()}
_LANGUAGES: dict[str, list[str]] = {}
for _name, _words in _COMMON.items():
    # A word that English has too proves nothing: Polish "to", "do" and "i".
    for _one in _words if _name == "English" else _words - _COMMON["English"]:
        _LANGUAGES.setdefault(_one, []).append(_name)
_ALIKE = (
    {"Swedish", "Danish"},
    {"Spanish", "Portuguese", "Italian"},
    {"Spanish", "French"},
    {"German", "Dutch"},
    {"Czech", "Polish"},
)


def script(text: str) -> str:
    """Name of the script most letters are in ("latin" included); "" for few letters or a mixture."""
    if text.isascii():
        # Most texts have enough letters at once.
        letters = len(text[: 4 * _LEAST_LETTERS].translate(_NO_LETTERS))
        if letters < _LEAST_LETTERS:
            letters = len(text[:_LETTERS].translate(_NO_LETTERS))
        return "latin" if letters >= _LEAST_LETTERS else ""
    counts: Counter[str] = Counter()
    for char in text[: 2 * _LETTERS]:
        if char.isalpha():
            counts[_script_of(ord(char))] += 1
    total = sum(counts.values())
    # Japanese is written in two scripts at once.
    if counts["kana"] > 0.05 * total:
        counts["kana"] += counts.pop("han", 0)
    name, most = counts.most_common(1)[0] if counts else ("", 0)
    # A word of Han or Hangul is two letters where one of Latin is five.
    least = _LEAST_LETTERS // 2 if name in ("han", "hangul", "kana") else _LEAST_LETTERS
    return name if total and most >= least and most >= 0.7 * total else ""


def _script_of(code: int) -> str:
    if code < 0x250 or 0x1E00 <= code <= 0x1EFF:
        return "latin"
    for low, high, name in _RANGES:
        if low <= code <= high:
            return name
    return "other"


def language(text: str, *, least_words: int = _LEAST_WORDS) -> str:
    """Of a text in Latin letters: the language whose commonest words stand out; "" where none does."""
    words = words_of(text[: 4 * _LETTERS].lower())[:300]
    if len(words) < least_words:
        return ""
    known: dict[str, int] = {}
    for word in words:
        if word in _LANGUAGES:
            known[word] = known.get(word, 0) + 1
    scores: dict[str, int] = {}
    distinct: dict[str, int] = {}
    for word, times in known.items():
        for name in _LANGUAGES[word]:
            scores[name] = scores.get(name, 0) + times
            distinct[name] = distinct.get(name, 0) + 1
    if not scores:
        return ""
    # Of several as strong the one that was heard first.
    best = max(scores, key=scores.__getitem__)
    score = scores[best]
    rivals = [other for name, other in scores.items() if name != best and not _alike(name, best)]
    certain = score >= _LEAST_SHARE * len(words) and score >= _LEAD * max(rivals, default=0)
    return best if certain and distinct[best] >= _LEAST_DISTINCT else ""


def differ(one: str, other: str) -> bool:
    """Whether two names that `language` gave are certainly two languages."""
    return bool(one and other) and one != other and not _alike(one, other)


def _alike(one: str, other: str) -> bool:
    return any(one in group and other in group for group in _ALIKE)


def prose(text: str) -> str:
    """Without code, addresses, tags and quotations."""
    text = text[: 8 * _LETTERS]
    # Where none of these is there is nothing to take away, and that costs a tenth of looking for it.
    return _CODE.sub(" ", text) if holds_any(text, _CODE_SIGNS) else text
