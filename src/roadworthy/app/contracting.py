"""Contracts of tools in the core, wired together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from roadworthy.app.gateway_tools import FACTS
from roadworthy.app.periodic import PeriodicRunner
from roadworthy.backends.alarm_journal.sqlite import SqliteAlarmJournal
from roadworthy.contracts.exchange_log import ExchangeReader
from roadworthy.contracts.metadata import MetadataStore
from roadworthy.domain.alarm import Alarm
from roadworthy.domain.exchange import Exchange
from roadworthy.domain.recording import Recording
from roadworthy.features.gateway.contracts.book import ContractBook
from roadworthy.features.gateway.contracts.learning import ContractLearner
from roadworthy.features.gateway.contracts.service import ContractService
from roadworthy.features.gateway.recording.service import RecordingGone, RecordingService
from roadworthy.flows import learn_contracts
from roadworthy.flows.burn_error_budgets import AlarmOutbox
from roadworthy.flows.learn_contracts import LearnContracts, RecordingOf
from roadworthy.flows.table import Periodic


class Contracting:
    """`start` and `stop` once each. `take` gets alarms, each at least once; `runs_of` says to which runs
    exchanges were joined."""

    def __init__(
        self,
        metadata: MetadataStore,
        exchanges: ExchangeReader,
        *,
        folder: Path,
        journal: Path,
        take: Callable[[Sequence[Alarm]], object],
        recordings: RecordingService,
        runs_of: Callable[[str, Sequence[str]], Mapping[str, str]],
        now_ns: Callable[[], int] | None = None,
    ) -> None:
        self._journal = SqliteAlarmJournal(journal, owner="contracts")
        self._outbox = AlarmOutbox(self._journal, take=take)
        book = ContractBook(metadata)
        self.service = ContractService(book, raised=self._raised)
        self.service.forget = self._journal.delete_project
        clock = {"now_ns": now_ns} if now_ns is not None else {}
        self.flow = LearnContracts(
            exchanges,
            ContractLearner(book, **clock),
            self._journal,
            facts=folder / FACTS,
            recording_of=_reading(recordings),
            runs_of=runs_of,
            **clock,
        )
        every = learn_contracts.EVERY_SECONDS
        self._runner = PeriodicRunner(
            [Periodic(name="learn_contracts", every_seconds=every, run=self.refresh)]
        )

    def refresh(self) -> int:
        """How many alarms were raised or cleared."""
        changed = self.flow.refresh()
        if changed:
            self._outbox.changed()
        self._outbox.hand_over()
        return changed

    def start(self) -> None:
        self._runner.start()

    def stop(self) -> None:
        """Within a second; what was not read by then is after the next start."""
        self._runner.stop(timeout=1.0)
        self.close()

    def close(self) -> None:
        """What was never started."""
        self._journal.close()

    def _raised(self, project: str, alarms: Sequence[Alarm]) -> None:
        self._journal.commit(project, parts={}, alarms=alarms)
        self._outbox.changed()


def _reading(recordings: RecordingService) -> RecordingOf:
    def read(exchange: Exchange) -> Recording | None:
        try:
            return recordings.recording(exchange).recording
        except RecordingGone:
            return None

    return read
