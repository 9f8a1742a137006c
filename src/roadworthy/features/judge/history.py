"""What is usual for an agent: what detectors of outliers compare a run with."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from roadworthy.domain.run import Run, RunStatus

ENOUGH = 30
"""Runs from which on something is usual."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """Quantiles of one figure over an agent's recent ended runs: (value at 0.5, at 0.75, at 0.99)."""

    n: int
    median: float
    p75: float
    p99: float


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """`figures` has duration_ns, total_tokens, cost_usd, model_calls and tool_calls as far as known; empty
    while the agent is too new to have anything usual."""

    figures: dict[str, Usual] = field(default_factory=dict)


NO_HISTORY = History()


def total_tokens(run: Run) -> int | None:
    """Input and output tokens; None where neither is known."""
    if run.input_tokens is None and run.output_tokens is None:
        return None
    return (run.input_tokens or 0) + (run.output_tokens or 0)


def figures_of(run: Run) -> dict[str, float]:
    """What a run has of the figures of a history. Unknown ones are left out, not 0."""
    known: dict[str, float | None] = {
        "duration_ns": run.duration_ns,
        "total_tokens": total_tokens(run),
        "cost_usd": run.cost_usd,
        "model_calls": run.model_calls,
        "tool_calls": run.tool_calls,
    }
    return {name: float(value) for name, value in known.items() if value is not None and math.isfinite(value)}


def history_of(recent: Iterable[Run]) -> History:
    """What is usual in recent runs of one agent, best some hundred of them, without the run to be judged.
    Runs that have not ended, or ended with an error, say nothing of what is usual."""
    values: dict[str, list[float]] = {}
    for run in recent:
        if run.status is RunStatus.OK:
            for name, value in figures_of(run).items():
                values.setdefault(name, []).append(value)
    return History(figures={name: _usual(held) for name, held in values.items() if len(held) >= ENOUGH})


def _usual(values: list[float]) -> Usual:
    ordered = sorted(values)
    return Usual(
        n=len(ordered),
        median=_quantile(ordered, 0.5),
        p75=_quantile(ordered, 0.75),
        p99=_quantile(ordered, 0.99),
    )


def _quantile(ordered: list[float], share: float) -> float:
    """By linear interpolation (type 7 of Hyndman and Fan 1996, as numpy's default)."""
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def beyond(history: History, name: str, value: float | None) -> Usual | None:
    """What is usual, where a value lies far above it: above the 99th percentile, above the third quartile by
    three times its distance from the median (Tukey's outer fence, upper half), and at least twice the median.
    None where it does not, or nothing is usual yet."""
    usual = history.figures.get(name)
    if usual is None or value is None or usual.n < ENOUGH:
        return None
    fence = usual.p75 + 3 * (usual.p75 - usual.median)
    return usual if value > max(usual.p99, fence, 2 * usual.median) else None
