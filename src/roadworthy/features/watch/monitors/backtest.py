"""What would have been alarmed when: a monitor over history, or over a table that somebody brought."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from roadworthy.contracts.watch_log import AlarmQuery, WatchLog
from roadworthy.domain.alarm import Alarm
from roadworthy.domain.monitor import Monitor
from roadworthy.domain.result import Result
from roadworthy.domain.run import Outcome
from roadworthy.features.watch.monitors.engine import Engine
from roadworthy.features.watch.monitors.history import Point, points_of, width_for
from roadworthy.features.watch.monitors.orders import Save
from roadworthy.features.watch.monitors.settings_check import check
from roadworthy.features.watch.monitors.standing import Standing, standing

MOST_ROWS = 200_000
MOST_CSV_BYTES = 20 << 20
_HOUR_NS = 3_600 * 10**9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COLUMNS = "time and x (0 to 1, 1 being a failure); optionally stratum, session and run_id"


class BadTable(ValueError):  # noqa: N818
    """Names the line and what was expected."""


class Stopped(Exception):  # noqa: N818 (a condition)
    """Nobody wants to know any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """`standing` is how the monitor stood at the end."""

    results: int
    from_ns: int
    to_ns: int
    width_ns: int
    alarms: tuple[Alarm, ...]
    points: tuple[Point, ...]
    standing: Standing


def backtest(
    monitor: Monitor,
    results: Sequence[Result],
    *,
    log_at: Callable[[Callable[[], int]], WatchLog],
    stopped: Callable[[], bool] = lambda: False,
) -> Tested:
    """The very engine that watches, over a log whose clock is that of the runs. In the order in which runs
    ended, as if each had been judged at once. `stopped` is asked after every day of history. Raises
    BadMonitor and Stopped."""
    check(monitor)
    ordered = sorted(results, key=lambda one: (one.at_ns, one.run_id))[-MOST_ROWS:]
    now = [ordered[0].at_ns if ordered else 1]
    log = log_at(lambda: now[0])
    engine = Engine(log, clock=lambda: now[0], automatic=False)
    engine.change(monitor.project, Save(monitor=monitor, by="backtest"))
    day = -1
    for hour, of_hour in groupby(ordered, key=lambda one: one.at_ns // _HOUR_NS):
        if hour // 24 != day:
            day = hour // 24
            if stopped():
                raise Stopped
        together = list(of_hour)
        now[0] = together[-1].at_ns
        log.append(together)
        engine.step_project(monitor.project)
    if ordered:
        now[0] += int((monitor.maturity_s + 60) * 1e9)
        engine.step_project(monitor.project)
    from_ns, to_ns = (ordered[0].at_ns, ordered[-1].at_ns + 1) if ordered else (0, 1)
    width_ns = width_for(to_ns - from_ns)
    start_ns = from_ns // width_ns * width_ns
    ticks = log.ticks(monitor.project, monitor=monitor.id, from_ns=start_ns, to_ns=to_ns)
    with engine.watching(monitor.project) as watch:
        stood = standing(watch.monitors[monitor.id], watch.bank, day=(0, 0.0), week_n=0)
    return Tested(
        results=len(ordered),
        from_ns=from_ns,
        to_ns=to_ns,
        width_ns=width_ns,
        alarms=tuple(reversed(log.alarms(monitor.project, AlarmQuery(limit=1000)))),
        points=points_of(ticks, width_ns=width_ns),
        standing=stood,
    )


def results_of_table(text: str, *, project: str, agent: str) -> list[Result]:
    """Rows of a CSV with a line of names. A row is a result of the signal `quality`, which takes any x in
    [0, 1]; its stratum is the attribute `stratum`. Raises BadTable."""
    reader = csv.DictReader(io.StringIO(text))
    names = {(name or "").strip().lower(): name for name in reader.fieldnames or ()}
    if "time" not in names or "x" not in names:
        raise BadTable(f"line 1: the columns {COLUMNS} were expected, not {', '.join(names) or 'nothing'}")
    out: list[Result] = []
    for number, row in enumerate(reader, start=2):
        if len(out) >= MOST_ROWS:
            raise BadTable(f"line {number}: at most {MOST_ROWS} rows were expected")
        x = _x(row[names["x"]], number)
        out.append(
            Result(
                project=project,
                run_id=_cell(row, names, "run_id") or f"line-{number}",
                agent=agent,
                at_ns=_time(row[names["time"]], number),
                session_id=_cell(row, names, "session"),
                outcome=Outcome.FAILURE if x >= 0.5 else Outcome.SUCCESS,
                outcome_source="api",
                p_failure=x,
                attributes={"stratum": _cell(row, names, "stratum")},
            )
        )
    if not out:
        raise BadTable("line 2: at least one row was expected")
    return out


def _cell(row: dict[str, str], names: dict[str, str], name: str) -> str:
    return (row.get(names[name]) or "").strip()[:300] if name in names else ""


def _x(text: str | None, line: int) -> float:
    try:
        x = float(text or "")
    except ValueError:
        x = float("nan")
    if not 0 <= x <= 1:
        raise BadTable(f"line {line}: x: a number of 0 to 1 was expected, not {(text or '')[:40]!r}")
    return x


def _time(text: str | None, line: int) -> int:
    """RFC 3339, or Unix seconds or milliseconds."""
    said = (text or "").strip()
    try:
        if said.replace(".", "", 1).isdigit():
            number = float(said)
            return int(number * (10**6 if number > 1e11 else 10**9))
        moment = datetime.fromisoformat(said)
    except ValueError:
        raise BadTable(
            f"line {line}: time: RFC 3339 or Unix seconds were expected, not {said[:40]!r}"
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(1, (moment - _EPOCH) // timedelta(microseconds=1) * 1000)
