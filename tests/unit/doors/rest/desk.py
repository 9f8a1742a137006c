"""The real REST app over the memory store and a real SQLite file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from starlette.testclient import TestClient

from roadworthy.app.asking_again import resample_work
from roadworthy.app.connecting import Connecting
from roadworthy.app.debugging import Debugging
from roadworthy.app.drilling import Drilling
from roadworthy.app.folder import DataFolder
from roadworthy.app.incidents import Incidents
from roadworthy.app.objectives import Objectives
from roadworthy.app.recordings import Recordings
from roadworthy.app.registering import Registering
from roadworthy.app.routing import routing_service
from roadworthy.app.watching import Watching
from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.backends.models.table import open_model
from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.notifier import Network
from roadworthy.contracts.telemetry import RunPlace, TelemetryBatch
from roadworthy.domain.project import ApiKey, KeyScope, Project
from roadworthy.domain.run import Outcome, Run, RunStatus
from roadworthy.domain.span import ContentFormat, Span, SpanKind, SpanStatus
from roadworthy.doors.mcp.mount import McpMount
from roadworthy.doors.rest.app import build_rest_app
from roadworthy.doors.rest.context import Health, Watch
from roadworthy.doors.rest.events import EventBus
from roadworthy.doors.rest.settings import RestSettings
from roadworthy.features.debug.cases.service import CaseService
from roadworthy.features.judge.judge_book import JudgeBook
from roadworthy.features.judge.service import JudgeService
from roadworthy.features.observe.deleted_projects import DeletedProjects
from roadworthy.features.observe.files import TransferService
from roadworthy.features.observe.jobs import JobRunner
from roadworthy.features.observe.reprice import KIND, Reprice
from roadworthy.features.observe.service import ObserveService
from roadworthy.flows.backtest_monitor import KIND as BACKTEST
from roadworthy.flows.drill_agent import KIND as DRILL
from roadworthy.flows.profile_connector import KIND as PROFILE
from roadworthy.flows.rejudge import KIND as REJUDGE
from roadworthy.flows.rejudge import Rejudge
from roadworthy.flows.rerun_agent import KIND as RERUN
from roadworthy.flows.resample_steps import KIND as RESAMPLE
from roadworthy.flows.suspicion import Suspicion
from roadworthy.kit.sealing import Sealer
from roadworthy.kit.secrets import new_api_key

SECOND = 1_000_000_000
START = 1_764_000_000 * SECOND
"""2025-11-24T16:00:00Z"""


@dataclass
class OneRun:
    """Assembly of a trace that is one run: what the REST door shows does not depend on how runs are found."""

    runs: Sequence[Run]
    spans: Sequence[Span]
    run_of: dict[str, str]


def assemble_one(spans: Sequence[Span], *, place: RunPlace | None = None) -> OneRun:
    run_id = place.run_id if place else ""
    costs = [s.cost_usd for s in spans if s.cost_usd is not None]
    run = Run(project="default", id=run_id, sort_ns=0, cost_usd=sum(costs) if costs else None)
    return OneRun(runs=[run], spans=spans, run_of={f"{s.trace_id}/{s.span_id}": run_id for s in spans})


def trace_id(number: int) -> str:
    return f"{number:032x}"


def a_run(number: int, *, project: str = "default", **changes: object) -> Run:
    """Run `number` started `number` seconds after START."""
    started = START + number * SECOND
    run = Run(
        project=project,
        id=trace_id(number),
        sort_ns=started,
        version=number,
        trace_ids=(trace_id(number),),
        agent="support",
        release="1.0",
        started_ns=started,
        ended_ns=started + 2 * SECOND,
        duration_ns=2 * SECOND,
        status=RunStatus.OK,
        outcome=Outcome.UNKNOWN,
        model_calls=1,
        tool_calls=1,
        input=f"question {number}",
        final_answer=f"answer {number}",
        step_attributes={"customer.tier": "gold"},
        spans=2,
    )
    return replace(run, **changes)  # type: ignore[arg-type]


def spans_of(number: int, *, project: str = "default") -> list[Span]:
    """A model call that asks for a tool, and the tool."""
    started = START + number * SECOND
    model = Span(
        project=project,
        trace_id=trace_id(number),
        span_id=f"{number:015x}1",
        name="chat gpt-5",
        kind=SpanKind.LLM,
        start_ns=started,
        end_ns=started + SECOND,
        version=number,
        status=SpanStatus.OK,
        model_answered="gpt-5",
        input_tokens=100,
        output_tokens=20,
        cost_usd=0.001,
        input='[{"role":"user","content":"where is order 4711?"}]',
        input_format=ContentFormat.MESSAGES,
        output=f'[{{"role":"assistant","content":"answer {number}"}}]',
        output_format=ContentFormat.MESSAGES,
        attributes={"customer.tier": "gold"},
    )
    tool = Span(
        project=project,
        trace_id=trace_id(number),
        span_id=f"{number:015x}2",
        parent_id=model.span_id,
        name="execute_tool find_order",
        kind=SpanKind.TOOL,
        start_ns=started + SECOND // 2,
        end_ns=started + SECOND,
        version=number,
        status=SpanStatus.OK,
        tool_name="find_order",
        input='{"order": 4711}',
        input_format=ContentFormat.JSON,
        output="zanzibar shipped yesterday",
        output_format=ContentFormat.TEXT,
    )
    return [model, tool]


class NobodyAsked:
    def ask(self, runs: Sequence[Run], judge_id: str) -> None:
        pass

    def ask_evaluators(self, runs: Sequence[Run], *, only: frozenset[str] | None) -> None:
        pass


@dataclass
class Desk:
    """One app with what is behind it."""

    client: TestClient
    store: MemoryTelemetryStore
    metadata: SqliteMetadataStore
    events: EventBus
    jobs: JobRunner
    health: list[Health]
    judge: JudgeService
    objectives: Objectives
    watching: Watching
    again: list[tuple[str, str]]
    """(project, run) as often as it was to be judged again."""
    incidents: Incidents
    """Not started: nothing is sent unless a test starts it."""
    recordings: Recordings
    """Not started: `recordings.joining.refresh()` joins."""

    def write(self, *numbers: int, project: str = "default") -> None:
        runs = [a_run(n, project=project) for n in numbers]
        spans = [span for n in numbers for span in spans_of(n, project=project)]
        self.store.write(TelemetryBatch(token=f"{project}-{numbers}", runs=runs, spans=spans))

    def write_runs(self, *runs: Run) -> None:
        self.store.write(TelemetryBatch(token=str([(r.id, r.version) for r in runs]), runs=runs))

    def add_project(self, name: str) -> None:
        self.metadata.save_project(Project(id=name, name=name, created_ns=1))

    def add_key(self, project: str, *scopes: KeyScope) -> dict[str, str]:
        """A key's header."""
        secret = new_api_key()
        key = ApiKey(id=secret.id, project=project, name="test", scopes=frozenset(scopes), created_ns=1)
        self.metadata.add_key(key, secret_hash=secret.hash)
        return {"authorization": f"Bearer {secret.text}"}


