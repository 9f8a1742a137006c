"""The table of joins: a SQLite file of the core's own."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from roadworthy.contracts.exchange_joins import Join, WaitingExchange
from roadworthy.contracts.telemetry import StoreFull, StoreUnavailable

_BUSY_SECONDS = 5.0
_AT_ONCE = 500
_TABLES = (
    "CREATE TABLE IF NOT EXISTS position (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL)",
    """CREATE TABLE IF NOT EXISTS waiting (
        project TEXT NOT NULL, exchange_id TEXT NOT NULL, since_ns INTEGER NOT NULL, next_ns INTEGER NOT NULL,
        tries INTEGER NOT NULL, PRIMARY KEY (project, exchange_id)
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS waiting_by_time ON waiting (next_ns)",
    """CREATE TABLE IF NOT EXISTS joins (
        project TEXT NOT NULL, exchange_id TEXT NOT NULL, run_id TEXT NOT NULL, by_what TEXT NOT NULL,
        started_ns INTEGER NOT NULL, PRIMARY KEY (project, exchange_id)
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS joins_by_run ON joins (project, run_id, started_ns)",
)


class SqliteExchangeJoins:
    """See the contract."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()  # one connection serves one thread at a time
        with _conditions():
            path.touch(mode=0o600, exist_ok=True)
            self._db = sqlite3.connect(
                path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._db.execute("PRAGMA journal_mode=WAL")
            # A power cut may take the last looks; the position goes with them, so they are done again.
            self._db.execute("PRAGMA synchronous=NORMAL")
            for statement in _TABLES:
                self._db.execute(statement)

    def position(self) -> int:
        rows = self._rows("SELECT number FROM position")
        return int(rows[0][0]) if rows else 0

    def take(self, waiting: Sequence[WaitingExchange], *, position: int) -> None:
        with self._writing() as db:
            db.executemany(
                "INSERT OR IGNORE INTO waiting VALUES (?, ?, ?, ?, ?)",
                [(one.project, one.exchange_id, one.since_ns, one.since_ns, one.tries) for one in waiting],
            )
            db.execute("INSERT OR REPLACE INTO position VALUES (1, ?)", (position,))

    def due(self, now_ns: int, *, limit: int = 500) -> list[WaitingExchange]:
        rows = self._rows(
            "SELECT project, exchange_id, since_ns, tries FROM waiting WHERE next_ns <= ? "
            "ORDER BY next_ns LIMIT ?",
            now_ns,
            limit,
        )
        return [WaitingExchange(project=p, exchange_id=e, since_ns=s, tries=t) for p, e, s, t in rows]

    def looked(
        self,
        *,
        joined: Sequence[Join] = (),
        again: Mapping[WaitingExchange, int] | None = None,
        done: Sequence[WaitingExchange] = (),
    ) -> None:
        with self._writing() as db:
            db.executemany(
                "INSERT OR REPLACE INTO joins VALUES (?, ?, ?, ?, ?)",
                [(one.project, one.exchange_id, one.run_id, one.by, one.started_ns) for one in joined],
            )
            db.executemany(
                "UPDATE waiting SET next_ns = ?, tries = tries + 1 WHERE project = ? AND exchange_id = ?",
                [(at, one.project, one.exchange_id) for one, at in (again or {}).items()],
            )
            db.executemany(
                "DELETE FROM waiting WHERE project = ? AND exchange_id = ?",
                [(one.project, one.exchange_id) for one in done],
            )

    def of_runs(self, project: str, run_ids: Sequence[str]) -> list[Join]:
        found = self._in("run_id", project, run_ids)
        return sorted(found, key=lambda one: (one.started_ns, one.exchange_id))

    def of_exchanges(self, project: str, exchange_ids: Sequence[str]) -> dict[str, Join]:
        return {one.exchange_id: one for one in self._in("exchange_id", project, exchange_ids)}

    def drop_before(self, project: str, at_ns: int) -> None:
        with self._writing() as db:
            db.execute("DELETE FROM joins WHERE project = ? AND started_ns < ?", (project, at_ns))

    def delete_project(self, project: str) -> None:
        with self._writing() as db:
            for table in ("joins", "waiting"):
                db.execute(f"DELETE FROM {table} WHERE project = ?", (project,))  # noqa: S608 (ours)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _in(self, column: str, project: str, wanted: Sequence[str]) -> list[Join]:
        found: list[Join] = []
        values = list(dict.fromkeys(wanted))
        for at in range(0, len(values), _AT_ONCE):
            some = values[at : at + _AT_ONCE]
            marks = ",".join("?" * len(some))
            rows = self._rows(
                "SELECT project, exchange_id, run_id, by_what, started_ns FROM joins "  # noqa: S608 (ours)
                f"WHERE project = ? AND {column} IN ({marks})",
                project,
                *some,
            )
            found += [Join(project=p, exchange_id=e, run_id=r, by=b, started_ns=s) for p, e, r, b, s in rows]
        return found

    def _rows(self, sql: str, *values: object) -> list[Any]:
        with self._lock, _conditions():
            return self._db.execute(sql, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _conditions():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


@contextmanager
def _conditions() -> Iterator[None]:
    """SQLite's errors as the contract's."""
    try:
        yield
    except sqlite3.Error as fault:
        code = getattr(fault, "sqlite_errorcode", None)
        if code is not None and code & 0xFF == sqlite3.SQLITE_FULL:
            raise StoreFull(f"no space for the table of joins: {fault}") from fault
        raise StoreUnavailable(f"the table of joins does not answer: {fault}") from fault
    except OSError as fault:
        raise StoreUnavailable(f"the table of joins cannot be opened: {fault}") from fault
