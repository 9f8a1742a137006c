"""What an inquiry has used up, and whether there is more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roadworthy.features.debug.inquiry import Budget, Rerun, RerunState


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    reruns: int
    """That were begun; one that was begun again is one."""
    calls: int
    """Really asked of models and systems."""
    usd: float
    seconds: float
    """In which at least one rerun was under way."""


def spent(reruns: Sequence[Rerun], *, now_ns: int, timeout_s: float = 3_600.0) -> Spent:
    """`timeout_s` is that of a rerun: one that nobody tells of was under way no longer."""
    begun = [one for one in reruns if one.taken_ns]
    return Spent(
        reruns=len(begun),
        calls=sum(max(one.asked, one.live) for one in begun),
        usd=sum(one.cost_usd for one in begun),
        seconds=_seconds([_span(one, now_ns, int(timeout_s * 1e9)) for one in begun]),
    )


def out_of(budget: Budget, used: Spent, *, waiting: bool) -> str:
    """The field of the budget that is used up, "" while none is. `waiting`: there are reruns that were
    planned and not made: they are within the budget of reruns."""
    if budget.reruns is not None and used.reruns >= budget.reruns and not waiting:
        return "reruns"
    for name in ("calls", "usd", "seconds"):
        most = getattr(budget, name)
        if most is not None and getattr(used, name) >= most and (most or name == "seconds" or used.reruns):
            return name
    return ""


def _span(one: Rerun, now_ns: int, most_ns: int) -> tuple[int, int]:
    until = one.ended_ns if one.state is RerunState.DONE else now_ns
    return one.taken_ns, max(one.taken_ns, min(until, one.taken_ns + most_ns))


def _seconds(spans: Sequence[tuple[int, int]]) -> float:
    """Of their union."""
    total, until = 0, 0
    for begin, end in sorted(spans):
        total += max(0, end - max(begin, until))
        until = max(until, end)
    return total / 1e9
