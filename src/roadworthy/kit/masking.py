"""Secrets taken out of a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from roadworthy.kit.secret_patterns import SECRETS, Secret

_PATTERNS: tuple[tuple[Secret, re.Pattern[str]], ...] = tuple(
    (secret, re.compile(secret.pattern, re.ASCII)) for secret in SECRETS
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """A text without its secrets, each replaced by `[masked:<kind>]`, and how many there were."""

    text: str
    count: int


def mask_text(text: str) -> Masked:
    """One text on its own. Masking a masked text changes nothing."""
    lowered = text.lower()
    count = 0
    for secret, pattern in _PATTERNS:
        if any(trigger in lowered for trigger in secret.triggers):
            text, found = _replace(text, secret, pattern)
            count += found
    return Masked(text=text, count=count)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedPieces:
    """As many pieces as there were: joined they are the masked text."""

    pieces: tuple[str, ...]
    count: int


def mask_pieces(pieces: Sequence[str]) -> MaskedPieces:
    """What `mask_text` makes of the pieces joined, cut where they were cut: a secret that lies across several
    is found, and its mask stands where it began."""
    text, cuts = "".join(pieces), list(accumulate(len(piece) for piece in pieces))
    lowered = text.lower()
    count = 0
    for secret, pattern in _PATTERNS:
        if any(trigger in lowered for trigger in secret.triggers):
            found = list(_found(text, secret, pattern))
            text, cuts = put_in(text, found, cuts=cuts)
            count += len(found)
    return MaskedPieces(
        pieces=tuple(text[start:end] for start, end in zip([0, *cuts], cuts, strict=False)), count=count
    )


@dataclass(frozen=True, slots=True)
class Change:
    start: int
    end: int
    text: str


def put_in(text: str, changes: Iterable[Change], *, cuts: Sequence[int]) -> tuple[str, list[int]]:
    """The text with its changes (in order, none over another), and where its cuts lie then: one inside what
    was changed lies behind it."""
    parts: list[str] = []
    moved: list[int] = []
    done = shift = at = 0
    for change in changes:
        while at < len(cuts) and cuts[at] <= change.start:
            moved.append(cuts[at] + shift)
            at += 1
        parts += (text[done : change.start], change.text)
        done = change.end
        shift += len(change.text) - (change.end - change.start)
        while at < len(cuts) and cuts[at] < change.end:
            moved.append(change.end + shift)
            at += 1
    parts.append(text[done:])
    return "".join(parts), [*moved, *(cut + shift for cut in cuts[at:])]


def _found(text: str, secret: Secret, pattern: re.Pattern[str]) -> Iterator[Change]:
    part = "secret" if "secret" in pattern.groupindex else 0
    for match in pattern.finditer(text):
        if secret.is_secret is None or secret.is_secret(match):
            start, end = match.span(part)
            yield Change(start, end, f"[masked:{secret.kind}]")


def _replace(text: str, secret: Secret, pattern: re.Pattern[str]) -> tuple[str, int]:
    count = 0
    part = "secret" if "secret" in pattern.groupindex else 0

    def put(match: re.Match[str]) -> str:
        nonlocal count
        if secret.is_secret is not None and not secret.is_secret(match):
            return match.group()
        count += 1
        start, end = match.span(part)
        at = match.start()
        return f"{match.group()[: start - at]}[masked:{secret.kind}]{match.group()[end - at :]}"

    return pattern.sub(put, text), count
