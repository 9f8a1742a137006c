"""What the watch log forgets, in pieces that hold up nobody."""

from __future__ import annotations

import sqlite3

from roadworthy.contracts.watch_log import (
    ALARMS_KEPT,
    DAYS_KEPT_NS,
    HOURS_KEPT_NS,
    LOOKED_BACK,
    MOST_ENTRIES,
    MOST_IDS,
    REMEMBERED_NS,
)

_HOUR_NS = 3_600 * 10**9
_DAY_NS = 24 * _HOUR_NS
_AT_ONCE = 20_000


def prune(db: sqlite3.Connection, *, now_ns: int) -> int:
    """How many rows went. In one transaction of the caller's."""
    gone = _entries(db) + _ids(db, now_ns=now_ns) + _alarms(db)
    gone += db.execute(
        "DELETE FROM words WHERE recorded_ns < ? AND (project, run_id, seq) IN (SELECT project, run_id, seq "
        "FROM words WHERE recorded_ns < ? LIMIT ?)",
        (now_ns - REMEMBERED_NS, now_ns - REMEMBERED_NS, _AT_ONCE),
    ).rowcount
    return gone + _history(db, now_ns=now_ns)


def _entries(db: sqlite3.Connection) -> int:
    """Each project needs its own."""
    (last,) = db.execute("SELECT max(seq) FROM entries").fetchone()
    gone = 0
    for project, done in db.execute("SELECT project, done FROM projects").fetchall():
        through = max(done - LOOKED_BACK, (last or 0) - MOST_ENTRIES)
        gone += db.execute(
            "DELETE FROM entries WHERE seq IN (SELECT seq FROM entries WHERE project = ? AND seq <= ? "
            "ORDER BY seq LIMIT ?)",
            (project, through, _AT_ONCE),
        ).rowcount
    return gone


def _ids(db: sqlite3.Connection, *, now_ns: int) -> int:
    """Oldest first. What ended before a forgotten id might be its double: it is refused from then on."""
    (last,) = db.execute("SELECT max(number) FROM ids").fetchone()
    if last is None:
        return 0
    rows = db.execute(
        "SELECT number, project, at_ns FROM ids WHERE number <= ? OR recorded_ns < ? ORDER BY number LIMIT ?",
        (last - MOST_IDS, now_ns - REMEMBERED_NS, _AT_ONCE),
    ).fetchall()
    if not rows:
        return 0
    horizons: dict[str, int] = {}
    for _, project, at_ns in rows:
        horizons[project] = max(horizons.get(project, 0), at_ns)
    db.executemany(
        "INSERT INTO projects (project, horizon_ns) VALUES (?, ?) "
        "ON CONFLICT (project) DO UPDATE SET horizon_ns = max(horizon_ns, excluded.horizon_ns)",
        list(horizons.items()),
    )
    db.executemany("DELETE FROM ids WHERE number = ?", [(number,) for number, _, _ in rows])
    return len(rows)


def _alarms(db: sqlite3.Connection) -> int:
    gone = 0
    for (project,) in db.execute("SELECT project FROM projects").fetchall():
        gone += db.execute(
            "DELETE FROM alarms WHERE project = ?1 AND cleared_ns > 0 AND taken >= revision AND number < "
            "(SELECT coalesce(min(number), 0) FROM (SELECT number FROM alarms WHERE project = ?1 "
            "ORDER BY number DESC LIMIT ?2))",
            (project, ALARMS_KEPT),
        ).rowcount
    return gone


def _history(db: sqlite3.Connection, *, now_ns: int) -> int:
    """Hours grow into days."""
    gone = db.execute(
        "DELETE FROM ticks WHERE width_ns = ? AND start_ns < ?", (_DAY_NS, now_ns - DAYS_KEPT_NS)
    ).rowcount
    before = (now_ns - HOURS_KEPT_NS) // _DAY_NS * _DAY_NS
    for (project,) in db.execute("SELECT project FROM projects").fetchall():
        (first,) = db.execute(
            "SELECT min(start_ns) FROM ticks WHERE project = ? AND width_ns = ?", (project, _HOUR_NS)
        ).fetchone()
        if first is None or first >= before:
            continue
        day = first // _DAY_NS * _DAY_NS
        span = (project, _HOUR_NS, day, day + _DAY_NS)
        db.execute(
            "INSERT INTO ticks SELECT project, ?5, ?3, monitor, sum(n), sum(total), max(peak), max(baseline) "
            "FROM ticks WHERE project = ?1 AND width_ns = ?2 AND start_ns >= ?3 AND start_ns < ?4 "
            "GROUP BY monitor "
            "ON CONFLICT DO UPDATE SET n = n + excluded.n, total = total + excluded.total, "
            "peak = max(peak, excluded.peak)",
            (*span, _DAY_NS),
        )
        gone += db.execute(
            "DELETE FROM ticks WHERE project = ? AND width_ns = ? AND start_ns >= ? AND start_ns < ?", span
        ).rowcount
    return gone
