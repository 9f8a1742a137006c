"""The exchange log as other processes see it: opened read-only, and only once it is there."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from roadworthy.backends.exchange_log.sqlite.rows import NAME, VERSION, exchange_of
from roadworthy.backends.sqlite_file import BUSY_SECONDS, conditions
from roadworthy.contracts.exchange_log import ExchangeQuery, LoggedExchange
from roadworthy.contracts.telemetry import StoreUnavailable
from roadworthy.domain.exchange import Exchange

_MOST_NAMED = 5000
_IDS_AT_ONCE = 500


class SqliteExchangeReader:
    """See the contract. Safe to call from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()  # one connection serves one thread at a time
        self._db: sqlite3.Connection | None = None

    def since(self, number: int, *, limit: int = 1000) -> list[LoggedExchange]:
        rows = self._rows(
            "SELECT number, body FROM exchanges WHERE number > ? ORDER BY number LIMIT ?", number, limit
        )
        return [LoggedExchange(number=at, exchange=exchange_of(body)) for at, body in rows]

    def exchange(self, project: str, exchange_id: str) -> Exchange | None:
        rows = self._rows("SELECT body FROM exchanges WHERE project = ? AND id = ?", project, exchange_id)
        return exchange_of(rows[0][0]) if rows else None

    def exchanges(self, project: str, query: ExchangeQuery) -> list[Exchange]:
        where, values = _asked(project, query)
        if query.ids is None:
            rows = self._rows(f"{_SELECT}{where}{_NEWEST}", *values, query.limit)
            return [exchange_of(row[0]) for row in rows]
        found: list[Exchange] = []
        ids = list(dict.fromkeys(query.ids))
        for at in range(0, len(ids), _IDS_AT_ONCE):
            some = ids[at : at + _IDS_AT_ONCE]
            marks = ",".join("?" * len(some))
            sql = f"{_SELECT}{where} AND id IN ({marks}){_NEWEST}"
            found += [exchange_of(row[0]) for row in self._rows(sql, *values, *some, query.limit)]
        found.sort(key=lambda one: (one.started_ns, one.id), reverse=True)
        return found[: query.limit]

    def named(
        self, project: str, *, run_ids: Sequence[str] = (), trace_ids: Sequence[str] = ()
    ) -> list[Exchange]:
        found: dict[str, Exchange] = {}
        for column, wanted in (("run_id", run_ids), ("trace_id", trace_ids)):
            for value in dict.fromkeys(one for one in wanted if one):
                rows = self._rows(
                    f"SELECT body FROM exchanges WHERE project = ? AND {column} = ? AND {column} <> '' "  # noqa: S608
                    "ORDER BY started_ns, id LIMIT ?",
                    project,
                    value,
                    _MOST_NAMED,
                )
                found.update((one.id, one) for one in (exchange_of(row[0]) for row in rows))
        return sorted(found.values(), key=lambda one: (one.started_ns, one.id))[:_MOST_NAMED]

    def projects(self) -> list[str]:
        return [row[0] for row in self._rows("SELECT DISTINCT project FROM exchanges ORDER BY project")]

    def close(self) -> None:
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def _rows(self, sql: str, *values: object) -> list[Any]:
        with self._lock, conditions(NAME):
            db = self._opened()
            return [] if db is None else db.execute(sql, values).fetchall()

    def _opened(self) -> sqlite3.Connection | None:
        if self._db is None and self._path.exists():
            db = sqlite3.connect(
                f"{self._path.absolute().as_uri()}?mode=ro",
                uri=True,
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if not version:  # the writer is about to make its tables
                db.close()
                return None
            if version > VERSION:
                db.close()
                raise StoreUnavailable(
                    f"the exchange log is of version {version}, this Roadworthy reads up to {VERSION}"
                )
            self._db = db
        return self._db


_SELECT = "SELECT body FROM exchanges WHERE "
_NEWEST = " ORDER BY started_ns DESC, id DESC LIMIT ?"


def _asked(project: str, query: ExchangeQuery) -> tuple[str, list[object]]:
    where, values = ["project = ?"], list[object]([project])
    for column in ("agent", "target", "kind", "ending", "drill"):
        wanted = getattr(query, column)
        if wanted:
            where.append(f"{column} = ?")
            values.append(wanted)
    if query.code == "any":
        where.append("code <> ''")
    elif query.code:
        where.append("code = ? AND code <> ''")
        values.append(query.code)
    if query.from_ns is not None:
        where.append("started_ns >= ?")
        values.append(query.from_ns)
    if query.to_ns is not None:
        where.append("started_ns < ?")
        values.append(query.to_ns)
    if query.after is not None:
        where.append("(started_ns, id) < (?, ?)")
        values += query.after
    return " AND ".join(where), values
