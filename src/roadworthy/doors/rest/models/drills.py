"""What the API says about drills."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from roadworthy.domain.agent_ended import Ending
from roadworthy.doors.rest.models.settings import Body
from roadworthy.doors.rest.times import rfc3339, rfc3339_or_none
from roadworthy.features.gateway.drills.drill import (
    Case,
    Drill,
    DrillRun,
    DrillState,
    Match,
    RunState,
    Via,
)
from roadworthy.features.gateway.drills.fault import FAULTS, PlannedFault
from roadworthy.features.gateway.drills.service import Progress, Start


class CaseBody(Body):
    id: str = Field(default="", max_length=200, description="Left out: its place")
    input: str = Field(min_length=1, max_length=100_000, description="The task, as the agent is given it")
    expected: str = Field(default="", max_length=20_000, description="The right answer, where it is known")
    match: Match = Field(default=Match.AUTO, description="auto: as a number where it is one, else contained")


class CaseRuns(Body):
    """Tasks of recorded runs of the agent, newest first, each once."""

    filter: list[str] = Field(default=[], max_length=50, description="field:op:value, as of GET /runs")
    ids: list[str] = Field(default=[], max_length=500)
    from_: str | None = Field(default=None, alias="from", max_length=40)
    to: str | None = Field(default=None, max_length=40)
    limit: int = Field(default=20, ge=1, le=500)


class NewDrill(Body):
    """Tasks are exactly one of cases, runs, csv and jsonl."""

    agent: str = Field(min_length=1, max_length=500)
    name: str = Field(default="", max_length=200)
    cases: list[CaseBody] = Field(default=[], max_length=500)
    runs: CaseRuns | None = None
    csv: str = Field(default="", max_length=20_000_000, description="With columns input and expected")
    jsonl: str = Field(
        default="", max_length=20_000_000, description="An object a line, with input, expected"
    )
    faults: list[str] = Field(default=[], max_length=50, description="Left out: all of GET /drills/faults")
    settings: dict[str, float] = Field(default={}, description="Of faults: after_s, retry_after_s, age_s ...")
    pairs: bool = Field(default=True, description="Whether faults are also put together in twos")
    persistent: bool = Field(default=False, description="Whether a fault stays until the end of its run")
    clean_runs: int = Field(default=2, ge=1, le=10, description="Of each task, without a fault, before all")
    budget: int = Field(default=200, ge=1, le=5_000, description="Runs, clean ones included")
    concurrency: int = Field(default=2, ge=1, le=64)
    timeout_s: float = Field(default=120, ge=1, le=3_600, description="Of one run of the agent")
    seed: int = 1
    via: Via = Field(default=Via.COMMAND, description="command: whoever takes the runs starts the agent")
    url: str = Field(default="", max_length=2_000, description="Of the agent, where via is url")
    body: str = Field(default='{"input": "{input}"}', max_length=20_000, description="Of the POST to it")
    answer_field: str = Field(default="", max_length=200, description="Where in its answer the words are")
    run_here: bool = Field(
        default=False, description="With url: the server itself runs it, as a job, instead of the CLI"
    )


class FaultView(BaseModel):
    name: str
    title: str
    what: str = Field(description="What the agent gets")
    at: list[Literal["model", "tool"]] = Field(description="Which calls it can be in")
    settings: dict[str, float] = Field(description="With what they are where nobody says")


class FaultPage(BaseModel):
    items: list[FaultView]


class PlannedFaultView(BaseModel):
    """Which call of the run gets it."""

    fault: str
    kind: Literal["model", "tool"]
    target: str | None = Field(description="The route or connector.tool; null for any")
    occurrence: int = Field(description="Of the run's calls of that kind and target, from 1")
    times: int = Field(description="How many in a row; 0 for all from that one on")
    seed: int


class DrillProgress(BaseModel):
    done: int
    planned: int = Field(description="Grows once the clean runs are over and faults are planned")
    running: int


class DrillView(BaseModel):
    id: str
    agent: str
    name: str | None
    state: DrillState
    progress: DrillProgress
    cases: int
    faults: list[str]
    settings: dict[str, float]
    pairs: bool
    persistent: bool
    clean_runs: int
    budget: int
    concurrency: int
    timeout_s: float
    seed: int
    via: Via
    url: str | None
    designed: bool = Field(description="Whether the runs with faults are planned")
    left_out: int = Field(description="Runs that the budget had no room for")
    created_at: str
    created_by: str | None
    ended_at: str | None
    job_id: str | None = Field(default=None, description="Of the job, where the server runs it")


class DrillPage(BaseModel):
    items: list[DrillView]


class TakeBody(Body):
    most: int = Field(default=1, ge=0, le=64, description="Runs to take now; 0 says only who is there")
    alone: bool = Field(
        default=False,
        description="Nobody else makes runs of this drill: what was taken and not told of comes again; "
        "409 while another `holder` is heard of",
    )
    holder: str = Field(
        default="",
        max_length=200,
        description="Who makes them, said at least once a second: `process 7 on laptop`",
    )


class StartView(BaseModel):
    """One run of the agent to be made now."""

    number: int
    attempt: int = Field(description="To be told with how it ended")
    case: str
    input: str
    timeout_s: float
    token: str = Field(description="For the header x-roadworthy-drill of the agent's calls")
    trace_id: str = Field(description="Id of the run it becomes")
    traceparent: str
    faults: list[str] = Field(description="For whoever looks on; the agent is not to be told")


class TakenView(BaseModel):
    agent: str
    state: DrillState
    progress: DrillProgress
    gateway_url: str
    otlp_url: str
    gateway_key: str | None = Field(
        description="Of this drill alone; null where the agent's own is to be used"
    )
    url: str | None
    body: str
    answer_field: str | None
    runs: list[StartView] = Field(description="None: the drill is over, or waits for runs that are under way")


class RunEnded(Body):
    attempt: int = Field(ge=1)
    ending: Ending
    answer: str = Field(default="", max_length=200_000)
    exit_code: int | None = None
    error: str = Field(default="", max_length=20_000)
    elapsed_ms: float = Field(default=0, ge=0)


class DrillRunView(BaseModel):
    number: int
    case: str
    faults: list[PlannedFaultView]
    state: RunState
    run_id: str | None = Field(description="Open it with GET /runs/{run_id}")
    ending: Ending | None
    answer: str | None
    exit_code: int | None
    error: str | None
    elapsed_ms: float


def fault_views() -> list[FaultView]:
    return [
        FaultView(
            name=one.name,
            title=one.title,
            what=one.what,
            at=sorted(kind.value for kind in one.at),
            settings=one.settings,
        )
        for one in FAULTS
    ]


def cases_of(bodies: list[CaseBody]) -> tuple[Case, ...]:
    return tuple(
        Case(id=one.id or f"case-{place}", input=one.input, expected=one.expected, match=one.match)
        for place, one in enumerate(bodies, 1)
    )


def progress_view(progress: Progress) -> DrillProgress:
    return DrillProgress(done=progress.done, planned=progress.planned, running=progress.running)


def drill_view(drill: Drill, progress: Progress, *, job_id: str | None = None) -> DrillView:
    return DrillView(
        id=drill.id,
        agent=drill.agent,
        name=drill.name or None,
        state=drill.state,
        progress=progress_view(progress),
        cases=len(drill.cases),
        faults=list(drill.faults),
        settings=dict(drill.settings),
        pairs=drill.pairs,
        persistent=drill.persistent,
        clean_runs=drill.clean_runs,
        budget=drill.budget,
        concurrency=drill.concurrency,
        timeout_s=drill.timeout_s,
        seed=drill.seed,
        via=drill.via,
        url=drill.url or None,
        designed=drill.designed,
        left_out=drill.left_out,
        created_at=rfc3339(drill.created_ns),
        created_by=drill.created_by or None,
        ended_at=rfc3339_or_none(drill.ended_ns),
        job_id=job_id,
    )


def start_view(start: Start, *, timeout_s: float) -> StartView:
    return StartView(
        number=start.run.number,
        attempt=start.run.attempt,
        case=start.case.id,
        input=start.case.input,
        timeout_s=timeout_s,
        token=start.token,
        trace_id=start.run.trace_id,
        traceparent=start.traceparent,
        faults=[one.fault for one in start.run.faults],
    )


def run_view(run: DrillRun) -> DrillRunView:
    return DrillRunView(
        number=run.number,
        case=run.case,
        faults=[_planned(one) for one in run.faults],
        state=run.state,
        run_id=run.trace_id or None,
        ending=run.ending,
        answer=run.answer or None,
        exit_code=run.exit_code,
        error=run.error or None,
        elapsed_ms=run.elapsed_ms,
    )


def _planned(one: PlannedFault) -> PlannedFaultView:
    return PlannedFaultView(
        fault=one.fault,
        kind=one.kind.value,
        target=one.target or None,
        occurrence=one.occurrence,
        times=one.times,
        seed=one.seed,
    )
