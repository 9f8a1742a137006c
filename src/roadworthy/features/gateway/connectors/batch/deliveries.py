"""What is known of a batch connector's files and tables, read by any process."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from roadworthy.domain.connector import Connector
from roadworthy.domain.delivery import BadRow, Delivery, TableState
from roadworthy.features.gateway.connectors.batch.freshness import judge
from roadworthy.features.gateway.connectors.batch.paths import loading_file, spool_folder, tables_file
from roadworthy.features.gateway.connectors.batch.store import bad_rows_in, noted_in, reading, tables_in
from roadworthy.features.gateway.connectors.settings.batch import BatchSettings
from roadworthy.features.gateway.connectors.settings.table import read_settings


class BatchDeliveries:
    """Reads what the loader wrote. Safe to call from several threads."""

    def __init__(self, folder: Path, *, clock: Callable[[], int] = time.time_ns) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()  # protects what is to be looked at now
        self._hurried: set[tuple[str, str]] = set()
        self.woken = threading.Event()

    def tables(self, connector: Connector) -> list[TableState]:
        settings: Any = read_settings(connector.kind, connector.settings)
        return states(settings, tables_file(self._folder, connector), now_ns=self._clock())

    def deliveries(self, connector: Connector, *, limit: int) -> list[Delivery]:
        with reading(tables_file(self._folder, connector)) as connection:
            return [one.delivery for one in noted_in(connection, limit=limit)] if connection else []

    def bad_rows(self, connector: Connector, *, limit: int) -> list[BadRow]:
        with reading(tables_file(self._folder, connector)) as connection:
            return bad_rows_in(connection, limit=limit) if connection else []

    def hurry(self, connector: Connector) -> None:
        with self._lock:
            self._hurried.add((connector.project, connector.name))
        self.woken.set()

    def take_hurried(self, connector: Connector) -> bool:
        with self._lock:
            key = (connector.project, connector.name)
            wanted = key in self._hurried
            self._hurried.discard(key)
            return wanted

    def forget(self, connector: Connector) -> None:
        for file in (tables_file(self._folder, connector), loading_file(self._folder, connector)):
            for suffix in ("", "-wal", "-shm", "-journal"):
                Path(f"{file}{suffix}").unlink(missing_ok=True)
        shutil.rmtree(spool_folder(self._folder, connector), ignore_errors=True)


def states(settings: BatchSettings, file: Path, *, now_ns: int) -> list[TableState]:
    """Of the tables that are declared, in that order."""
    with reading(file) as connection:
        loaded = tables_in(connection) if connection else {}
    made = []
    for name, table in settings.tables.items():
        found = loaded.get(name)
        verdict = judge(table.freshness, as_of_ns=found.as_of_ns if found else 0, now_ns=now_ns)
        made.append(
            TableState(
                name=name,
                rows=found.rows if found else 0,
                version=found.version if found else 0,
                as_of_ns=found.as_of_ns if found else 0,
                loaded_ns=found.loaded_ns if found else 0,
                due_ns=verdict.due_ns,
                stale=verdict.stale,
                said=verdict.said,
            )
        )
    return made