def open_desk(folder: Path, settings: RestSettings) -> Desk:
    store = MemoryTelemetryStore()
    metadata = SqliteMetadataStore(folder / "roadworthy.db")
    events = EventBus()
    work = Reprice(store, metadata=metadata, assemble=assemble_one, price_with=lambda overrides: _dear)
    again: list[tuple[str, str]] = []

    def judge_again(project: str, run_ids: Sequence[str], *, evaluate: object = None) -> None:
        again.extend((project, one) for one in run_ids)

    judges = JudgeBook(
        metadata,
        seal=Sealer(folder / "secret.key"),
        open_model=open_model,
        price_of=lambda _: (
            lambda model, read, written: None if model == "unlisted" else (read + written) / 1e6
        ),
        mask=str,
    )
    judge = JudgeService(store, metadata, again=judge_again, judges=judges)
    history = Rejudge(store, judge_now=judge_again, evaluators=judge.evaluators, asking=NobodyAsked())
    watching = Watching(folder / "watch.db", store)
    health = [Health()]
    registering = Registering(store, metadata).service

    def incidents_changed(project: str, incident_ids: Sequence[str]) -> None:
        events.publish_incidents(project, incident_ids)
        drilling.stop_live.on_changed(project, incident_ids)

    incidents = Incidents(
        store,
        metadata,
        publish=incidents_changed,
        on_call=registering.on_call,
        secrets=folder / "secret.key",
        base_url=settings.url,
        network=Network(allowed=("127.0.0.0/8",)),
    )
    objectives = Objectives(store, metadata, file=folder / "alarms.db", publish=events.publish_runs)
    recordings = Recordings(DataFolder(folder), store, metadata, publish=events.publish_runs)
    drilling = Drilling(
        metadata,
        store,
        secrets=folder / "secret.key",
        exchanges=recordings.log,
        settle_s=0.0,
        gateway_url="http://127.0.0.1:8421",
        otlp_url=settings.otlp_http_url,
        networks=("127.0.0.0/8",),
        incidents=incidents.book.incidents,
        incident_of=incidents.book.incident,
    )
    observe = ObserveService(store, assemble=assemble_one)
    debugging = Debugging(
        metadata,
        folder=folder / "replays",
        secrets=folder / "secret.key",
        recordings=recordings.service,
        exchanges=recordings.log,
        observe=observe,
        evaluators=judge.evaluators,
        gateway_url="http://127.0.0.1:8421",
        otlp_url=settings.otlp_http_url,
        networks=("127.0.0.0/8",),
        settle_s=0.0,
        publish=events.publish_inquiries,
    )
    suspicion = Suspicion(
        observe=observe,
        metadata=metadata,
        service=debugging.door.service,
        tapes=debugging.door.tapes,
    )
    resample = resample_work(
        metadata,
        folder=folder / "replays",
        secrets=folder / "secret.key",
        tapes=debugging.door.tapes,
        exchanges=recordings.log,
        judges=judge.judges,
        ranked=suspicion.ranked_unasked,
        gateway_url="http://127.0.0.1:8421",
        publish=events.publish_resamplings,
    )
    connecting = Connecting(metadata, secrets=folder / "secret.key", folder=folder / "connectors")
    jobs = JobRunner(
        metadata,
        kinds={
            KIND: work,
            REJUDGE: history,
            BACKTEST: watching.backtests,
            DRILL: drilling.work,
            RERUN: debugging.work,
            RESAMPLE: resample,
            PROFILE: connecting.profiles,
        },
        beside={DRILL, RERUN, RESAMPLE, PROFILE},
    )
    app = build_rest_app(
        observe=observe,
        metadata=metadata,
        events=events,
        jobs=jobs,
        transfer=TransferService(
            store,
            mask_spans=lambda _: None,
            mask_text=lambda text: text,
            on_runs=events.publish_runs,
            on_said=judge.said_of_traces,
        ),
        judge=judge,
        registering=registering,
        incidents_service=incidents.service,
        recordings=recordings.service,
        drilling=drilling.door,
        debugging=debugging.door,
        cases_service=CaseService(
            metadata,
            folder / "cases",
            tape_of=debugging.door.tapes.tape,
            entry_of=debugging.door.entries.of,
        ),
        routing=routing_service(
            metadata,
            secrets=folder / "secret.key",
            folder=folder / "gateway",
            gateway_url="http://127.0.0.1:8421",
        ),
        connectors_service=connecting.service,
        dictionary_book=connecting.dictionaries,
        budgets=objectives.service,
        watched_inputs=objectives.inputs,
        watch=Watch(service=watching.service, backtests=watching.backtests),
        deleted=DeletedProjects(metadata, store),
        settings=settings,
        health=lambda: health[0],
        mounts={"/mcp": McpMount()},
    )
    client = TestClient(app, base_url="http://127.0.0.1:8420", raise_server_exceptions=False)
    return Desk(
        client=client,
        store=store,
        metadata=metadata,
        events=events,
        jobs=jobs,
        health=health,
        judge=judge,
        objectives=objectives,
        watching=watching,
        again=again,
        incidents=incidents,
        recordings=recordings,
    )


def _dear(span: Span) -> float | None:
    """A dollar a token: nothing that history was priced with."""
    return None if span.input_tokens is None else float(span.input_tokens)
