"""The table of joins: a SQLite file of the core's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from roadworthy.backends.sqlite_file import SqliteFile
from roadworthy.contracts.exchange_joins import Join, WaitingExchange

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
        # A power cut may take the last looks; the position goes with them, so they are done again.
        self._file = SqliteFile(path, what="the table of joins", synchronous="NORMAL", tables=_TABLES)

    def position(self) -> int:
        rows = self._file.rows("SELECT number FROM position")
        return int(rows[0][0]) if rows else 0

    def take(self, waiting: Sequence[WaitingExchange], *, position: int) -> None:
        with self._file.writing() as db:
            db.executemany(
                "INSERT OR IGNORE INTO waiting VALUES (?, ?, ?, ?, ?)",
                [(one.project, one.exchange_id, one.since_ns, one.since_ns, one.tries) for one in waiting],
            )
            db.execute("INSERT OR REPLACE INTO position VALUES (1, ?)", (position,))

    def due(self, now_ns: int, *, limit: int = 500) -> list[WaitingExchange]:
        rows = self._file.rows(
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
        with self._file.writing() as db:
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
        with self._file.writing() as db:
            db.execute(
                "DELETE FROM joins WHERE project = ?1 AND started_ns < ?2 AND run_id NOT IN "
                "(SELECT run_id FROM joins WHERE project = ?1 AND started_ns >= ?2)",
                (project, at_ns),
            )

    def delete_project(self, project: str) -> None:
        with self._file.writing() as db:
            for table in ("joins", "waiting"):
                db.execute(f"DELETE FROM {table} WHERE project = ?", (project,))  # noqa: S608 (ours)

    def close(self) -> None:
        self._file.close()

    def _in(self, column: str, project: str, wanted: Sequence[str]) -> list[Join]:
        found: list[Join] = []
        values = list(dict.fromkeys(wanted))
        for at in range(0, len(values), _AT_ONCE):
            some = values[at : at + _AT_ONCE]
            marks = ",".join("?" * len(some))
            rows = self._file.rows(
                "SELECT project, exchange_id, run_id, by_what, started_ns FROM joins "  # noqa: S608 (ours)
                f"WHERE project = ? AND {column} IN ({marks})",
                project,
                *some,
            )
            found += [Join(project=p, exchange_id=e, run_id=r, by=b, started_ns=s) for p, e, r, b, s in rows]
        return found
