"""Agents and their owners, read from files and written to one."""

from __future__ import annotations

from starlette.responses import Response

from roadworthy.doors.rest.access import AdminProject, Asker, ReadProject
from roadworthy.doors.rest.context import Context
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.registry_import import ImportBody, ImportView, import_view, options_of
from roadworthy.doors.rest.routes.registering import told

router = Endpoints(prefix="/registry", tags=["registry"])

_CSV = {"text/csv": {"schema": {"type": "string"}}}


@router.post("/import", operation_id="importRegistry")
def import_registry(ctx: Context, asker: Asker, project: AdminProject, body: ImportBody) -> ImportView:
    """Reads a Backstage catalogue, a CODEOWNERS file or a CSV. Shows what would change, and with `dry_run`
    false does it, in one transaction; the same file again changes nothing. While there are faults nothing is
    taken, unless `partial` is true."""
    options = options_of(body)
    if body.dry_run:
        plan = ctx.registry.plan(project, body.text, form=body.format, options=options)
        return import_view(plan, applied=False)
    with told("body.text: "):
        plan, applied = ctx.registry.import_text(
            project, body.text, form=body.format, options=options, by=asker.name, partial=body.partial
        )
    return import_view(plan, applied=applied)


@router.get(
    "/export.csv",
    operation_id="exportRegistry",
    response_class=Response,
    responses={200: {"content": _CSV, "description": "CSV (RFC 4180), UTF-8"}},
)
def export_registry(ctx: Context, project: ReadProject) -> Response:
    """All registered agents, as the import reads them."""
    return Response(
        ctx.registry.export_csv(project).encode(),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="agents.csv"'},
    )
