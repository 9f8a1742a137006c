"""The exchange log: a SQLite file that the gateway alone writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from roadworthy.backends.exchange_log.sqlite.reader import SqliteExchangeReader
from roadworthy.backends.exchange_log.sqlite.rows import INSERT, NAME, TABLES, VERSION, exchange_of, row
from roadworthy.backends.sqlite_file import conditions, open_for_writing, transaction
from roadworthy.contracts.telemetry import StoreUnavailable
from roadworthy.domain.exchange import Exchange

_DELETED_AT_ONCE = 2000


class SqliteExchangeLog(SqliteExchangeReader):
    """See the contract."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with conditions(NAME):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # No fsync for each group: a power cut takes the last rows, never the order or half a row.
            self._db = open_for_writing(path, synchronous="NORMAL")
            self._db.execute("PRAGMA secure_delete=ON")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                raise StoreUnavailable(
                    f"{path} is of version {version}, written by a newer Roadworthy; this one knows {VERSION}"
                )
            for statement in TABLES:
                self._db.execute(statement)

    def append(self, exchanges: Sequence[Exchange]) -> None:
        rows = [row(exchange) for exchange in exchanges]
        with self._writing() as db:
            db.executemany(INSERT, rows)

    def delete(self, project: str, exchange_id: str) -> Exchange | None:
        with self._writing() as db:
            found = db.execute(
                "DELETE FROM exchanges WHERE project = ? AND id = ? RETURNING body", (project, exchange_id)
            ).fetchall()
        return exchange_of(found[0][0]) if found else None

    def drop_before(self, project: str, at_ns: int) -> int:
        return self._delete_where("started_ns < ?", project, at_ns)

    def delete_project(self, project: str) -> None:
        self._delete_where("1", project)

    def _delete_where(self, where: str, project: str, *values: object) -> int:
        """A few thousand rows at a time, so that what is recorded meanwhile does not wait for all of them."""
        gone = 0
        while True:
            with self._writing() as db:
                cursor = db.execute(
                    "DELETE FROM exchanges WHERE number IN (SELECT number FROM exchanges "  # noqa: S608 (ours)
                    f"WHERE project = ? AND {where} LIMIT ?)",
                    (project, *values, _DELETED_AT_ONCE),
                )
            gone += cursor.rowcount
            if cursor.rowcount < _DELETED_AT_ONCE:
                return gone

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, conditions(NAME):
            if self._db is None:
                raise StoreUnavailable("the exchange log is closed")
            with transaction(self._db) as db:
                yield db
