"""Two runs by what was recorded of their calls, side by side."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from roadworthy.doors.rest.access import ReadProject
from roadworthy.doors.rest.answers import Answering
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.recorded_comparisons import RecordedComparison, recorded_comparison
from roadworthy.doors.rest.problems import Problem, not_found
from roadworthy.features.debug.comparing import compare
from roadworthy.features.debug.tape.tape import Tape

router = Endpoints(tags=["debug"])
_Run = Annotated[str, Query(min_length=1, max_length=200, description="Id of a run")]


@router.get("/recorded-comparison", operation_id="compareRecordedRuns", response_model=RecordedComparison)
def compare_recorded(
    ctx: Context, answer: Answering, project: ReadProject, left: _Run, right: _Run
) -> Response:
    """Call by call: what was asked and answered, aligned, with the first divergence and how it differs. By
    telemetry: GET /runs/{run_id}/compare/{other_id}."""
    a, b = _tape(ctx, project, left), _tape(ctx, project, right)
    return answer(recorded_comparison(a, b, compare(a, b)))


def _tape(ctx: RestContext, project: str, run_id: str) -> Tape:
    found = ctx.debugging.tapes.tape(project, run_id)
    if found is None:
        raise not_found("run", name=run_id)
    if not found.calls:
        raise Problem(
            409,
            code="nothing_recorded",
            title="Nothing is recorded of this run",
            detail=f"Run {run_id!r} made no call through the gateway, or what was recorded was deleted.",
        )
    return found
