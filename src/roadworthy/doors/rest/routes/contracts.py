"""Contracts of tools: what is pinned, what drifted; and which agent may call which tool."""

# ruff: noqa: FBT002 (query parameters, given by name)

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from roadworthy.doors.rest.access import AdminProject, Asker, ReadProject
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.cursors import read_pair, write_cursor
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.idempotency import IdempotencyKey, once
from roadworthy.doors.rest.models.contracts import (
    AcceptBody,
    ContractChangeBody,
    ContractDetail,
    ContractDiffJson,
    ContractHistory,
    ContractPage,
    GrantBody,
    GrantJson,
    GrantPage,
    PinBody,
    detail,
    diff_json,
    grant_json,
    summary,
    terms_of,
    version_json,
)
from roadworthy.doors.rest.problems import Problem, bad_field, not_found
from roadworthy.doors.rest.queries import CursorParameter
from roadworthy.features.gateway.contracts.book import ContractInvalid
from roadworthy.features.gateway.contracts.service import ContractView

router = Endpoints(prefix="/contracts", tags=["contracts"])
grants = Endpoints(prefix="/tool-grants", tags=["contracts"])

Limit = Annotated[int, Query(ge=1, le=500)]
ConnectorOnly = Annotated[str, Query(max_length=200, description="Of this connector only")]
Drifted = Annotated[bool, Query(description="Only those that drifted")]


@router.get("", operation_id="listContracts")
def list_contracts(
    ctx: Context,
    project: ReadProject,
    connector: ConnectorOnly = "",
    drifted: Drifted = False,
    limit: Limit = 100,
    cursor: CursorParameter = None,
) -> ContractPage:
    """Those that drifted first, then by name; tools that were seen and never pinned are among them."""
    held = [
        one
        for one in ctx.contracts.views(project)
        if (not connector or one.contract.connector == connector) and (one.drifts or not drifted)
    ]
    place = read_pair(cursor)
    start = place[0] if place else 0
    page = held[start : start + limit]
    more = start + limit < len(held)
    return ContractPage(
        items=[summary(one) for one in page],
        next_cursor=write_cursor(start + limit, page[-1].contract.name) if more else None,
    )


@router.get("/{connector}/{tool}", operation_id="getContract")
def get_contract(ctx: Context, project: ReadProject, connector: str, tool: str) -> ContractDetail:
    """With the pinned version, and what traffic and the tool itself say now."""
    return detail(_view(ctx, project, connector, tool))


@router.patch("/{connector}/{tool}", operation_id="changeContract")
def change_contract(
    ctx: Context, asker: Asker, project: AdminProject, connector: str, tool: str, body: ContractChangeBody
) -> ContractDetail:
    """Mode and terms. It holds within a second. Terms can be set before anything is pinned."""
    try:
        changed = ctx.contracts.change(
            project,
            connector=connector,
            tool=tool,
            by=asker.name,
            mode=body.mode,
            terms=terms_of(body.terms) if body.terms else None,
        )
    except ContractInvalid as invalid:
        raise bad_field(f"body.terms.{invalid.field}", f"expected {invalid.expected}") from None
    return detail(changed)


@router.delete("/{connector}/{tool}", operation_id="deleteContract", status_code=204)
def delete_contract(ctx: Context, project: AdminProject, connector: str, tool: str) -> None:
    """With its history and what was learned; the tool itself stays."""
    _view(ctx, project, connector, tool)
    ctx.contracts.delete(project, connector=connector, tool=tool)


@router.get("/{connector}/{tool}/history", operation_id="getContractHistory")
def contract_history(ctx: Context, project: ReadProject, connector: str, tool: str) -> ContractHistory:
    view = _view(ctx, project, connector, tool)
    return ContractHistory(items=[version_json(one) for one in reversed(view.contract.versions)])


