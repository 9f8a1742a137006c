"""Sums over runs: aggregates, sessions, rejected data, and what there is to filter by."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from roadworthy.backends.telemetry.chdb.clauses import (
    RUN_COMPLETE,
    Parameters,
    within,
)
from roadworthy.backends.telemetry.chdb.run_reads import run_where
from roadworthy.backends.telemetry.chdb.session import Session
from roadworthy.backends.telemetry.fields import Field, FieldKind, check_limit, completion_field, group_fields
from roadworthy.backends.telemetry.storable import DAY_NS
from roadworthy.contracts.telemetry import (
    AggregateQuery,
    AggregateRow,
    BadQuery,
    RejectionRow,
    RunQuery,
    SessionRow,
)

KEY_DAYS = 7
_SAMPLE = {"max_rows_to_read": 5_000_000, "read_overflow_mode": "break"}
"""Completions are worth no more work than this; the most frequent ones are in any five million rows."""

_SUMS = """
    count() AS runs,
    countIf(status = 'error') AS errors,
    countIf(outcome = 'success') AS successes,
    countIf(outcome = 'failure') AS failures,
    sum(model_calls) AS model_calls_sum,
    sum(tool_calls) AS tool_calls_sum,
    sum(failed_tool_calls) AS failed_tool_calls_sum,
    if(count(input_tokens) = 0, NULL, sum(input_tokens)) AS input_sum,
    if(count(output_tokens) = 0, NULL, sum(output_tokens)) AS output_sum,
    countIf(input_tokens IS NOT NULL OR output_tokens IS NOT NULL) AS tokens_known,
    if(count(cost_usd) = 0, NULL, sum(cost_usd)) AS cost_sum,
    count(cost_usd) AS cost_known,
    quantilesExactInclusive(0.5, 0.95)(duration_ns) AS durations,
    count(duration_ns) AS ended,
    max(started_ns) AS last_started,
    if(count(p_failure) = 0, NULL, avg(p_failure)) AS likely,
    count(p_failure) AS likely_known
