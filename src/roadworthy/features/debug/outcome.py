"""What came of a rerun: its journal counted, what it cost, and what that says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from roadworthy.domain.exchange import Exchange
from roadworthy.features.debug.inquiry import Rerun

MOST_NOTES = 20
_FROM_TAPE = frozenset({"recorded", "dated", "good"})
_OWN_TAPE = frozenset({"recorded", "dated", "changed"})
MOST_DIFF = 4_000


class Line(Protocol):
    """A call of a rerun, as its journal has it (`tape/journal.py`)."""

    @property
    def step(self) -> int | None: ...
    @property
    def how(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def diff(self) -> str: ...


def counted(rerun: Rerun, lines: Sequence[Line], *, keep: int) -> Rerun:
    """`lines` in the order of the calls; `keep` as of its plan, all steps where that is None."""
    hows = Counter(str(one.how) for one in lines)
    used = {one.step for one in lines if one.how in _OWN_TAPE and one.step}
    left = [step for step in range(1, keep + 1) if step not in used]
    diverged, diff = _divergence(lines, keep=keep)
    notes = [*rerun.notes, *(one.note for one in lines if one.note)]
    if not lines:
        notes.append("The agent made no call through the gateway: is it started with its address and key?")
    return replace(
        rerun,
        matched=sum(hows[how] for how in _FROM_TAPE),
        changed=hows["changed"],
        live=hows["live"],
        missed=hows["miss"] + hows["hole"],
        holes=hows["hole"],
        unused=len(left),
        diverged_at=diverged,
        diff=diff[:MOST_DIFF],
        notes=tuple(dict.fromkeys(notes))[:MOST_NOTES],
    )


def with_costs(rerun: Rerun, exchanges: Sequence[Exchange], *, final: bool) -> Rerun:
    """`exchanges` of the rerun, those answered from a tape among them: these asked no upstream."""
    asked = [one for one in exchanges if one.attempts]
    return replace(
        rerun,
        asked=max(rerun.live, len(asked)),
        cost_usd=sum(one.cost_usd or 0.0 for one in asked),
        counted=final,
    )


def _divergence(lines: Sequence[Line], *, keep: int) -> tuple[int | None, str]:
    """The first recorded step that was not asked for when something else was, and how they differ."""
    used: set[int] = set()
    for one in lines:
        if one.how == "miss" or (one.how == "live" and one.step is None):
            waiting = next((step for step in range(1, keep + 1) if step not in used), None)
            if waiting is not None:
                return waiting, one.diff
            if one.how == "miss":
                return keep + 1, one.diff
        elif one.step is not None:
            used.add(one.step)
    return None, ""
