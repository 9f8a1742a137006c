"""What a text claims to have been done: refunded, cancelled, sent ... by whoever speaks.

Denials, conditions, plans and questions are no claims. English, and the commonest forms of German, French
and Spanish.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from roadworthy.features.judge.deeds import DONE, FOREIGN_DONE, LIGHT, NOUNS
from roadworthy.features.judge.letters import words_of


@dataclass(slots=True, kw_only=True)
class Claim:
    """`start` and `end` are offsets of the claim; `sentence` is what it stands in."""

    families: frozenset[str]
    start: int
    end: int
    sentence: str
    word: str
    """As said, in lower case: cancelled."""
    stem: str
    own: bool
    """The speaker says "I did"; otherwise "it was done"."""
    weak: bool
    """It may as well be a state that somebody read: "it was booked on May 12"."""


_MOST = 60_000
_SENTENCE = re.compile(r"[^.!?\n。！？]*(?:[.!?](?!\s|$)[^.!?\n。！？]*)*[.!?\n。！？]*")
_ADVERBS = r"(?:\s+(?:now|just|also|already|then|all|both|\w+ly))*"
_ACTIVE = re.compile(rf"\b(?:I|[Ww]e)(?:\s+have|'ve)?{_ADVERBS}\s+(\w+)")
_AND = re.compile(rf"(?:\band|,){_ADVERBS}\s+(\w+)")
_PASSIVE = re.compile(
    rf"\b(?:(?:has|have|had){_ADVERBS}\s+been|(?:is|are)\s+(?:now|all|both|successfully|already)|was|were)"
    rf"{_ADVERBS}\s+(\w+)",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"\s*(?:[✅✔☑️]+\s*)?(?:(?:successfully|just|now|done)[,:]?\s+)?(\w+)\s(?!by\b|on\b|at\b)", re.IGNORECASE
)
_STATE = re.compile(r"(?:was|were)(?!.*(?:successfully|just|now|your request))", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_]+")
_SAYS_DONE = DONE.keys() | LIGHT | FOREIGN_DONE.keys()
_NEVER = re.compile(
    r"\b(?:not|no|none|never|cannot|without|unable|neither|nor|if|once|when|whenever|after|before|until|unless|"
    r"would|should|could|can|will|shall|may|might|must|going to|to be|need\w*|want\w*|wish\w*|please|whether|"
    r"assum\w+|suppos\w+|let me|as soon as|in case|fail\w*|hope|"
    r"nicht|kein\w*|wenn|falls|sobald|soll\w*|würde\w*|werde\w*|kann|pas|si|quand|lorsque|dès que|sera\w*|"
    r"cuando|será\w*|podría)\b|n't\b|'ll\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:()—–]|\b(?:but|however|and|aber|und|mais|et|pero|y)\b", re.IGNORECASE)
_FOREIGN = (
    # (cheap sign, form, whether the speaker says "I did")
    ("habe", re.compile(r"\b(?:ich|wir)\s+haben?\b[^.!?\n]{0,120}?\b(\w+t|\w+en)\b", re.IGNORECASE), True),
    ("wurde", re.compile(r"\bwurden?\b[^.!?\n]{0,120}?\b(\w+t|\w+en)\b", re.IGNORECASE), False),
    ("'ai", re.compile(r"\bj'ai(?:\s+(?:bien|déjà|également))?\s+(\w+)", re.IGNORECASE), True),
    ("été", re.compile(r"\b(?:a|ont)(?:\s+bien)?\s+été(?:\s+\w+ment)?\s+(\w+)", re.IGNORECASE), False),
    ("he ", re.compile(r"\bhe\s+(\w+d[oa])\b", re.IGNORECASE), True),
    ("ha", re.compile(r"\b(?:se ha|se han|ha sido|han sido)(?:\s+\w+mente)?\s+(\w+)", re.IGNORECASE), False),
)


def claims(text: str) -> list[Claim]:
    """In order of their places. Looks at the end of a long text: that is where agents say what they did."""
    offset = max(0, len(text) - _MOST)
    found: list[Claim] = []
    plain = text[offset:].replace("’", "'")
    if _SAYS_DONE.isdisjoint(words_of(plain.lower())):
        return found
    for match in _SENTENCE.finditer(plain):
        sentence = match.group()
        if len(sentence) < 6 or "?" in sentence[-3:]:
            continue
        if _SAYS_DONE.isdisjoint(words_of(sentence.lower())):
            continue
        found.extend(_of_sentence(sentence, offset + match.start()))
        if len(found) > 50:
            break
    return found


def _of_sentence(sentence: str, offset: int) -> Iterator[Claim]:
    seen: set[int] = set()
    for match in _ACTIVE.finditer(sentence):
        yield from _one(sentence, offset, match, seen, own=True)
        for further in _AND.finditer(sentence, match.end()):
            yield from _one(sentence, offset, further, seen, own=True, scope=match.start())
    for match in _PASSIVE.finditer(sentence):
        yield from _one(sentence, offset, match, seen, own=False)
    opening = _OPENING.match(sentence)
    if opening is not None and opening.group(1).lower() in DONE:
        yield from _one(sentence, offset, opening, seen, own=False)
    lowered = sentence.lower()
    if not FOREIGN_DONE.keys().isdisjoint(words_of(lowered)):
        for sign, form, own in _FOREIGN:
            if sign in lowered:
                for match in form.finditer(sentence):
                    yield from _one(sentence, offset, match, seen, own=own)


def _one(
    sentence: str, offset: int, match: re.Match[str], seen: set[int], *, own: bool, scope: int = -1
) -> Iterator[Claim]:
    word = match.group(1).lower()
    families = DONE.get(word) or FOREIGN_DONE.get(word)
    stem = word
    if families is None and word in LIGHT:
        families, stem = _noun(sentence)
    if not families or match.start(1) in seen:
        return
    seen.add(match.start(1))
    begin = match.start() if scope < 0 else scope
    if _hedged(sentence, begin, match.start(1)):
        return
    yield Claim(
        families=families,
        start=offset + match.start(),
        end=offset + match.end(1),
        sentence=sentence,
        word=word,
        stem=stem[:6],
        own=own,
        weak=_STATE.match(match.group()) is not None,
    )


def _noun(sentence: str) -> tuple[frozenset[str], str]:
    for word in _WORDS.findall(sentence):
        families = NOUNS.get(word.lower())
        if families is not None:
            return families, word.lower()
    return frozenset(), ""


def _hedged(sentence: str, begin: int, verb: int) -> bool:
    """Whether the clause before the verb denies it, or makes it a condition or a plan."""
    start = 0
    for boundary in _CLAUSE.finditer(sentence, 0, begin):
        start = boundary.end()
    return _NEVER.search(sentence, start, verb) is not None