@router.get("/{connector}/{tool}/diff", operation_id="getContractDiff")
def contract_diff(
    ctx: Context,
    project: ReadProject,
    connector: str,
    tool: str,
    against: Annotated[
        int | None, Query(description="An earlier version; left out: what is seen now against the pinned")
    ] = None,
) -> ContractDiffJson:
    """In words, one line for each change, and whether readers can fail on it."""
    found = ctx.contracts.diff(_view(ctx, project, connector, tool), against=against)
    if found is None:
        raise not_found("version", name=str(against))
    return diff_json(found)


@router.post(
    "/{connector}/{tool}/pin", operation_id="pinContract", status_code=201, response_model=ContractDetail
)
def pin_contract(
    ctx: Context,
    asker: Asker,
    project: AdminProject,
    connector: str,
    tool: str,
    body: PinBody,
    key: IdempotencyKey = None,
) -> Response:
    """From now on exchanges are held against this; what had drifted is over."""

    def make() -> ContractDetail:
        try:
            pinned = ctx.contracts.pin(
                project,
                connector=connector,
                tool=tool,
                by=asker.name,
                reason=body.reason,
                arguments=body.arguments,
                result=body.result,
                mode=body.mode,
            )
        except ContractInvalid as invalid:
            raise bad_field(f"body.{invalid.field}", f"expected {invalid.expected}") from None
        if pinned is None:
            raise not_found("tool", name=f"{connector}.{tool}")
        return detail(pinned)

    return once(ctx, key=key, project=project, action=f"pin {connector}.{tool}", body=body, make=make)


@router.post("/{connector}/{tool}/accept", operation_id="acceptContractDrift")
def accept_drift(
    ctx: Context, asker: Asker, project: AdminProject, connector: str, tool: str, body: AcceptBody
) -> ContractDetail:
    """What drifted is how it is to be: pinned anew, and its alarms are over."""
    _view(ctx, project, connector, tool)
    try:
        accepted = ctx.contracts.accept(
            project, connector=connector, tool=tool, by=asker.name, reason=body.reason
        )
    except ContractInvalid as invalid:
        raise Problem(
            409, code="nothing_drifted", title="Nothing drifted", detail=f"Expected {invalid.expected}."
        ) from None
    if accepted is None:
        raise Problem(
            409,
            code="not_pinned",
            title="Nothing is pinned",
            detail=f"{connector}.{tool} has no pinned version; POST to /pin first.",
        )
    return detail(accepted)


@grants.get("", operation_id="listToolGrants")
def list_grants(
    ctx: Context, project: ReadProject, agent: Annotated[str, Query(max_length=500)] = ""
) -> GrantPage:
    """By agent, release and pattern."""
    held = ctx.contracts.book.grants(project)
    return GrantPage(items=[grant_json(one) for one in held if not agent or one.agent == agent])


@grants.post("", operation_id="addToolGrant", status_code=201, response_model=GrantJson)
def add_grant(
    ctx: Context, asker: Asker, project: AdminProject, body: GrantBody, key: IdempotencyKey = None
) -> Response:
    """The agent sees and may call these tools within a second."""

    def make() -> GrantJson:
        try:
            made = ctx.contracts.book.grant(
                project, agent=body.agent, release=body.release, pattern=body.pattern, by=asker.name
            )
        except ContractInvalid as invalid:
            raise bad_field(f"body.{invalid.field}", f"expected {invalid.expected}") from None
        return grant_json(made)

    return once(ctx, key=key, project=project, action="toolGrant", body=body, make=make)


@grants.delete("/{grant_id}", operation_id="deleteToolGrant", status_code=204)
def delete_grant(ctx: Context, project: AdminProject, grant_id: str) -> None:
    if not ctx.contracts.book.revoke(project, grant_id):
        raise not_found("grant", name=grant_id)


def _view(ctx: RestContext, project: str, connector: str, tool: str) -> ContractView:
    found = ctx.contracts.view(project, connector=connector, tool=tool)
    if found is None:
        raise not_found("contract", name=f"{connector}.{tool}")
    return found
