"""Tools with what the data dictionary knows in their descriptions: agents read it where they choose."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from roadworthy.contracts.tool_system import ToolCallContext, ToolResult, ToolSpec, ToolSystem
from roadworthy.domain.data_dictionary import DataDictionary, FieldEntry

_MOST = 300
"""Characters of a description that is put into an argument."""


class DescribedSystem:
    """Passes calls on as they are. `dictionary` is asked each time: people correct it."""

    def __init__(self, system: ToolSystem, dictionary: Callable[[], DataDictionary | None]) -> None:
        self.inner = system
        self._dictionary = dictionary

    async def tools(self) -> Sequence[ToolSpec]:
        found = await self.inner.tools()
        dictionary = self._dictionary()
        return [described(one, dictionary) for one in found] if dictionary else found

    async def call(self, name: str, arguments: Mapping[str, Any], *, context: ToolCallContext) -> ToolResult:
        return await self.inner.call(name, arguments, context=context)

    async def close(self) -> None:
        await self.inner.close()


def described(spec: ToolSpec, dictionary: DataDictionary) -> ToolSpec:
    """Arguments that have no words of their own, and are called as a field of one meaning only."""
    properties = spec.arguments.get("properties")
    if not isinstance(properties, Mapping):
        return spec
    said = _by_name(dictionary)
    made = {}
    for name, schema in properties.items():
        words = said.get(_plain(name), "")
        if words and isinstance(schema, Mapping) and not schema.get("description"):
            schema = {**schema, "description": words}
        made[name] = schema
    return replace(spec, arguments={**spec.arguments, "properties": made})


def words_for(field: FieldEntry) -> str:
    """One line on a field: what it means, its unit, its values."""
    parts = [field.description or field.meaning]
    if field.unit:
        parts.append(f"in {field.unit}")
    if field.stored_as:
        parts.append(f"stored as {field.stored_as}")
    if field.values:
        parts.append("one of " + ", ".join(one.value for one in field.values[:12]))
    elif field.format:
        parts.append(f"looks like {field.format}")
    if field.pii:
        parts.append(f"personal data: {field.pii}")
    return "; ".join(part for part in parts if part)[:_MOST]


def _by_name(dictionary: DataDictionary) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for table in dictionary.tables:
        for field in table.fields:
            words = words_for(field)
            if words:
                found.setdefault(_plain(field.name), set()).add(words)
    return {name: next(iter(words)) for name, words in found.items() if len(words) == 1}


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")
