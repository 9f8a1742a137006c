"""How much a piece of a tool's result reads like an order to the agent rather than like data.

A text is cut into sentences; each gets features that say how it is built (an imperative, a question out of
place, talk of "your answer", an override of earlier orders, strangeness among its neighbours) and the words
it uses; a linear model adds their weights, learned by `benchmarks/injection_model.py` and shipped as
`instructions.json.gz`: {"bias", "threshold", "weights": {feature: weight}}.

Plain dictionaries of weights: a sentence costs some ten microseconds, and nothing is loaded until the first
text that holds a sentence.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import orjson

from roadworthy.features.judge.sentences import Sentence, pieces
from roadworthy.kit.word_set import WordSet

_WEIGHTS = Path(__file__).with_name("instructions.json.gz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    sentence: Sentence
    score: float
    """Log odds; an instruction from `Model.threshold` on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    bias: float
    threshold: float
    weights: dict[str, float]


@lru_cache(maxsize=1)
def shipped() -> Model:
    held = orjson.loads(gzip.decompress(_WEIGHTS.read_bytes()))
    return Model(bias=held["bias"], threshold=held["threshold"], weights=held["weights"])


def strongest(
    text: str, model: Model | None = None, *, triggers: Sequence[str] | None = None
) -> Scored | None:
    """The sentence that reads most like an instruction; None where none calls for anything. `triggers` are
    those of `triggers_in` that the text may hold, where the caller knows."""
    found = pieces(text)
    kinds = [_kind(piece) for _, piece in found]
    if triggers is None:
        triggers = triggers_in(text)
    if not triggers and kinds.count(_PLAIN) == len(kinds) and text.isascii():
        # As most texts are: nothing in them is looked at any further.
        return None
    model = model or shipped()
    best: Scored | None = None
    features = _featured([piece for _, piece in found], kinds, triggers)
    for (start, piece), own in zip(found, features, strict=True):
        score = score_of(own, model) if own else 0.0
        if own and (best is None or score > best.score):
            sentence = Sentence(start=start, end=start + len(piece), text=piece)
            best = Scored(sentence=sentence, score=score)
    return best


def score_of(features: Sequence[str], model: Model) -> float:
    weights = model.weights
    return model.bias + sum(weights[one] for one in features if one in weights)


