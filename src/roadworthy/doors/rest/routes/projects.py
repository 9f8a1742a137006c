"""Projects, their keys, prices and saved views."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from datetime import date

from fastapi import Response

from roadworthy.contracts.metadata import PriceOverride, SavedView
from roadworthy.domain.project import DEFAULT_PROJECT, ApiKey, KeyScope, Project
from roadworthy.doors.rest.access import AdminProject, Asker, InstallationAdmin, ReadProject, require_project
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.idempotency import IdempotencyKey, once
from roadworthy.doors.rest.models.settings import (
    CreatedKey,
    KeyPage,
    KeyView,
    NewKey,
    NewPrice,
    NewProject,
    NewView,
    PricePage,
    PriceView,
    ProjectChange,
    ProjectPage,
    ProjectView,
    SavedViewPage,
    SavedViewView,
)
from roadworthy.doors.rest.problems import Problem, bad_field, not_found
from roadworthy.doors.rest.times import rfc3339, rfc3339_or_none
from roadworthy.kit.secrets import new_api_key

router = Endpoints(tags=["settings"])


def _project_view(project: Project) -> ProjectView:
    return ProjectView(
        id=project.id,
        name=project.name,
        created_at=rfc3339(project.created_ns),
        retention_days=project.retention_days,
        require_key=project.require_key,
    )


def _project(ctx: RestContext, project_id: str) -> Project:
    found = ctx.metadata.project(project_id)
    if found is None and project_id == DEFAULT_PROJECT:
        return Project(id=DEFAULT_PROJECT, name="Default", created_ns=ctx.settings.started_ns)
    if found is None:
        raise not_found("project", name=project_id)
    return found


@router.get("/projects", operation_id="listProjects")
def list_projects(ctx: Context, asker: Asker) -> ProjectPage:
    """Those the asker may see."""
    projects = {project.id: project for project in ctx.metadata.projects()}
    projects.setdefault(DEFAULT_PROJECT, _project(ctx, DEFAULT_PROJECT))
    seen = [_project_view(p) for p in projects.values() if asker.may_see(p.id)]
    return ProjectPage(items=seen)


@router.post("/projects", operation_id="createProject", status_code=201, response_model=ProjectView)
def create_project(
    ctx: Context, asker: InstallationAdmin, body: NewProject, key: IdempotencyKey = None
) -> Response:
    def make() -> ProjectView:
        if body.id == DEFAULT_PROJECT or ctx.metadata.project(body.id) is not None:
            raise Problem(
                409, code="exists", title="Already there", detail=f"body.id: there is a project {body.id!r}."
            )
        project = Project(
            id=body.id,
            name=body.name or body.id,
            created_ns=time.time_ns(),
            retention_days=body.retention_days,
            require_key=body.require_key,
        )
        ctx.deleted.make_room(body.id)
        ctx.metadata.save_project(project)
        return _project_view(project)

    return once(ctx, key=key, project="", action="createProject", body=body, make=make)


@router.get("/projects/{project_id}", operation_id="getProject")
def get_project(ctx: Context, asker: Asker, project_id: str) -> ProjectView:
    require_project(ctx, asker, project_id)
    return _project_view(_project(ctx, project_id))


@router.patch("/projects/{project_id}", operation_id="changeProject")
def change_project(ctx: Context, asker: Asker, project_id: str, body: ProjectChange) -> ProjectView:
    asker.need(KeyScope.ADMIN)
    require_project(ctx, asker, project_id)
    project = _project(ctx, project_id)
    given = body.model_dump(include=body.model_fields_set)
    for name in ("name", "require_key"):
        if name in given and given[name] is None:
            raise bad_field(f"body.{name}", "cannot be null")
    project = replace(project, **given)
    ctx.metadata.save_project(project)
    return _project_view(project)


@router.delete("/projects/{project_id}", operation_id="deleteProject", status_code=204)
def delete_project(ctx: Context, asker: InstallationAdmin, project_id: str) -> None:
    """Its keys, prices, views, monitors, incidents, recordings and runs with it. What is on its way into the
    store goes within the hour."""
    if project_id == DEFAULT_PROJECT:
        raise Problem(409, code="default_project", title="The default project stays")
    if not ctx.deleted.delete(project_id):
        raise not_found("project", name=project_id)
    ctx.watch.service.forget(project_id)
    ctx.objectives.alarms.forget(project_id)
    ctx.inputs.forget(project_id)
    ctx.routing.forget(project_id)
    ctx.incidents.forget(project_id)
    ctx.recordings.forget(project_id)
    ctx.contracts.forget(project_id)


def _key_view(key: ApiKey) -> KeyView:
    return KeyView(
        id=key.id,
        project=key.project,
        name=key.name,
        scopes=sorted(key.scopes),
        created_at=rfc3339(key.created_ns),
        last_used_at=rfc3339_or_none(key.last_used_ns),
        revoked_at=rfc3339_or_none(key.revoked_ns),
    )


@router.get("/projects/{project_id}/keys", operation_id="listKeys")
def list_keys(ctx: Context, asker: Asker, project_id: str) -> KeyPage:
    """Revoked ones too."""
    asker.need(KeyScope.ADMIN)
    require_project(ctx, asker, project_id)
    return KeyPage(items=[_key_view(key) for key in ctx.metadata.keys(project_id)])


@router.post(
    "/projects/{project_id}/keys", operation_id="createKey", status_code=201, response_model=CreatedKey
)
def create_key(
    ctx: Context, asker: Asker, project_id: str, body: NewKey, key: IdempotencyKey = None
) -> Response:
    """The answer holds the whole key, this once."""
    asker.need(KeyScope.ADMIN)
    require_project(ctx, asker, project_id)

    def make() -> CreatedKey:
        if ctx.metadata.project(project_id) is None:
            ctx.metadata.save_project(_project(ctx, project_id))
        secret = new_api_key()
        made = ApiKey(
            id=secret.id,
            project=project_id,
            name=body.name,
            scopes=frozenset(body.scopes),
            created_ns=time.time_ns(),
        )
        ctx.metadata.add_key(made, secret_hash=secret.hash)
        return CreatedKey(**dict(_key_view(made)), secret=secret.text)

    return once(
        ctx,
        key=key,
        project=project_id,
        action="createKey",
        body=body,
        make=make,
        forget=frozenset({"secret"}),
    )


@router.delete("/projects/{project_id}/keys/{key_id}", operation_id="revokeKey", status_code=204)
def revoke_key(ctx: Context, asker: Asker, project_id: str, key_id: str) -> None:
    """It is refused everywhere within two seconds."""
    asker.need(KeyScope.ADMIN)
    require_project(ctx, asker, project_id)
    known = any(key.id == key_id for key in ctx.metadata.keys(project_id))
    if not known or not ctx.metadata.revoke_key(key_id, at_ns=time.time_ns()):
        raise not_found("live key", name=key_id)


def _price_view(price: PriceOverride) -> PriceView:
    return PriceView(
        id=price.id,
        model=price.model,
        from_day=price.from_day,
        input_usd_per_mtok=price.input_usd_per_mtok,
        output_usd_per_mtok=price.output_usd_per_mtok,
        cache_read_usd_per_mtok=price.cache_read_usd_per_mtok,
        cache_write_usd_per_mtok=price.cache_write_usd_per_mtok,
        reasoning_usd_per_mtok=price.reasoning_usd_per_mtok,
        above_input_tokens=price.above_input_tokens,
    )


@router.get("/prices", operation_id="listPrices")
def list_prices(ctx: Context, project: ReadProject) -> PricePage:
    """What the project pays where it differs from the list prices."""
    return PricePage(items=[_price_view(price) for price in ctx.metadata.prices(project)])


@router.post("/prices", operation_id="createPrice", status_code=201, response_model=PriceView)
def create_price(ctx: Context, project: AdminProject, body: NewPrice, key: IdempotencyKey = None) -> Response:
    """Holds for runs from now on; POST /api/v1/prices/recompute applies it to history."""
    if "*" in body.model[:-1]:
        raise bad_field("body.model", "a * may stand at the end only")
    try:
        date.fromisoformat(body.from_day)
    except ValueError:
        raise bad_field("body.from_day", f"{body.from_day!r} is no day") from None

    def make() -> PriceView:
        price = PriceOverride(project=project, id=secrets.token_hex(8), **body.model_dump())
        return _price_view(ctx.metadata.save_price(price))

    return once(ctx, key=key, project=project, action="createPrice", body=body, make=make)


@router.delete("/prices/{price_id}", operation_id="deletePrice", status_code=204)
def delete_price(ctx: Context, project: AdminProject, price_id: str) -> None:
    if not ctx.metadata.delete_price(project, price_id):
        raise not_found("price", name=price_id)


def _saved_view(view: SavedView) -> SavedViewView:
    return SavedViewView.model_validate(
        {
            "id": view.id,
            "name": view.name,
            "page": view.page,
            "query": view.query,
            "created_at": rfc3339(view.created_ns),
        }
    )


@router.get("/views", operation_id="listViews")
def list_views(ctx: Context, project: ReadProject) -> SavedViewPage:
    return SavedViewPage(items=[_saved_view(view) for view in ctx.metadata.views(project)])


@router.post("/views", operation_id="createView", status_code=201, response_model=SavedViewView)
def create_view(ctx: Context, project: AdminProject, body: NewView, key: IdempotencyKey = None) -> Response:
    def make() -> SavedViewView:
        view = SavedView(
            project=project,
            id=secrets.token_hex(8),
            name=body.name,
            page=body.page,
            query=body.query,
            created_ns=time.time_ns(),
        )
        ctx.metadata.save_view(view)
        return _saved_view(view)

    return once(ctx, key=key, project=project, action="createView", body=body, make=make)


@router.delete("/views/{view_id}", operation_id="deleteView", status_code=204)
def delete_view(ctx: Context, project: AdminProject, view_id: str) -> None:
    if not ctx.metadata.delete_view(project, view_id):
        raise not_found("view", name=view_id)
