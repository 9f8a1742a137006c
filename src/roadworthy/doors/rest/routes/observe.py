"""Fleet, aggregates, sessions, search, fields: everything read that is not one run."""

# ruff: noqa: FBT002 (query parameters, given by name)

from __future__ import annotations

import time
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from roadworthy.contracts.telemetry import AggregateQuery, Op, SpanQuery
from roadworthy.doors.rest.access import ReadProject
from roadworthy.doors.rest.answers import Answering
from roadworthy.doors.rest.context import Context
from roadworthy.doors.rest.cursors import read_pair, read_triple, write_cursor
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.filters import OPS_OF_TYPE, RUN_FIELDS, stored_field
from roadworthy.doors.rest.models.observe import (
    AggregatePage,
    FieldPage,
    FieldView,
    FleetView,
    SearchPage,
    SessionPage,
    SessionView,
    ValuePage,
    aggregate_row_view,
    fleet_row_view,
    search_hit_view,
    session_row_view,
    summary_view,
)
from roadworthy.doors.rest.models.runs import run_view
from roadworthy.doors.rest.problems import bad_field, not_found
from roadworthy.doors.rest.queries import (
    CursorParameter,
    FilterParameter,
    FromParameter,
    LimitParameter,
    Selected,
    Times,
    Trials,
)
from roadworthy.doors.rest.span_filters import parse_span_filters
from roadworthy.doors.rest.times import milliseconds, parse_duration, parse_time, rfc3339

router = Endpoints(tags=["observe"])

_WEEK_NS = 7 * 86_400_000_000_000
_MAX_BUCKETS = 2000
Prefix = Annotated[str, Query(max_length=200)]


@router.get("/fleet", operation_id="getFleet", response_model=FleetView)
def get_fleet(
    ctx: Context,
    answer: Answering,
    project: ReadProject,
    times: Times,
    trials: Trials = False,
) -> Response:
    """One row for each agent seen in traffic, last seen first. Without `from`: the last seven days."""
    end = time.time_ns() if times.to_ns is None else times.to_ns
    start = end - _WEEK_NS if times.from_ns is None else times.from_ns
    fleet = ctx.observe.fleet(project, from_ns=start, to_ns=end, trials=trials)
    return answer(
        FleetView(
            from_=rfc3339(fleet.from_ns),
            to=rfc3339(fleet.to_ns),
            bucket_ms=milliseconds(fleet.bucket_ns) or 0,
            total=summary_view(fleet.total) if fleet.total else None,
            trials=fleet.trials,
            items=[fleet_row_view(row) for row in fleet.rows],
        )
    )


@router.get("/aggregates", operation_id="listAggregates", response_model=AggregatePage)
def list_aggregates(
    ctx: Context,
    answer: Answering,
    project: ReadProject,
    selection: Selected,
    by: Annotated[list[str], Query(description="Fields of runs; at most one attributes.<key>")] = [],  # noqa: B006
    bucket: Annotated[str | None, Query(max_length=10, description="Its length: 15m, 1h, 1d...")] = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
) -> Response:
    """Figures over runs, grouped by fields and by buckets of time."""
    if selection.text:
        raise bad_field("query.text", "aggregates take no full text: use filters")
    if len(by) > 5:
        raise bad_field("query.by", "at most 5 fields")
    if sum(name.startswith("attributes.") for name in by) > 1:
        raise bad_field("query.by", "at most one attributes.<key>")
    bucket_ns = None if bucket is None else parse_duration(bucket, field="query.bucket")
    start, end = selection.times.from_ns, selection.times.to_ns
    if bucket_ns is not None and start is not None:
        wanted = ((end or time.time_ns()) - start) // bucket_ns
        if wanted > _MAX_BUCKETS:
            raise bad_field("query.bucket", f"gives {wanted} buckets, at most {_MAX_BUCKETS}: make it longer")
    rows = ctx.observe.aggregate(
        project,
        AggregateQuery(
            by=tuple(stored_field(name, where="query.by") for name in by),
            bucket_ns=bucket_ns,
            filters=selection.filters,
            from_ns=start,
            to_ns=end,
            limit=limit,
        ),
    )
    return answer(
        AggregatePage(items=[aggregate_row_view(row, by=by, bucketed=bucket_ns is not None) for row in rows])
    )


