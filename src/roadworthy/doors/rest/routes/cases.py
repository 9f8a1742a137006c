"""Cases: runs made into tests of their agent, one file each."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from starlette.responses import Response

from roadworthy.doors.rest.access import AdminProject, Asker, ReadProject
from roadworthy.doors.rest.context import Context
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.cases import CasePage, CaseView, NewCase, case_view, draft_of
from roadworthy.doors.rest.problems import Problem, bad_field, not_found
from roadworthy.features.debug.cases.making import NoCase
from roadworthy.features.debug.inquiry import BadInquiry

router = Endpoints(tags=["debug"])

MEDIA_TYPE = "application/jsonl"
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}, "description": "The case file"}
}


@router.post("/runs/{run_id}/case", operation_id="addCase", status_code=201)
def add_case(ctx: Context, asker: Asker, project: AdminProject, run_id: str, body: NewCase) -> CaseView:
    """The run as a regression case, its recordings inside: it stays when they go. Made again with the same
    words it is the same case. Run it offline with `roadworthy case run`."""
    if ctx.observe.run(project, run_id) is None:
        raise not_found("run", name=run_id)
    try:
        kept = ctx.cases.add(project, run_id, draft_of(body), good_run=body.good_run, by=asker.name)
    except BadInquiry as wrong:
        raise bad_field(f"body.{wrong.field}", str(wrong)) from None
    except NoCase as why:
        raise Problem(409, code="no_case", title="No case can be made of this run", detail=str(why)) from None
    return case_view(kept)


@router.get("/cases", operation_id="listCases")
def list_cases(
    ctx: Context,
    project: ReadProject,
    agent: Annotated[str, Query(max_length=500)] = "",
    run: Annotated[str, Query(max_length=200, description="Id of the recorded run")] = "",
) -> CasePage:
    """Newest first."""
    found = [one for one in ctx.cases.all(project) if agent in ("", one.agent) and run in ("", one.run_id)]
    return CasePage(items=[case_view(one) for one in found])


@router.get("/cases/{case_id}", operation_id="getCase")
def get_case(ctx: Context, project: ReadProject, case_id: str) -> CaseView:
    found = ctx.cases.one(project, case_id)
    if found is None:
        raise not_found("case", name=case_id)
    return case_view(found)


@router.get("/cases/{case_id}/file", operation_id="getCaseFile", response_class=Response, responses=_FILE)
def get_file(ctx: Context, project: ReadProject, case_id: str) -> Response:
    """To be put beside the agent's code."""
    found = ctx.cases.one(project, case_id)
    if found is None:
        raise not_found("case", name=case_id)
    try:
        data = ctx.cases.file(project, found)
    except NoCase as why:
        raise Problem(404, code="no_file", title="The case's file is not there", detail=str(why)) from None
    return Response(
        data,
        media_type=MEDIA_TYPE,
        headers={"content-disposition": f'attachment; filename="{found.file_name}"'},
    )


@router.delete("/cases/{case_id}", operation_id="deleteCase", status_code=204)
def delete_case(ctx: Context, project: AdminProject, case_id: str) -> None:
    """With its file; the run stays."""
    if not ctx.cases.delete(project, case_id):
        raise not_found("case", name=case_id)
