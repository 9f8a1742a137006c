"""Samples of databases and of tables loaded from files."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, Table, column, func, literal_column, select, table, text
from sqlalchemy.exc import SQLAlchemyError

from roadworthy.contracts.tool_system import ToolFailed
from roadworthy.features.gateway.connectors.batch.publishing import FILE
from roadworthy.features.gateway.connectors.batch.store import quoted
from roadworthy.features.gateway.connectors.sql.describing import TableSeen, see_tables, table_names
from roadworthy.features.gateway.connectors.sql.system import SqlSystem
from roadworthy.features.gateway.profile.source import ForeignKey, Inclusion, SampledField, SampledTable

_IN_MOST = 200
_PAGES = 20
"""How many times as many rows as wanted are drawn at first, where the server draws whole pages."""


class SqlSource:
    """Over the connector's own read-only sessions."""

    def __init__(
        self, system: SqlSystem, *, name: str, wanted: Sequence[str], schemas: Sequence[str]
    ) -> None:
        self._system = system
        self._name = name
        self._wanted = wanted
        self._schemas = schemas

    async def tables(self) -> Sequence[str]:
        found: list[str] = await self._system.database.run(
            lambda connection: table_names(connection, schemas=self._schemas, wanted=self._wanted),
            about=self._name,
            seconds=60,
        )
        return found

    async def sample(self, table: str, *, rows: int, seconds: float) -> SampledTable:
        def work(connection: Connection) -> SampledTable:
            seen = see_tables(connection, schemas=self._schemas, wanted=self._wanted, only=table)
            if not seen:
                return SampledTable(name=table, fields=(), sampled=0)
            return _sampled(connection, seen[0], rows=rows, backend=self._system.database.backend)

        found: SampledTable = await self._system.database.run(
            work, about=f"{self._name}.{table}", seconds=seconds
        )
        return found

    async def included(
        self, values: Sequence[Any], *, table: str, field: str, seconds: float
    ) -> Inclusion | None:
        asked = list(values)[:_IN_MOST]

        def work(connection: Connection) -> Inclusion | None:
            there = _there(table, self._schemas)
            wanted: Any = column(field)
            statement = select(func.count(func.distinct(wanted))).select_from(there).where(wanted.in_(asked))
            found = connection.execute(statement).scalar()
            return Inclusion(asked=len(asked), found=min(int(found or 0), len(asked)))

        try:
            found: Inclusion | None = await self._system.database.run(
                work, about=f"{self._name}.{table}", seconds=seconds
            )
        except ToolFailed:
            # Types that cannot be compared, or a table too large to look through in time: nothing is known.
            return None
        return found

    async def close(self) -> None:
        await self._system.close()


def _there(name: str, schemas: Sequence[str]) -> Any:
    schema, _, plain = name.rpartition(".") if schemas else ("", "", name)
    return table(plain, schema=schema or None)


def _sampled(connection: Connection, seen: TableSeen, *, rows: int, backend: str) -> SampledTable:
    there = Table(seen.table, MetaData(), schema=seen.schema)
    columns: list[Any] = [column(one.name) for one in seen.columns]
    known = _count(connection, seen, backend)
    chosen = select(*columns).select_from(there)
    if known is not None and known > rows * 2 and backend == "postgresql":
        share = min(100.0, 100.0 * rows * _PAGES / known)
        chosen = select(*columns).select_from(there.tablesample(func.system(share)))
    elif backend == "sqlite" and known is not None and known > rows * 2 and seen.primary:
        # Rows from all over the table: those at its beginning are its oldest.
        least, most = connection.execute(
            text(f"select min(rowid), max(rowid) from {quoted(seen.table)}")  # noqa: S608 (quoted)
        ).one()
        draw = random.Random(7)  # noqa: S311 (a sample that is the same each time)
        ids = sorted({draw.randint(least, most) for _ in range(min(rows * 2, 30_000))})
        chosen = chosen.where(literal_column("rowid").in_(ids))
    taken = connection.execute(chosen.limit(rows)).fetchall()
    if not taken:
        taken = connection.execute(select(*columns).select_from(there).limit(rows)).fetchall()
    return SampledTable(
        name=seen.name,
        fields=tuple(
            SampledField(
                name=one.name,
                declared=one.type,
                comment=one.comment,
                values=tuple(row[place] for row in taken),
            )
            for place, one in enumerate(seen.columns)
        ),
        sampled=len(taken),
        rows=known,
        whole=known is not None and len(taken) >= known,
        comment=seen.comment,
        primary=seen.primary,
        unique=seen.unique,
        foreign=tuple(ForeignKey(field=a, to_table=b, to_field=c) for a, b, c in seen.foreign),
    )


