"""Providers of models, and the routes that agents ask for."""

from __future__ import annotations

from dataclasses import asdict

from starlette.responses import Response

from roadworthy.domain.model_route import ModelRoute, Provider
from roadworthy.doors.rest.access import AdminProject, Asker, Principal, ReadProject
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.idempotency import IdempotencyKey, once
from roadworthy.doors.rest.models.model_routes import (
    ImportChange,
    ModelRoutePage,
    ModelRouteView,
    NewProvider,
    PresetPage,
    ProviderBody,
    ProviderPage,
    ProviderView,
    RouteBody,
    RoutesImportBody,
    RoutesImportView,
    RouteTestBody,
    RouteTestView,
    preset_view,
    provider_draft,
    provider_view,
    route_of,
    route_view,
    target_test_view,
)
from roadworthy.doors.rest.problems import Problem, not_found
from roadworthy.doors.rest.routes.gateway_errors import told
from roadworthy.doors.rest.routes.routes_file import read_file, write_file
from roadworthy.features.gateway.routes.drafts import ProviderDraft, checked_provider
from roadworthy.features.gateway.routes.importing import plan_import
from roadworthy.features.gateway.routes.presets import PRESETS
from roadworthy.kit.sealing import CannotOpen

router = Endpoints(prefix="/gateway", tags=["gateway"])
# Several documents: as YAML, clients expect one.
_YAML = {"text/plain": {"schema": {"type": "string"}}}


@router.get("/presets", operation_id="listProviderPresets")
def list_presets(project: ReadProject) -> PresetPage:
    """Known providers and servers of models."""
    return PresetPage(items=[preset_view(one) for one in PRESETS])


@router.get("/providers", operation_id="listProviders")
def list_providers(ctx: Context, project: ReadProject) -> ProviderPage:
    routes = ctx.routing.routes.routes(project)
    return ProviderPage(items=[_shown(one, routes) for one in ctx.routing.routes.providers(project)])


@router.post("/providers", operation_id="addProvider", status_code=201, response_model=ProviderView)
def add_provider(
    ctx: Context, asker: Asker, project: AdminProject, body: NewProvider, key: IdempotencyKey = None
) -> Response:
    """Its key is sealed and never shown."""

    def make() -> ProviderView:
        with told():
            _allowed(asker, provider_draft(body.name, body), project=project)
            made = ctx.routing.routes.save_provider(project, provider_draft(body.name, body), new=True)
        assert made is not None  # noqa: S101 - only a change finds nothing
        return provider_view(made, routes=[])

    return once(ctx, key=key, project=project, action="addProvider", body=body, make=make)


@router.get("/providers/{name}", operation_id="getProvider")
def get_provider(ctx: Context, project: ReadProject, name: str) -> ProviderView:
    found = ctx.routing.routes.provider(project, name)
    if found is None:
        raise not_found("provider", name=name)
    return _shown(found, ctx.routing.routes.routes(project))


@router.put("/providers/{name}", operation_id="changeProvider")
def change_provider(
    ctx: Context, asker: Asker, project: AdminProject, name: str, body: ProviderBody
) -> ProviderView:
    """Its name stays. A change of address wants the key again."""
    with told():
        _allowed(asker, provider_draft(name, body), project=project)
        made = ctx.routing.routes.save_provider(project, provider_draft(name, body), new=False)
    if made is None:
        raise not_found("provider", name=name)
    return _shown(made, ctx.routing.routes.routes(project))


@router.delete("/providers/{name}", operation_id="deleteProvider", status_code=204)
def delete_provider(ctx: Context, project: AdminProject, name: str) -> None:
    """Not while a route goes to it."""
    with told():
        if not ctx.routing.routes.delete_provider(project, name):
            raise not_found("provider", name=name)


@router.get("/routes", operation_id="listRoutes")
def list_routes(ctx: Context, project: ReadProject) -> ModelRoutePage:
    return ModelRoutePage(items=[route_view(one) for one in ctx.routing.routes.routes(project)])


@router.post("/routes", operation_id="addRoute", status_code=201, response_model=ModelRouteView)
def add_route(ctx: Context, project: AdminProject, body: RouteBody, key: IdempotencyKey = None) -> Response:
    """Holds at the gateway within two seconds."""

    def make() -> ModelRouteView:
        with told():
            return route_view(ctx.routing.routes.add_route(route_of(body, project=project)))

    return once(ctx, key=key, project=project, action="addRoute", body=body, make=make)


