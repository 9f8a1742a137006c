"""What each indicator counts, in terms of what the telemetry store can tally."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from roadworthy.contracts.telemetry import Filter, Op, Tally
from roadworthy.domain.objective import Indicator, IndicatorKind, Objective
from roadworthy.domain.run import Outcome, RunStatus

_LIKELY_BAD = 0.5
NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One tally and what it adds to good, bad and all that happened."""

    tally: Tally
    good: float = 0.0
    bad: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How to count an objective. What is in the total and neither good nor bad is unknown."""

    terms: tuple[Term, ...]
    good_runs: tuple[tuple[Filter, ...], ...]
    """Each: filters of runs that are good, or look it."""
    bad_runs: tuple[tuple[Filter, ...], ...]
    """The same of bad ones: what a number on a page links to."""


def measure(objective: Objective) -> Measure:
    scope = scope_of(objective)
    if objective.indicator.kind is IndicatorKind.TOOL_SUCCESS:
        return _tools(scope)
    if objective.indicator.kind is IndicatorKind.JUDGED_SUCCESS:
        return _judged(scope)
    good, bad = _SIMPLE[objective.indicator.kind](objective.indicator)
    return Measure(
        terms=(
            Term(tally=Tally(filters=scope), total=1),
            Term(tally=Tally(filters=(*scope, *good)), good=1),
            Term(tally=Tally(filters=(*scope, *bad)), bad=1),
        ),
        good_runs=((*scope, *good),),
        bad_runs=((*scope, *bad),),
    )


def scope_of(objective: Objective) -> tuple[Filter, ...]:
    """Which runs are meant at all."""
    fields = (
        ("agent", objective.agent),
        ("release", objective.release),
        ("environment", objective.environment),
    )
    return tuple(Filter(field=name, op=Op.EQ, value=value) for name, value in fields if value)


def _judged(scope: tuple[Filter, ...]) -> Measure:
    success, failure = (_outcome(scope, one) for one in (Outcome.SUCCESS, Outcome.FAILURE))
    open_, likely = _outcome(scope, Outcome.UNKNOWN), Filter(field="p_failure", op=Op.EXISTS)
    judged = (*open_, likely)
    suspect = Filter(field="p_failure", op=Op.GE, value=_LIKELY_BAD)
    sound = Filter(field="p_failure", op=Op.LT, value=_LIKELY_BAD)
    return Measure(
        terms=(
            Term(tally=Tally(filters=scope), total=1),
            Term(tally=Tally(filters=success), good=1),
            Term(tally=Tally(filters=failure), bad=1),
            Term(tally=Tally(filters=judged), good=1),
            Term(tally=Tally(filters=judged, total_of="p_failure"), good=-1, bad=1),
        ),
        good_runs=(success, (*open_, sound)),
        bad_runs=(failure, (*open_, suspect)),
    )


def _outcome(scope: tuple[Filter, ...], outcome: Outcome) -> tuple[Filter, ...]:
    return (*scope, Filter(field="outcome", op=Op.EQ, value=str(outcome)))


def _tools(scope: tuple[Filter, ...]) -> Measure:
    failed = Filter(field="failed_tool_calls", op=Op.GT, value=0)
    none_failed = Filter(field="failed_tool_calls", op=Op.EQ, value=0)
    used = Filter(field="tool_calls", op=Op.GT, value=0)
    return Measure(
        terms=(
            Term(tally=Tally(filters=scope, total_of="tool_calls"), total=1, good=1),
            Term(tally=Tally(filters=scope, total_of="failed_tool_calls"), good=-1, bad=1),
        ),
        good_runs=((*scope, used, none_failed),),
        bad_runs=((*scope, failed),),
    )


Filters = tuple[Filter, ...]
Split = Callable[[Indicator], tuple[Filters, Filters]]


def _of(field: str, op: Op, value: str | float) -> Filters:
    return (Filter(field=field, op=op, value=value),)


def _completion(_: Indicator) -> tuple[Filters, Filters]:
    return _of("outcome", Op.EQ, str(Outcome.SUCCESS)), _of("outcome", Op.EQ, str(Outcome.FAILURE))


def _error_free(_: Indicator) -> tuple[Filters, Filters]:
    return _of("status", Op.EQ, str(RunStatus.OK)), _of("status", Op.EQ, str(RunStatus.ERROR))


def _latency(indicator: Indicator) -> tuple[Filters, Filters]:
    most = round((indicator.threshold or 0.0) * NS_PER_MS)
    return _of("duration_ns", Op.LE, most), _of("duration_ns", Op.GT, most)


def _cost(indicator: Indicator) -> tuple[Filters, Filters]:
    most = indicator.threshold or 0.0
    return _of("cost_usd", Op.LE, most), _of("cost_usd", Op.GT, most)


def _score(indicator: Indicator) -> tuple[Filters, Filters]:
    least, name = indicator.threshold or 0.0, f"scores.{indicator.score}"
    return _of(name, Op.GE, least), _of(name, Op.LT, least)


_SIMPLE: dict[IndicatorKind, Split] = {
    IndicatorKind.COMPLETION: _completion,
    IndicatorKind.ERROR_FREE: _error_free,
    IndicatorKind.LATENCY: _latency,
    IndicatorKind.COST: _cost,
    IndicatorKind.SCORE: _score,
}
