"""A bisect's next questions and its finding, as an inquiry's course asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from roadworthy.features.debug.bisect.finding import Finding, FindingState
from roadworthy.features.debug.bisect.strategy import Bisection
from roadworthy.features.debug.course import Searched
from roadworthy.features.debug.inquiry import Inquiry, Rerun


def search(
    inquiry: Inquiry, reruns: Sequence[Rerun], most: int, *, prior: Sequence[float] | None = None
) -> Searched:
    """`prior` weighs the steps (a ranking). The finding is there at any time; `over` where there is nothing
    more to ask. That a budget is spent is for the course to see; the finding says so, too."""
    bisection = Bisection(
        inquiry.steps, reruns, confidence=inquiry.confidence, budget=inquiry.budget, prior=prior
    )
    found = bisection.next(most)
    over = isinstance(found, Finding)
    finding = found if isinstance(found, Finding) else bisection.so_far()
    spent = finding.state is FindingState.UNSURE and bisection.spent()
    return Searched(
        questions=() if isinstance(found, Finding) else tuple(found),
        over=over and not spent,
        finding=asdict(finding),
    )
