"""One SQLite file, one connection that writes and one that reads."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from roadworthy.backends.sqlite_file import is_full, transaction
from roadworthy.backends.watch_log.sqlite.tables import SCHEMA, VERSION
from roadworthy.contracts.watch_log import WatchLogFull, WatchLogUnavailable

_BUSY_MS = 5_000


class Connections:
    """`writing` is one transaction, durable when it ends; `reading` sees what was committed before."""

    def __init__(self, path: Path, *, busy_ms: int = _BUSY_MS) -> None:
        self._path = path
        self._busy_ms = busy_ms
        self._write_lock = threading.Lock()  # one connection serves one thread at a time
        self._read_lock = threading.Lock()
        with _conditions():
            path.touch(mode=0o600, exist_ok=True)
            self._writes = self._opened()
            self._reads = self._opened()
        try:
            self._set_up()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        with self._write_lock, _conditions(), transaction(self._writes) as db:
            yield db

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with self._read_lock, _conditions():
            yield self._reads

    def close(self) -> None:
        with self._write_lock, self._read_lock:
            self._writes.close()
            self._reads.close()

    def _opened(self) -> sqlite3.Connection:
        made = sqlite3.connect(
            self._path, timeout=self._busy_ms / 1000, isolation_level=None, check_same_thread=False
        )
        made.execute("PRAGMA journal_mode=WAL")
        # FULL syncs with each commit: what was appended survives a power cut.
        made.execute("PRAGMA synchronous=FULL")
        return made

    def _set_up(self) -> None:
        with self.writing() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                raise WatchLogUnavailable(
                    f"{self._path} was written by a later version of Roadworthy (layout {version})"
                )
            if version < VERSION:
                for statement in SCHEMA.split(";"):
                    if statement.strip():
                        db.execute(statement)
                db.execute(f"PRAGMA user_version={VERSION}")


@contextmanager
def _conditions() -> Iterator[None]:
    """SQLite's errors as the contract's."""
    try:
        yield
    except sqlite3.ProgrammingError as fault:
        raise WatchLogUnavailable(f"the watch log is closed: {fault}") from fault
    except sqlite3.DatabaseError as fault:
        if is_full(fault):
            raise WatchLogFull(f"no space for the watch log: {fault}") from fault
        if isinstance(fault, sqlite3.IntegrityError):
            raise
        raise WatchLogUnavailable(f"the watch log does not answer: {fault}") from fault
    except OSError as fault:
        raise WatchLogUnavailable(f"the watch log cannot be opened: {fault}") from fault
