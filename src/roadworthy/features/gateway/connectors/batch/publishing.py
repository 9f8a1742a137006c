"""Staged rows put into their table, in one transaction."""

from __future__ import annotations

import json
import sqlite3

from roadworthy.domain.delivery import DeliveryState
from roadworthy.features.gateway.connectors.batch.column_types import sql_type, wider
from roadworthy.features.gateway.connectors.batch.staging import Staging
from roadworthy.features.gateway.connectors.batch.store import BatchStore, Noted, quoted, tables_in
from roadworthy.features.gateway.connectors.settings.batch import Table

FILE = "_file"
"""Hidden column of tables that files are added to: which delivery a row came with."""


def publish(store: BatchStore, staging: Staging, *, noted: Noted, table: Table, now_ns: int) -> int:
    """The version of the table now. Whoever reads sees the old rows, or all of the new ones."""
    name, progress = noted.delivery.table, staging.progress
    connection = store.connection
    connection.execute("attach database ? as staging", (str(staging.path),))
    try:
        with store.transaction():
            before = tables_in(connection).get(name)
            found = {one: kind or "text" for one, kind in progress.columns.items()}
            append = table.mode == "append"
            if append and before is not None:
                columns = _widened(connection, name, before.columns, found)
                # The file comes again, corrected: its rows take the place of those it brought before.
                connection.execute(
                    f"delete from {quoted(name)} where {FILE} in"  # noqa: S608 (quoted)
                    " (select id from _deliveries where tbl=? and file=?)",
                    (name, noted.delivery.file),
                )
            else:
                columns = found
                connection.execute(f"drop table if exists {quoted(name)}")
                _create(connection, name, columns, keyed=append)
            types = {one.lower(): kind for one, kind in columns.items()}
            found = {one: types[one.lower()] for one in found}
            _insert(connection, name, found, delivery=noted.id if append else None)
            for place, key in enumerate(table.key):
                if key in columns:
                    connection.execute(
                        f"create index if not exists {quoted(f'_{name}_key{place}')}"
                        f" on {quoted(name)}({quoted(key)})"
                    )
            rows = connection.execute(f"select count(*) from {quoted(name)}").fetchone()[0]  # noqa: S608
            version = before.version + 1 if before else 1
            as_of = max(noted.delivery.as_of_ns, before.as_of_ns if append and before else 0)
            connection.execute(
                "insert or replace into _tables values(?,?,?,?,?,?)",
                (name, version, rows, as_of, now_ns, json.dumps(columns)),
            )
            _note(connection, staging, noted, version=version, now_ns=now_ns)
    finally:
        connection.execute("detach database staging")
    return version


def _note(
    connection: sqlite3.Connection, staging: Staging, noted: Noted, *, version: int, now_ns: int
) -> None:
    progress = staging.progress
    connection.execute("delete from _bad_rows where delivery=?", (noted.id,))
    connection.execute("insert into _bad_rows select ?, line, reason, text from staging.bad", (noted.id,))
    connection.execute(
        "update _deliveries set state=?, reason='', digest=?, rows=?, bad_rows=?, position=?, version=?,"
        " loaded_ns=? where id=?",
        (
            DeliveryState.LOADED.value,
            progress.digest,
            progress.rows,
            progress.bad,
            progress.seen,
            version,
            now_ns,
            noted.id,
        ),
    )


def _create(connection: sqlite3.Connection, name: str, columns: dict[str, str], *, keyed: bool) -> None:
    # Where files add up, a column has no type of SQLite's: it would turn texts that came later into numbers.
    parts = [quoted(one) if keyed else f"{quoted(one)} {sql_type(kind)}" for one, kind in columns.items()]
    parts += [f"{FILE} integer"] if keyed or not parts else []
    connection.execute(f"create table {quoted(name)}({', '.join(parts)})")
    if keyed:
        connection.execute(f"create index {quoted(f'_{name}_file')} on {quoted(name)}({FILE})")


def _widened(
    connection: sqlite3.Connection, name: str, before: dict[str, str], found: dict[str, str]
) -> dict[str, str]:
    """The columns of both. Where a file brings texts into a column of numbers, all of it is texts from then
    on."""
    lowered = {one.lower(): one for one in before}
    columns = dict(before)
    for one, kind in found.items():
        known = lowered.get(one.lower())
        if known is None:
            connection.execute(f"alter table {quoted(name)} add column {quoted(one)}")
            columns[one] = kind
        elif before[known] != kind:
            columns[known] = wider(before[known], kind)
            if columns[known] == "text":
                connection.execute(
                    f"update {quoted(name)} set {quoted(known)} = cast({quoted(known)} as text)"  # noqa: S608
                )
    return columns


def _insert(
    connection: sqlite3.Connection, name: str, found: dict[str, str], *, delivery: int | None
) -> None:
    names = [quoted(one) for one in found]
    values = [f"cast({quoted(one)} as {sql_type(kind)})" for one, kind in found.items()]
    if delivery is not None:
        names, values = [*names, FILE], [*values, str(int(delivery))]
    if not names:
        return
    connection.execute(
        f"insert into {quoted(name)}({', '.join(names)})"  # noqa: S608 (names are quoted)
        f" select {', '.join(values)} from staging.staged order by rowid"
    )
