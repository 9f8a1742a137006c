"""Which reruns say something of where the fault is, and why the others do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from roadworthy.domain.agent_ended import Ending
from roadworthy.features.debug.inquiry import Rerun, RerunState

_NO_SUCH_COMMAND = (126, 127)


class Untold(StrEnum):
    """Why a rerun says nothing. The wording stands behind "N reruns are not counted: "."""

    LOST = "nobody told how they ended"
    NOT_STARTED = "the agent could not be started"
    NO_CALLS = "the agent made no call through the gateway"
    HOLES = "they asked for recordings that are not whole or gone"
    HUNG = "the agent did not end in time"
    DIVERGED = "the agent asked something else than was recorded before the step in question"
    ENDED_BEFORE = "the agent ended before it came to the step in question"
    MISSED = "they asked for answers that no recording holds"
    UNCHECKED = "the check could not say whether they succeeded"


@dataclass(slots=True, kw_only=True)
class Evidence:
    """Of the reruns that are over; `pending` are those that are not."""

    told: list[Rerun] = field(default_factory=list)
    untold: list[tuple[Rerun, Untold]] = field(default_factory=list)
    pending: list[Rerun] = field(default_factory=list)

    def of(self, switch: int | None, *, only: bool = False) -> tuple[int, int]:
        """Passed, and all that say something, with this switch."""
        these = [one for one in self.told if one.switch == switch and one.only == only]
        return sum(one.passed is True for one in these), len(these)

    def silent(self, switch: int | None, *, only: bool = False) -> int:
        """Reruns with this switch that said nothing."""
        return sum(one.switch == switch and one.only == only for one, _ in self.untold)

    def waiting(self, switch: int | None, *, only: bool = False) -> int:
        return sum(one.switch == switch and one.only == only for one in self.pending)

    @property
    def reasons(self) -> Counter[Untold]:
        return Counter(why for _, why in self.untold)


def weigh(reruns: Sequence[Rerun]) -> Evidence:
    """A hung rerun is a failure where the recorded run, executed again as it is, hung too."""
    hangs = any(one.switch is None and one.ending is Ending.HUNG for one in reruns)
    found = Evidence()
    for one in reruns:
        if one.state is not RerunState.DONE:
            found.pending.append(one)
        elif (why := _untold(one, hangs=hangs)) is not None:
            found.untold.append((one, why))
        else:
            found.told.append(one)
    return found


def _untold(one: Rerun, *, hangs: bool) -> Untold | None:
    """None where it counts."""
    if one.ending is None:
        return Untold.LOST
    if one.ending is Ending.CRASHED and one.exit_code in _NO_SUCH_COMMAND:
        return Untold.NOT_STARTED
    calls = one.matched + one.changed + one.live + one.missed
    if not calls:
        return Untold.NO_CALLS
    if one.holes:
        return Untold.HOLES
    if one.diverged_at is not None and (one.switch is None or one.diverged_at < one.switch):
        return Untold.DIVERGED
    if one.switch is not None and calls <= one.switch - 1 - one.unused:
        # Calls that the recorded run's own client gave up on are never asked for: unused alone says nothing.
        return Untold.ENDED_BEFORE
    if one.missed:
        return Untold.MISSED
    if one.ending is Ending.HUNG and not hangs:
        return Untold.HUNG
    return Untold.UNCHECKED if one.passed is None else None