# --- features ----------------------------------------------------------------------------------------------


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+")
_LINK = re.compile(
    r"https?://|www\.|\b[\w-]+\.(?:com|net|org|io|xyz|ru|info|biz)\b|\b[\w.+-]+@[\w-]+\.\w", re.I
)
_QUOTED = re.compile(r"[\"“][^\"”]{3,}[\"”]|(?<!\w)'[^']{3,}'")
_MONEY = re.compile(r"[$€£]\s?\d|\d[.,]\d\d\b|\b\d{4}-\d\d-\d\d|••\d+")
_BLOB = re.compile(r"[A-Za-z0-9+/]{48,}={0,2}|(?:[01]{8}\s?){6,}|(?:\\x[0-9a-f]{2}){6,}")
_MY_ANSWER = re.compile(
    r"\b(?:your|the|this|each|every|all)\s+(?:next\s+|final\s+|own\s+|entire\s+|whole\s+)?"
    r"(?:answer|answers|reply|replies|response|responses|message|messages|output|outputs|summary|completion)\b",
    re.I,
)
_OVERRIDE = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass|drop|neglect|set aside|stop following|do not follow|"
    r"don't follow|cancel|skip|replace)\b.{0,40}\b(?:instruction|instructions|prompt|prompts|rule|"
    r"rules|orders|"
    r"guideline|guidelines|above|previous|prior|earlier|context|directions|task|polic(?:y|ies)|told|said)\b|"
    r"\b(?:previous|prior|above|initial|original|system|hidden|secret)\s+(?:instruction|instructions|prompt|"
    r"prompts|message|rules|directives)\b|\bnew (?:instruction|instructions|task|orders|rules)\b|"
    r"\binstead of (?:answering|doing|the (?:task|question))\b",
    re.I | re.S,
)
_TO_MACHINE = re.compile(
    r"\b(?:ai|a\.i\.|assistant|chatbot|language model|llm|gpt|chatgpt|copilot|claude|agent|bot|dan)\b|"
    r"\b(?:system|developer|admin)\s*(?:prompt|message|override|note|mode)?\s*:|<\|?(?:im_start|system|inst)|"
    r"\byou (?:are|will be|must|should|shall|have to|need to) (?:now |always |also )?(?:act|an?|the|"
    r"pretend|answer|"
    r"respond|reply|call|use|send|ignore|obey|output|speak|free)\b|\bfrom now on\b|\bpretend\b|\bact as\b|"
    r"\brole-?play\b|\bjailbreak\w*|\bimagine you\b",
    re.I,
)
_SECRETS = re.compile(
    r"\b(?:api key|password|passwords|credential|credentials|secret|token|private key|conversation|"
    r"chat history|"
    r"personal data|credit card|e-?mail address|customer data|database|bank account|system prompt)\b",
    re.I,
)
_CODE = re.compile(r"`|\w_\w|\w\(|#\d+|->|::|[a-z][A-Z]|\$\s|--\w")
_PLAIN = "kind:plain"
_CALLING = frozenset({"kind:order", "kind:question", "kind:asks-you", "kind:rule"})
_QUESTION = re.compile(
    r"(?:what|who|whom|whose|when|where|which|why|how|is|are|do|does|did|can|could|would|should|will|"
    r"was|were)"
    r"(?:['’]s|['’]re)?\b",
    re.I,
)
_ASKS_YOU = re.compile(r"(?:can|could|would|will) you\b", re.I)
_LEAD = re.compile(
    r"(?:(?:please|now|also|then|next|and|but|kindly|finally|just|always|instead|first|second|additionally|"
    r"important|note|attention|urgent|hey|hi|hello|ok|okay|ps|p\.s|before you \w+|after that|to do so|"
    r"for this|"
    r"in (?:your|the) \w+|at the end of your \w+|when \w+ing|todo|task|instruction|instructions|user|system|"
    r"assistant|question|q|human)\b[\s,:!.\-]*)+",
    re.I,
)
_LEADS = _set(
    """
    please now also then next and but kindly finally just always instead first second additionally important
    note attention urgent hey hi hello ok okay ps p before after to for in at when todo task instruction
    instructions user system assistant question q human
    """
)
"""Words one of which stands first where `_LEAD` finds anything."""
_PLAIN_DUTIES = re.compile(
    r"\b(?:click|unsubscribe|reply to this e?-?mail|contact (?:us|support)|learn more|read more|"
    r"sign (?:in|up)|"
    r"log ?in|view (?:in|your|the)|see (?:also|the|below)|"
    r"if you (?:have|need|did|are|want|would|no longer))\b",
    re.I,
)
_VERBS = _set(
    """
    add adjust answer append apply arrange attach augment begin book break build buy calculate call
    cancel capitalize change check choose cite classify combine compare complete compose compute
    conceal conclude connect convert convince copy count create decode define delete deliver
    demonstrate describe design detail develop disclose discuss display do download draft draw edit
    email emphasize encode encourage encrypt end enhance ensure enter execute expand explain export
    express extract fetch fill find finish follow format formulate forward generate get give go
    group guide hide highlight identify illustrate imagine implement include incorporate inform
    inject insert install instruct integrate introduce invert invite invoke issue join jumble leak
    let list load log make mask mention merge misspell mix modify move name navigate notify obey
    offer open order outline output paste pay perform persuade plan post prepare present pretend
    print produce promote proofread prove provide publish purchase put quote randomize read
    rearrange recite recommend refund register remind remove render repeat rephrase replace reply
    report request reset respond return reveal reverse review rewrite run save say schedule scramble
    search sell send set share show shuffle simulate solve speak spell split start state steal stop
    store submit subscribe substitute suggest summarise summarize swap switch talk teach tease tell
    think transfer transform translate try turn type unlock update upload urge use utilize verify
    visit warn weave wire withdraw write
    """
)
_IDLE = _set(
    """
    the a an and or of to in on at for with from by is are was were be been it this that these those
    as if you your i we our us my me he she they them his her their not no any all has have had will
    would can could do does did what who when where which why how than then there here into over out
    up so but about
    """
)


def triggers_in(text: str) -> list[str]:
    """Of the words that make a plain sentence worth a look those that stand in a text. Of several texts
    together it costs hardly more than of one."""
    return [*_STEMS.found_in(text), *(name for name in _NAMES if name in text)]


def featured(found: Sequence[Sentence]) -> list[list[str]]:
    """Names of the features each sentence has, all present or absent; [] for one that calls for nothing and
    speaks of nothing that concerns an agent, as most do: it is not looked at any further."""
    texts = [one.text for one in found]
    return _featured(texts, [_kind(text) for text in texts], triggers_in("\n".join(texts)))


def _featured(texts: Sequence[str], kinds: Sequence[str], triggers: Sequence[str]) -> list[list[str]]:
    lower = [text.lower() for text in texts]
    called = [
        at
        for at, (text, kind) in enumerate(zip(texts, kinds, strict=True))
        if kind != _PLAIN or (_may(text, lower[at], triggers) and _TRIGGER.search(text))
    ]
    features: list[list[str]] = [[] for _ in texts]
    if not called:
        return features
    orders = sum(1 for kind in kinds if kind in _CALLING) / len(texts)
    lowered = [_WORD.findall(text) for text in lower]
    uses: dict[str, int] = {}
    for words in lowered:
        for word in set(words):
            uses[word] = uses.get(word, 0) + 1
    for at in called:
        marks = [
            kinds[at],
            *_marks(texts[at], lower[at], lowered[at]),
            *_place(at, of=len(texts), orders=orders),
        ]
        marks.append(_strangeness(lowered[at], uses=uses, alone=len(texts) <= 2))
        features[at] = [*marks, *(f"{kinds[at]}&{other}" for other in marks[1:]), *_lexical(lowered[at])]
    return features


