"""What came of a rerun: its journal counted, what it cost, and what that says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from roadworthy.domain.agent_ended import Ending
from roadworthy.domain.exchange import Exchange
from roadworthy.features.debug.inquiry import Inquiry, Rerun
from roadworthy.features.debug.same_end import same_end
from roadworthy.features.debug.tape.asked import How
from roadworthy.features.debug.tape.journal import JournalLine
from roadworthy.kit.masking import mask_text

MOST_NOTES = 20
_FROM_TAPE = (How.RECORDED, How.DATED, How.GOOD)
_OWN_TAPE = frozenset({How.RECORDED, How.DATED, How.CHANGED})
MOST_DIFF = 4_000


def is_lost(lines: Sequence[JournalLine]) -> bool:
    """Whether the gateway restarted in the middle: the rerun says nothing."""
    return any(one.how is How.LOST for one in lines)


def counted(rerun: Rerun, lines: Sequence[JournalLine], *, keep: int) -> Rerun:
    """`lines` in the order of the calls; `keep` as of its plan, all steps where that is None."""
    hows = Counter(one.how for one in lines)
    used = {one.step for one in lines if one.how in _OWN_TAPE and one.step}
    left = [step for step in range(1, keep + 1) if step not in used]
    parted = next((one for one in lines if one.diverged_at is not None), None)
    notes = [*rerun.notes, *(one.note for one in lines if one.note)]
    if not lines:
        notes.append("The agent made no call through the gateway: is it started with its address and key?")
    return replace(
        rerun,
        matched=sum(hows[how] for how in _FROM_TAPE),
        changed=hows[How.CHANGED],
        live=hows[How.LIVE],
        missed=hows[How.MISS] + hows[How.HOLE] + hows[How.LOST],
        holes=hows[How.HOLE],
        unused=len(left),
        diverged_at=parted.diverged_at if parted else None,
        diff=parted.diff[:MOST_DIFF] if parted else "",
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


def same_as_recorded(
    inquiry: Inquiry, *, ending: Ending, answer: str, exit_code: int | None, error: str
) -> bool | None:
    """None where it is not known. An agent that failed in production may have been asked by somebody else
    than us: that it answers by itself now is no difference."""
    if ending is not Ending.ANSWERED:
        known = inquiry.end
        return same_end(known, ending=ending, exit_code=exit_code, error=error) if known else False
    if inquiry.end is not None and inquiry.end.ending is not None:
        return False
    if inquiry.output is None:
        return None
    # Of what was recorded secrets were masked.
    return inquiry.output.strip() in (answer.strip(), mask_text(answer).text.strip())
