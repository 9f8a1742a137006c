"""Exchanges and recordings in the core, wired together: the gateway writes them, here they are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from roadworthy.app.folder import DataFolder
from roadworthy.app.gateway_recording import BLOBS_FOLDER, LOG_FILE, ORDERS_FOLDER
from roadworthy.app.periodic import PeriodicRunner
from roadworthy.app.told_spans import FOLDER, ToldSpans
from roadworthy.backends.blobs.files import FileBlobReader
from roadworthy.backends.exchange_joins.sqlite import SqliteExchangeJoins
from roadworthy.backends.exchange_log.sqlite.reader import SqliteExchangeReader
from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.telemetry import TelemetryStore
from roadworthy.domain.exchange import Exchange
from roadworthy.domain.recording import Recording
from roadworthy.features.gateway.recording.orders import OrderFolder
from roadworthy.features.gateway.recording.policy_book import PolicyBook
from roadworthy.features.gateway.recording.service import RecordingGone, RecordingService
from roadworthy.flows.asked_tools import AskedTools
from roadworthy.flows.join_exchanges import EVERY_SECONDS, Joined, JoinExchanges
from roadworthy.flows.mark_run_on_failure import MarkRuns
from roadworthy.flows.table import Periodic
from roadworthy.flows.tell_recorded_steps import EVERY_SECONDS as STEPS_SECONDS
from roadworthy.flows.tell_recorded_steps import TellRecordedSteps
from roadworthy.flows.tell_silent_runs import TellSilentRuns

_JOINS = "exchange_joins.db"


class Recordings:
    """What the core does with the exchange log: joins exchanges to runs, and lets people read."""

    def __init__(
        self,
        folder: DataFolder,
        store: TelemetryStore,
        metadata: MetadataStore,
        *,
        publish: Callable[[str, Sequence[str]], None],
    ) -> None:
        self.log = SqliteExchangeReader(folder.gateway / LOG_FILE)
        self._joins = SqliteExchangeJoins(folder.root / _JOINS)
        self.service = RecordingService(
            self.log,
            FileBlobReader(folder.gateway / BLOBS_FOLDER),
            joins=self._joins,
            orders=OrderFolder(folder.gateway / ORDERS_FOLDER),
            policies=PolicyBook(metadata),
        )
        self._publish = publish
        self._marking = MarkRuns(store, exchanges_of=self.service.of_run)
        told = ToldSpans(folder.root / FOLDER)
        telling = TellSilentRuns(joins=self._joins, recording_of=self._recording_of, give=told.give)
        self._steps = TellRecordedSteps(
            store, exchanges_of=self.service.of_run, recording_of=self._recording_of, give=told.give
        )
        self.joining = JoinExchanges(
            self.log,
            store,
            joins=self._joins,
            asker_of=AskedTools(self.log, recording_of=self._recording_of).asker,
            on_joined=self._on_joined,
            on_unjoined=telling.on_unjoined,
        )
        self._runner = PeriodicRunner(
            [
                Periodic(name="join_exchanges", every_seconds=EVERY_SECONDS, run=self.joining.refresh),
                Periodic(name="tell_recorded_steps", every_seconds=STEPS_SECONDS, run=self._steps.refresh),
            ]
        )

    def runs_of(self, project: str, exchange_ids: Sequence[str]) -> dict[str, str]:
        """By id of the exchange; those whose run is not known are left out."""
        joins = self._joins.of_exchanges(project, exchange_ids)
        return {exchange_id: join.run_id for exchange_id, join in joins.items()}

    def _on_joined(self, joined: Sequence[Joined]) -> None:
        self._marking.on_joined(joined)
        self._steps.on_joined(joined)
        for project in dict.fromkeys(one.run.project for one in joined):
            runs = dict.fromkeys(one.run.id for one in joined if one.run.project == project)
            self._publish(project, list(runs))

    def _recording_of(self, exchange: Exchange) -> Recording | None:
        try:
            return self.service.recording(exchange).recording
        except RecordingGone:
            return None

    def start(self) -> None:
        self._runner.start()

    def stop(self) -> None:
        self._runner.stop(timeout=1.0)
        self._joins.close()
        self.log.close()
