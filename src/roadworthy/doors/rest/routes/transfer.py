"""Runs, spans and scores out and in, as files."""

from __future__ import annotations

import tempfile
from typing import Annotated, BinaryIO, cast

from fastapi import Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from roadworthy.doors.rest.access import AdminProject, ReadProject
from roadworthy.doors.rest.context import Context
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.settings import ImportResult
from roadworthy.doors.rest.problems import Problem, bad_field
from roadworthy.doors.rest.queries import Selected
from roadworthy.features.observe.parquet import NotParquet
from roadworthy.features.observe.transfer import Form, What

router = Endpoints(tags=["transfer"])

WhatParameter = Annotated[What, Query(description="What the file holds")]
FormParameter = Annotated[Form, Query(alias="format")]
_KINDS = {Form.JSONL: "application/x-ndjson", Form.PARQUET: "application/vnd.apache.parquet"}
_CONTENT = {
    _KINDS[Form.JSONL]: {"schema": {"type": "string"}},
    _KINDS[Form.PARQUET]: {"schema": {"type": "string", "format": "binary"}},
}
_IN_MEMORY = 8 * 1024 * 1024


@router.get(
    "/export",
    operation_id="exportData",
    response_class=StreamingResponse,
    responses={200: {"content": _CONTENT}},
)
def export_data(
    ctx: Context,
    project: ReadProject,
    selection: Selected,
    what: WhatParameter = What.RUNS,
    form: FormParameter = Form.JSONL,
) -> StreamingResponse:
    """Runs, spans or scores, each with every stored field, as a file that POST /api/v1/import takes back.
    Times are Unix ns.

    With filters or text: the spans or scores of those runs. Without: all of the time asked for."""
    query = selection.runs(limit=1000)
    # Asked once before the answer begins: what cannot be asked is a 400, not a file that breaks off.
    ctx.observe.runs(project, selection.runs(limit=1))
    return StreamingResponse(
        ctx.transfer.export(project, query, what=what, form=form),
        media_type=_KINDS[form],
        headers={"Content-Disposition": f'attachment; filename="{project}-{what.value}.{form.value}"'},
    )


@router.post(
    "/import",
    operation_id="importData",
    openapi_extra={"requestBody": {"required": True, "content": _CONTENT}},
)
async def import_data(
    ctx: Context,
    request: Request,
    project: AdminProject,
    what: WhatParameter = What.RUNS,
    form: FormParameter = Form.JSONL,
) -> ImportResult:
    """Takes a file of GET /api/v1/export into the project; the same file twice changes nothing. Spans and
    scores show up in runs that are imported too."""
    limit, folder = ctx.settings.max_upload_bytes, ctx.settings.data_dir
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, dir=str(folder) if folder else None) as file:
        size = 0
        async for piece in request.stream():
            size += len(piece)
            if size > limit:
                raise Problem(
                    413,
                    code="too_large",
                    title="The file is too large",
                    detail=f"body: at most {limit} bytes; export it in parts, by time",
                )
            # On disk beyond 8 MB: a write may wait.
            await run_in_threadpool(file.write, piece)
        file.seek(0)
        try:
            result = await run_in_threadpool(
                ctx.transfer.take_in, project, cast(BinaryIO, file), what=what, form=form
            )
        except NotParquet as error:
            raise bad_field("body", str(error)) from None
    return ImportResult(
        runs=result.runs,
        spans=result.spans,
        scores=result.scores,
        skipped=result.skipped,
        errors=list(result.errors),
    )
