"""Gateway keys, budgets, limits, and how the gateway is."""

from __future__ import annotations

from starlette.responses import Response

from roadworthy.domain.model_route import CallLimit, SpendBudget
from roadworthy.doors.rest.access import AdminProject, ReadProject
from roadworthy.doors.rest.context import Context
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.idempotency import IdempotencyKey, once
from roadworthy.doors.rest.models.gateway import (
    CallLimitBody,
    CallLimitPage,
    CallLimitView,
    GatewayHealthView,
    GatewayKeyPage,
    MadeGatewayKey,
    NewGatewayKey,
    RotateBody,
    SpendBudgetBody,
    SpendBudgetPage,
    SpendBudgetView,
    budget_view,
    health_view,
    key_view,
    limit_view,
)
from roadworthy.doors.rest.problems import bad_field, not_found
from roadworthy.doors.rest.routes.gateway_errors import told
from roadworthy.features.gateway.keys.book import MadeKey

router = Endpoints(prefix="/gateway", tags=["gateway"])


@router.get("/keys", operation_id="listGatewayKeys")
def list_keys(ctx: Context, project: AdminProject) -> GatewayKeyPage:
    """What agents show at the gateway; revoked ones, too."""
    return GatewayKeyPage(items=[key_view(one) for one in ctx.routing.keys.keys(project)])


@router.post("/keys", operation_id="createGatewayKey", status_code=201, response_model=MadeGatewayKey)
def create_key(
    ctx: Context, project: AdminProject, body: NewGatewayKey, key: IdempotencyKey = None
) -> Response:
    """The answer holds the whole key, this once. It opens the gateway alone, for one agent."""

    def make() -> MadeGatewayKey:
        names = {one.name for one in ctx.routing.routes.routes(project)}
        for place, name in enumerate(body.routes):
            if name not in names:
                raise bad_field(f"body.routes[{place}]", "expected the name of a route that is there")
        made = ctx.routing.keys.add(
            project, body.name, agent=body.agent, release=body.release, routes=body.routes
        )
        return _made(made, url=ctx.routing.gateway_url)

    return once(
        ctx,
        key=key,
        project=project,
        action="createGatewayKey",
        body=body,
        make=make,
        forget=frozenset({"secret"}),
    )


@router.post("/keys/{key_id}/rotate", operation_id="rotateGatewayKey")
def rotate_key(ctx: Context, project: AdminProject, key_id: str, body: RotateBody) -> MadeGatewayKey:
    """A new secret, shown this once. The ones before it work until the overlap is over."""
    made = ctx.routing.keys.rotate(project, key_id, overlap_s=body.overlap_s)
    if made is None:
        raise not_found("live gateway key", name=key_id)
    return _made(made, url=ctx.routing.gateway_url)


@router.delete("/keys/{key_id}", operation_id="revokeGatewayKey", status_code=204)
def revoke_key(ctx: Context, project: AdminProject, key_id: str) -> None:
    """The gateway refuses it within two seconds; calls that are streaming go on to their end."""
    if not ctx.routing.keys.revoke(project, key_id):
        raise not_found("live gateway key", name=key_id)


@router.get("/budgets", operation_id="listSpendBudgets")
def list_budgets(ctx: Context, project: ReadProject) -> SpendBudgetPage:
    """With what was spent in the period that runs."""
    with told():
        return SpendBudgetPage(items=[budget_view(one) for one in ctx.routing.budgets_now(project)])


@router.post("/budgets", operation_id="addSpendBudget", status_code=201, response_model=SpendBudgetView)
def add_budget(
    ctx: Context, project: AdminProject, body: SpendBudgetBody, key: IdempotencyKey = None
) -> Response:
    """What is spent counts from now on. At 50, 80 and 100 % it raises an alarm; used up, it refuses calls."""

    def make() -> SpendBudgetView:
        with told():
            made = ctx.routing.budgets.add_budget(_budget(body, project=project))
            return budget_view(ctx.routing.budget_now(made))

    return once(ctx, key=key, project=project, action="addSpendBudget", body=body, make=make)


@router.get("/budgets/{budget_id}", operation_id="getSpendBudget")
def get_budget(ctx: Context, project: ReadProject, budget_id: str) -> SpendBudgetView:
    found = ctx.routing.budgets.budget(project, budget_id)
    if found is None:
        raise not_found("budget", name=budget_id)
    with told():
        return budget_view(ctx.routing.budget_now(found))


@router.put("/budgets/{budget_id}", operation_id="changeSpendBudget")
def change_budget(
    ctx: Context, project: AdminProject, budget_id: str, body: SpendBudgetBody
) -> SpendBudgetView:
    """What was spent stays."""
    with told():
        made = ctx.routing.budgets.change_budget(_budget(body, project=project, budget_id=budget_id))
        if made is None:
            raise not_found("budget", name=budget_id)
        return budget_view(ctx.routing.budget_now(made))


@router.delete("/budgets/{budget_id}", operation_id="deleteSpendBudget", status_code=204)
def delete_budget(ctx: Context, project: AdminProject, budget_id: str) -> None:
    if not ctx.routing.budgets.delete_budget(project, budget_id):
        raise not_found("budget", name=budget_id)


@router.get("/limits", operation_id="listCallLimits")
def list_limits(ctx: Context, project: ReadProject) -> CallLimitPage:
    return CallLimitPage(items=[limit_view(one) for one in ctx.routing.budgets.limits(project)])


@router.post("/limits", operation_id="addCallLimit", status_code=201, response_model=CallLimitView)
def add_limit(
    ctx: Context, project: AdminProject, body: CallLimitBody, key: IdempotencyKey = None
) -> Response:
    def make() -> CallLimitView:
        with told():
            made = ctx.routing.budgets.save_limit(_limit(body, project=project), new=True)
        assert made is not None  # noqa: S101 - only a change finds nothing
        return limit_view(made)

    return once(ctx, key=key, project=project, action="addCallLimit", body=body, make=make)


@router.put("/limits/{limit_id}", operation_id="changeCallLimit")
def change_limit(ctx: Context, project: AdminProject, limit_id: str, body: CallLimitBody) -> CallLimitView:
    with told():
        made = ctx.routing.budgets.save_limit(_limit(body, project=project, limit_id=limit_id), new=False)
    if made is None:
        raise not_found("limit", name=limit_id)
    return limit_view(made)


@router.delete("/limits/{limit_id}", operation_id="deleteCallLimit", status_code=204)
def delete_limit(ctx: Context, project: AdminProject, limit_id: str) -> None:
    if not ctx.routing.budgets.delete_limit(project, limit_id):
        raise not_found("limit", name=limit_id)


@router.get("/health", operation_id="getGatewayHealth")
def gateway_health(ctx: Context, project: ReadProject) -> GatewayHealthView:
    """As the gateway said within the last second: breakers, queues, latencies, the age of its snapshot."""
    return health_view(ctx.routing.health(), project=project, url=ctx.routing.gateway_url)


def _made(made: MadeKey, *, url: str) -> MadeGatewayKey:
    return MadeGatewayKey(**dict(key_view(made.key)), secret=made.text, base_url=url)


def _budget(body: SpendBudgetBody, *, project: str, budget_id: str = "") -> SpendBudget:
    return SpendBudget(project=project, id=budget_id, **body.model_dump())


def _limit(body: CallLimitBody, *, project: str, limit_id: str = "") -> CallLimit:
    return CallLimit(project=project, id=limit_id, **body.model_dump())
