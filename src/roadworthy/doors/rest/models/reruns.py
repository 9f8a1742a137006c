"""What the API says about reruns: handed out, told, and call by call."""

from __future__ import annotations

from pydantic import BaseModel, Field

from roadworthy.domain.agent_ended import Ending
from roadworthy.doors.rest.models.entry_points import EntryPointView
from roadworthy.doors.rest.models.settings import Body
from roadworthy.doors.rest.times import rfc3339, rfc3339_or_none
from roadworthy.features.debug.inquiry import Check, InquiryKind, InquiryState, Rerun, RerunState
from roadworthy.features.debug.service import Progress, Start
from roadworthy.features.debug.tape.journal import JournalLine


class AnswerCheck(BaseModel):
    how: str
    expected: str


class InquiryProgress(BaseModel):
    done: int
    planned: int = Field(description="Of a bisect a guess, until it is over")
    running: int


class TakeRerunsBody(Body):
    most: int = Field(default=1, ge=0, le=64, description="Reruns to take now; 0 says only who is there")
    alone: bool = Field(
        default=False,
        description="Nobody else makes reruns of this inquiry: what was taken and not told of comes again; "
        "409 while another `holder` is heard of",
    )
    holder: str = Field(
        default="",
        max_length=200,
        description="Who makes them, said at least once a second: `process 7 on laptop`",
    )


class RerunEnded(Body):
    attempt: int = Field(ge=1)
    ending: Ending
    answer: str = Field(default="", max_length=200_000)
    exit_code: int | None = Field(default=None, ge=-(2**31), le=2**31 - 1)
    error: str = Field(default="", max_length=20_000)
    elapsed_ms: float = Field(default=0, ge=0)
    passed: bool | None = Field(default=None, description="What the check's own command decided")
    check_said: str = Field(default="", max_length=2_000)
    notes: list[str] = Field(default=[], max_length=20, description="What the runner saw, a sentence each")


class RerunView(BaseModel):
    number: int
    switch: int | None = Field(description="The first step not answered from the recording; null: all are")
    only: bool = Field(description="Put right at this step alone, to confirm")
    state: RerunState
    attempt: int
    run_id: str | None = Field(description="Open it with GET /runs/{run_id}")
    ending: Ending | None
    answer: str | None
    exit_code: int | None
    error: str | None
    elapsed_ms: float
    passed: bool | None = Field(description="By the check; null: there is none, or it could not say")
    check_said: str | None
    same: bool | None = Field(description="Whether it answered what the recorded run did; null: not known")
    matched: int = Field(description="Calls answered from a recording")
    changed: int
    live: int
    missed: int = Field(description="Calls that no recording could answer")
    holes: int = Field(description="How many of these were recorded, but not whole, or deleted since")
    unused: int = Field(description="Recorded calls that were not asked for")
    asked: int = Field(description="Calls really asked of models and systems")
    cost_usd: float
    diverged_at: int | None = Field(description="The step where it first asked something else")
    diff: str | None
    notes: list[str]
    taken_at: str | None
    ended_at: str | None


class RerunStart(BaseModel):
    """One start of the agent, to be made now."""

    number: int
    attempt: int = Field(description="To be told with how it ended")
    switch: int | None
    only: bool
    input: str
    token: str = Field(description="For the header x-roadworthy-replay of the agent's calls")
    trace_id: str = Field(description="Id of the run it becomes")
    traceparent: str
    isolate: bool = Field(description="Nothing of it may leave the machine")


class TakenReruns(BaseModel):
    agent: str
    run_id: str = Field(description="The recorded run")
    kind: InquiryKind
    state: InquiryState
    progress: InquiryProgress
    gateway_url: str
    otlp_url: str
    gateway_key: str | None = Field(description="Of this inquiry alone; null where no rerun is handed out")
    entry: EntryPointView
    check: AnswerCheck | None = Field(description="A command is run by whoever makes the reruns")
    reruns: list[RerunStart] = Field(
        description="None: the inquiry is over, or waits for reruns that are under way"
    )


class RerunCall(BaseModel):
    """A call of a rerun, and how it was answered."""

    at: str
    step: int | None
    how: str = Field(description="recorded, dated (but for dates), good, changed, live, miss, hole")
    kind: str
    target: str
    exchange_id: str | None
    note: str | None
    diff: str | None


class RerunCalls(BaseModel):
    items: list[RerunCall]


def progress_view(progress: Progress) -> InquiryProgress:
    return InquiryProgress(done=progress.done, planned=progress.planned, running=progress.running)


def check_view(check: Check | None) -> AnswerCheck | None:
    return AnswerCheck(how=check.how, expected=check.expected) if check else None


def rerun_view(one: Rerun) -> RerunView:
    return RerunView(
        number=one.number,
        switch=one.switch,
        only=one.only,
        state=one.state,
        attempt=one.attempt,
        run_id=one.trace_id or None,
        ending=one.ending,
        answer=one.answer or None,
        exit_code=one.exit_code,
        error=one.error or None,
        elapsed_ms=one.elapsed_ms,
        passed=one.passed,
        check_said=one.check_said or None,
        same=one.same,
        matched=one.matched,
        changed=one.changed,
        live=one.live,
        missed=one.missed,
        holes=one.holes,
        unused=one.unused,
        asked=one.asked,
        cost_usd=one.cost_usd,
        diverged_at=one.diverged_at,
        diff=one.diff or None,
        notes=list(one.notes),
        taken_at=rfc3339_or_none(one.taken_ns or None),
        ended_at=rfc3339_or_none(one.ended_ns or None),
    )


def start_view(start: Start) -> RerunStart:
    return RerunStart(
        number=start.rerun.number,
        attempt=start.rerun.attempt,
        switch=start.rerun.switch,
        only=start.rerun.only,
        input=start.input,
        token=start.token,
        trace_id=start.rerun.trace_id,
        traceparent=start.traceparent,
        isolate=start.isolate,
    )


def call_view(line: JournalLine) -> RerunCall:
    return RerunCall(
        at=rfc3339(line.at_ns),
        step=line.step,
        how=str(line.how),
        kind=str(line.kind),
        target=line.target,
        exchange_id=line.exchange_id or None,
        note=line.note or None,
        diff=line.diff or None,
    )
