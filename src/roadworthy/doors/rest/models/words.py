"""What the API says about business events and feedback links."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from roadworthy.domain.run import Outcome
from roadworthy.doors.rest.models.runs import text
from roadworthy.doors.rest.models.settings import Body
from roadworthy.doors.rest.times import rfc3339
from roadworthy.features.judge.feedback import DAY_S, LONGEST_S
from roadworthy.features.judge.outcome_events import EventState, OutcomeEvent

_ID = Field(default="", max_length=300)


class NewOutcomeEvent(Body):
    """Exactly one of run_id, session_id and external_id says what it is about."""

    outcome: Outcome
    reason: str = Field(default="", max_length=4000, description="Like: refund reversed, ticket reopened")
    run_id: str = _ID
    session_id: str = _ID
    external_id: str = Field(
        default="",
        max_length=300,
        description="What runs carry in roadworthy.external_id, or in the attribute GET /judging names",
    )
    event_id: str = Field(
        default="", max_length=200, description="The sender's: the same event twice counts once"
    )
    at: str = Field(default="now", max_length=40, description="When it happened; RFC 3339 or Unix ms")
    author: str = Field(default="", max_length=200, description="The system that says so; left out: the key")


class OutcomeEventView(BaseModel):
    id: str
    outcome: Outcome
    reason: str | None
    run_id: str | None
    session_id: str | None
    external_id: str | None
    source: str
    author: str | None
    at: str
    received_at: str
    state: EventState = Field(description="waiting: for its run, thirty days; then unmatched")
    matched_runs: list[str]


class OutcomeEventPage(BaseModel):
    items: list[OutcomeEventView]
    next_cursor: str | None


class NewFeedbackLink(Body):
    """Exactly one of run_id and session_id; the run need not be here yet."""

    run_id: str = _ID
    session_id: str = _ID
    expires_in_s: int = Field(default=30 * DAY_S, ge=60, le=LONGEST_S)


class FeedbackLinkView(BaseModel):
    url: str = Field(description="A page with two thumbs and a field for words, without log-in")
    token: str = Field(description="For POST /api/v1/feedback/{token} from a page of your own")
    expires_at: str


class Feedback(Body):
    thumb: Literal["up", "down"]
    text: str = Field(default="", max_length=2000)


class FeedbackTaken(BaseModel):
    """Says nothing about the run: whoever holds a link may only speak."""

    thumb: Literal["up", "down"]


def outcome_event_view(event: OutcomeEvent) -> OutcomeEventView:
    return OutcomeEventView(
        id=event.id,
        outcome=event.outcome,
        reason=text(event.reason),
        run_id=text(event.run_id),
        session_id=text(event.session_id),
        external_id=text(event.external_id),
        source=event.source,
        author=text(event.author),
        at=rfc3339(event.at_ns),
        received_at=rfc3339(event.received_ns),
        state=event.state,
        matched_runs=list(event.runs),
    )