"""


def aggregate(session: Session, project: str, query: AggregateQuery) -> list[AggregateRow]:
    check_limit(query.limit)
    by = group_fields(query.by)
    if query.bucket_ns is not None and query.bucket_ns < 1:
        raise BadQuery(f"bucket_ns: {query.bucket_ns} is not a positive number of nanoseconds")
    p = Parameters()
    wanted = RunQuery(filters=query.filters, from_ns=query.from_ns, to_ns=query.to_ns)
    where = " AND ".join(run_where(project, wanted, p))
    bucket = p.whole(query.from_ns or 0)
    if query.bucket_ns is not None:
        size = p.whole(query.bucket_ns)
        bucket = f"sort_ns - positiveModulo(sort_ns, {size})"
    names = [f"group_{number}" for number in range(len(by))]
    groups = [f"{_group(field, p)} AS {name}" for field, name in zip(by, names, strict=True)]
    columns = ", ".join([*groups, f"{bucket} AS bucket", _SUMS])
    rows = session.rows(
        f"SELECT {columns} FROM runs FINAL WHERE {where} GROUP BY {', '.join([*names, 'bucket'])} "
        f"ORDER BY {', '.join(['bucket', 'runs DESC', *names])} LIMIT {query.limit:d}",
        p.values,
    )
    return [_aggregate_row(row, groups=len(by)) for row in rows]


def _group(field: Field, p: Parameters) -> str:
    if field.kind is FieldKind.ATTRIBUTE:
        key = p.text(field.key)
        return f"if(mapContains(attributes, {key}), attributes[{key}], step_attributes[{key}])"
    if field.kind is FieldKind.LIST:
        return f"arrayJoin(if(empty({field.name}), [''], arrayDistinct({field.name})))"
    if field.kind is FieldKind.FLAG:
        return f"if({RUN_COMPLETE}, 'true', 'false')"
    return f"toString({field.name})"


def _aggregate_row(row: Sequence[Any], *, groups: int) -> AggregateRow:
    group, (bucket, *sums) = row[:groups], row[groups:]
    runs, errors, successes, failures, models, tools, failed, tokens_in, tokens_out, *rest = sums
    tokens_known, cost, cost_known, durations, ended, last, likely, likely_known = rest
    return AggregateRow(
        group=tuple(str(one) for one in group),
        bucket_start_ns=bucket,
        runs=runs,
        errors=errors,
        successes=successes,
        failures=failures,
        model_calls=models,
        tool_calls=tools,
        failed_tool_calls=failed,
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        tokens_known=tokens_known,
        cost_usd=cost,
        cost_known=cost_known,
        duration_p50_ns=durations[0] if ended else None,
        duration_p95_ns=durations[1] if ended else None,
        last_started_ns=last,
        p_failure=likely,
        p_failure_known=likely_known,
    )


def sessions(
    session: Session, project: str, *, from_ns: int | None, limit: int, after: tuple[int, str] | None
) -> list[SessionRow]:
    """Sums first; the long texts are then read for the rows of the page only."""
    check_limit(limit)
    p = Parameters()
    where = " AND ".join([*run_where(project, RunQuery(from_ns=from_ns), p), "session_id != ''"])
    having = ""
    if after is not None:
        having = f"HAVING (last_ns, session_id) < ({p.whole(after[0])}, {p.text(after[1])})"
    rows = session.rows(
        f"""SELECT session_id, count(), arraySort(groupUniqArrayIf(agent, agent != '')),
            argMaxIf(user_id, (sort_ns, id), user_id != ''), min(started_ns),
            max(greatest(started_ns, ended_ns)) AS last_ns, countIf(status = 'error'),
            if(count(cost_usd) = 0, NULL, sum(cost_usd)),
            if(count(input_tokens) = 0, NULL, sum(input_tokens)),
            if(count(output_tokens) = 0, NULL, sum(output_tokens)), min((sort_ns, id)), max((sort_ns, id))
            FROM runs FINAL WHERE {where} GROUP BY session_id {having}
            ORDER BY last_ns DESC, session_id DESC LIMIT {limit:d}""",
        p.values,
    )
    inputs = _texts_of_runs(session, project, "input", [tuple(row[10]) for row in rows])
    answers = _texts_of_runs(session, project, "final_answer", [tuple(row[11]) for row in rows])
    return [
        SessionRow(
            session_id=row[0],
            runs=row[1],
            agents=tuple(row[2]),
            user_id=row[3],
            started_ns=row[4],
            last_ns=row[5],
            errors=row[6],
            cost_usd=row[7],
            input_tokens=row[8],
            output_tokens=row[9],
            first_input=inputs.get(tuple(row[10]), ""),
            last_answer=answers.get(tuple(row[11]), ""),
        )
        for row in rows
    ]


def _texts_of_runs(
    session: Session, project: str, column: str, keys: Sequence[tuple[int, str]]
) -> dict[tuple[int, str], str]:
    if not keys:
        return {}
    p = Parameters()
    rows = session.rows(
        f"SELECT sort_ns, id, {column} FROM runs WHERE project = {p.text(project)} "
        f"AND (sort_ns, id) IN {p.pairs(keys, 'Tuple(Int64, String)')} "
        "ORDER BY version DESC LIMIT 1 BY sort_ns, id",
        p.values,
        settings={"max_threads": 1},
    )
    return {(row[0], row[1]): row[2] for row in rows}


def rejections(session: Session, project: str, *, from_ns: int | None) -> list[RejectionRow]:
    p = Parameters()
    where = " AND ".join([f"project = {p.text(project)}", *within("at_ns", p, from_ns=from_ns, to_ns=None)])
    rows = session.rows(
        f"""SELECT code, reason, signal, count() AS times, sum(count) AS items, min(at_ns) AS first,
            max(at_ns) AS last, argMax(user_agent, (at_ns, version)) AS client,
            argMax(sample, (at_ns, version)) AS shown
            FROM rejections FINAL WHERE {where} GROUP BY code, reason, signal
            ORDER BY last DESC, code, reason, signal LIMIT 1000""",
        p.values,
    )
    return [
        RejectionRow(
            code=row[0],
            reason=row[1],
            signal=row[2],
            rejections=row[3],
            count=row[4],
            first_ns=row[5],
            last_ns=row[6],
            user_agent=row[7],
            sample=row[8],
        )
        for row in rows
    ]


def attribute_keys(session: Session, project: str, *, prefix: str, limit: int) -> list[str]:
    p = Parameters()
    since = max(0, time.time_ns() // DAY_NS - KEY_DAYS)
    rows = session.rows(
        f"SELECT arrayJoin(mapKeys(attributes)) AS key FROM spans WHERE project = {p.text(project)} "
        f"AND day >= toDate({p.whole(since)}) GROUP BY key HAVING startsWith(key, {p.text(prefix)}) "
        f"ORDER BY count() DESC, key LIMIT {check_limit(limit):d}",
        p.values,
        settings=_SAMPLE,
    )
    return [row[0] for row in rows]


def field_values(session: Session, project: str, field: str, *, prefix: str, limit: int) -> list[str]:
    asked = completion_field(field)
    p = Parameters()
    where = [f"project = {p.text(project)}"]
    if asked.kind is FieldKind.ATTRIBUTE:
        key = p.text(asked.key)
        where.append(f"mapContains(attributes, {key})")
        value, source = f"attributes[{key}]", "spans"
    else:
        where.append("superseded_by = ''")
        value = f"arrayJoin({asked.name})" if asked.kind is FieldKind.LIST else f"toString({asked.name})"
        source = "runs FINAL"
    rows = session.rows(
        f"SELECT {value} AS value FROM {source} WHERE {' AND '.join(where)} GROUP BY value "
        f"HAVING value != '' AND startsWith(value, {p.text(prefix)}) "
        f"ORDER BY count() DESC, value LIMIT {check_limit(limit):d}",
        p.values,
        settings=_SAMPLE,
    )
    return [row[0] for row in rows]
