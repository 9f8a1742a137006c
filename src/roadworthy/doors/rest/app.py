"""The REST API and the web page as one ASGI app."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from fastapi import FastAPI, Request
from prometheus_client import REGISTRY, CollectorRegistry
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.doors.rest import problems
from roadworthy.doors.rest.context import Debugging, Drills, Health, RestContext, Watch
from roadworthy.doors.rest.description import describe
from roadworthy.doors.rest.endpoints import PREFIX, Endpoints
from roadworthy.doors.rest.events import EventBus
from roadworthy.doors.rest.guard import Guard
from roadworthy.doors.rest.page import WebPage
from roadworthy.doors.rest.problems import not_found
from roadworthy.doors.rest.routes import (
    cases,
    channels,
    comparisons,
    connectors,
    contracts,
    detectors,
    dictionaries,
    drills,
    embedding,
    entry_points,
    escalation_policies,
    evaluators,
    events,
    exchanges,
    failure_models,
    feedback,
    gateway,
    incident_alarms,
    incidents,
    inputs,
    inquiries,
    issues,
    judge,
    judges,
    live_drills,
    login,
    model_routes,
    monitors,
    objectives,
    observe,
    operations,
    outcome_events,
    probes,
    projects,
    recorded_comparison,
    registry,
    registry_import,
    runs,
    schedules,
    silences,
    suspicion,
    teams,
    transfer,
)
from roadworthy.doors.rest.routes.feedback import FeedbackRate
from roadworthy.doors.rest.routes.login import FailedLogins
from roadworthy.doors.rest.settings import RestSettings
from roadworthy.features.debug.cases.service import CaseService
from roadworthy.features.gateway.connectors.service import ConnectorService
from roadworthy.features.gateway.contracts.book import ContractBook
from roadworthy.features.gateway.contracts.service import ContractService
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
from roadworthy.features.watch.objectives.service import ObjectiveService

_CATCH_ALL = ("/api/{path:path}", "/{path:path}")
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_ROUTERS: tuple[Endpoints, ...] = (
    runs.router,
    observe.router,
    projects.router,
    operations.router,
    transfer.router,
    events.router,
    login.router,
    judge.router,
    detectors.router,
    outcome_events.router,
    feedback.router,
    issues.router,
    evaluators.router,
    judges.router,
    comparisons.router,
    embedding.router,
    failure_models.router,
    registry.router,
    registry_import.router,
    teams.router,
    schedules.router,
    escalation_policies.router,
    incidents.router,
    incidents.test_pages,
    incident_alarms.router,
    channels.router,
    silences.router,
    objectives.router,
    inputs.router,
    monitors.router,
    exchanges.router,
    contracts.router,
    contracts.grants,
    model_routes.router,
    gateway.router,
    connectors.router,
    dictionaries.router,
    drills.router,
    live_drills.router,
    suspicion.router,
    inquiries.router,
    cases.router,
    recorded_comparison.router,
    entry_points.router,
)


def build_rest_app(
    *,
    observe: ObserveService,
    metadata: MetadataStore,
    events: EventBus,
    jobs: JobRunner,
    transfer: TransferService,
    judge: JudgeService,
    registering: RegistryService,
    budgets: ObjectiveService,
    watched_inputs: InputsService,
    watch: Watch,
    incidents_service: IncidentService,
    recordings: RecordingService,
    drilling: Drills,
    debugging: Debugging,
    cases_service: CaseService,
    routing: RoutingService,
    connectors_service: ConnectorService,
    dictionary_book: DictionaryBook,
    deleted: DeletedProjects,
    settings: RestSettings,
    contracts_service: ContractService | None = None,
    health: Callable[[], Health] = Health,
    registry: CollectorRegistry = REGISTRY,
    mounts: Mapping[str, ASGIApp] = MappingProxyType({}),
) -> FastAPI:
    """Everything on the page's port. The caller owns what it passes: it starts `jobs`, and closes `events`
    when the server is to stop (streams end then). `mounts` are other doors on the same port, by their path;
    they pass the same guard (Host, Origin), and authenticate by themselves."""
    app = api(settings, mounts=mounts)
    app.state.context = RestContext(
        settings=settings,
        observe=observe,
        metadata=metadata,
        deleted=deleted,
        events=events,
        jobs=jobs,
        transfer=transfer,
        judge=judge,
        registry=registering,
        objectives=budgets,
        inputs=watched_inputs,
        watch=watch,
        incidents=incidents_service,
        recordings=recordings,
        contracts=contracts_service or ContractService(ContractBook(metadata)),
        routing=routing,
        drills=drilling,
        debugging=debugging,
        cases=cases_service,
        connectors=connectors_service,
        dictionaries=dictionary_book,
        health=health,
    )
    app.state.registry = registry
    return app


def api(settings: RestSettings, *, mounts: Mapping[str, ASGIApp] = MappingProxyType({})) -> FastAPI:
    """The app without what it works with: enough to describe itself."""
    app = FastAPI(
        title="Roadworthy",
        version=settings.version,
        summary="Records every run of AI agents.",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # these pages load scripts from elsewhere
        redoc_url=None,
    )
    app.state.failed_logins = FailedLogins()
    app.state.feedback_rate = FeedbackRate()
    for router in _ROUTERS:
        # Not `include_router`, which works out every endpoint once more, for each app.
        app.router.routes.extend(router.routes)
    app.include_router(probes.router)
    app.include_router(feedback.page)
    problems.install(app)
    for path, mounted in mounts.items():
        app.router.routes.append(Route(path, mounted, include_in_schema=False))
    _add_page(app, WebPage(settings.static_dir))
    app.add_middleware(Guard, settings=settings)
    describe(app)
    return app


def _add_page(app: FastAPI, page: WebPage) -> None:
    """Last of all routes: whatever is not the API is the page."""

    @app.api_route(_CATCH_ALL[0], methods=_METHODS, include_in_schema=False)
    def unknown_endpoint(request: Request, path: str) -> Response:
        # This route takes every method, so it also gets those that a known path does not take.
        for route in app.routes:
            known = getattr(route, "path", "") not in _CATCH_ALL
            if known and route.matches(request.scope)[0] is Match.PARTIAL:
                raise HTTPException(405)
        raise not_found("endpoint", name=f"/api/{path}")

    @app.get(_CATCH_ALL[1], include_in_schema=False)
    def page_file(request: Request, path: str) -> Response:
        return page.response(request)
