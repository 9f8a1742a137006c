"""Tables that were loaded from files, as tools. What is older than its freshness contract is no data."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import orjson

from roadworthy.contracts.tool_system import ToolCallContext, ToolResult, ToolSpec
from roadworthy.domain.connector import Connector
from roadworthy.domain.delivery import TableState
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.connectors.arguments import object_schema, refused
from roadworthy.features.gateway.connectors.batch.deliveries import states
from roadworthy.features.gateway.connectors.batch.paths import tables_file
from roadworthy.features.gateway.connectors.batch.store import quoted
from roadworthy.features.gateway.connectors.beginning import Beginning
from roadworthy.features.gateway.connectors.described import words_for
from roadworthy.features.gateway.connectors.failing import failed
from roadworthy.features.gateway.connectors.opened import Parts
from roadworthy.features.gateway.connectors.settings.batch import BatchSettings
from roadworthy.features.gateway.connectors.sql.reading import NotReading, check_reads
from roadworthy.features.gateway.connectors.sql.sqlite_guard import guard_sqlite

_PLAIN = {"type": ["string", "number", "boolean", "null"]}
_AT_ONCE = 4


class BatchSystem:
    """See `contracts.tool_system.ToolSystem`. For one event loop."""

    def __init__(
        self,
        connector: Connector,
        settings: BatchSettings,
        parts: Parts,
        *,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._connector = connector
        self._settings = settings
        self._parts = parts
        self._clock = clock
        self._file = tables_file(parts.folder, connector)
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix=f"batch-{connector.name}")
        self._specs = {one.name: one for one in self._make_specs()}
        self._begin = Beginning(connector, self._specs)

    async def tools(self) -> Sequence[ToolSpec]:
        return list(self._specs.values())

    async def call(self, name: str, arguments: Mapping[str, Any], *, context: ToolCallContext) -> ToolResult:
        begun = self._begin(name, arguments, context=context)
        about, seconds = begun.about, begun.seconds
        if name == "describe":
            return await self._describe(about=about)
        if name == "lookup":
            return await self._lookup(arguments, about=about, seconds=seconds)
        sql, given = str(arguments["sql"]), dict(arguments.get("parameters") or {})
        try:
            check_reads(sql, backend="sqlite")
        except NotReading as fault:
            raise refused(about, f"sql: {fault}") from None
        limit = min(int(arguments.get("limit") or self._settings.row_limit), self._settings.row_limit)
        return await self._select(sql, given, about=about, rows=limit, seconds=seconds)

    async def check(self) -> str:
        found = await asyncio.to_thread(self._states)
        return "; ".join(f"{one.name}: {one.rows} rows, {one.said}" for one in found)

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _states(self) -> list[TableState]:
        return states(self._settings, self._file, now_ns=self._clock())

    async def _describe(self, *, about: str) -> ToolResult:
        """Says how stale each table is, also where its data is withheld."""
        found = await asyncio.to_thread(self._states)
        columns = await asyncio.to_thread(self._columns)
        dictionary = self._parts.dictionary(self._connector.project, self._connector.name)
        known = {
            (table.name, field.name): words_for(field)
            for table in (dictionary.tables if dictionary else ())
            for field in table.fields
        }
        tables = []
        for one in found:
            settings = self._settings.tables[one.name]
            described = []
            for name, kind in columns.get(one.name, {}).items():
                declared = settings.columns.get(name)
                words = known.get((one.name, name)) or (declared.description if declared else "")
                unit = declared.unit if declared else ""
                more = {"description": words} if words else {}
                described.append({"name": name, "type": kind, **more, **({"unit": unit} if unit else {})})
            tables.append(
                {
                    "name": one.name,
                    "rows": one.rows,
                    "version": one.version,
                    "stale": one.stale,
                    "freshness": one.said,
                    "key": settings.key,
                    "columns": described,
                }
            )
        value = {"tables": tables}
        return ToolResult(content=[{"type": "text", "text": orjson.dumps(value).decode()}], structured=value)

    async def _lookup(self, arguments: Mapping[str, Any], *, about: str, seconds: float) -> ToolResult:
        table = str(arguments["table"])
        key = self._settings.tables[table].key
        given = dict(arguments["key"])
        if set(given) != set(key):
            raise refused(about, f"key: expected {', '.join(key)}")
        where = " and ".join(f"{quoted(name)} = :k{place}" for place, name in enumerate(key))
        sql = f"select * from {quoted(table)} where {where}"  # noqa: S608 (names are quoted, values bound)
        values = {f"k{place}": given[name] for place, name in enumerate(key)}
        return await self._select(
            sql, values, about=about, rows=self._settings.row_limit, seconds=seconds, tables={table}
        )

    async def _select(
        self,
        sql: str,
        given: dict[str, Any],
        *,
        about: str,
        rows: int,
        seconds: float,
        tables: set[str] | None = None,
    ) -> ToolResult:
        """Raises ToolFailed: STALE where one of the tables it reads is, and that is withheld."""
        if not self._file.is_file():
            raise failed(FailureCode.STALE, f"{about}: nothing was delivered yet", about=about)
        asked = _Asked(self._file, sql, given, rows=rows, most_bytes=self._connector.max_result_bytes)
        allowed = frozenset(self._settings.tables)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                future = loop.run_in_executor(self._threads, asked.run, allowed)
                try:
                    await asyncio.shield(future)
                except asyncio.CancelledError:
                    asked.stop()
                    with suppress(Exception):
                        async with asyncio.timeout(5):
                            await asyncio.shield(future)
                    raise
        except TimeoutError:
            what = f"{about} did not answer within {seconds:g} s, and was stopped"
            raise failed(FailureCode.TIMEOUT, what, about=about) from None
        except _TooLarge:
            what = f"{about} gave more than {self._connector.max_result_bytes} bytes; ask for less"
            raise failed(FailureCode.TOO_LARGE, what, about=about) from None
        except sqlite3.Error as fault:
            text = " ".join(str(fault).split())[:200]
            if "not authorized" in text or "prohibited" in text:
                raise failed(
                    FailureCode.NOT_ALLOWED, f"{about} only may read its tables", about=about
                ) from None
            raise failed(
                FailureCode.UPSTREAM_REFUSED, f"{about}: the statement was refused ({text})", about=about
            ) from None
        return self._result(asked, about=about, tables=tables or asked.read)

    def _result(self, asked: _Asked, *, about: str, tables: set[str]) -> ToolResult:
        found = [one for one in self._states() if one.name in tables]
        stale = [one for one in found if one.stale]
        if stale and self._settings.stale == "fail":
            what = "; ".join(f"{one.name}: {one.said}" for one in stale)
            raise failed(
                FailureCode.STALE,
                f"{about} has no data that is fresh enough: {what}",
                about=about,
                tables=", ".join(one.name for one in stale),
            )
        value = {
            "columns": asked.columns,
            "rows": asked.rows,
            "row_count": len(asked.rows),
            "truncated": asked.more,
            "freshness": {one.name: one.said for one in found},
        }
        as_of = min((one.as_of_ns for one in found if one.as_of_ns), default=0)
        return ToolResult(
            content=[{"type": "text", "text": orjson.dumps(value).decode()}],
            structured=value,
            as_of_ns=as_of or None,
        )

    def _columns(self) -> dict[str, dict[str, str]]:
        if not self._file.is_file():
            return {}
        connection = _open(self._file)
        try:
            return {
                row[0]: json.loads(row[1]) for row in connection.execute("select name, columns from _tables")
            }
        finally:
            connection.close()

    def _make_specs(self) -> list[ToolSpec]:
        name = self._connector.title or self._connector.name
        names = list(self._settings.tables)
        keyed = [one for one in names if self._settings.tables[one].key]
        limit = self._settings.row_limit
        specs = [
            ToolSpec(
                name="describe",
                description=f"Tables of {name} with columns, and how fresh each is.",
                arguments=object_schema({}, required=[]),
            ),
            ToolSpec(
                name="query",
                description=f"One SELECT (SQLite) over the tables {', '.join(names)} of {name}; "
                f"at most {limit} rows come back. Values go into `parameters` as :name.",
                arguments=object_schema(
                    {
                        "sql": {"type": "string", "minLength": 1, "maxLength": 50_000},
                        "parameters": {"type": "object", "additionalProperties": _PLAIN},
                        "limit": {"type": "integer", "minimum": 1, "maximum": limit},
                    },
                    required=["sql"],
                ),
            ),
        ]
        if keyed:
            keys = "; ".join(f"{one}: {', '.join(self._settings.tables[one].key)}" for one in keyed)
            specs.append(
                ToolSpec(
                    name="lookup",
                    description=f"Rows of {name} by key ({keys}).",
                    arguments=object_schema(
                        {
                            "table": {"type": "string", "enum": keyed},
                            "key": {"type": "object", "additionalProperties": _PLAIN},
                        },
                        required=["table", "key"],
                    ),
                )
            )
        return specs


class _TooLarge(Exception):  # noqa: N818 (a condition)
    pass


class _Asked:
    """One statement, run in a thread, stopped from another."""

    def __init__(self, file: Any, sql: str, given: dict[str, Any], *, rows: int, most_bytes: int) -> None:
        self._file = file
        self._sql = sql
        self._given = given
        self._limit = rows
        self._most_bytes = most_bytes
        self._connection: sqlite3.Connection | None = None
        self._stopped = False
        self.columns: list[str] = []
        self.rows: list[list[Any]] = []
        self.more = False
        self.read: set[str] = set()

    def stop(self) -> None:
        self._stopped = True
        if self._connection is not None:
            self._connection.interrupt()

    def run(self, tables: frozenset[str]) -> None:
        self._connection = connection = _open(self._file)
        guard_sqlite(connection, tables=tables, read=self.read)
        # Also where it was stopped before it had begun.
        connection.set_progress_handler(lambda: self._stopped, 10_000)
        try:
            cursor = connection.execute(self._sql, self._given)
            self.columns = [one[0] for one in cursor.description or ()]
            size = 0
            for row in cursor:
                if len(self.rows) == self._limit:
                    self.more = True
                    break
                values = [one.hex() if isinstance(one, bytes) else one for one in row]
                size += len(json.dumps(values))
                if size > self._most_bytes:
                    raise _TooLarge
                self.rows.append(values)
        finally:
            connection.close()


def _open(file: Any) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=5, check_same_thread=False
    )
