"""Why a backtest alarmed nothing, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def why_nothing(found: Mapping[str, Any]) -> list[str]:
    """Of what GET /monitors/backtest/{id} says; the most important first, never empty."""
    monitor = found["monitor"]
    out = [_learning(monitor["learning"], results=found["results"])] if monitor["learning"] else []
    out += [f"{each['count']} results were not taken: {each['reason']}." for each in monitor["refused"]]
    if monitor["armed_at"] is not None:
        out += _armed(monitor, found["points"])
    return out


def _learning(learning: Mapping[str, Any], *, results: int) -> str:
    if not results:
        return "There were no judged runs of it in that time."
    if learning["more_results"]:
        return (
            f"It was learning to the end: its reference needs {learning['more_results']} more results "
            f"({learning['results_needed']} in all)."
        )
    return (
        f"It was learning to the end: its reference must span {learning['hours_needed']:.0f} hours, and had "
        f"{learning['hours']:.0f}."
    )


def _armed(monitor: Mapping[str, Any], points: Sequence[Mapping[str, Any]]) -> list[str]:
    good = monitor["shown_as"] == "good"
    peak = max((point["evidence"] for point in points), default=0.0)
    worst = max(
        (point["mean"] for point in points if point["mean"] is not None and point["evidence"] > 0),
        default=None,
    )
    usual, bound = (_said(monitor[name], good=good) for name in ("usual", "bound"))
    out = [
        f"It was armed at {monitor['armed_at']} with {usual} as usual; only what is worse than {bound} is "
        f"evidence. The most there was came to {100 * peak:.2g} % of an alarm."
    ]
    if worst is not None:
        out[0] += f" The worst stretch had {_said(worst, good=good)}."
    if monitor["cautious"] and monitor["sigma"] > 0:
        out.append(
            f"It forgives swings of {3.5 * monitor['sigma']:.2f} in log-odds from result to result, as its "
            "reference shows them and as so short a one may hide; --trust-reference takes the reference at "
            "its word."
        )
    return out


def _said(rate: float, *, good: bool) -> str:
    return f"{100 * (1 - rate if good else rate):.1f} %"