@router.get("/search", operation_id="search", response_model=SearchPage)
def search(
    ctx: Context,
    answer: Answering,
    project: ReadProject,
    times: Times,
    text: Annotated[
        str,
        Query(min_length=1, max_length=500, description="Words that must all be in a span's input or output"),
    ],
    filters: FilterParameter = [],  # noqa: B006
    limit: LimitParameter = 50,
    cursor: CursorParameter = None,
) -> Response:
    """Spans whose inputs or outputs hold every word, newest first. `filter` takes fields of spans here."""
    if not text.strip():
        raise bad_field("query.text", "expected at least one word")
    hits = ctx.observe.search(
        project,
        SpanQuery(
            filters=parse_span_filters(filters),
            text=text.strip(),
            from_ns=times.from_ns,
            to_ns=times.to_ns,
            limit=limit + 1,
            after=read_triple(cursor),
        ),
    )
    more, hits = len(hits) > limit, hits[:limit]
    last = hits[-1].span if hits else None
    return answer(
        SearchPage(
            items=[search_hit_view(hit) for hit in hits],
            next_cursor=write_cursor(last.start_ns, last.trace_id, last.span_id) if more and last else None,
        )
    )


@router.get("/sessions", operation_id="listSessions", response_model=SessionPage)
def list_sessions(
    ctx: Context,
    answer: Answering,
    project: ReadProject,
    from_: FromParameter = None,
    limit: LimitParameter = 50,
    cursor: CursorParameter = None,
) -> Response:
    """Conversations, last active first."""
    start = None if from_ is None else parse_time(from_, field="query.from")
    rows = ctx.observe.sessions(project, from_ns=start, limit=limit + 1, after=read_pair(cursor))
    more, rows = len(rows) > limit, rows[:limit]
    return answer(
        SessionPage(
            items=[session_row_view(row) for row in rows],
            next_cursor=write_cursor(rows[-1].last_ns, rows[-1].session_id) if more else None,
        )
    )


@router.get("/sessions/{session_id:path}", operation_id="getSession", response_model=SessionView)
def get_session(ctx: Context, answer: Answering, project: ReadProject, session_id: str) -> Response:
    session = ctx.observe.session(project, session_id)
    if session is None:
        raise not_found("session", name=session_id)
    return answer(
        SessionView(
            session_id=session.session_id,
            runs=[run_view(run) for run in session.runs],
            truncated=session.truncated,
        )
    )


@router.get("/fields", operation_id="listFields")
def list_fields(ctx: Context, project: ReadProject, prefix: Prefix = "") -> FieldPage:
    """What `filter` takes: fields of runs, then attributes seen lately that start with `prefix`."""
    items = [
        FieldView(
            name=f.name,
            type=f.type.value,
            ops=[op.value for op in OPS_OF_TYPE[f.type]],
            choices=[str(choice) for choice in f.choices],
            help=f.help,
        )
        for f in RUN_FIELDS.values()
        if f.name.startswith(prefix)
    ]
    wanted = prefix.removeprefix("attributes.")
    items += [
        FieldView(
            name=f"attributes.{key}",
            type="text",
            ops=[op.value for op in Op],
            choices=[],
            help="An attribute of a span",
        )
        for key in ctx.observe.attribute_keys(project, prefix=wanted, limit=200)
    ]
    return FieldPage(items=items)


@router.get("/fields/{name:path}/values", operation_id="listFieldValues")
def list_field_values(
    ctx: Context,
    project: ReadProject,
    name: str,
    prefix: Prefix = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ValuePage:
    """Values seen, for completing a filter."""
    stored = stored_field(name, where="path.name")
    return ValuePage(items=ctx.observe.field_values(project, stored, prefix=prefix, limit=limit))
