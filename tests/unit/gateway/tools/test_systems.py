"""Systems are opened once, anew when their connector changed, and closed when it is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import uvloop

from roadworthy.contracts.tool_system import ToolCallContext, ToolResult, ToolSpec
from roadworthy.domain.connector import Connector, ConnectorKind
from roadworthy.features.gateway.tools.names import offered_name, tool_names
from roadworthy.features.gateway.tools.systems import Systems

CRM = Connector(project="default", name="crm", kind=ConnectorKind.MCP, settings={"url": "http://a.example"})


class _Opened:
    def __init__(self) -> None:
        self.closed = asyncio.Event()

    async def tools(self) -> Sequence[ToolSpec]:
        return []

    async def call(self, name: str, arguments: Mapping[str, Any], *, context: ToolCallContext) -> ToolResult:
        raise NotImplementedError

    async def close(self) -> None:
        self.closed.set()


def test_a_system_lives_as_long_as_its_connector_is_the_same() -> None:
    async def test() -> None:
        systems = Systems(lambda _: _Opened(), linger_s=0.0)
        first = systems.of(CRM)
        assert systems.of(replace(CRM)) is first
        second = systems.of(replace(CRM, settings={"url": "http://b.example"}))
        assert isinstance(first, _Opened)
        assert isinstance(second, _Opened)
        assert second is not first
        await asyncio.wait_for(first.closed.wait(), 15)
        assert not second.closed.is_set()
        systems.keep_only(lambda project, name: False)
        await asyncio.wait_for(second.closed.wait(), 15)
        third = systems.of(CRM)
        assert isinstance(third, _Opened)
        await systems.close()
        assert third.closed.is_set()

    uvloop.run(test())


def test_names_fit_every_client_and_none_takes_anothers_place() -> None:
    own = ["find", "find ", "fi\u200bnd", "a.b", "a_b", "x" * 90, "x" * 91]

    names = tool_names(own)
    offered = [offered_name("my.crm", one) for one in names.values()]

    assert names["find"] == "find"
    assert len(set(names.values())) == len(own)
    assert len(set(offered)) == len(own)
    assert all(len(one) <= 64 and one.isascii() and "." not in one and " " not in one for one in offered)
