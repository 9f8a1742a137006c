"""A bisect's strategy (`bisect/strategy.py`) as the course of an inquiry asks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from roadworthy.features.debug.bisect.finding import Finding, FindingState
from roadworthy.features.debug.bisect.strategy import Bisection
from roadworthy.features.debug.course import Searched
from roadworthy.features.debug.inquiry import Inquiry, Rerun


def search(inquiry: Inquiry, reruns: Sequence[Rerun], most: int) -> Searched:
    """As `course.Search`. Seconds are counted by the inquiry itself: it may have stood still in between."""
    # The last bound on reruns is the inquiry's, too: here it would end what is only to wait for more.
    bisection = Bisection(
        inquiry.steps,
        reruns,
        confidence=inquiry.confidence,
        budget=replace(inquiry.budget, reruns=None, calls=None, usd=None, seconds=None),
    )
    found = bisection.next(max(1, most))
    finding = found if isinstance(found, Finding) else bisection.so_far()
    return Searched(
        questions=() if isinstance(found, Finding) else [(one.switch, one.only) for one in found][:most],
        over=isinstance(found, Finding),
        finding=asdict(_told(finding, inquiry)),
    )


def _told(finding: Finding, inquiry: Inquiry) -> Finding:
    """With what was doubtful from the start; nothing is sure by a check that disagrees with itself."""
    state = finding.state
    if inquiry.check_wavers and state is FindingState.SURE:
        state = FindingState.UNSURE
    return replace(finding, state=state, sentences=(*finding.sentences, *inquiry.doubts))
