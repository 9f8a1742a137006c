"""What every SQLite file of ours does alike: transactions, and SQLite's errors as those of a store."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from roadworthy.contracts.telemetry import StoreFull, StoreUnavailable

BUSY_SECONDS = 5.0


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All or nothing. The connection is one without transactions of its own (`isolation_level=None`)."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def is_full(fault: sqlite3.Error) -> bool:
    """Whether it is the disk that has no space."""
    code = getattr(fault, "sqlite_errorcode", None)
    return code is not None and code & 0xFF == sqlite3.SQLITE_FULL


@contextmanager
def conditions(what: str) -> Iterator[None]:
    """SQLite's errors as StoreFull and StoreUnavailable; `what` is said of the file: "the exchange log"."""
    try:
        yield
    except sqlite3.Error as fault:
        if is_full(fault):
            raise StoreFull(f"no space for {what}: {fault}") from fault
        raise StoreUnavailable(f"{what} does not answer: {fault}") from fault
    except OSError as fault:
        raise StoreUnavailable(f"{what} cannot be opened: {fault}") from fault


def open_for_writing(path: Path, *, synchronous: str) -> sqlite3.Connection:
    """Made where it is not there, for its owner alone. `synchronous`: FULL has a commit on disk when it
    returns, NORMAL loses the last ones with the power, and never with the process."""
    path.touch(mode=0o600, exist_ok=True)
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute(f"PRAGMA synchronous={synchronous}")
    return db


class SqliteFile:
    """One connection, used by one thread at a time. Raises StoreFull and StoreUnavailable."""

    def __init__(self, path: Path, *, what: str, synchronous: str, tables: Sequence[str]) -> None:
        self._what = what
        self._lock = threading.Lock()
        with conditions(what):
            self._db = open_for_writing(path, synchronous=synchronous)
            for statement in tables:
                self._db.execute(statement)

    def rows(self, sql: str, *values: object) -> list[Any]:
        with self._lock, conditions(self._what):
            return self._db.execute(sql, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, conditions(self._what), transaction(self._db) as db:
            yield db

    def close(self) -> None:
        with self._lock:
            self._db.close()
