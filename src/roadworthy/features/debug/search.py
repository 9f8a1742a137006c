"""A bisect's strategy (`bisect/strategy.py`) as the course of an inquiry asks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from roadworthy.features.debug.bisect.finding import Finding, FindingState
from roadworthy.features.debug.bisect.strategy import Bisection
from roadworthy.features.debug.check import WAVERS
from roadworthy.features.debug.course import Searched
from roadworthy.features.debug.inquiry import DELETED, Inquiry, Rerun

_WAVERS_LITTLE = 0.1
"""Of the answers it was asked about: a check that disagrees with itself about more makes nothing sure."""
_WAVERS_MUCH = 0.25
"""Where it is so many, and at least four, no further answer would help."""
_FEW = 4


def search(inquiry: Inquiry, reruns: Sequence[Rerun], most: int) -> Searched:
    """As `course.Search`. Seconds are counted by the inquiry itself: it may have stood still in between."""
    # The last bound on reruns is the inquiry's, too: here it would end what is only to wait for more.
    bisection = Bisection(
        inquiry.steps,
        reruns,
        confidence=inquiry.confidence,
        budget=replace(inquiry.budget, reruns=None, calls=None, usd=None, seconds=None),
        prior=inquiry.suspicion or None,
    )
    found = bisection.next(max(1, most))
    why = "what was recorded of the run was deleted" if DELETED in inquiry.doubts else ""
    finding = found if isinstance(found, Finding) else bisection.so_far(why=why)
    wavered, asked = _wavered(reruns)
    useless = wavered >= _FEW and wavered >= _WAVERS_MUCH * asked
    asks = () if isinstance(found, Finding) or useless else [(one.switch, one.only) for one in found]
    return Searched(
        questions=asks[:most],
        over=isinstance(found, Finding) or useless,
        finding=asdict(_told(finding, inquiry, wavered=wavered, asked=asked, useless=useless)),
    )


def _wavered(reruns: Sequence[Rerun]) -> tuple[int, int]:
    """About how many answers the check said one thing and then another, and about how many it was asked."""
    asked = [one for one in reruns if one.check_said]
    return sum(WAVERS in one.check_said for one in asked), len(asked)


def _told(finding: Finding, inquiry: Inquiry, *, wavered: int, asked: int, useless: bool) -> Finding:
    """With what was doubtful from the start; nothing is sure by a check that disagrees with itself."""
    state, said = finding.state, finding.sentences
    sure = state in (FindingState.SURE, FindingState.NOT_A_STEP)
    if inquiry.check_wavers and sure:
        state = FindingState.UNSURE
    if wavered:
        told = f"The check disagreed with itself about {wavered} of {asked} answers"
        if wavered <= _WAVERS_LITTLE * asked:
            said = (*said, f"{told}: those are not counted.")
        else:
            state = FindingState.UNSURE if sure else state
            ended = " No more was tried." if useless else ""
            said = (f"{told}: nothing is sure by such a check, whatever follows.{ended}", *said)
    return replace(finding, state=state, sentences=(*said, *inquiry.doubts))
