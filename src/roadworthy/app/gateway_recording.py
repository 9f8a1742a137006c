"""The gateway's recorder, wired together: the log of exchanges and the store of their bodies."""

from __future__ import annotations

import logging
from pathlib import Path

from roadworthy.backends.blobs.files import BlobLimits, FileBlobStore
from roadworthy.backends.exchange_log.sqlite.log import SqliteExchangeLog
from roadworthy.contracts.exchange_log import ExchangeReader
from roadworthy.contracts.recorder import Recorder, RecorderCounts
from roadworthy.contracts.telemetry import StoreFull, StoreUnavailable
from roadworthy.domain.exchange import Exchange
from roadworthy.domain.recording import RecordedMessage
from roadworthy.features.gateway.recording.policy import KEEP_ALL
from roadworthy.features.gateway.recording.recorder import PolicyOf, StoringRecorder

log = logging.getLogger(__name__)

LOG_FILE = "exchanges.db"
BLOBS_FOLDER = "blobs"
ORDERS_FOLDER = "orders"
_STOP_SECONDS = 4.0


class GatewayRecording:
    """Calls go on where nothing can be written: they are counted as dropped then. `free_floor`: bytes of the
    disk that recordings leave to the other stores."""

    def __init__(
        self, folder: Path, *, policy_of: PolicyOf = lambda _: KEEP_ALL, free_floor: int = 0
    ) -> None:
        self._stores: tuple[SqliteExchangeLog, FileBlobStore] | None = None
        self.recorder: Recorder
        self._storing: StoringRecorder | None = None
        try:
            rows = SqliteExchangeLog(folder / LOG_FILE)
            blobs = FileBlobStore(folder / BLOBS_FOLDER, limits=BlobLimits(free_floor=free_floor))
        except (StoreUnavailable, StoreFull, OSError) as fault:
            log.error("exchanges are not recorded, calls go on: %s", fault)
            self.recorder = _Dropping()
        else:
            self._stores = rows, blobs
            self.recorder = self._storing = StoringRecorder(
                rows, blobs, policy_of=policy_of, orders=folder / ORDERS_FOLDER
            )

    def start(self) -> None:
        if self._storing is not None:
            self._storing.start()

    @property
    def written(self) -> ExchangeReader | None:
        return self._stores[0] if self._stores is not None else None

    def stop(self) -> None:
        if self._storing is not None:
            self._storing.stop(timeout=_STOP_SECONDS)
        if self._stores is not None:
            for store in self._stores:
                store.close()


class _Dropping:
    def __init__(self) -> None:
        self._dropped = 0

    def offer(
        self, exchange: Exchange, *, request: RecordedMessage | None, answer: RecordedMessage | None
    ) -> bool:
        self._dropped += 1
        return False

    def counts(self) -> RecorderCounts:
        return RecorderCounts(dropped=self._dropped)
