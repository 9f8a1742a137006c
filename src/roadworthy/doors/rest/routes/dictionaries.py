"""Data dictionaries of connectors: read, corrected, found out anew."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from roadworthy.doors.rest.access import AdminProject, Asker, ReadProject
from roadworthy.doors.rest.answers import Answering
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.dictionaries import (
    CorrectionsBody,
    DictionaryView,
    ProfileBody,
    corrections_of,
    dictionary_view,
)
from roadworthy.doors.rest.models.settings import JobView
from roadworthy.doors.rest.problems import Problem, bad_field, not_found
from roadworthy.doors.rest.routes.connectors import known_connector
from roadworthy.doors.rest.routes.operations import job_view
from roadworthy.features.gateway.profile.dictionary_book import UnknownField
from roadworthy.flows.profile_connector import KIND, profile_arguments

router = Endpoints(prefix="/connectors/{name}/dictionary", tags=["connectors"])


@router.get("", operation_id="getDictionary", response_model=DictionaryView)
def get_dictionary(ctx: Context, answer: Answering, project: ReadProject, name: str) -> Response:
    """What the fields of the system mean, with what people corrected. 404 before the first profile."""
    known_connector(ctx, project=project, name=name)
    return answer(_view(ctx, project=project, name=name))


@router.patch("", operation_id="correctDictionary", response_model=DictionaryView)
def correct_dictionary(
    ctx: Context, answer: Answering, asker: Asker, project: AdminProject, name: str, body: CorrectionsBody
) -> Response:
    """What people say goes before what was found, and outlives the next profile."""
    known_connector(ctx, project=project, name=name)
    said, joins = corrections_of(body)
    try:
        found = ctx.dictionaries.correct(project, name, said=said, joins=joins, by=asker.name)
    except UnknownField as unknown:
        raise bad_field("body.corrections", f"the dictionary has no field {unknown}") from None
    if found is None:
        raise _none(name)
    return answer(_view(ctx, project=project, name=name))


@router.delete("/corrections", operation_id="withdrawCorrection", status_code=204)
def withdraw_correction(
    ctx: Context,
    project: AdminProject,
    name: str,
    table: Annotated[str, Query(max_length=500)],
    field: Annotated[str, Query(max_length=500)] = "",
) -> None:
    """What was found holds again."""
    if not ctx.dictionaries.withdraw(project, name, table=table, field=field):
        raise not_found("correction", name=f"{table}.{field}")


@router.post("/profile", operation_id="profileConnector", status_code=202)
def profile_connector(ctx: Context, project: AdminProject, name: str, body: ProfileBody) -> JobView:
    """Reads a sample of the system in the background; GET /api/v1/jobs/{id} says how far it is. Reads
    only."""
    known_connector(ctx, project=project, name=name)
    arguments = profile_arguments(name, rows=body.rows, seconds=body.seconds, tables=body.tables)
    return job_view(ctx.jobs.add(project=project, kind=KIND, arguments=arguments, unit="tables"))


def _view(ctx: RestContext, *, project: str, name: str) -> DictionaryView:
    found = ctx.dictionaries.dictionary(project, name)
    if found is None:
        raise _none(name)
    said = ctx.dictionaries.corrections(project, name)
    return dictionary_view(found, corrections=len(said.fields) + len(said.joins))


def _none(name: str) -> Problem:
    return Problem(
        404,
        code="not_profiled",
        title="No dictionary yet",
        detail=f"{name} was not profiled: POST /api/v1/connectors/{name}/dictionary/profile",
    )
