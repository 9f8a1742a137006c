"""Entries for tests of the watch log and of monitors."""

from __future__ import annotations

from typing import Any

from roadworthy.domain.alarm import Alarm, AlarmKind
from roadworthy.domain.result import Result, Scored
from roadworthy.domain.run import Outcome

START = 1_790_000_000 * 10**9
SECOND = 10**9
HOUR = 3_600 * SECOND
DAY = 24 * HOUR


class Clock:
    """Unix ns, moved by hand."""

    def __init__(self, now_ns: int = START) -> None:
        self.now_ns = now_ns

    def __call__(self) -> int:
        return self.now_ns


def result(number: int | str, *, failed: bool | None = False, **values: Any) -> Result:
    outcome = Outcome.UNKNOWN if failed is None else Outcome.FAILURE if failed else Outcome.SUCCESS
    given: dict[str, Any] = {
        "project": "p",
        "run_id": f"run-{number}",
        "agent": "support",
        "at_ns": START,
        "outcome": outcome,
        "outcome_source": "sdk" if failed is not None else "",
        "ruler": "1",
    }
    return Result(**(given | values))


def scored(number: int | str, value: float | None, **values: Any) -> Scored:
    given: dict[str, Any] = {
        "project": "p",
        "run_id": f"run-{number}",
        "agent": "support",
        "at_ns": START,
        "name": "helpful",
        "value": value,
        "source": "evaluator",
        "ruler": "1",
    }
    return Scored(**(given | values))


def alarm(name: str, *, at_ns: int = START, cleared_ns: int = 0, monitor: str = "m1") -> Alarm:
    return Alarm(
        project="p",
        id=name,
        kind=AlarmKind.QUALITY,
        source=monitor,
        source_name="completion",
        agent="support",
        title="fell",
        at_ns=at_ns,
        cleared_ns=cleared_ns,
        run_ids=("run-1",),
        facts={"n": "12"},
    )