@router.get(
    "/routes.yaml",
    operation_id="exportRoutes",
    response_class=Response,
    responses={200: {"content": _YAML, "description": "YAML, one document each"}},
)
def export_routes(ctx: Context, project: ReadProject) -> Response:
    """All providers and routes, as the import reads them; without keys."""
    book = ctx.routing.routes
    text = write_file(book.providers(project), book.routes(project))
    return Response(
        text.encode(),
        media_type="text/plain; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="routes.yaml"'},
    )


@router.post("/routes/import", operation_id="importRoutes")
def import_routes(
    ctx: Context, asker: Asker, project: AdminProject, body: RoutesImportBody
) -> RoutesImportView:
    """Shows what would change, and with `dry_run` false does it, in one transaction. The same file again
    changes nothing; what is not in it stays. Keys are in no file: say them afterwards, or name a variable."""
    placed = read_file(body.text)
    book = ctx.routing.routes
    with told("body.text: "):
        for one in placed:
            if one.provider is not None:
                _allowed(asker, one.provider, project=project)
        plan = plan_import(book, project, placed, at_ns=ctx.routing.now_ns())
    if not body.dry_run:
        book.save_all(list(plan.providers), list(plan.routes))
    return RoutesImportView(
        applied=not body.dry_run,
        changes=[ImportChange(**asdict(one)) for one in plan.changes],
        without_key=list(plan.without_key),
    )


@router.get("/routes/{route_id}", operation_id="getRoute")
def get_route(ctx: Context, project: ReadProject, route_id: str) -> ModelRouteView:
    return route_view(_known(ctx, project=project, route_id=route_id))


@router.put("/routes/{route_id}", operation_id="changeRoute")
def change_route(ctx: Context, project: AdminProject, route_id: str, body: RouteBody) -> ModelRouteView:
    with told():
        made = ctx.routing.routes.change_route(route_of(body, project=project, route_id=route_id))
    if made is None:
        raise not_found("route", name=route_id)
    return route_view(made)


@router.delete("/routes/{route_id}", operation_id="deleteRoute", status_code=204)
def delete_route(ctx: Context, project: AdminProject, route_id: str) -> None:
    """Not while another route falls back to it."""
    with told():
        if not ctx.routing.routes.delete_route(project, route_id):
            raise not_found("route", name=route_id)


@router.post("/routes/{route_id}/test", operation_id="testRoute")
def test_route(ctx: Context, project: AdminProject, route_id: str, body: RouteTestBody) -> RouteTestView:
    """A small call to each of its targets from this server, at once; it costs a few tokens."""
    route = _known(ctx, project=project, route_id=route_id)
    try:
        with told():
            tests = ctx.routing.test_route(route, model=body.model, dialect=body.dialect)
    except CannotOpen as fault:
        raise Problem(409, code="key_lost", title="Key lost", detail=f"A key is {fault}.") from None
    return RouteTestView(ok=bool(tests) and tests[0].ok, targets=[target_test_view(one) for one in tests])


def _known(ctx: RestContext, *, project: str, route_id: str) -> ModelRoute:
    found = ctx.routing.routes.route(project, route_id)
    if found is None:
        raise not_found("route", name=route_id)
    return found


def _shown(one: Provider, routes: list[ModelRoute]) -> ProviderView:
    using = {route.name for route in routes if any(target.provider == one.name for target in route.targets)}
    return provider_view(one, routes=sorted(using))


def _allowed(asker: Principal, draft: ProviderDraft, *, project: str) -> None:
    """What reaches beyond a project, an admin of one project may not set: the gateway's environment (any of
    its secrets could be sent to a server of their own), and private addresses."""
    if asker.project is None:
        return
    reaching = (
        "key_variable"
        if draft.key_variable
        else "allow_private"
        if checked_provider(draft, project=project, at_ns=0).allow_private
        else ""
    )
    if reaching:
        raise Problem(
            403,
            code="project_key",
            title="Not allowed",
            detail=f"body.{reaching}: only who may change the whole installation may set it.",
        )
