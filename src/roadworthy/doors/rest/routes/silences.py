"""Silences and maintenance windows."""

from __future__ import annotations

import time
from collections import Counter
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from roadworthy.domain.silence import Silence
from roadworthy.doors.rest.access import AdminProject, Asker, ReadProject
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.idempotency import IdempotencyKey, once
from roadworthy.doors.rest.models.channels import SilenceBody, SilencePage, SilenceView, silence_view
from roadworthy.doors.rest.problems import bad_field, not_found
from roadworthy.doors.rest.times import parse_duration, parse_time
from roadworthy.features.watch.incidents.silence_book import SilenceDraft, SilenceInvalid

router = Endpoints(prefix="/silences", tags=["silences"])

Over = Annotated[bool, Query(description="Those that are over, too")]


@router.get("", operation_id="listSilences")
def list_silences(
    ctx: Context,
    project: ReadProject,
    over: Over = False,  # noqa: FBT002
) -> SilencePage:
    """Latest end first."""
    book = ctx.incidents.silences
    found = book.silences(project) if over else book.standing(project)
    return SilencePage(items=_views(ctx, project, found[:1000]))


@router.post("", operation_id="addSilence", status_code=201, response_model=SilenceView)
def add_silence(
    ctx: Context, asker: Asker, project: AdminProject, body: SilenceBody, key: IdempotencyKey = None
) -> Response:
    """Alarms from its start on, that every matcher fits, tell nobody until its end; then those whose incident
    still stands do."""
    draft = _draft(body)

    def make() -> SilenceView:
        try:
            made = ctx.incidents.add_silence(project, draft, by=asker.name)
        except SilenceInvalid as invalid:
            raise bad_field(f"body.{invalid.field}", f"expected {invalid.expected}") from None
        return _views(ctx, project, [made])[0]

    return once(ctx, key=key, project=project, action="addSilence", body=body, make=make)


@router.get("/{silence_id}", operation_id="getSilence")
def get_silence(ctx: Context, project: ReadProject, silence_id: str) -> SilenceView:
    found = ctx.incidents.silences.silence(project, silence_id)
    if found is None:
        raise not_found("silence", name=silence_id)
    return _views(ctx, project, [found])[0]


@router.put("/{silence_id}", operation_id="changeSilence")
def change_silence(
    ctx: Context, asker: Asker, project: AdminProject, silence_id: str, body: SilenceBody
) -> SilenceView:
    try:
        changed = ctx.incidents.change_silence(project, silence_id, _draft(body), by=asker.name)
    except SilenceInvalid as invalid:
        raise bad_field(f"body.{invalid.field}", f"expected {invalid.expected}") from None
    if changed is None:
        raise not_found("silence", name=silence_id)
    return _views(ctx, project, [changed])[0]


@router.post("/{silence_id}/end", operation_id="endSilence")
def end_silence(ctx: Context, project: AdminProject, silence_id: str) -> SilenceView:
    """Now. It stays on record; who was not told because of it is told, if the incident still stands."""
    ended = ctx.incidents.end_silence(project, silence_id)
    if ended is None:
        raise not_found("silence", name=silence_id)
    return _views(ctx, project, [ended])[0]


def _views(ctx: RestContext, project: str, silences: list[Silence]) -> list[SilenceView]:
    covered = Counter(one for taken in ctx.incidents.book.alarms(project) for one in taken.silenced_by)
    now = time.time_ns()
    return [silence_view(one, now_ns=now, alarms=covered[one.id]) for one in silences]


def _draft(body: SilenceBody) -> SilenceDraft:
    start = parse_time(body.start, field="body.start")
    if body.end.startswith("+"):
        end = start + parse_duration(body.end[1:], field="body.end")
    else:
        end = parse_time(body.end, field="body.end")
    return SilenceDraft(
        matchers=[(one.field, one.op.value, one.value) for one in body.matchers],
        start_ns=start,
        end_ns=end,
        reason=body.reason,
        maintenance=body.maintenance,
    )
