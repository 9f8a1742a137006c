"""A process that watches the story of `scenario.py`; killed and started again on the same folder it goes on.
Ends with 0 when the story is over.

    python -m tests.journeys.watching_process FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from roadworthy.backends.watch_log.sqlite.store import SqliteWatchLog
from roadworthy.domain.alarm import Alarm
from roadworthy.features.watch.monitors.engine import Engine
from roadworthy.features.watch.monitors.handing import AlarmHanding
from tests.contract.watch_log.making import Clock
from tests.unit.watch.monitors.scenario import FIRST, STEPS, batch

END_NS = batch(STEPS - 1).now_ns + 400 * 10**9


def watch(folder: Path, *, steps: int = STEPS) -> None:
    clock = Clock()
    log = SqliteWatchLog(folder / "watch.db", clock=clock)
    done = _done(log)
    # Where it stood when it was killed: time does not run backwards.
    clock.now_ns = batch(done - 1).now_ns if done else clock.now_ns
    engine = Engine(log, clock=clock)
    handing = AlarmHanding(log)

    def sink(alarms: Sequence[Alarm]) -> None:
        with (folder / "taken").open("a") as file:
            file.writelines(f"{alarm.id} {alarm.cleared_ns}\n" for alarm in alarms)

    if not log.last_seq("p"):
        log.append(FIRST)
    engine.step()
    for step in range(done, steps):
        clock.now_ns = batch(step).now_ns
        log.append(batch(step).entries)
        engine.step()
        handing.hand_over(sink)
    clock.now_ns = END_NS
    engine.step()
    handing.hand_over(sink)
    log.close()


def _done(log: SqliteWatchLog) -> int:
    """How many batches are durable: each is one transaction."""
    runs = {
        one.entry.run_id.split("-")[0]
        for one in log.read("p", after=0, limit=10**6)
        if hasattr(one.entry, "run_id")
    }
    return len(runs)


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
