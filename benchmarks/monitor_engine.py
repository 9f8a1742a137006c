"""One agent under watch by the engine itself, in memory, with a clock moved by hand."""

from __future__ import annotations

import numpy as np

from benchmarks.monitor_worlds import BAD, GOOD
from roadworthy.backends.watch_log.memory.store import MemoryWatchLog
from roadworthy.contracts.watch_log import AlarmQuery
from roadworthy.domain.monitor import PATIENCE_YEARS, YEAR_S, Monitor
from roadworthy.domain.result import Result
from roadworthy.domain.run import Outcome
from roadworthy.features.watch.monitors.engine import Engine
from roadworthy.features.watch.monitors.orders import Save

START_NS = 1_790_000_000 * 10**9
DAY_NS = 86_400 * 10**9
LONGEST = 20


def fall_after(reference_days: int, *, per_day: int, seed: int, cautious: bool = True) -> float:
    """Days from a fall of completion from 94 % to 79 % until the alarm, the monitor being as those that are
    there by themselves; `LONGEST` where it does not come by then. The fall comes one to three days after the
    reference."""
    rng = np.random.default_rng(seed)
    now = [START_NS]
    log = MemoryWatchLog(clock=lambda: now[0])
    engine = Engine(log, clock=lambda: now[0], automatic=False)
    monitor = Monitor(
        project="p",
        id="completion",
        name="completion",
        agent="support",
        signal="completion",
        patience_s=PATIENCE_YEARS * YEAR_S / 0.3,
        reference_hours=24.0 * reference_days,
        cautious=cautious,
    )
    engine.change("p", Save(monitor=monitor, by="benchmark"))
    good = int((reference_days + rng.uniform(1, 3)) * per_day)
    for first in range(0, good + LONGEST * per_day, 25):
        numbers = range(first, first + 25)
        results = [
            Result(
                project="p",
                run_id=str(number),
                agent="support",
                at_ns=START_NS + number * DAY_NS // per_day,
                outcome=Outcome.FAILURE
                if rng.random() < (GOOD if number < good else BAD)
                else Outcome.SUCCESS,
                outcome_source="sdk",
            )
            for number in numbers
        ]
        now[0] = results[-1].at_ns
        log.append(results)
        engine.step()
        for alarm in log.alarms("p", AlarmQuery()):
            if alarm.at_ns >= START_NS + good * DAY_NS // per_day:
                return (alarm.at_ns - START_NS) / DAY_NS - good / per_day
    return float(LONGEST)
