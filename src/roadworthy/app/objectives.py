"""Objectives and inputs, wired together: what watches by reading the stores."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from roadworthy.app.periodic import PeriodicRunner
from roadworthy.backends.alarm_journal.sqlite import SqliteAlarmJournal
from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.telemetry import TelemetryStore
from roadworthy.domain.alarm import Alarm
from roadworthy.features.watch.inputs.service import InputsService
from roadworthy.features.watch.objectives.book import ObjectiveBook
from roadworthy.features.watch.objectives.burn_alarms import BurnAlarms
from roadworthy.features.watch.objectives.counting import Counts
from roadworthy.features.watch.objectives.service import ObjectiveService
from roadworthy.flows.burn_error_budgets import AlarmOutbox, ErrorBudgets
from roadworthy.flows.table import watching_flows
from roadworthy.flows.watch_inputs import InputWatch

log = logging.getLogger(__name__)


class Objectives:
    """`start` and `stop` once each. `take` gets alarms, each at least once; it is idempotent by their ids."""

    def __init__(
        self,
        store: TelemetryStore,
        metadata: MetadataStore,
        *,
        file: Path,
        publish: Callable[[str, Sequence[str]], None],
        take: Callable[[Sequence[Alarm]], object] | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._budget_journal = SqliteAlarmJournal(file, owner="objectives")
        self._input_journal = SqliteAlarmJournal(file, owner="inputs")
        self.service = ObjectiveService(
            store,
            book=ObjectiveBook(metadata),
            counts=Counts(store),
            alarms=BurnAlarms(self._budget_journal),
        )
        self.inputs = InputsService(self._input_journal)
        self.budget_outbox = AlarmOutbox(self._budget_journal, take=take or _logged)
        self.budgets = ErrorBudgets(self.service, outbox=self.budget_outbox, now_s=now_s)
        self._watch = InputWatch(
            store,
            service=self.inputs,
            outbox=AlarmOutbox(self._input_journal, take=take or _logged),
            publish=publish,
            now_s=now_s,
        )
        # On a thread of its own: other periodic flows may take minutes.
        self._runner = PeriodicRunner(watching_flows(budgets=self.budgets, inputs=self._watch))

    def on_runs(self, project: str, run_ids: Sequence[str]) -> None:
        """These runs are new or changed, and can be read. Returns at once; from any thread."""
        self.service.counts.on_runs(project, run_ids)
        self._watch.on_runs(project, run_ids)

    def start(self) -> None:
        self._runner.start()

    def stop(self) -> None:
        """Within a second; what was not counted by then is after the next start."""
        self._runner.stop(timeout=1.0)
        self._budget_journal.close()
        self._input_journal.close()


def _logged(alarms: Sequence[Alarm]) -> None:
    for alarm in alarms:
        log.warning("alarm %s%s: %s", alarm.id, " is over" if alarm.cleared_ns else "", alarm.title)
