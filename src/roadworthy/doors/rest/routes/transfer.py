"""Runs and spans out and in, as files."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import StreamingResponse

from roadworthy.doors.rest.access import AdminProject, ReadProject
from roadworthy.doors.rest.context import Context
from roadworthy.doors.rest.models.settings import ImportResult
from roadworthy.doors.rest.problems import Problem
from roadworthy.doors.rest.queries import Selected

router = APIRouter(tags=["transfer"])

What = Annotated[Literal["runs", "spans"], Query()]
Form = Annotated[Literal["jsonl", "parquet"], Query(alias="format")]


@router.get(
    "/export",
    operation_id="exportData",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {
                "application/x-ndjson": {"schema": {"type": "string"}},
                "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
            }
        }
    },
)
def export_data(
    ctx: Context, project: ReadProject, selection: Selected, what: What = "runs", form: Form = "jsonl"
) -> StreamingResponse:
    """All runs of the selection, or all their spans, as a file that POST /api/v1/import takes back."""
    raise Problem(503, code="not_built", title="Export is not there yet")


@router.post(
    "/import",
    operation_id="importData",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/x-ndjson": {"schema": {"type": "string"}},
                "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
            },
        }
    },
)
async def import_data(
    ctx: Context, request: Request, project: AdminProject, what: What = "runs", form: Form = "jsonl"
) -> ImportResult:
    """Takes a file of GET /api/v1/export; the same file twice changes nothing."""
    raise Problem(503, code="not_built", title="Import is not there yet")
