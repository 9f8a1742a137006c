"""When a bisect starts, then the ranking of steps says with which of the recorded calls it begins."""

from __future__ import annotations

from collections import defaultdict

from roadworthy.features.debug.inquiry import Inquiry
from roadworthy.features.observe.service import ObserveService
from roadworthy.flows.debug_tape import RunTapes
from roadworthy.flows.rank_steps import StepRanking

_LEAST_PLACED = 0.5
"""Of the suspicion, so much has to be of steps that are known to be recorded calls."""


class SuspectedCalls:
    """Safe to call from several threads."""

    def __init__(self, observe: ObserveService, tapes: RunTapes) -> None:
        self._ranking = StepRanking(observe)
        self._tapes = tapes

    def of(self, inquiry: Inquiry) -> tuple[float, ...]:
        """A share of the suspicion for each step of the inquiry's tape; () where the run cannot be ranked, or
        most of its suspicion is of steps that the gateway did not see. Raises StoreUnavailable."""
        ranked = self._ranking.of(inquiry.project, inquiry.run_id)
        if ranked is None:
            return ()
        shares: defaultdict[str, float] = defaultdict(float)
        for one in ranked.suspects:
            shares[one.ref] += one.share
        spans = self._tapes.spans(inquiry.project, inquiry.run_id, self._tapes.exchanges(ranked.run))
        found = tuple(shares.get(spans.get(one, "-"), 0.0) for one in inquiry.tape_ids)
        return found if sum(found) >= _LEAST_PLACED else ()
