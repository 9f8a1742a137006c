"""The journal of alarms: a SQLite file of its own, so that it throws away none of the metadata's caches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from roadworthy.backends.sqlite_file import SqliteFile
from roadworthy.contracts.alarm_journal import WaitingAlarm
from roadworthy.domain.alarm import Alarm, AlarmKind, Severity

_TABLES = (
    """CREATE TABLE IF NOT EXISTS parts (
        owner TEXT NOT NULL, project TEXT NOT NULL, name TEXT NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (owner, project, name)
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS alarms (
        owner TEXT NOT NULL, project TEXT NOT NULL, id TEXT NOT NULL, source TEXT NOT NULL,
        at_ns INTEGER NOT NULL, revision INTEGER NOT NULL, taken INTEGER NOT NULL DEFAULT 0,
        body BLOB NOT NULL, PRIMARY KEY (owner, project, id)
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS alarms_by_time ON alarms (owner, project, source, at_ns, id)",
    "CREATE INDEX IF NOT EXISTS alarms_waiting ON alarms (owner, at_ns) WHERE taken < revision",
)


class SqliteAlarmJournal:
    """See the contract. Journals of several owners may share the file."""

    def __init__(self, path: Path, *, owner: str) -> None:
        self._owner = owner
        # A commit is on disk when it returns: what was alarmed is not alarmed again after a power cut.
        self._file = SqliteFile(path, what="the journal of alarms", synchronous="FULL", tables=_TABLES)

    def projects(self) -> list[str]:
        rows = self._file.rows(
            "SELECT DISTINCT project FROM parts WHERE owner = ? ORDER BY project", self._owner
        )
        return [row[0] for row in rows]

    def parts(self, project: str) -> dict[str, bytes]:
        rows = self._file.rows(
            "SELECT name, body FROM parts WHERE owner = ? AND project = ?", self._owner, project
        )
        return dict(rows)

    def commit(
        self, project: str, *, parts: Mapping[str, bytes | None], alarms: Sequence[Alarm] = ()
    ) -> None:
        with self._file.writing() as db:
            for name, body in parts.items():
                if body is None:
                    db.execute(
                        "DELETE FROM parts WHERE owner = ? AND project = ? AND name = ?",
                        (self._owner, project, name),
                    )
                else:
                    db.execute(
                        "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?)", (self._owner, project, name, body)
                    )
            for alarm in alarms:
                db.execute(
                    "INSERT INTO alarms (owner, project, id, source, at_ns, revision, body) "
                    "VALUES (?, ?, ?, ?, ?, 1, ?) ON CONFLICT (owner, project, id) "
                    "DO UPDATE SET revision = revision + 1, body = excluded.body",
                    (self._owner, project, alarm.id, alarm.source, alarm.at_ns, orjson.dumps(alarm)),
                )

    def waiting(self, *, limit: int = 200) -> list[WaitingAlarm]:
        rows = self._file.rows(
            "SELECT body, revision FROM alarms WHERE owner = ? AND taken < revision "
            "ORDER BY at_ns, id LIMIT ?",
            self._owner,
            limit,
        )
        return [WaitingAlarm(alarm=_alarm(body), revision=revision) for body, revision in rows]

    def taken(self, waiting: Sequence[WaitingAlarm]) -> None:
        with self._file.writing() as db:
            db.executemany(
                "UPDATE alarms SET taken = ? WHERE owner = ? AND project = ? AND id = ?",
                [(one.revision, self._owner, one.alarm.project, one.alarm.id) for one in waiting],
            )

    def alarms(
        self, project: str, *, source: str = "", limit: int = 100, after: tuple[int, str] | None = None
    ) -> list[Alarm]:
        where = "owner = ? AND project = ?"
        values: list[str | int] = [self._owner, project]
        if source:
            where += " AND source = ?"
            values.append(source)
        if after is not None:
            where += " AND (at_ns, id) < (?, ?)"
            values += after
        rows = self._file.rows(
            f"SELECT body FROM alarms WHERE {where} ORDER BY at_ns DESC, id DESC LIMIT ?",  # noqa: S608 (ours)
            *values,
            limit,
        )
        return [_alarm(row[0]) for row in rows]

    def delete_project(self, project: str) -> None:
        with self._file.writing() as db:
            for table in ("parts", "alarms"):
                db.execute(
                    f"DELETE FROM {table} WHERE owner = ? AND project = ?",  # noqa: S608 (ours)
                    (self._owner, project),
                )

    def close(self) -> None:
        self._file.close()


def _alarm(body: bytes) -> Alarm:
    values: dict[str, Any] = orjson.loads(body)
    values["kind"] = AlarmKind(values["kind"])
    values["severity"] = Severity(values["severity"])
    values["run_ids"] = tuple(values["run_ids"])
    return Alarm(**values)
