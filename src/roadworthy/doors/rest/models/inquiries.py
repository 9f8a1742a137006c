"""What the API says about replays, forks and bisects: inquiries, and their reruns."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from roadworthy.domain.typed_failure import FailureCode
from roadworthy.doors.rest.models.entry_points import EntryPointBody, EntryPointView, entry_view
from roadworthy.doors.rest.models.findings import InquiryFinding, finding_view
from roadworthy.doors.rest.models.reruns import (
    AnswerCheck,
    InquiryProgress,
    RerunView,
    check_view,
    progress_view,
    rerun_view,
)
from roadworthy.doors.rest.models.settings import Body
from roadworthy.doors.rest.times import rfc3339, rfc3339_or_none
from roadworthy.features.debug.inquiry import (
    Budget,
    Check,
    Inquiry,
    InquiryKind,
    InquiryState,
)
from roadworthy.features.debug.plan import After, Change, ChangeKind
from roadworthy.features.debug.service import Standing

How = Literal["contains", "exact", "number", "regex", "json", "evaluator", "command", "same"]


class AnswerCheckBody(Body):
    """What decides whether a rerun succeeded."""

    how: How = "contains"
    expected: str = Field(
        default="",
        max_length=20_000,
        description="The text, the number, the pattern (RE2), the JSON Schema, the evaluator's name, or the "
        "command (the runner's own); nothing for same: as the recorded run answered",
    )


class TapeChangeBody(Body):
    """At one step, or with `onwards` at each call of that kind from it on."""

    step: int = Field(ge=1, le=2_000)
    kind: ChangeKind
    text: str = Field(
        default="",
        max_length=200_000,
        description="answer: what the model says; result: what the tool gives; error: its message; model: "
        "its name; prompt: the system prompt; parameters: an object of JSON; forbid: the tool",
    )
    find: str = Field(default="", max_length=20_000, description="Of prompt: what becomes text")
    code: str = Field(
        default="", max_length=40, description=f"Of error: one of {', '.join(FailureCode)}; or none"
    )
    tool_calls: str = Field(default="", max_length=200_000, description="Of answer: a list of JSON")
    onwards: bool = False


class InquiryBudgetBody(Body):
    """null is no bound. Calls and USD are what is really asked of models and systems."""

    reruns: int | None = Field(default=40, ge=1, le=1_000)
    calls: int | None = Field(default=None, ge=0, le=1_000_000)
    usd: float | None = Field(default=None, ge=0, le=1_000_000)
    seconds: float | None = Field(
        default=None, ge=1, le=10_000_000, description="In which at least one rerun is under way"
    )


class _New(Body):
    input: str = Field(default="", max_length=100_000, description="Left out: what the run was asked")
    entry: EntryPointBody | None = Field(
        default=None, description="Left out: the registered one (PUT /agents/{name}/entry-point)"
    )
    check: AnswerCheckBody | None = None
    budget: InquiryBudgetBody = InquiryBudgetBody()
    concurrency: int = Field(default=1, ge=1, le=64)
    server_runs: bool = Field(
        default=False, description="The server makes the reruns as a job: with entry.via url alone"
    )


class NewReplay(_New):
    """All calls are answered from the recording."""

    repeats: int = Field(default=1, ge=1, le=50)


class NewFork(_New):
    """Calls before `fork_at` are answered from the recording; then the changes, and `after`."""

    fork_at: int = Field(ge=1, le=2_000)
    changes: list[TapeChangeBody] = Field(default=[], max_length=50)
    after: After = After.RECORDED
    good_run: str = Field(default="", max_length=200)
    live_tools: list[str] = Field(
        default=[], max_length=100, description="connector.tool, connector.* or *: no other has effects"
    )
    live_model: str = Field(default="", max_length=500)
    repeats: int = Field(default=1, ge=1, le=50)


class NewBisect(_New):
    """Everything before a step as recorded, everything from it on put right: by a good run's answers, by
    changes, by another model, or by asking again. Finds the first step whose correction makes it succeed."""

    good_run: str = Field(default="", max_length=200)
    changes: list[TapeChangeBody] = Field(default=[], max_length=50)
    after: After | None = Field(default=None, description="Left out: recorded with a good run, else live")
    live_tools: list[str] = Field(default=[], max_length=100)
    live_model: str = Field(default="", max_length=500)
    confidence: float = Field(default=0.9, ge=0.5, le=0.999)


class ResumeInquiryBody(Body):
    budget: InquiryBudgetBody | None = Field(default=None, description="In place of the one it had")


class TapeChange(BaseModel):
    step: int
    kind: ChangeKind
    text: str
    find: str | None
    code: str | None
    tool_calls: str | None
    onwards: bool


class InquiryBudget(BaseModel):
    reruns: int | None
    calls: int | None
    usd: float | None
    seconds: float | None


class InquirySpent(BaseModel):
    reruns: int
    calls: int = Field(description="Really asked of models and systems")
    usd: float
    seconds: float = Field(description="In which at least one rerun was under way")


class InquiryView(BaseModel):
    id: str
    kind: InquiryKind
    agent: str
    run_id: str
    input: str
    output: str | None = Field(description="What the recorded run answered")
    steps: int = Field(description="Of the recorded run")
    entry: EntryPointView
    check: AnswerCheck | None
    good_run: str | None
    fork_at: int | None
    changes: list[TapeChange]
    after: After
    live_tools: list[str]
    live_model: str | None
    repeats: int
    confidence: float
    budget: InquiryBudget
    spent: InquirySpent
    concurrency: int
    server_runs: bool
    job_id: str | None = Field(description="Of the job, where the server makes the reruns")
    state: InquiryState
    progress: InquiryProgress
    finding: InquiryFinding | None = Field(description="What is known by now; null while nothing is")
    notes: list[str] = Field(description="What was seen at the start")
    doubts: list[str] = Field(description="What lowers what may be claimed")
    created_at: str
    created_by: str | None
    ended_at: str | None


class InquiryDetail(InquiryView):
    reruns: list[RerunView]


class InquiryPage(BaseModel):
    items: list[InquiryView]


def check_of(body: AnswerCheckBody | None) -> Check | None:
    return Check(how=body.how, expected=body.expected) if body else None


def budget_of(body: InquiryBudgetBody) -> Budget:
    return Budget(**body.model_dump())


def change_of(body: TapeChangeBody) -> Change:
    return Change(**body.model_dump())


def inquiry_view(inquiry: Inquiry, standing: Standing, *, job_id: str | None = None) -> InquiryView:
    return InquiryView(**_fields(inquiry, standing, job_id=job_id))


def inquiry_detail(inquiry: Inquiry, standing: Standing, *, job_id: str | None = None) -> InquiryDetail:
    known = _fields(inquiry, standing, job_id=job_id)
    return InquiryDetail(**known, reruns=[rerun_view(one) for one in standing.reruns])


def _fields(inquiry: Inquiry, standing: Standing, *, job_id: str | None) -> dict[str, Any]:
    used = standing.spent
    return {
        "id": inquiry.id,
        "kind": inquiry.kind,
        "agent": inquiry.agent,
        "run_id": inquiry.run_id,
        "input": inquiry.input,
        "output": inquiry.output,
        "steps": inquiry.steps,
        "entry": entry_view(inquiry.entry),
        "check": check_view(inquiry.check),
        "good_run": inquiry.good_run or None,
        "fork_at": inquiry.fork_at,
        "changes": [_change(one) for one in inquiry.changes],
        "after": inquiry.after,
        "live_tools": list(inquiry.live_tools),
        "live_model": inquiry.live_model or None,
        "repeats": inquiry.repeats,
        "confidence": inquiry.confidence,
        "budget": InquiryBudget(
            reruns=inquiry.budget.reruns,
            calls=inquiry.budget.calls,
            usd=inquiry.budget.usd,
            seconds=inquiry.budget.seconds,
        ),
        "spent": InquirySpent(reruns=used.reruns, calls=used.calls, usd=used.usd, seconds=used.seconds),
        "concurrency": inquiry.concurrency,
        "server_runs": inquiry.server_runs,
        "job_id": job_id,
        "state": inquiry.state,
        "progress": progress_view(standing.progress),
        "finding": finding_view(inquiry),
        "notes": list(inquiry.notes),
        "doubts": list(inquiry.doubts),
        "created_at": rfc3339(inquiry.created_ns),
        "created_by": inquiry.created_by or None,
        "ended_at": rfc3339_or_none(inquiry.ended_ns),
    }


def _change(one: Change) -> TapeChange:
    return TapeChange(
        step=one.step,
        kind=one.kind,
        text=one.text,
        find=one.find or None,
        code=one.code or None,
        tool_calls=one.tool_calls or None,
        onwards=one.onwards,
    )
