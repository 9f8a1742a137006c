"""What routes work with. One object, on `app.state.context`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends, Request

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.doors.rest.events import EventBus
from roadworthy.doors.rest.settings import RestSettings
from roadworthy.features.debug.book import EntryPointBook
from roadworthy.features.debug.cases.service import CaseService
from roadworthy.features.debug.inquiry import Inquiry
from roadworthy.features.debug.service import InquiryService
from roadworthy.features.gateway.connectors.service import ConnectorService
from roadworthy.features.gateway.contracts.service import ContractService
from roadworthy.features.gateway.drills.drill import Drill
from roadworthy.features.gateway.drills.live import LiveBook
from roadworthy.features.gateway.drills.service import DrillService
from roadworthy.features.gateway.profile.dictionary_book import DictionaryBook
from roadworthy.features.gateway.recording.service import RecordingService
from roadworthy.features.gateway.routes.service import RoutingService
from roadworthy.features.judge.service import JudgeService
from roadworthy.features.observe.deleted_projects import DeletedProjects
from roadworthy.features.observe.files import TransferService
from roadworthy.features.observe.jobs import JobRunner
from roadworthy.features.observe.service import ObserveService
from roadworthy.features.registry.service import RegistryService
from roadworthy.features.watch.incidents.service import IncidentService
from roadworthy.features.watch.inputs.service import InputsService
from roadworthy.features.watch.monitors.service import MonitorService
from roadworthy.features.watch.objectives.service import ObjectiveService
from roadworthy.flows.backtest_monitor import BacktestMonitor
from roadworthy.flows.debug_tape import RunTapes


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How the process is. `problems` are plain words; ready means it may be sent requests."""

    ready: bool = True
    backlog_bytes: int = 0
    runs_to_judge: int = 0
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What the routes of monitors work with."""

    service: MonitorService
    backtests: BacktestMonitor


@dataclass(frozen=True, slots=True, kw_only=True)
class Drills:
    """What the routes of drills work with."""

    service: DrillService
    live: LiveBook
    gateway_url: str
    key_for: Callable[[str, Drill], str]
    """(project, drill) → a gateway key of this drill alone; it holds at the gateway within two seconds."""
    incident_of: Callable[[str, str], str]
    """(project, agent) → the title of an incident that stands, "" for none."""
    applied_of: Callable[[str, str, int], int]
    """(project, live drill, most) → how many faults it put into calls; at most `most` are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Debugging:
    """What the routes of replays, forks and bisects work with."""

    service: InquiryService
    entries: EntryPointBook
    tapes: RunTapes
    gateway_url: str
    key_for: Callable[[str, Inquiry], str]
    """(project, inquiry) → a gateway key of it alone; it holds at the gateway within two seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestContext:
    settings: RestSettings
    observe: ObserveService
    metadata: MetadataStore
    deleted: DeletedProjects
    events: EventBus
    jobs: JobRunner
    transfer: TransferService
    judge: JudgeService
    registry: RegistryService
    objectives: ObjectiveService
    inputs: InputsService
    watch: Watch
    incidents: IncidentService
    recordings: RecordingService
    contracts: ContractService
    routing: RoutingService
    drills: Drills
    debugging: Debugging
    cases: CaseService
    connectors: ConnectorService
    dictionaries: DictionaryBook
    health: Callable[[], Health] = field(default=Health)


async def _context(request: Request) -> RestContext:
    # Async though it waits for nothing, as are all that only compute: FastAPI sends the others to a thread,
    # and each way there and back waits for the interpreter while batches are decoded.
    return cast(RestContext, request.app.state.context)


Context = Annotated[RestContext, Depends(_context)]
