"""What is held, by project and day, and letting go of it by whole partitions: cheap at any size, where
deleting rows takes seconds a table (design/storage.md)."""

from __future__ import annotations

from roadworthy.backends.telemetry.chdb.clauses import Parameters
from roadworthy.backends.telemetry.chdb.session import Session
from roadworthy.backends.telemetry.storable import day_number
from roadworthy.contracts.telemetry import BadQuery, StoreStats

TABLES = ("spans", "runs", "trace_runs", "join_keys", "scores", "rejections")
_DAYS_SHOWN = ("spans", "runs")


def days(session: Session, project: str) -> list[str]:
    p = Parameters()
    bound = p.text(project)
    union = " UNION DISTINCT ".join(
        f"SELECT day FROM {table} WHERE project = {bound} GROUP BY day" for table in _DAYS_SHOWN
    )
    return sorted(str(row[0]) for row in session.rows(union, p.values))


def drop_days_before(session: Session, project: str, day: str) -> int:
    try:
        number = day_number(day)
    except ValueError:
        raise BadQuery(f"day: {day!r} is not a date of the form YYYY-MM-DD") from None
    shown: set[str] = set()
    for table in TABLES:
        p = Parameters()
        rows = session.rows(
            f"SELECT _partition_id, day FROM {table} WHERE project = {p.text(project)} "
            f"AND day < toDate({p.whole(max(0, min(65_535, number)))}) GROUP BY _partition_id, day",
            p.values,
        )
        for partition_id, old in rows:
            session.command(f"ALTER TABLE {table} DROP PARTITION ID '{_checked(partition_id)}'")
            if table in _DAYS_SHOWN:
                shown.add(str(old))
    return len(shown)


def stats(session: Session, project: str | None) -> StoreStats:
    p = Parameters()
    where = "" if project is None else f"WHERE project = {p.text(project)}"
    spans = session.rows(f"SELECT count(), min(start_ns), max(start_ns) FROM spans FINAL {where}", p.values)[
        0
    ]
    runs = session.rows(f"SELECT countIf(superseded_by = '') FROM runs FINAL {where}", p.values)[0]
    return StoreStats(
        spans=spans[0],
        runs=runs[0],
        bytes_on_disk=_bytes_on_disk(session, project),
        first_ns=spans[1] if spans[0] else None,
        last_ns=spans[2] if spans[0] else None,
    )


def projects(session: Session) -> list[str]:
    union = " UNION DISTINCT ".join(
        f"SELECT project FROM {table} GROUP BY project" for table in ("spans", "runs", "rejections")
    )
    return sorted(row[0] for row in session.rows(union))


def _bytes_on_disk(session: Session, project: str | None) -> int:
    parts = (
        "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase() "
        f"AND table IN ({', '.join(repr(table) for table in TABLES)})"
    )
    if project is None:
        return int(session.rows(parts)[0][0])
    p = Parameters()
    bound = p.text(project)
    union = " UNION ALL ".join(
        f"SELECT '{table}', _partition_id FROM {table} WHERE project = {bound} GROUP BY _partition_id"
        for table in TABLES
    )
    return int(session.rows(f"{parts} AND (table, partition_id) IN ({union})", p.values)[0][0])


def _checked(partition_id: str) -> str:
    """The engine made it; DDL takes no parameters."""
    if not partition_id.replace("-", "").isalnum():
        raise ValueError(f"partition id {partition_id!r}")
    return partition_id
