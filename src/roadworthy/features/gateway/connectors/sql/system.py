"""A database as tools: `describe`, `query` for SELECTs of the agent's own, and queries that were declared."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from roadworthy.contracts.tool_system import ToolCallContext, ToolResult, ToolSpec
from roadworthy.domain.connector import Connector
from roadworthy.features.gateway.connectors.arguments import object_schema, refused
from roadworthy.features.gateway.connectors.beginning import Beginning
from roadworthy.features.gateway.connectors.opened import Parts
from roadworthy.features.gateway.connectors.settings.sql import (
    KEPT_FROM_WRITING,
    NamedQuery,
    SqlSettings,
)
from roadworthy.features.gateway.connectors.sql.database import Database, Rows
from roadworthy.features.gateway.connectors.sql.describing import TableSeen, described_tables, see_tables
from roadworthy.features.gateway.connectors.sql.reading import NotReading, check_reads

_PARAMETER = re.compile(r"(?<![:\w\\]):([A-Za-z_]\w*)(?!:)")
_PLAIN = {"type": ["string", "number", "boolean", "null"]}
_RESULT = {
    "type": "object",
    "properties": {
        "columns": {"type": "array", "items": {"type": "string"}},
        "rows": {"type": "array", "items": {"type": "array"}},
        "row_count": {"type": "integer"},
        "truncated": {"type": "boolean"},
    },
    "required": ["columns", "rows", "row_count", "truncated"],
}


class SqlSystem:
    """See `contracts.tool_system.ToolSystem`. For one event loop. Raises SecretMissing."""

    def __init__(self, connector: Connector, settings: SqlSettings, parts: Parts) -> None:
        self._connector = connector
        self._settings = settings
        self._parts = parts
        self.database = Database(connector, settings, parts)
        self._specs = {one.name: one for one in self._make_specs()}
        self._begin = Beginning(connector, self._specs)

    async def tools(self) -> Sequence[ToolSpec]:
        return list(self._specs.values())

    async def call(self, name: str, arguments: Mapping[str, Any], *, context: ToolCallContext) -> ToolResult:
        begun = self._begin(name, arguments, context=context)
        about, seconds = begun.about, begun.seconds
        if name == "describe":
            return await self._describe(arguments, about=about, seconds=seconds)
        if name == "query" and name not in self._settings.queries:
            return await self._query(arguments, about=about, seconds=seconds)
        return await self._named(self._settings.queries[name], arguments, about=about, seconds=seconds)

    async def check(self) -> str:
        about = self._connector.name
        sql = "select 1 from dual" if self.database.backend == "oracle" else "select 1"
        await self.database.select(sql, {}, about=about, rows=1, seconds=self._connector.timeout_s)
        kept = not self._settings.read_only or self.database.backend in KEPT_FROM_WRITING
        return f"{self.database.backend} answers" + ("" if kept else "; its user alone keeps it from writing")

    async def seen(self, *, about: str, seconds: float) -> list[TableSeen]:
        """Tables that may be read, as the database describes them. Raises ToolFailed."""
        found: list[TableSeen] = await self.database.run(
            lambda connection: see_tables(
                connection, schemas=self._settings.schemas, wanted=self._settings.tables
            ),
            about=about,
            seconds=seconds,
        )
        return found

    async def close(self) -> None:
        await self.database.close()

    async def _describe(self, arguments: Mapping[str, Any], *, about: str, seconds: float) -> ToolResult:
        seen = await self.seen(about=about, seconds=seconds)
        dictionary = self._parts.dictionary(self._connector.project, self._connector.name)
        value = described_tables(seen, dictionary=dictionary, table=arguments.get("table"))
        if arguments.get("table") and not value["tables"]:
            raise refused(about, f"table: there is none called {str(arguments['table'])[:100]!r}")
        return ToolResult(content=[{"type": "text", "text": orjson.dumps(value).decode()}], structured=value)

    async def _query(self, arguments: Mapping[str, Any], *, about: str, seconds: float) -> ToolResult:
        sql = str(arguments["sql"])
        try:
            check_reads(sql, backend=self.database.backend)
        except NotReading as fault:
            raise refused(about, f"sql: {fault}") from None
        given = dict(arguments.get("parameters") or {})
        limit = min(int(arguments.get("limit") or self._settings.row_limit), self._settings.row_limit)
        missing = sorted(set(_PARAMETER.findall(sql)) - {*given})
        if missing:
            raise refused(about, f"parameters: expected {', '.join(missing)}")
        rows = await self.database.select(sql, given, about=about, rows=limit, seconds=seconds)
        return rows_result(rows)

    async def _named(
        self, query: NamedQuery, arguments: Mapping[str, Any], *, about: str, seconds: float
    ) -> ToolResult:
        given = dict.fromkeys(_PARAMETER.findall(query.sql)) | dict(arguments)
        writes = not self._settings.read_only
        rows = await self.database.select(
            query.sql,
            given,
            about=about,
            rows=self._settings.row_limit,
            seconds=seconds,
            commit=writes,
            may_repeat=query.idempotent or not writes,
        )
        return rows_result(rows)

    def _make_specs(self) -> list[ToolSpec]:
        name = self._connector.title or self._connector.name
        specs = [
            ToolSpec(
                name="describe",
                description=f"Tables and columns of {name}: types, keys, meanings, units. Without `table`: "
                "all tables, by name.",
                arguments=object_schema({"table": {"type": "string", "maxLength": 300}}, required=[]),
            )
        ]
        if self._settings.free_queries:
            specs.append(self._query_spec(name))
        for called, query in self._settings.queries.items():
            names = list(dict.fromkeys(_PARAMETER.findall(query.sql)))
            properties = {one: query.arguments.get(one, _PLAIN) for one in names}
            specs.append(
                ToolSpec(
                    name=called,
                    description=query.description or f"A query of {name}.",
                    arguments=object_schema(
                        properties, required=names if query.required is None else query.required
                    ),
                    result=_RESULT,
                    read_only=self._settings.read_only,
                    idempotent=query.idempotent or self._settings.read_only,
                )
            )
        return specs

    def _query_spec(self, name: str) -> ToolSpec:
        limit = self._settings.row_limit
        return ToolSpec(
            name="query",
            description=f"One SELECT in the SQL of {self.database.backend} on {name}; at most {limit} rows "
            "come back, `truncated` says whether there are more. Values go into `parameters` as :name, never "
            "into the text.",
            arguments=object_schema(
                {
                    "sql": {"type": "string", "minLength": 1, "maxLength": 50_000},
                    "parameters": {"type": "object", "additionalProperties": _PLAIN},
                    "limit": {"type": "integer", "minimum": 1, "maximum": limit},
                },
                required=["sql"],
            ),
            result=_RESULT,
        )


def rows_result(rows: Rows, *, as_of_ns: int | None = None, **more: Any) -> ToolResult:
    value = {
        "columns": list(rows.columns),
        "rows": rows.rows,
        "row_count": len(rows.rows),
        "truncated": rows.more,
        **more,
    }
    text = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    return ToolResult(content=[{"type": "text", "text": text}], structured=value, as_of_ns=as_of_ns)
