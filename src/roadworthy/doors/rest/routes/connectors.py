"""Connectors: the systems that agents call, and what their tools do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.concurrency import run_in_threadpool

from roadworthy.contracts.tool_system import ToolFailed
from roadworthy.domain.connector import Connector, ConnectorKind
from roadworthy.doors.rest.access import AdminProject, Asker, Principal, ReadProject
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.connectors import (
    ConnectorBody,
    ConnectorExport,
    ConnectorFileBody,
    ConnectorFileView,
    ConnectorKindPage,
    ConnectorKindView,
    ConnectorPage,
    ConnectorStateView,
    ConnectorView,
    LoadsView,
    SavedConnectorView,
    SecretBody,
    TestedView,
    ToolCallBody,
    ToolPage,
    ToolResultView,
    bad_row_view,
    change_view,
    connector_view,
    delivery_file_view,
    failed_view,
    result_view,
    saved_view,
    state_view,
    table_state_view,
    tested_view,
    tool_view,
)
from roadworthy.doors.rest.problems import FieldError, Problem, bad_field, not_found
from roadworthy.features.gateway.connectors.book import ConnectorDraft, on_this_machine
from roadworthy.features.gateway.connectors.declared import apply_file, read_file, write_file
from roadworthy.features.gateway.connectors.settings.table import SETTINGS, ConnectorInvalid
from roadworthy.kit.yaml_documents import YamlInvalid

router = Endpoints(tags=["connectors"])

_ROWS_SHOWN = 200


@router.get("/connector-kinds", operation_id="listConnectorKinds")
def list_connector_kinds(project: ReadProject) -> ConnectorKindPage:
    """What can be connected, and what each kind needs to be told."""
    return ConnectorKindPage(
        items=[
            ConnectorKindView(kind=kind, settings=one.model_json_schema()) for kind, one in SETTINGS.items()
        ]
    )


@router.get("/connectors", operation_id="listConnectors")
def list_connectors(ctx: Context, project: ReadProject) -> ConnectorPage:
    """By name."""
    return ConnectorPage(items=[connector_view(one) for one in ctx.connectors.book.connectors(project)])


@router.get("/connector-file", operation_id="exportConnectors")
def export_connectors(ctx: Context, project: ReadProject) -> ConnectorExport:
    """All of them as YAML, without secrets."""
    return ConnectorExport(yaml=write_file(ctx.connectors.book.connectors(project)))


@router.post("/connector-file", operation_id="applyConnectors")
def apply_connectors(
    ctx: Context, asker: Asker, project: AdminProject, body: ConnectorFileBody
) -> ConnectorFileView:
    """Enters or replaces those that the YAML declares, all or none; others stay. The same file again changes
    nothing."""
    with _told("body.yaml"):
        for draft in read_file(body.yaml).values():
            _may_reach(asker, draft)
        changes = apply_file(ctx.connectors.book, project, body.yaml, dry_run=body.dry_run)
    return ConnectorFileView(applied=not body.dry_run, changes=[change_view(one) for one in changes])


@router.get("/connectors/{name}", operation_id="getConnector")
def get_connector(ctx: Context, project: ReadProject, name: str) -> ConnectorView:
    return connector_view(known_connector(ctx, project=project, name=name))


@router.put("/connectors/{name}", operation_id="saveConnector")
def save_connector(
    ctx: Context, asker: Asker, project: AdminProject, name: str, body: ConnectorBody
) -> SavedConnectorView:
    """Enters it, or replaces all of it but its secrets; these are dropped where its address changes."""
    draft = ConnectorDraft(**body.model_dump())
    _may_reach(asker, draft)
    with _told("body"):
        saved = ctx.connectors.book.save(project, name, draft)
    return saved_view(saved.connector, dropped=saved.dropped)


@router.delete("/connectors/{name}", operation_id="deleteConnector", status_code=204)
def delete_connector(ctx: Context, project: AdminProject, name: str) -> None:
    """With its secrets, its data dictionary and the tables that were loaded for it."""
    if not ctx.connectors.delete(project, name):
        raise not_found("connector", name=name)
    ctx.dictionaries.delete(project, name)


@router.put("/connectors/{name}/secrets/{secret}", operation_id="setConnectorSecret")
def set_connector_secret(
    ctx: Context, project: AdminProject, name: str, secret: str, body: SecretBody
) -> ConnectorView:
    """Sealed at rest; never shown again."""
    with _told("body"):
        changed = ctx.connectors.book.set_secret(project, name, secret=secret, value=body.value)
    if changed is None:
        raise not_found("connector", name=name)
    return connector_view(changed)


@router.delete("/connectors/{name}/secrets/{secret}", operation_id="deleteConnectorSecret", status_code=204)
def delete_connector_secret(ctx: Context, project: AdminProject, name: str, secret: str) -> None:
    if not ctx.connectors.book.delete_secret(project, name, secret=secret):
        raise not_found("secret", name=secret)


@router.post("/connectors/{name}/test", operation_id="testConnector")
async def test_connector(ctx: Context, project: AdminProject, name: str) -> TestedView:
    """Reaches the system once, as little as may be."""
    connector = await run_in_threadpool(known_connector, ctx, project=project, name=name)
    return tested_view(await ctx.connectors.test(connector))


@router.get("/connectors/{name}/state", operation_id="getConnectorState")
def connector_state(ctx: Context, project: ReadProject, name: str) -> ConnectorStateView:
    """How it goes at the gateway: its tools, its calls, what a program says of itself."""
    connector = known_connector(ctx, project=project, name=name)
    health = ctx.routing.health()
    told = health.told.get("connectors") if health.running else None
    held = told.get(f"{project}:{connector.name}") if isinstance(told, dict) else None
    return state_view(held if isinstance(held, dict) else {})


@router.get("/connectors/{name}/tools", operation_id="listConnectorTools")
async def list_connector_tools(ctx: Context, project: ReadProject, name: str) -> ToolPage:
    """As agents get them, described by the data dictionary."""
    connector = await run_in_threadpool(known_connector, ctx, project=project, name=name)
    try:
        return ToolPage(items=[tool_view(one) for one in await ctx.connectors.tools(connector)])
    except ToolFailed as failure:
        raise Problem(
            409, code="connector_failed", title="The connector cannot be used", detail=failure.failure.what
        ) from None


@router.post("/connectors/{name}/tools/{tool}", operation_id="callConnectorTool")
async def call_connector_tool(
    ctx: Context, project: AdminProject, name: str, tool: str, body: ToolCallBody
) -> ToolResultView:
    """A person tries a tool. A failure is told as agents get it."""
    connector = await run_in_threadpool(known_connector, ctx, project=project, name=name)
    try:
        return result_view(await ctx.connectors.call(connector, tool, body.arguments))
    except ToolFailed as failure:
        return failed_view(failure.failure)


@router.get("/connectors/{name}/loads", operation_id="listConnectorLoads")
def list_connector_loads(ctx: Context, project: ReadProject, name: str) -> LoadsView:
    """What a batch connector was delivered, and how fresh its tables are."""
    connector = _batch(ctx, project=project, name=name)
    loads = ctx.connectors.deliveries
    return LoadsView(
        tables=[table_state_view(one) for one in loads.tables(connector)],
        deliveries=[delivery_file_view(one) for one in loads.deliveries(connector, limit=_ROWS_SHOWN)],
        bad_rows=[bad_row_view(one) for one in loads.bad_rows(connector, limit=_ROWS_SHOWN)],
    )


@router.post("/connectors/{name}/loads", operation_id="loadConnector", status_code=202)
def load_connector(ctx: Context, project: AdminProject, name: str) -> LoadsView:
    """Looks at the source now instead of at its next turn."""
    ctx.connectors.deliveries.hurry(_batch(ctx, project=project, name=name))
    return list_connector_loads(ctx, project, name)


def _may_reach(asker: Principal, draft: ConnectorDraft) -> None:
    """Files and programs of the server's machine are for those who may change the whole installation."""
    if asker.project is not None and on_this_machine(draft.kind, draft.settings):
        raise Problem(
            403,
            code="project_key",
            title="Not allowed",
            detail=f"A key of project {asker.project!r} cannot connect to files or programs of the server.",
        )


def known_connector(ctx: RestContext, *, project: str, name: str) -> Connector:
    found = ctx.connectors.book.connector(project, name)
    if found is None:
        raise not_found("connector", name=name)
    return found


def _batch(ctx: RestContext, *, project: str, name: str) -> Connector:
    found = known_connector(ctx, project=project, name=name)
    if found.kind is not ConnectorKind.BATCH:
        raise bad_field("path.name", f"expected a connector of kind batch, {name!r} is {found.kind.value}")
    return found


@contextmanager
def _told(where: str) -> Iterator[None]:
    try:
        yield
    except ConnectorInvalid as invalid:
        errors = [FieldError(field=f"{where}.{field}", message=text) for field, text in invalid.faults[:50]]
        detail = "; ".join(f"{one.field}: {one.message}" for one in errors[:5])
        raise Problem(400, code="bad_request", title="Bad request", detail=detail, errors=errors) from None
    except YamlInvalid as invalid:
        raise bad_field(where, str(invalid)) from None
