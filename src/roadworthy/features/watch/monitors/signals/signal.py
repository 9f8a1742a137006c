"""What a signal is: one figure in [0, 1] of a result, worse the higher it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from roadworthy.domain.alarm import AlarmKind
from roadworthy.domain.result import Result, Scored, Word


class Takes(StrEnum):
    RESULT = "result"
    WORD = "word"
    SCORED = "scored"


@dataclass(frozen=True, slots=True)
class Refused:
    """A figure that may not be taken; counted by its reason, and shown."""

    reason: str


Reading = float | Refused | None
"""None: this result says nothing about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    name: str
    title: str
    """As in "support: completion fell from 94.0 % to 81.2 %"."""
    counts: str
    """What x = 1 means, in plain words."""
    takes: Takes = Takes.RESULT
    read: Callable[[Result], Reading] = lambda _: None
    read_word: Callable[[Word], Reading] = lambda _: None
    read_score: Callable[[Scored], Reading] = lambda _: None
    relative: bool = False
    """The reading is no share but a quantity (seconds, USD, tokens): x is whether it exceeds the 95th
    percentile of the first part of the reference."""
    unit: str = ""
    ruled: bool = False
    """Whether figures compare only within one `ruler`."""
    rises: bool = True
    """Said as the share of what is bad, which rises; else as the share of what is good, which falls."""
    kind: AlarmKind = AlarmKind.QUALITY
    share: float = 0.0
    """Of an agent's false alarms, how much one that is there by itself may use up; 0: it is never there by
    itself."""
    chosen: str = ""
    """Where results are picked by people and not by chance: what that means for the promise."""


def at_least_zero(value: float | None, *, what: str) -> Reading:
    """Of quantities."""
    if value is None:
        return None
    if not 0 <= value < float("inf"):
        return Refused(f"{what} is no number from 0 on")
    return float(value)