def _count(connection: Connection, seen: TableSeen, backend: str) -> int | None:
    """Of large tables the server's own guess, so that nothing is counted for minutes."""
    try:
        if backend == "postgresql":
            name = f'"{seen.schema}".' if seen.schema else ""
            guess = connection.execute(
                text("select reltuples::bigint from pg_class where oid = cast(:name as regclass)"),
                {"name": f"{name}{quoted(seen.table)}"},
            ).scalar()
            if guess is not None and int(guess) > 100_000:
                return int(guess)
        there = Table(seen.table, MetaData(), schema=seen.schema)
        return int(connection.execute(select(func.count()).select_from(there)).scalar() or 0)
    except SQLAlchemyError:
        connection.rollback()
        return None


class LoadedSource:
    """Tables that were loaded from files."""

    def __init__(self, file: Path, *, names: Sequence[str]) -> None:
        self._file = file
        self._names = names

    async def tables(self) -> Sequence[str]:
        return [one for one in self._names if one in await asyncio.to_thread(self._loaded)]

    async def sample(self, table: str, *, rows: int, seconds: float) -> SampledTable:
        return await asyncio.to_thread(self._sample, table, rows)

    async def included(
        self, values: Sequence[Any], *, table: str, field: str, seconds: float
    ) -> Inclusion | None:
        return await asyncio.to_thread(self._included, list(values)[:_IN_MOST], table, field)

    async def close(self) -> None:
        pass

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(f"{self._file.absolute().as_uri()}?mode=ro", uri=True, timeout=5)

    def _loaded(self) -> dict[str, dict[str, str]]:
        if not self._file.is_file():
            return {}
        connection = self._open()
        try:
            rows = connection.execute("select name, columns from _tables").fetchall()
        finally:
            connection.close()
        return {row[0]: json.loads(row[1]) for row in rows}

    def _sample(self, table: str, rows: int) -> SampledTable:
        columns = self._loaded().get(table, {})
        connection = self._open()
        try:
            count = connection.execute(f"select count(*) from {quoted(table)}").fetchone()[0]  # noqa: S608
            step = max(1, count // rows)
            listed = ", ".join(quoted(one) for one in columns if one != FILE)
            taken = connection.execute(
                f"select {listed} from {quoted(table)} where rowid % ? = 0 limit ?",  # noqa: S608
                (step, rows),
            ).fetchall()
        finally:
            connection.close()
        return SampledTable(
            name=table,
            fields=tuple(
                SampledField(name=name, declared=kind, values=tuple(row[place] for row in taken))
                for place, (name, kind) in enumerate(columns.items())
            ),
            sampled=len(taken),
            rows=count,
            whole=len(taken) >= count,
        )

    def _included(self, values: list[Any], table: str, field: str) -> Inclusion:
        connection = self._open()
        try:
            marks = ", ".join("?" * len(values))
            found = connection.execute(
                f"select count(distinct {quoted(field)}) from {quoted(table)}"  # noqa: S608 (quoted)
                f" where {quoted(field)} in ({marks})",
                values,
            ).fetchone()[0]
        finally:
            connection.close()
        return Inclusion(asked=len(values), found=min(int(found), len(values)))
