"""Routes, gateway keys and budgets in the core, wired together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from roadworthy.app.gateway_gate import LEDGER_FILE
from roadworthy.app.gateway_recording import LOG_FILE
from roadworthy.app.periodic import PeriodicRunner
from roadworthy.backends.alarm_journal.sqlite import SqliteAlarmJournal
from roadworthy.backends.exchange_log.sqlite.reader import SqliteExchangeReader
from roadworthy.backends.spend_store.sqlite import SqliteSpendReader
from roadworthy.backends.upstream.http.transport import HttpTransport
from roadworthy.contracts.metadata import MetadataStore
from roadworthy.domain.alarm import Alarm
from roadworthy.domain.project import DEFAULT_PROJECT
from roadworthy.features.gateway.routes.service import RoutingService
from roadworthy.flows import alarm_on_budget, alarm_on_model_change
from roadworthy.flows.alarm_on_budget import AlarmOnBudget
from roadworthy.flows.alarm_on_model_change import AlarmOnModelChange
from roadworthy.flows.burn_error_budgets import AlarmOutbox
from roadworthy.flows.table import Periodic
from roadworthy.kit.sealing import Sealer

log = logging.getLogger(__name__)


def routing_service(
    metadata: MetadataStore, *, secrets: Path, folder: Path, gateway_url: str
) -> RoutingService:
    """`folder` is the gateway's (`DATA/gateway`)."""
    return RoutingService(
        metadata,
        seal=Sealer(secrets),
        spend=SqliteSpendReader(folder / LEDGER_FILE),
        state_file=folder / "state.json",
        gateway_url=gateway_url,
        transport=HttpTransport,
    )


class Routing:
    """`start` and `stop` once each. `take` gets alarms, each at least once; `runs_of` says to which runs
    exchanges were joined."""

    def __init__(
        self,
        metadata: MetadataStore,
        *,
        secrets: Path,
        folder: Path,
        journal: Path,
        gateway_url: str,
        take: Callable[[Sequence[Alarm]], object],
        runs_of: Callable[[str, Sequence[str]], Mapping[str, str]],
    ) -> None:
        self.service = routing_service(metadata, secrets=secrets, folder=folder, gateway_url=gateway_url)
        self._metadata = metadata
        self._exchanges = SqliteExchangeReader(folder / LOG_FILE)
        self._models_journal = SqliteAlarmJournal(journal, owner="models")
        self._budgets_journal = SqliteAlarmJournal(journal, owner="budgets")
        self._models_outbox = AlarmOutbox(self._models_journal, take=take)
        self._budgets_outbox = AlarmOutbox(self._budgets_journal, take=take)
        self._models = AlarmOnModelChange(self._exchanges, self._models_journal, runs_of=runs_of)
        self._budgets = AlarmOnBudget(
            self.service.budgets_now, self._budgets_journal, projects=self._projects
        )
        self.service.forget = self._forget
        self._runner = PeriodicRunner(
            [
                Periodic(
                    name="alarm_on_model_change",
                    every_seconds=alarm_on_model_change.EVERY_SECONDS,
                    run=self._watch_models,
                ),
                Periodic(
                    name="alarm_on_budget",
                    every_seconds=alarm_on_budget.EVERY_SECONDS,
                    run=self._watch_budgets,
                ),
            ]
        )

    def start(self) -> None:
        self._runner.start()

    def stop(self) -> None:
        self._runner.stop(timeout=1.0)
        self._models_journal.close()
        self._budgets_journal.close()
        self._exchanges.close()

    def _watch_models(self) -> None:
        if self._models.refresh():
            self._models_outbox.changed()
        self._models_outbox.hand_over()

    def _watch_budgets(self) -> None:
        if self._budgets.refresh():
            self._budgets_outbox.changed()
        self._budgets_outbox.hand_over()

    def _projects(self) -> list[str]:
        return sorted({DEFAULT_PROJECT, *(one.id for one in self._metadata.projects())})

    def _forget(self, project: str) -> None:
        self._models_journal.delete_project(project)
        self._budgets_journal.delete_project(project)
