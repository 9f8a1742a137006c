from __future__ import annotations

from typing import Any

from roadworthy.doors.cli.backtest_reasons import why_nothing


def found(**monitor: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "learning": None,
        "refused": [],
        "armed_at": "2026-01-09T00:00:00Z",
        "shown_as": "good",
        "usual": 0.06,
        "bound": 0.071,
        "cautious": True,
        "sigma": 0.2,
    }
    points = [
        {"evidence": 0.0, "mean": 0.9},
        {"evidence": 0.31, "mean": 0.12},
        {"evidence": 0.02, "mean": 0.05},
        {"evidence": 0.0, "mean": None},
    ]
    return {"results": 400, "points": points, "monitor": usual | monitor}


def learning(**values: float) -> dict[str, Any]:
    return {"more_results": 0, "results_needed": 500, "hours": 5.0, "hours_needed": 24.0} | values


def test_one_that_was_armed_says_how_near_it_came_and_what_it_forgives() -> None:
    first, second = why_nothing(found())

    assert "94.0 % as usual; only what is worse than 92.9 %" in first
    assert "31 % of an alarm" in first
    assert "worst stretch had 88.0 %" in first
    assert "0.70 in log-odds" in second
    assert "--trust-reference" in second
    assert len(why_nothing(found(cautious=False))) == 1


def test_one_that_still_learned_says_what_was_missing() -> None:
    nothing = found(armed_at=None, learning=learning(more_results=500)) | {"results": 0}

    assert why_nothing(nothing) == ["There were no judged runs of it in that time."]
    few = why_nothing(found(armed_at=None, learning=learning(more_results=100)))
    assert few == ["It was learning to the end: its reference needs 100 more results (500 in all)."]
    short = why_nothing(found(armed_at=None, learning=learning()))
    assert short == ["It was learning to the end: its reference must span 24 hours, and had 5."]


def test_results_that_were_not_taken_are_said() -> None:
    refused = [{"reason": "the outcome was said by a reviewer, who picks runs", "count": 3}]

    said = why_nothing(found(refused=refused, armed_at=None, learning=learning(more_results=9)))

    assert said[1] == "3 results were not taken: the outcome was said by a reviewer, who picks runs."
