"""What the core holds, wired together; the only place that knows which backend is behind which contract."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from urllib.parse import urlsplit

from prometheus_client import REGISTRY
from starlette.types import ASGIApp

from roadworthy.app.asking_again import resample_work
from roadworthy.app.connecting import Connecting
from roadworthy.app.contracting import Contracting
from roadworthy.app.core_metrics import IngestCollector, JudgingCollector
from roadworthy.app.debug_metrics import DebugCollector
from roadworthy.app.debugging import Debugging
from roadworthy.app.drilling import Drilling
from roadworthy.app.folder import DataFolder
from roadworthy.app.health import health_of
from roadworthy.app.incidents import Incidents
from roadworthy.app.judging import Judging
from roadworthy.app.objective_metrics import ObjectiveCollector
from roadworthy.app.objectives import Objectives
from roadworthy.app.periodic import PeriodicRunner
from roadworthy.app.price_snapshot import PriceSnapshot
from roadworthy.app.recordings import Recordings
from roadworthy.app.registering import Registering
from roadworthy.app.routing import Routing
from roadworthy.app.self_telemetry import SelfTelemetry
from roadworthy.app.settings import Settings, is_loopback, shown_host
from roadworthy.app.watch_metrics import WatchCollector
from roadworthy.app.watching import Watching
from roadworthy.app.worker_orders import WorkerOrders
from roadworthy.app.worker_process import WorkerProcess
from roadworthy.backends.intake.file.backlog import FileBacklog
from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.backends.telemetry.chdb.store import ChdbTelemetryStore
from roadworthy.backends.telemetry.handed.serving import read_answers, write_answers
from roadworthy.contracts.metadata import PriceOverride
from roadworthy.contracts.notifier import Network
from roadworthy.domain.span import Span
from roadworthy.doors.mcp.mount import McpMount
from roadworthy.doors.rest.app import build_rest_app
from roadworthy.doors.rest.context import Health, Watch
from roadworthy.doors.rest.events import EventBus
from roadworthy.doors.rest.settings import LOOPBACK_NAMES, RestSettings
from roadworthy.features.debug.cases.service import CaseService
from roadworthy.features.debug.tape.journal import FOLDER as REPLAYS
from roadworthy.features.ingest.batch import price_span
from roadworthy.features.ingest.mask import mask_spans, mask_text
from roadworthy.features.ingest.price import Pricer
from roadworthy.features.ingest.runs.assemble import assemble
from roadworthy.features.observe.deleted_projects import DeletedProjects
from roadworthy.features.observe.files import TransferService
from roadworthy.features.observe.jobs import JobRunner
from roadworthy.features.observe.reprice import KIND as REPRICE
from roadworthy.features.observe.reprice import Reprice
from roadworthy.features.observe.service import ObserveService
from roadworthy.flows.backtest_monitor import KIND as BACKTEST
from roadworthy.flows.drill_agent import KIND as DRILL
from roadworthy.flows.profile_connector import KIND as PROFILE
from roadworthy.flows.rejudge import KIND as REJUDGE
from roadworthy.flows.rerun_agent import KIND as RERUN
from roadworthy.flows.resample_steps import KIND as RESAMPLE
from roadworthy.flows.suspicion import Suspicion
from roadworthy.flows.table import periodic_flows


class CoreRoom:
    """Everything the core process runs. `start` and `stop` once each, in that order.

    Raises StoreUnavailable where the telemetry folder cannot be opened.
    """

    def __init__(self, settings: Settings) -> None:
        folder = DataFolder(settings.data)
        self._orders = WorkerOrders(
            intake=str(folder.intake),
            handing=str(folder.temporary / "handed"),
            memory_bytes=settings.assembly_memory_bytes,
            log_level=settings.log_level,
            self_telemetry=settings.self_telemetry,
        )
        self.worker = WorkerProcess(self._orders)
        self.worker.launch()
        self._metadata = SqliteMetadataStore(folder.metadata)
        self._telemetry = ChdbTelemetryStore(folder.telemetry, memory_bytes=settings.store_memory_bytes)
        self._backlog = FileBacklog(folder.intake)
        self.events = EventBus()
        prices = PriceSnapshot(self._metadata)
        pricer = Pricer(prices.of)
        self._objectives = Objectives(
            self._telemetry,
            self._metadata,
            file=folder.alarm_journal,
            publish=self.events.publish_runs,
            take=lambda alarms: self._incidents.take(alarms),
        )
        self._watching = Watching(
            folder.watch,
            self._telemetry,
            sink=lambda alarms: self._incidents.take(alarms),
            cancelled=lambda job_id: self._jobs.is_cancelled(job_id),
        )
        self._judging = Judging(
            self._telemetry,
            self._metadata,
            publish=self._changed,
            pricer=pricer,
            secrets=folder.secret_key,
            short_of_time=lambda: self.worker.short_of_time,
            watch=self._watching.flow.on_judged,
            watch_scores=self._watching.flow.on_scores,
            refitted=self._watching.engine.change,
        )
        self._registering = Registering(
            self._telemetry,
            self._metadata,
            with_objective=self._objectives.service.book.agents,
            by_channels=True,
        )
        self._incidents = Incidents(
            self._telemetry,
            self._metadata,
            publish=self._incidents_changed,
            on_call=self._registering.service.on_call,
            secrets=folder.secret_key,
            base_url=settings.public_url or rest_settings(settings).url,
            network=Network(allowed=tuple(settings.channel_networks)),
        )
        told = rest_settings(settings)
        self._recordings = Recordings(
            folder, self._telemetry, self._metadata, publish=self.events.publish_runs
        )
        self._drilling = Drilling(
            self._metadata,
            self._telemetry,
            secrets=folder.secret_key,
            exchanges=self._recordings.log,
            gateway_url=f"http://{shown_host(settings.gateway_bind)}:{settings.gateway_port}",
            otlp_url=told.otlp_http_url,
            networks=tuple(settings.channel_networks),
            incidents=self._incidents.book.incidents,
            incident_of=self._incidents.book.incident,
        )
        observe = ObserveService(self._telemetry, assemble=assemble)
        self._debugging = Debugging(
            self._metadata,
            folder=folder.root / REPLAYS,
            secrets=folder.secret_key,
            recordings=self._recordings.service,
            exchanges=self._recordings.log,
            observe=observe,
            evaluators=self._judging.service.evaluators,
            gateway_state=folder.gateway / "state.json",
            gateway_url=f"http://{shown_host(settings.gateway_bind)}:{settings.gateway_port}",
            otlp_url=told.otlp_http_url,
            networks=tuple(settings.channel_networks),
            publish=self.events.publish_inquiries,
        )
        self._cases = CaseService(
            self._metadata,
            folder.cases,
            tape_of=self._debugging.door.tapes.tape,
            entry_of=self._debugging.door.entries.of,
            free_floor=settings.min_free_bytes,
        )
        self._connecting = Connecting(self._metadata, secrets=folder.secret_key, folder=folder.connectors)
        self._contracting = Contracting(
            self._metadata,
            self._recordings.log,
            folder=folder.gateway,
            journal=folder.alarm_journal,
            take=self._incidents.take,
            recordings=self._recordings.service,
            runs_of=self._recordings.runs_of,
        )
        self._routing = Routing(
            self._metadata,
            secrets=folder.secret_key,
            folder=folder.gateway,
            journal=folder.alarm_journal,
            gateway_url=f"http://{shown_host(settings.gateway_bind)}:{settings.gateway_port}",
            take=self._incidents.take,
            runs_of=self._recordings.runs_of,
        )
        self._telemetry_out = SelfTelemetry.of(settings)
        REGISTRY.register(IngestCollector(self.worker, backlog_bytes=self._backlog.bytes))
        REGISTRY.register(JudgingCollector(self._judging.runs, ingesting=self.worker))
        REGISTRY.register(ObjectiveCollector(self._objectives.service.counts.progress))
        debug = DebugCollector(self._metadata, inquiries=self._debugging.door.service, cases=self._cases)
        REGISTRY.register(debug)
        REGISTRY.register(WatchCollector(self._watching.engine, handing=self._watching.flow.handing))
        reprice = Reprice(self._telemetry, metadata=self._metadata, assemble=assemble, price_with=_price_with)
        suspicion = Suspicion(
            observe=observe,
            metadata=self._metadata,
            service=self._debugging.door.service,
            tapes=self._debugging.door.tapes,
        )
        resample = resample_work(
            self._metadata,
            folder=folder.root / REPLAYS,
            secrets=folder.secret_key,
            tapes=self._debugging.door.tapes,
            exchanges=self._recordings.log,
            judges=self._judging.judges,
            ranked=suspicion.ranked_unasked,
            gateway_url=f"http://{shown_host(settings.gateway_bind)}:{settings.gateway_port}",
            publish=self.events.publish_resamplings,
        )
        self._jobs = JobRunner(
            self._metadata,
            kinds={
                REPRICE: reprice,
                REJUDGE: self._judging.rejudge,
                BACKTEST: self._watching.backtests,
                DRILL: self._drilling.work,
                RERUN: self._debugging.work,
                RESAMPLE: resample,
                PROFILE: self._connecting.profiles,
            },
            beside={DRILL, RERUN, RESAMPLE, PROFILE},
        )
        deleted = DeletedProjects(self._metadata, self._telemetry, forget=self._forget)
        self._periodic = PeriodicRunner(
            periodic_flows(
                metadata=self._metadata,
                telemetry=self._telemetry,
                clusters=self._judging.clusters,
                refit=self._judging.refit,
                outcome_events=self._judging.service.events,
                forget_deliveries=self._incidents.forget_old,
                recordings=self._recordings.service,
                deleted=deleted,
            )
        )
        rest_app = build_rest_app(
            deleted=deleted,
            observe=observe,
            metadata=self._metadata,
            events=self.events,
            jobs=self._jobs,
            transfer=TransferService(
                self._telemetry,
                mask_spans=mask_spans,
                mask_text=lambda text: mask_text(text).text,
                on_runs=self._written,
                on_said=self._judging.service.said_of_traces,
            ),
            judge=self._judging.service,
            registering=self._registering.service,
            budgets=self._objectives.service,
            watched_inputs=self._objectives.inputs,
            watch=Watch(service=self._watching.service, backtests=self._watching.backtests),
            incidents_service=self._incidents.service,
            recordings=self._recordings.service,
            drilling=self._drilling.door,
            debugging=self._debugging.door,
            cases_service=self._cases,
            routing=self._routing.service,
            connectors_service=self._connecting.service,
            contracts_service=self._contracting.service,
            dictionary_book=self._connecting.dictionaries,
            settings=told,
            health=self._health,
            mounts={"/mcp": McpMount()},
        )
        self.rest_app: ASGIApp = self._telemetry_out.watched(rest_app) if self._telemetry_out else rest_app

    def start(self) -> None:
        self.worker.serve(
            reads={
                **read_answers(self._telemetry),
                **self._judging.reads_for_worker(),
                "price_changes": self._metadata.change_counter,
                "prices": lambda project: self._metadata.prices(project),
            },
            writes={
                **write_answers(
                    self._telemetry,
                    folder=self._orders.handing_folder,
                    on_runs=self._worker_wrote,
                    on_unjudged=self._judging.runs.on_runs,
                    on_left=self._judging.runs.on_left_runs,
                    on_said=self._judging.service.said_of_traces,
                    on_scored=self._watching.sent.on_scored,
                ),
                **self._judging.writes_for_worker(),
            },
        )
        self._watching.start()
        self._judging.start()
        self._incidents.start()
        self._objectives.start()
        self._routing.start()
        self._recordings.start()
        self._connecting.start()
        self._contracting.start()
        self._jobs.start()
        self._periodic.start()

    def stop(self) -> None:
        """Within about five seconds; what is not written by then stays in the intake log."""
        self.worker.stop(timeout=3.5)
        self._judging.stop()
        self._watching.stop()
        self._incidents.stop()
        self._objectives.stop()
        self._routing.stop()
        self._contracting.stop()
        self._recordings.stop()
        self._connecting.stop()
        self._jobs.stop(timeout_s=1)
        self._periodic.stop(timeout=1.0)
        self._backlog.close()
        self._telemetry.close()
        self._metadata.close()
        if self._telemetry_out is not None:
            self._telemetry_out.stop()

    def _forget(self, project: str) -> None:
        """A deleted project, once more: what was on its way when it went has come since."""
        self._watching.service.forget(project)
        self._objectives.inputs.forget(project)
        self._cases.forget(project)
        self._debugging.forget(project)

    def _worker_wrote(self, project: str, run_ids: Sequence[str]) -> None:
        self._changed(project, run_ids)
        self._judging.runs.on_judged_runs(project, run_ids)

    def _changed(self, project: str, run_ids: Sequence[str]) -> None:
        """These runs are new or changed, and can be read."""
        self.events.publish_runs(project, run_ids)
        self._objectives.on_runs(project, run_ids)
        self._watching.sent.on_runs(project, run_ids)

    def _incidents_changed(self, project: str, incident_ids: Sequence[str]) -> None:
        self.events.publish_incidents(project, incident_ids)
        self._drilling.stop_live.on_changed(project, incident_ids)

    def _written(self, project: str, run_ids: Sequence[str]) -> None:
        self._changed(project, run_ids)
        self._judging.runs.on_runs(project, run_ids)

    def _health(self) -> Health:
        return health_of(
            self.worker,
            judging=self._judging.runs,
            monitors_problem=self._watching.flow.problem,
            backlog_bytes=self._backlog.bytes(),
        )


def _price_with(overrides: Sequence[PriceOverride]) -> Callable[[Span], float | None]:
    return partial(price_span, pricer=Pricer(lambda _: overrides))


def rest_settings(settings: Settings) -> RestSettings:
    """What the REST door has to know of the settings."""
    otlp = shown_host(settings.otlp_bind)
    alone = is_loopback(settings.host)
    public = (settings.public_url or "").rstrip("/")
    seen_as = urlsplit(public)
    known = LOOPBACK_NAMES | {*settings.allowed_hosts, *([seen_as.hostname] if seen_as.hostname else [])}
    return RestSettings(
        version=version("roadworthy"),
        url=(public or f"http://{shown_host(settings.host)}:{settings.port}"),
        otlp_http_url=f"http://{otlp}:{settings.otlp_http_port}",
        otlp_grpc_url=f"http://{otlp}:{settings.otlp_grpc_port}",
        login_required=not alone,
        # Beyond loopback people come under names we cannot know; there a login guards instead.
        allowed_hosts=known if alone else frozenset({"*"}),
        allowed_origins=frozenset({f"{seen_as.scheme}://{seen_as.netloc}"} if public else ()),
        secure_cookies=seen_as.scheme == "https",
        data_dir=settings.data,
        started_ns=time.time_ns(),
    )
