"""When a batch connector's time has come, or somebody asks for it, then its source is looked at and what is
whole is loaded."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from roadworthy.domain.connector import Connector, ConnectorKind
from roadworthy.features.gateway.connectors.batch.deliveries import BatchDeliveries
from roadworthy.features.gateway.connectors.batch.loader import Looked
from roadworthy.features.gateway.connectors.book import ConnectorBook
from roadworthy.features.gateway.connectors.opened import SecretMissing
from roadworthy.features.gateway.connectors.settings.table import ConnectorInvalid, read_settings

log = logging.getLogger(__name__)

_PAUSE_S = 1.0

Look = Callable[[Connector, Any], Looked]


class LoadBatchFiles:
    """A thread of its own: a file of gigabytes holds up no other flow. `start` and `stop` once each."""

    def __init__(
        self,
        book: ConnectorBook,
        deliveries: BatchDeliveries,
        *,
        look: Look,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._book = book
        self._deliveries = deliveries
        self._look = look
        self._clock = clock
        self._due: dict[tuple[str, str], float] = {}
        self._said: dict[tuple[str, str], str] = {}
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="load-batch-files", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, timeout: float) -> None:
        """After the block of rows that is under way; the load goes on at the next start."""
        self.stopping.set()
        self._deliveries.woken.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def run_due(self) -> None:
        """Once through all connectors."""
        for project in self._book.projects():
            for connector in self._book.connectors(project):
                if connector.kind is ConnectorKind.BATCH and connector.enabled and not self.stopping.is_set():
                    self._one(connector)

    def _one(self, connector: Connector) -> None:
        key = (connector.project, connector.name)
        if not self._deliveries.take_hurried(connector) and self._clock() < self._due.get(key, 0.0):
            return
        try:
            settings: Any = read_settings(connector.kind, connector.settings)
            self._due[key] = self._clock() + settings.every_s
            problem = self._look(connector, settings).problem
        except (SecretMissing, ConnectorInvalid) as fault:
            self._due[key] = self._clock() + 60
            problem = str(fault)
        except Exception:
            # One connector's trouble holds up no other; it is tried again at its next turn.
            log.exception("the files of %s cannot be loaded", connector.name)
            self._due[key] = self._clock() + 60
            return
        if problem and self._said.get(key) != problem:
            log.warning("the files of %s cannot be loaded: %s", connector.name, problem)
        self._said[key] = problem

    def _loop(self) -> None:
        while not self.stopping.is_set():
            try:
                self.run_due()
            except Exception:
                # The thread must outlive a passing fault of the metadata store.
                log.exception("batch connectors cannot be read; trying again")
            self._deliveries.woken.wait(_PAUSE_S)
            self._deliveries.woken.clear()
