"""The watch log in one SQLite file (WAL), beside the other stores."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from roadworthy.backends.watch_log.alarm_json import alarm_from_json, alarm_to_json
from roadworthy.backends.watch_log.entries import (
    agent_of,
    as_word,
    cluster,
    from_json,
    identity,
    kind_of,
    placed,
    said,
    to_json,
)
from roadworthy.backends.watch_log.sqlite.connection import Connections
from roadworthy.backends.watch_log.sqlite.pruning import prune
from roadworthy.contracts.watch_log import (
    LOOKED_BACK,
    AlarmQuery,
    Appended,
    Commit,
    Keyed,
    Logged,
    Snapshot,
    Stood,
    Tick,
    Waiting,
)
from roadworthy.domain.alarm import Alarm
from roadworthy.domain.result import Entry, Result, Scored, Word

_HOUR_NS = 3_600 * 10**9
_IDS_AT_ONCE = 500


class SqliteWatchLog:
    """Makes the file, readable by its owner only. `clock` is Unix ns. Raises WatchLogUnavailable."""

    def __init__(self, path: Path, *, clock: Callable[[], int] = time.time_ns, busy_ms: int = 5_000) -> None:
        self._db = Connections(path, busy_ms=busy_ms)
        self._clock = clock
        with self._db.reading() as db:
            (last,) = db.execute("SELECT max(recorded_ns) FROM entries").fetchone()
        self._recorded_ns = last or 0

    def append(self, entries: Sequence[Entry]) -> Appended:
        counts = {"new": 0, "words": 0, "known": 0, "too_old": 0}
        if not entries:
            return Appended()
        with self._db.writing() as db:
            now_ns = max(self._clock(), self._recorded_ns)
            horizons = dict(db.execute("SELECT project, horizon_ns FROM projects"))
            for entry in entries:
                if isinstance(entry, Result | Scored):
                    horizon = horizons.get(entry.project, 0)
                    counts[_append_keyed(db, entry, recorded_ns=now_ns, horizon_ns=horizon)] += 1
                else:
                    _insert(db, entry, recorded_ns=now_ns)
                    counts["new"] += 1
        self._recorded_ns = now_ns
        return Appended(**counts)

    def projects(self) -> list[str]:
        with self._db.reading() as db:
            # The loose index scan: a plain DISTINCT would read every entry.
            rows = db.execute(
                "WITH RECURSIVE each(project) AS (SELECT min(project) FROM entries UNION ALL "
                "SELECT (SELECT min(project) FROM entries WHERE project > each.project) FROM each "
                "WHERE each.project IS NOT NULL) "
                "SELECT project FROM each WHERE project IS NOT NULL UNION SELECT project FROM "
                "projects ORDER BY 1"
            )
            return [project for (project,) in rows]

    def read(self, project: str, *, after: int, limit: int) -> list[Logged]:
        with self._db.reading() as db:
            rows = db.execute(
                "SELECT seq, recorded_ns, kind, body FROM entries WHERE project = ? AND seq > ? "
                "ORDER BY seq LIMIT ?",
                (project, after, limit),
            ).fetchall()
        return _logged(rows)

    def last_seq(self, project: str) -> int:
        with self._db.reading() as db:
            (seq,) = db.execute("SELECT max(seq) FROM entries WHERE project = ?", (project,)).fetchone()
        return seq or 0

    def recent(self, project: str, *, agent: str, through: int, limit: int) -> list[Logged]:
        with self._db.reading() as db:
            rows = db.execute(
                "SELECT seq, recorded_ns, kind, body FROM entries WHERE project = ? AND agent = ? "
                "AND seq <= ? "
                "AND seq > ? AND kind IN ('result', 'scored', 'word') ORDER BY seq DESC LIMIT ?",
                (project, agent, through, through - LOOKED_BACK, limit),
            ).fetchall()
        return _logged(rows[::-1])

    def stood(self, project: str, run_ids: Sequence[str]) -> dict[str, list[Stood]]:
        found: dict[str, list[Stood]] = {}
        wanted = list(dict.fromkeys(run_ids))
        with self._db.reading() as db:
            for start in range(0, len(wanted), _IDS_AT_ONCE):
                some = wanted[start : start + _IDS_AT_ONCE]
                marks = ",".join("?" * len(some))
                rows = db.execute(
                    f"SELECT run_id, recorded_ns, body FROM words WHERE project = ? AND run_id IN ({marks}) "  # noqa: S608 - question marks alone
                    "ORDER BY run_id, seq",
                    (project, *some),
                )
                for run_id, recorded_ns, body in rows:
                    word = from_json("word", body)
                    assert isinstance(word, Word)  # noqa: S101 - the table holds nothing else
                    found.setdefault(run_id, []).append(Stood(recorded_ns=recorded_ns, word=word))
        return found

    def snapshot(self, project: str) -> Snapshot:
        with self._db.reading() as db:
            db.execute("BEGIN")
            try:
                row = db.execute(
                    "SELECT position, watched_ns FROM projects WHERE project = ?", (project,)
                ).fetchone()
                parts = dict(db.execute("SELECT name, body FROM parts WHERE project = ?", (project,)))
            finally:
                db.execute("COMMIT")
        position, watched_ns = row or (0, 0)
        return Snapshot(position=position, watched_ns=watched_ns, parts=parts)

    def commit(self, project: str, commit: Commit) -> None:
        with self._db.writing() as db:
            db.execute(
                "INSERT INTO projects (project, position, done, watched_ns) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (project) DO UPDATE SET position = excluded.position, done = excluded.done, "
                "watched_ns = excluded.watched_ns",
                (project, commit.position, commit.done, commit.watched_ns),
            )
            db.executemany(
                "INSERT INTO parts VALUES (?, ?, ?) "
                "ON CONFLICT (project, name) DO UPDATE SET body = excluded.body",
                [(project, name, body) for name, body in commit.parts.items() if body is not None],
            )
            gone = [(project, name) for name, body in commit.parts.items() if body is None]
            db.executemany("DELETE FROM parts WHERE project = ? AND name = ?", gone)
            db.executemany(
                "INSERT INTO alarms (project, id, source, agent, at_ns, cleared_ns, body) "
                "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (project, id) DO UPDATE SET "
                "cleared_ns = excluded.cleared_ns, body = excluded.body, revision = revision + 1",
                [
                    (
                        one.project,
                        one.id,
                        one.source,
                        one.agent,
                        one.at_ns,
                        one.cleared_ns,
                        alarm_to_json(one),
                    )
                    for one in commit.alarms
                ],
            )
            db.executemany(
                "INSERT INTO ticks (project, width_ns, start_ns, monitor, n, total, peak, baseline) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n, "
                "total = total + excluded.total, peak = max(peak, excluded.peak), baseline = "
                "excluded.baseline",
                [
                    (
                        project,
                        one.width_ns,
                        one.start_ns,
                        one.monitor,
                        one.n,
                        one.total,
                        one.peak,
                        one.baseline,
                    )
                    for one in commit.ticks
                ],
            )

    def waiting(self, *, limit: int = 200) -> list[Waiting]:
        with self._db.reading() as db:
            rows = db.execute(
                "SELECT body, revision FROM alarms WHERE taken < revision ORDER BY number LIMIT ?", (limit,)
            )
            return [Waiting(alarm=alarm_from_json(body), revision=revision) for body, revision in rows]

    def taken(self, waiting: Sequence[Waiting]) -> None:
        if not waiting:
            return
        with self._db.writing() as db:
            db.executemany(
                "UPDATE alarms SET taken = max(taken, ?) WHERE project = ? AND id = ?",
                [(one.revision, one.alarm.project, one.alarm.id) for one in waiting],
            )

    def alarms(self, project: str, query: AlarmQuery) -> list[Alarm]:
        clauses, values = _where(query)
        with self._db.reading() as db:
            rows = db.execute(
                f"SELECT body FROM alarms WHERE project = ? {clauses} "  # noqa: S608 - clauses of our own
                "ORDER BY at_ns DESC, id DESC LIMIT ?",
                (project, *values, query.limit),
            )
            return [alarm_from_json(body) for (body,) in rows]

    def alarm(self, project: str, alarm_id: str) -> Alarm | None:
        with self._db.reading() as db:
            row = db.execute(
                "SELECT body FROM alarms WHERE project = ? AND id = ?", (project, alarm_id)
            ).fetchone()
        return alarm_from_json(row[0]) if row else None

    def ticks(self, project: str, *, monitor: str, from_ns: int, to_ns: int) -> list[Tick]:
        with self._db.reading() as db:
            # Starts first: the key begins with them, so that writing an hour writes few pages.
            rows = db.execute(
                "SELECT t.start_ns, t.width_ns, t.n, t.total, t.peak, t.baseline FROM "
                "(SELECT DISTINCT width_ns, start_ns FROM ticks WHERE project = ?1 AND start_ns >= ?3 "
                "AND start_ns < ?4) w JOIN ticks t ON t.project = ?1 AND t.width_ns = w.width_ns "
                "AND t.start_ns = w.start_ns AND t.monitor = ?2 ORDER BY t.start_ns",
                (project, monitor, from_ns, to_ns),
            ).fetchall()
        return [
            Tick(monitor=monitor, start_ns=start, width_ns=width, n=n, total=total, peak=peak, baseline=base)
            for start, width, n, total, peak, base in rows
        ]

    def sums(self, project: str, *, from_ns: int, to_ns: int) -> dict[str, tuple[int, float]]:
        with self._db.reading() as db:
            rows = db.execute(
                "SELECT monitor, sum(n), sum(total) FROM ticks WHERE project = ? AND width_ns IN (?, ?) "
                "AND start_ns >= ? AND start_ns < ? GROUP BY monitor",
                (project, _HOUR_NS, 24 * _HOUR_NS, from_ns, to_ns),
            )
            return {monitor: (n, total) for monitor, n, total in rows}

    def too_old(self, project: str) -> int:
        with self._db.reading() as db:
            row = db.execute("SELECT too_old FROM projects WHERE project = ?", (project,)).fetchone()
        return row[0] if row else 0

    def prune(self, *, now_ns: int) -> int:
        with self._db.writing() as db:
            return prune(db, now_ns=now_ns)

    def delete_project(self, project: str) -> None:
        with self._db.writing() as db:
            for table in ("entries", "ids", "words", "parts", "alarms", "ticks", "projects"):
                db.execute(f"DELETE FROM {table} WHERE project = ?", (project,))  # noqa: S608 - names above

    def close(self) -> None:
        self._db.close()


def _append_keyed(db: sqlite3.Connection, entry: Keyed, *, recorded_ns: int, horizon_ns: int) -> str:
    """Which count it belongs to."""
    entry = placed(entry, recorded_ns=recorded_ns)
    key = identity(entry)
    row = db.execute(
        "SELECT number, said FROM ids WHERE project = ? AND key = ?", (entry.project, key)
    ).fetchone()
    if row is not None:
        return _append_word(db, entry, known=row, recorded_ns=recorded_ns)
    if entry.at_ns <= horizon_ns:
        db.execute("UPDATE projects SET too_old = too_old + 1 WHERE project = ?", (entry.project,))
        return "too_old"
    _remember(db, entry, key=key, recorded_ns=recorded_ns, said=said(entry))
    together = cluster(entry)
    if together is not None and not _remember(db, entry, key=together, recorded_ns=recorded_ns, said=""):
        entry = replace(entry, repeat=True)
    _insert(db, entry, recorded_ns=recorded_ns)
    return "new"


def _append_word(db: sqlite3.Connection, entry: Keyed, *, known: tuple[int, str], recorded_ns: int) -> str:
    number, before = known
    if not isinstance(entry, Result) or said(entry) == before:
        return "known"
    db.execute("UPDATE ids SET said = ? WHERE number = ?", (said(entry), number))
    word = as_word(entry)
    seq = _insert(db, word, recorded_ns=recorded_ns)
    db.execute(
        "INSERT INTO words VALUES (?, ?, ?, ?, ?)",
        (entry.project, entry.run_id, recorded_ns, seq, to_json(word)),
    )
    return "words"


def _remember(db: sqlite3.Connection, entry: Keyed, *, key: bytes, recorded_ns: int, said: str) -> bool:
    """False where it was remembered already."""
    done = db.execute(
        "INSERT OR IGNORE INTO ids (project, key, at_ns, recorded_ns, said) VALUES (?, ?, ?, ?, ?)",
        (entry.project, key, entry.at_ns, recorded_ns, said),
    )
    return done.rowcount == 1


def _insert(db: sqlite3.Connection, entry: Entry, *, recorded_ns: int) -> int:
    done = db.execute(
        "INSERT INTO entries (project, agent, recorded_ns, kind, body) VALUES (?, ?, ?, ?, ?)",
        (entry.project, agent_of(entry), recorded_ns, kind_of(entry), to_json(entry)),
    )
    assert done.lastrowid is not None  # noqa: S101 - it was an insert
    return done.lastrowid


def _logged(rows: Sequence[tuple[int, int, str, bytes]]) -> list[Logged]:
    return [
        Logged(seq=seq, recorded_ns=recorded_ns, entry=from_json(kind, body))
        for seq, recorded_ns, kind, body in rows
    ]


def _where(query: AlarmQuery) -> tuple[str, list[object]]:
    clauses, values = "AND at_ns >= ?", [query.from_ns]
    conditions: list[tuple[str, Sequence[object]]] = []
    if query.to_ns is not None:
        conditions.append(("at_ns < ?", (query.to_ns,)))
    if query.monitor:
        conditions.append(("source = ?", (query.monitor,)))
    if query.agent is not None:
        conditions.append(("agent = ?", (query.agent,)))
    if query.standing is not None:
        conditions.append(("cleared_ns = 0" if query.standing else "cleared_ns > 0", ()))
    if query.after is not None:
        conditions.append(("(at_ns, id) < (?, ?)", query.after))
    bound: list[object] = list(values)
    for clause, more in conditions:
        clauses += f" AND {clause}"
        bound += more
    return clauses, bound
