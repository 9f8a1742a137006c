"""What our own SDK says, on its own spans or on anybody's: it wins over every other dialect."""

from __future__ import annotations

from roadworthy.domain.span import Span
from roadworthy.features.ingest.any_value import Attributes, as_text

_OUTCOMES = ("success", "failure")


def overlay(attributes: Attributes, span: Span) -> str:
    """Read `roadworthy.*`; the run id a caller chose, "" where it chose none."""
    take = attributes.pop
    outcome = as_text(take("roadworthy.outcome", "")).lower()
    if outcome in _OUTCOMES:
        span.outcome = outcome
        span.outcome_reason = as_text(take("roadworthy.outcome.reason", ""))
    span.release = as_text(take("roadworthy.release", "")) or span.release
    span.agent = as_text(take("roadworthy.agent", "")) or span.agent
    span.session_id = as_text(take("roadworthy.session_id", "")) or span.session_id
    span.user_id = as_text(take("roadworthy.user_id", "")) or span.user_id
    return as_text(take("roadworthy.run_id", ""))
