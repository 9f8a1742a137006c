"""Sums over runs: aggregates, sessions and rejected data."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from roadworthy.backends.telemetry.fields import Field, FieldKind, group_fields
from roadworthy.contracts.telemetry import AggregateQuery, AggregateRow, BadQuery, RejectionRow, SessionRow
from roadworthy.domain.rejection import Rejection
from roadworthy.domain.run import Outcome, Run, RunStatus


def aggregate_rows(query: AggregateQuery, runs: list[Run]) -> list[AggregateRow]:
    by = group_fields(query.by)
    if query.bucket_ns is not None and query.bucket_ns < 1:
        raise BadQuery(f"bucket_ns: {query.bucket_ns} is not a positive number of nanoseconds")
    groups: dict[tuple[int, tuple[str, ...]], list[Run]] = {}
    for run in runs:
        bucket = run.sort_ns // query.bucket_ns * query.bucket_ns if query.bucket_ns else (query.from_ns or 0)
        for group in product(*(_group_values(field, run) for field in by)):
            groups.setdefault((bucket, group), []).append(run)
    rows = [_aggregate_row(bucket, group, held) for (bucket, group), held in groups.items()]
    rows.sort(key=lambda row: (row.bucket_start_ns, -row.runs, row.group))
    return rows[: query.limit]


def _group_values(field: Field, run: Run) -> tuple[str, ...]:
    """A run counts once in the group of each element of a list."""
    if field.kind is FieldKind.ATTRIBUTE:
        return (run.attributes.get(field.key, run.step_attributes.get(field.key, "")),)
    value = getattr(run, field.name)
    if field.kind is FieldKind.LIST:
        return tuple(dict.fromkeys(value)) or ("",)
    if field.kind is FieldKind.FLAG:
        return ("true" if value else "false",)
    return (str(value),)


def _aggregate_row(bucket: int, group: tuple[str, ...], runs: list[Run]) -> AggregateRow:
    durations = sorted(run.duration_ns for run in runs if run.duration_ns is not None)
    likely = [run.p_failure for run in runs if run.p_failure is not None]
    return AggregateRow(
        group=group,
        bucket_start_ns=bucket,
        runs=len(runs),
        errors=sum(run.status is RunStatus.ERROR for run in runs),
        successes=sum(run.outcome is Outcome.SUCCESS for run in runs),
        failures=sum(run.outcome is Outcome.FAILURE for run in runs),
        model_calls=sum(run.model_calls for run in runs),
        tool_calls=sum(run.tool_calls for run in runs),
        failed_tool_calls=sum(run.failed_tool_calls for run in runs),
        input_tokens=_sum(run.input_tokens for run in runs),
        output_tokens=_sum(run.output_tokens for run in runs),
        tokens_known=sum(run.input_tokens is not None or run.output_tokens is not None for run in runs),
        cost_usd=_money(runs),
        cost_known=sum(run.cost_usd is not None for run in runs),
        duration_p50_ns=_quantile(durations, 0.5),
        duration_p95_ns=_quantile(durations, 0.95),
        last_started_ns=max(run.started_ns for run in runs),
        p_failure=sum(likely) / len(likely) if likely else None,
        p_failure_known=len(likely),
    )


def session_rows(runs: list[Run]) -> list[SessionRow]:
    sessions: dict[str, list[Run]] = {}
    for run in sorted(runs, key=lambda run: (run.sort_ns, run.id)):
        if run.session_id:
            sessions.setdefault(run.session_id, []).append(run)
    rows = [_session_row(session_id, held) for session_id, held in sessions.items()]
    return sorted(rows, key=lambda row: (row.last_ns, row.session_id), reverse=True)


def _session_row(session_id: str, runs: list[Run]) -> SessionRow:
    return SessionRow(
        session_id=session_id,
        runs=len(runs),
        agents=tuple(sorted({run.agent for run in runs if run.agent})),
        user_id=next((run.user_id for run in reversed(runs) if run.user_id), ""),
        started_ns=min(run.started_ns for run in runs),
        last_ns=max(max(run.started_ns, run.ended_ns) for run in runs),
        errors=sum(run.status is RunStatus.ERROR for run in runs),
        cost_usd=_money(runs),
        input_tokens=_sum(run.input_tokens for run in runs),
        output_tokens=_sum(run.output_tokens for run in runs),
        first_input=runs[0].input,
        last_answer=runs[-1].final_answer,
    )


def rejection_rows(rejections: list[Rejection]) -> list[RejectionRow]:
    """One row for each code, reason and signal; client and sample are those seen last."""
    groups: dict[tuple[str, str, str], list[Rejection]] = {}
    for one in sorted(rejections, key=lambda one: (one.at_ns, one.version)):
        groups.setdefault((one.code, one.reason, one.signal), []).append(one)
    rows = [
        RejectionRow(
            code=code,
            reason=reason,
            signal=signal,
            rejections=len(held),
            count=sum(one.count for one in held),
            first_ns=held[0].at_ns,
            last_ns=held[-1].at_ns,
            user_agent=held[-1].user_agent,
            sample=held[-1].sample,
        )
        for (code, reason, signal), held in groups.items()
    ]
    return sorted(rows, key=lambda row: (-row.last_ns, row.code, row.reason, row.signal))


def _sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _money(runs: list[Run]) -> float | None:
    known = [run.cost_usd for run in runs if run.cost_usd is not None]
    return sum(known) if known else None


def _quantile(ordered: list[int], level: float) -> float | None:
    """Linear between the two nearest (Hyndman and Fan 1996, type 7)."""
    if not ordered:
        return None
    at = level * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (at - low) * (ordered[high] - ordered[low])
