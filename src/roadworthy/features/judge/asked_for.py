"""What an agent asks the user for, and whether the user had given it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from roadworthy.features.judge.screen import holds_any

_LONGEST = 5_000

_ID = r"(?=[A-Za-z#_-]*\d)#?[A-Za-z]*[-_#]?[A-Za-z0-9_-]{4,40}"
_ANCHORS = ("mail", "zip", "postal", "postcode", " id", "number", "code", "identifier", "reference")
"""One of these stands in every request: looked for first, as this is many times faster."""
_BEFORE, _AFTER = 140, 20
_KINDS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    (
        "e-mail address",
        r"e-?mail(?: address)?",
        re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}\.[\w.]{1,64}"),
    ),
    (
        "zip code",
        r"zip ?code|postal code|postcode",
        re.compile(r"\bzip(?: code)?(?: is|:)? (\d{5})\b|\b\d{5}\b", re.I),
    ),
    (
        "user id",
        r"(?:user|customer|member|account) (?:id|number|identifier)",
        re.compile(
            rf"(?:user|customer|member|account) ?(?:id|number)?(?: is|:| =)? ({_ID})|\b[a-z]+_[a-z]+_\d+\b",
            re.I,
        ),
    ),
    (
        "order number",
        r"order (?:id|number|no)",
        re.compile(rf"order(?: id| number| no\.?)?(?: is|:)? ({_ID})|#W\d+", re.I),
    ),
    (
        "reservation number",
        r"(?:reservation|booking|confirmation) (?:id|number|code|reference)",
        re.compile(
            r"(?:reservation|booking|confirmation)(?: id| number| code| reference)?(?: is|"
            r":)? (?-i:([A-Z0-9]{6})\b)",
            re.I,
        ),
    ),
    ("phone number", r"(?:phone|telephone|mobile) number", re.compile(r"\+?\d[\d ()-]{7,}\d")),
)
_ASK = re.compile(
    r"(?:provide|share|tell me|give me|send me|may i have|can i have|could i have|i(?:'ll| will)? need|"
    r"i require|"
    r"what(?:'s| is)|please enter|let me know)\b[^.?!\n]{0,60}?\b(?:your|the)\b[^.?!\n]{0,80}",
    re.I,
)
_WANTED = tuple((name, re.compile(rf"\b(?:{noun})\b", re.I), value) for name, noun, value in _KINDS)

_NEEDED: dict[str, tuple[str, ...]] = {
    "e-mail address": ("@",),
    "zip code": tuple("0123456789"),
    "user id": ("user", "customer", "member", "account", "_"),
    "order number": ("order", "#w"),
    "reservation number": ("reservation", "booking", "confirmation"),
    "phone number": tuple("0123456789"),
}
"""One of these stands in every value of the kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    kind: str
    start: int
    end: int


def asked_for(text: str) -> Iterator[Asked]:
    """Kinds of things that a text asks its reader for, with where it does."""
    text = text[:_LONGEST]
    lowered = text.lower()
    told: set[str] = set()
    for anchor in _ANCHORS:
        at = lowered.find(anchor)
        while at >= 0:
            for ask in _ASK.finditer(text, max(0, at - _BEFORE), at + _AFTER):
                for kind, noun, _ in _WANTED:
                    if kind not in told and noun.search(ask.group()):
                        told.add(kind)
                        yield Asked(kind=kind, start=ask.start(), end=ask.end())
            at = lowered.find(anchor, at + _AFTER)


def given(text: str) -> dict[str, str]:
    """Values in a text by kind: the last of each."""
    text = text[:_LONGEST]
    found: dict[str, str] = {}
    if not holds_any(text, "@0123456789"):
        return found
    lowered = text.lower() if text.isascii() else ""
    for kind, _, value in _WANTED:
        # Beyond ASCII letters have more cases than lower() knows.
        if lowered and not holds_any(lowered, _NEEDED[kind]):
            continue
        for match in value.finditer(text):
            found[kind] = next((group for group in match.groups() if group), match.group())
    return found
