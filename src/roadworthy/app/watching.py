"""Monitors, wired together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from roadworthy.backends.watch_log.memory.store import MemoryWatchLog
from roadworthy.backends.watch_log.sqlite.store import SqliteWatchLog
from roadworthy.contracts.telemetry import StoreFull, StoreUnavailable, TelemetryStore
from roadworthy.contracts.watch_log import WatchLog
from roadworthy.domain.alarm import Alarm
from roadworthy.doors.rest.models.backtests import tested_json
from roadworthy.features.watch.monitors.engine import Engine
from roadworthy.features.watch.monitors.handing import Sink
from roadworthy.features.watch.monitors.service import MonitorService
from roadworthy.flows.backtest_monitor import BacktestMonitor
from roadworthy.flows.watch_scores import WatchScores
from roadworthy.flows.watch_sent_scores import SentScores

log = logging.getLogger(__name__)


class Watching:
    """`flow` is told of every judged run; alarms go to `sink`. Raises WatchLogUnavailable where the file
    cannot be used."""

    def __init__(
        self,
        path: Path,
        store: TelemetryStore,
        *,
        sink: Sink | None = None,
        cancelled: Callable[[str], bool] = lambda _job_id: False,
    ) -> None:
        self.log = SqliteWatchLog(path)
        self.engine = Engine(self.log)
        self.service = MonitorService(self.log, self.engine, store)
        self.flow = WatchScores(
            self.log,
            self.engine,
            sink=sink or _logged,
            attributes_of=self.engine.attributes_wanted,
            before=self._sent_scores,
        )
        self.sent = SentScores(store, names_of=self.engine.scores_wanted, take=self.flow.on_scores)
        self.backtests = BacktestMonitor(
            store,
            folder=path.with_name("backtests"),
            log_at=_in_memory,
            shown=tested_json,
            cancelled=cancelled,
        )

    def _sent_scores(self) -> None:
        try:
            self.sent.refresh()
        except (StoreFull, StoreUnavailable) as fault:
            # They wait, and nothing else does.
            log.warning("scores that were sent wait for the store: %s", fault)

    def start(self) -> None:
        self.flow.start()

    def stop(self) -> None:
        """Within a second; what was not looked at by then is after the next start."""
        self.flow.stop(timeout=1.0)
        self.log.close()


def _logged(alarms: Sequence[Alarm]) -> None:
    for alarm in alarms:
        log.warning("alarm %s%s: %s", alarm.id, " is over" if alarm.cleared_ns else "", alarm.title)


def _in_memory(clock: Callable[[], int]) -> WatchLog:
    return MemoryWatchLog(clock=clock)