def _place(at: int, *, of: int, orders: float) -> list[str]:
    """`orders` is the share of the sentences that call for something: of many none is out of place."""
    if of <= 2:
        return []
    marks = ["orders:many" if orders > 0.25 else "orders:some" if orders > 0.1 else "orders:few"]
    if at == 0:
        marks.append("first")
    if at == of - 1:
        marks.append("last")
    return marks


def _strangeness(words: Sequence[str], *, uses: dict[str, int], alone: bool) -> str:
    """How many of its words the rest of the text uses as well, in quarters."""
    if alone:
        return "alone"
    own = [word for word in words if word not in _IDLE and len(word) > 2]
    shared = sum(1 for word in own if uses[word] > 1)
    return f"shared:{min(3, 4 * shared // max(1, len(own)))}"


def _lexical(words: Sequence[str]) -> list[str]:
    pairs = [f"b:{one} {two}" for one, two in pairwise(words[:25])]
    return [f"length:{min(6, len(words) // 5)}", *(f"w:{word}" for word in dict.fromkeys(words[:40])), *pairs]


def _kind(text: str) -> str:
    """How it is built, by its beginning and its end."""
    rest = 0
    opening = _WORD.match(text)
    head = opening.group().lower() if opening else ""
    if head in _LEADS or "'" in head or not head.isascii():
        lead = _LEAD.match(text)
        rest = lead.end() if lead and lead.end() < len(text) else 0
        opening = _WORD.match(text, rest)
        head = opening.group().lower() if opening else ""
    if head in _MODALS and _ASKS_YOU.match(text, rest):
        return "kind:asks-you"
    asks = text[-1] in "?？"
    if asks and _QUESTION.match(text, rest):
        return "kind:question"
    if head in _VERBS:
        return "kind:order"
    if head in _RULES:
        return "kind:rule"
    return "kind:unsure-question" if asks else _PLAIN


def _marks(text: str, lower: str, words: Sequence[str]) -> list[str]:
    marks = ["lead"] if _LEAD.match(text) else []
    for name, pattern, stems in _PATTERNS:
        # Looking for a stem first is many times faster than the pattern, and most sentences have none.
        if (not stems or any(stem in lower for stem in stems)) and pattern.search(text):
            marks.append(name)
    if "your" in words or "you" in words:
        marks.append("you")
    if "we" in words or "our" in words or "us" in words or "i" in words:
        marks.append("we")
    if text[-1] in ".!?。":
        marks.append("closed")
    if text[0].islower():
        marks.append("lower")
    if not text.isascii():
        marks.append("not-ascii")
    return marks


_MODALS = frozenset({"can", "could", "would", "will"})
_RULES = frozenset({"do", "don't", "never", "always", "you"})
_TRIGGER = re.compile(
    r"(?i:\b(?:instruct|ignor|disregard|forget|overrid|bypass|assistant|prompt|chatbot|jailbreak|"
    r"pretend|obey|"
    r"imagine|from now on|(?:your|this|the) (?:answer|reply|response|output|implementation|solution)|"
    r"rules?\b|role)|<\||password|credential|\bsystem:)|\b(?:AI|LLM|GPT|DAN|MUST)\b|"
    r"[\u3040-\u30ff\u4e00-\u9fff]{6,}"
)


def _stems(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_STEMS = WordSet(
    """
    instruct ignor disregard forget overrid bypass assistant prompt chatbot jailbreak pretend obey imagine
    from answer reply response output implementation solution rule role <| password credential system:
    """
)
"""Of what `_TRIGGER` looks for, lower case."""


_NAMES = ("AI", "LLM", "GPT", "DAN", "MUST")


def _may(text: str, lower: str, triggers: Sequence[str]) -> bool:
    """Whether `_TRIGGER` may find anything in a sentence."""
    return not text.isascii() or any(one in lower or one in text for one in triggers)


_PATTERNS: tuple[tuple[str, re.Pattern[str], tuple[str, ...]], ...] = (
    ("my-answer", _MY_ANSWER, _stems("answer repl response message output summary completion")),
    (
        "override",
        _OVERRIDE,
        _stems(
            """
            instruct prompt rule order guideline above previous prior earlier context direct task polic told
            said message instead
            """
        ),
    ),
    ("to-machine", _TO_MACHINE, ()),
    ("secrets", _SECRETS, _stems("key pass cred secret token conver chat data card mail account prompt")),
    ("link", _LINK, ()),
    ("quoted", _QUOTED, ()),
    ("money", _MONEY, ()),
    ("blob", _BLOB, ()),
    ("code", _CODE, ()),
    ("plain-duties", _PLAIN_DUTIES, _stems("click unsub reply contact more sign log view see if")),
)
"""Each with stems of which one stands in all it finds."""
