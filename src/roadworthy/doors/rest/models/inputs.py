"""What is asked of agents, as the API shows it: whether it is still what it was, and what is unusual."""

from __future__ import annotations

from pydantic import BaseModel, Field

from roadworthy.doors.rest.models.alarms import RaisedAlarm, raised_alarm
from roadworthy.doors.rest.models.runs import text
from roadworthy.doors.rest.times import rfc3339, rfc3339_or_none
from roadworthy.features.watch.inputs.view import InputsNow, Phase, Term, UnusualInput

_FILTER = "scores.tail_input:exists"


class InputTerm(BaseModel):
    term: str
    before: float = Field(description="Share of the reference's inputs that hold it")
    now: float = Field(description="Share of the recent ones")


class UnusualInputView(BaseModel):
    run_id: str
    at: str
    p: float = Field(description="Of inputs like the reference's, so large a share is at least as unusual")
    text: str = Field(description="Its beginning")


class InputsView(BaseModel):
    id: str
    agent: str
    phase: Phase
    reference_n: int = Field(description="Inputs that were learned from")
    reference_needed: int
    reference_from: str | None
    reference_to: str | None
    observed: int = Field(description="Inputs compared with the reference since")
    sampled: float | None = Field(description="Share of runs that were looked at in the last hours")
    evidence: float = Field(description="Alarms where it reaches the threshold")
    threshold: float
    promise: str = Field(description="What is proven of false alarms")
    tail_inputs: int = Field(description="Unusual ones (p <= 0.005) since the reference")
    tail_recent: float | None = Field(description="Their share of the recent ones; 0.005 is expected")
    tail_filters: list[str] = Field(description="Filters of GET /api/v1/runs that list them")
    recent_n: int
    drifting: RaisedAlarm | None = Field(description="The alarm that stands")
    terms_up: list[InputTerm]
    terms_down: list[InputTerm]
    unusual: list[UnusualInputView] = Field(description="The most unusual of the recent ones")


class InputsPage(BaseModel):
    items: list[InputsView]
    next_cursor: str | None


class InputsPointView(BaseModel):
    start: str
    observed: int
    tail: int
    mean_p: float | None = Field(description="0.5 is expected; far below: inputs have become unusual")
    evidence: float = Field(description="Highest share of the threshold in the bucket")


class InputsHistory(BaseModel):
    items: list[InputsPointView]


def inputs_view(now: InputsNow) -> InputsView:
    return InputsView(
        id=now.id,
        agent=now.agent,
        phase=now.phase,
        reference_n=now.reference_n,
        reference_needed=now.reference_needed,
        reference_from=rfc3339_or_none(now.reference_from_ns),
        reference_to=rfc3339_or_none(now.reference_to_ns),
        observed=now.observed,
        sampled=now.sampled,
        evidence=now.evidence,
        threshold=now.threshold,
        promise=now.promise,
        tail_inputs=now.tail_inputs,
        tail_recent=now.tail_recent,
        tail_filters=[f"agent:=:{now.agent}", _FILTER],
        recent_n=now.recent_n,
        drifting=raised_alarm(now.drifting) if now.drifting else None,
        terms_up=[_term(one) for one in now.terms_up],
        terms_down=[_term(one) for one in now.terms_down],
        unusual=[_unusual(one) for one in now.unusual],
    )


def _term(one: Term) -> InputTerm:
    return InputTerm(term=one.term, before=one.before, now=one.now)


def _unusual(one: UnusualInput) -> UnusualInputView:
    return UnusualInputView(run_id=one.run_id, at=rfc3339(one.at_ns), p=one.p, text=text(one.text) or "")
