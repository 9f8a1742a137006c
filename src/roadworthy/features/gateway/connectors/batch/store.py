"""The tables of a batch connector and what is known of its deliveries: one SQLite file, written by one
process.

A table changes in one transaction, with the note of the delivery that changed it: whoever reads sees the
old table whole or the new one whole, whenever the process ends.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roadworthy.domain.delivery import BadRow, Delivery, DeliveryState

_SCHEMA = """
create table if not exists _tables(
    name text primary key, version integer not null, rows integer not null, as_of_ns integer not null,
    loaded_ns integer not null, columns text not null);
create table if not exists _deliveries(
    id integer primary key, tbl text not null, file text not null, digest text not null default '',
    bytes integer not null, arrived_ns integer not null, as_of_ns integer not null, seen_ns integer not null,
    state text not null, reason text not null default '', rows integer not null default 0,
    bad_rows integer not null default 0, position integer not null default 0,
    version integer not null default 0, loaded_ns integer not null default 0,
    unique(tbl, file, bytes, arrived_ns));
create index if not exists _by_digest on _deliveries(tbl, digest);
create table if not exists _bad_rows(
    delivery integer not null, line integer not null, reason text not null, text text not null);
"""
BAD_ROWS_KEPT = 1_000
"""Of one file."""
DELIVERIES_KEPT = 5_000
_COLUMNS = (
    "id, tbl, file, digest, bytes, arrived_ns, as_of_ns, seen_ns, state, reason, rows, bad_rows, position,"
    " version, loaded_ns"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A delivery as it is kept."""

    id: int
    seen_ns: int
    delivery: Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A table as it stands. `columns`: the type of each, by name."""

    name: str
    version: int
    rows: int
    as_of_ns: int
    loaded_ns: int
    columns: dict[str, str]


def quoted(name: str) -> str:
    """As an identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


class BatchStore:
    """For the process that writes; `reading` for others. Close it."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.connection = sqlite3.connect(
            # Used by one thread at a time: files are read in another than the source is.
            file,
            timeout=30,
            isolation_level=None,
            check_same_thread=False,
        )
        self.connection.execute("pragma journal_mode=wal")
        self.connection.execute("pragma synchronous=full")
        # At once: who reads meanwhile sees all of it, or nothing.
        self.connection.executescript(f"begin immediate;{_SCHEMA}commit;")

    def close(self) -> None:
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        self.connection.execute("begin immediate")
        try:
            yield self.connection
        except BaseException:
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit")

    def note(self, delivery: Delivery, *, seen_ns: int) -> int:
        """Of a file as it lies there (name, size, time); its id."""
        with self.transaction() as connection:
            connection.execute(
                "insert into _deliveries(tbl, file, bytes, arrived_ns, as_of_ns, seen_ns, state, reason)"
                " values(?,?,?,?,?,?,?,?) on conflict(tbl, file, bytes, arrived_ns) do nothing",
                (
                    delivery.table,
                    delivery.file,
                    delivery.bytes,
                    delivery.arrived_ns,
                    delivery.as_of_ns,
                    seen_ns,
                    delivery.state.value,
                    delivery.reason,
                ),
            )
            row = connection.execute(
                "select id from _deliveries where tbl=? and file=? and bytes=? and arrived_ns=?",
                (delivery.table, delivery.file, delivery.bytes, delivery.arrived_ns),
            ).fetchone()
        return int(row[0])

    def change(self, delivery_id: int, **columns: Any) -> None:
        names = ", ".join(f"{name}=?" for name in columns)
        values = [one.value if isinstance(one, DeliveryState) else one for one in columns.values()]
        self.connection.execute(
            f"update _deliveries set {names} where id=?",  # noqa: S608 (names of our own)
            (*values, delivery_id),
        )

    def forget_old(self) -> None:
        """Notes of files that went long ago; those that are loaded stay as long as they are the newest."""
        self.connection.execute(
            "delete from _deliveries where id not in (select id from _deliveries order by id desc limit ?)",
            (DELIVERIES_KEPT,),
        )
        self.connection.execute("delete from _bad_rows where delivery not in (select id from _deliveries)")


@contextmanager
def reading(file: Path) -> Iterator[sqlite3.Connection | None]:
    """None where nothing was loaded ever."""
    if not file.is_file():
        yield None
        return
    connection = sqlite3.connect(
        f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=5, isolation_level=None
    )
    try:
        made = connection.execute("select 1 from sqlite_master where name = '_bad_rows'").fetchone()
        yield connection if made else None
    finally:
        connection.close()


def tables_in(connection: sqlite3.Connection) -> dict[str, Loaded]:
    rows = connection.execute(
        "select name, version, rows, as_of_ns, loaded_ns, columns from _tables"
    ).fetchall()
    return {
        row[0]: Loaded(
            name=row[0],
            version=row[1],
            rows=row[2],
            as_of_ns=row[3],
            loaded_ns=row[4],
            columns=json.loads(row[5]),
        )
        for row in rows
    }


def noted_in(
    connection: sqlite3.Connection, *, limit: int, where: str = "1", given: tuple[Any, ...] = ()
) -> list[Noted]:
    """Newest first."""
    rows = connection.execute(
        f"select {_COLUMNS} from _deliveries where {where} order by id desc limit ?",  # noqa: S608 (our own)
        (*given, limit),
    ).fetchall()
    return [
        Noted(
            id=row[0],
            seen_ns=row[7],
            delivery=Delivery(
                table=row[1],
                file=row[2],
                digest=row[3],
                bytes=row[4],
                arrived_ns=row[5],
                as_of_ns=row[6],
                state=DeliveryState(row[8]),
                reason=row[9],
                rows=row[10],
                bad_rows=row[11],
                position=row[12],
                version=row[13],
                loaded_ns=row[14],
            ),
        )
        for row in rows
    ]


def bad_rows_in(connection: sqlite3.Connection, *, limit: int) -> list[BadRow]:
    rows = connection.execute(
        "select d.tbl, d.file, b.line, b.reason, b.text from _bad_rows b"
        " join _deliveries d on d.id = b.delivery order by d.id desc, b.line limit ?",
        (limit,),
    ).fetchall()
    return [BadRow(table=row[0], file=row[1], line=row[2], reason=row[3], text=row[4]) for row in rows]
