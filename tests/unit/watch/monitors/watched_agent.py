"""One agent under watch, in memory, with a clock moved by hand."""

from __future__ import annotations

import random
from typing import Any

from roadworthy.backends.watch_log.memory.store import MemoryWatchLog
from roadworthy.contracts.watch_log import AlarmQuery
from roadworthy.domain.alarm import Alarm
from roadworthy.domain.monitor import YEAR_S, Monitor
from roadworthy.domain.result import Result, Scored
from roadworthy.features.watch.monitors.engine import Engine
from roadworthy.features.watch.monitors.orders import Save
from roadworthy.features.watch.monitors.watched import Watched
from tests.contract.watch_log.making import SECOND, Clock, result, scored

EVERY = 60 * SECOND


class WatchedAgent:
    """Results come once a minute. `random` has a fixed seed."""

    def __init__(self, *, automatic: bool = False) -> None:
        self.clock = Clock()
        self.log = MemoryWatchLog(clock=self.clock)
        self.engine = Engine(self.log, clock=self.clock, automatic=automatic)
        self.random = random.Random(7)
        self._number = 0

    def monitor(self, signal: str = "completion", **values: Any) -> str:
        given: dict[str, Any] = {
            "project": "p",
            "id": signal,
            "name": signal,
            "agent": "support",
            "signal": signal,
            "patience_s": YEAR_S,
            "reference_hours": 0.0,
            "cautious": False,
            "reference_results": 200,
        }
        monitor = Monitor(**(given | values))
        self.engine.change("p", Save(monitor=monitor, by="ada"))
        return monitor.id

    def run(self, count: int, *, q: float = 0.0, every_ns: int = EVERY, **values: Any) -> None:
        """So many runs, a share q of which fail; each is looked at at once."""
        for _ in range(count):
            self.clock.now_ns += every_ns
            self.log.append([self.made(failed=self.random.random() < q, **values)])
        self.engine.step()

    def made(self, *, failed: bool | None = False, **values: Any) -> Result:
        self._number += 1
        return result(self._number, failed=failed, **({"at_ns": self.clock.now_ns} | values))

    def score(self, value: float | None, **values: Any) -> Scored:
        self._number += 1
        return scored(self._number, value, **({"at_ns": self.clock.now_ns} | values))

    def give(self, *entries: Result | Scored) -> None:
        self.log.append(entries)
        self.engine.step()

    def watched(self, monitor_id: str = "completion") -> Watched:
        with self.engine.watching("p") as watch:
            return watch.monitors[monitor_id]

    def counted(self, monitor_id: str = "completion") -> int:
        n, _ = self.log.sums("p", from_ns=0, to_ns=2**62).get(monitor_id, (0, 0.0))
        return n

    @property
    def alarms(self) -> list[Alarm]:
        """Oldest first."""
        return self.log.alarms("p", AlarmQuery(limit=1000))[::-1]
