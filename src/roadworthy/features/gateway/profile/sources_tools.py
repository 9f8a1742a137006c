"""Samples of systems that only have tools: those that read and need no argument are called, and what they
list are rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from roadworthy.contracts.tool_system import ToolCallContext, ToolSpec, ToolSystem
from roadworthy.domain.connector import Connector
from roadworthy.features.gateway.profile.source import Inclusion, SampledField, SampledTable

PROFILER = "(profile)"
"""The agent of calls that a profile makes."""
_DEPTH = 3
_FIELDS_MOST = 2_000


class ToolSource:
    """One call a tool, remembered: what it gave is the sample."""

    def __init__(self, system: ToolSystem, connector: Connector) -> None:
        self._system = system
        self._connector = connector
        self._rows: dict[str, list[dict[str, Any]]] = {}

    async def tables(self) -> Sequence[str]:
        return [one.name for one in await self._system.tools() if _may_call(one)]

    async def sample(self, table: str, *, rows: int, seconds: float) -> SampledTable:
        found = (await self._all(table, seconds=seconds))[:rows]
        names = list(dict.fromkeys(name for row in found for name in row))[:_FIELDS_MOST]
        return SampledTable(
            name=table,
            fields=tuple(
                SampledField(name=name, values=tuple(row.get(name) for row in found)) for name in names
            ),
            sampled=len(found),
        )

    async def included(
        self, values: Sequence[Any], *, table: str, field: str, seconds: float
    ) -> Inclusion | None:
        there = {str(row.get(field)) for row in await self._all(table, seconds=seconds)}
        return Inclusion(asked=len(values), found=sum(str(one) in there for one in values))

    async def close(self) -> None:
        await self._system.close()

    async def _all(self, table: str, *, seconds: float) -> list[dict[str, Any]]:
        if table not in self._rows:
            context = ToolCallContext(project=self._connector.project, agent=PROFILER, deadline_s=seconds)
            result = await self._system.call(table, {}, context=context)
            self._rows[table] = (
                [] if result.is_error else [dict(_flat(one)) for one in rows_in(result.structured)]
            )
        return self._rows[table]


def _may_call(spec: ToolSpec) -> bool:
    return spec.read_only and not spec.arguments.get("required")


def rows_in(value: Any) -> list[Mapping[str, Any]]:
    """The longest list of objects in it; an object alone is one row."""
    best: list[Mapping[str, Any]] = []
    for one in _lists(value, 0):
        rows = [each for each in one if isinstance(each, Mapping)]
        if len(rows) > len(best):
            best = rows
    return best or ([value] if isinstance(value, Mapping) else [])


def _lists(value: Any, depth: int) -> Iterator[list[Any]]:
    if depth > _DEPTH:
        return
    if isinstance(value, list):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _lists(one, depth + 1)


def _flat(row: Mapping[str, Any], before: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping) and depth < _DEPTH:
            yield from _flat(value, f"{before}{name}.", depth + 1)
        else:
            yield f"{before}{name}", value
