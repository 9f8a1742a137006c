"""Metadata in one SQLite file (WAL)."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection

from roadworthy.backends.metadata.sqlite.migrate import migrate
from roadworthy.backends.metadata.store import SqlMetadataStore

_BUSY_MS = 5_000
"""How long a write waits for another process's write."""


class SqliteMetadataStore(SqlMetadataStore):
    """Makes the file, readable by its owner only, or brings it up to date.

    Raises `NewerDatabase` for a file that a later version of Roadworthy has written.
    """

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600, exist_ok=True)
        writes = create_engine(f"sqlite:///{path}")
        event.listen(writes, "connect", _set_up)
        event.listen(writes, "begin", _begin_immediate)
        migrate(writes)
        # An engine of their own, which begins nothing: each read is one statement, and waits for no writer.
        reads = create_engine(f"sqlite:///{path}")
        event.listen(reads, "connect", _set_up)
        super().__init__(reads=reads, writes=writes)


def _set_up(connection: DBAPIConnection, _: object) -> None:
    # The driver must not open transactions by itself: `_begin_immediate` does.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # FULL syncs the log with each commit: a write is durable once it returns, even against a power cut.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    # Not the default deferred BEGIN: a transaction that reads first and writes later would fail at once with
    # "database is locked" where another process wrote in between.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
