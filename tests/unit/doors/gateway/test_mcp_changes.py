"""What MCP servers say between answers reaches the clients: tools that change, and how far a call is."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp.client.client import Client
from mcp.server.mcpserver import Context, MCPServer
from mcp.types import ToolListChangedNotification

from tests.unit.doors.gateway.sdk_ends import sdk_client, sdk_server
from tests.unit.doors.gateway.tool_house import ToolHouse, connector, grant, looped, tool_house


def growing() -> MCPServer:
    """A server whose tool `grow` makes another one, and says so in the ways of both generations."""
    server = MCPServer("crm")

    def more() -> str:
        """More."""
        return "more"

    @server.tool()
    async def grow(ctx: Context[Any, Any]) -> str:
        """Grows."""
        server.add_tool(more, name="more")
        await ctx.notify_tools_changed()
        await ctx.session.send_tool_list_changed()
        return "grown"

    @server.tool()
    async def slowly(ctx: Context[Any, Any]) -> str:
        """Tells of its progress."""
        for step in (1, 2, 2, 3):
            await ctx.report_progress(step, 3, f"step {step}")
        return "done"

    return server


@asynccontextmanager
async def told_of_changes(house: ToolHouse, mode: str) -> AsyncIterator[tuple[Client, asyncio.Event]]:
    """A client of one of the generations, and whether it was told."""
    told = asyncio.Event()

    async def heard(message: Any) -> None:
        if isinstance(message, ToolListChangedNotification):
            told.set()

    async with sdk_client(house, mode=mode, message_handler=heard) as client:
        if mode == "legacy":
            yield client, told
            return
        async with client.listen(tools_list_changed=True) as events:

            async def listen() -> None:
                async for _ in events:
                    told.set()

            listening = asyncio.create_task(listen())
            yield client, told
            listening.cancel()


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 (what is looked at rings no bell)
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("upstream", ["auto", "2025-06-18"])
@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_tools_that_change_are_told_of(tmp_path: Path, mode: str, upstream: str) -> None:
    async def test(house: ToolHouse) -> None:
        async with told_of_changes(house, mode) as (client, told):
            assert "crm__more" not in [one.name for one in (await client.list_tools()).tools]
            # The gateway begins to listen when it has listed; a change before that rings no bell.
            async with asyncio.timeout(30):
                while not told.is_set():
                    assert (await client.call_tool("crm__grow", {})).content
                    await asyncio.wait({asyncio.create_task(told.wait())}, timeout=1)
            assert "crm__more" in [one.name for one in (await client.list_tools()).tools]
            assert (await client.call_tool("crm__more", {})).content

    @looped
    async def run(folder: Path) -> None:
        with sdk_server(growing()) as url:
            async with tool_house(folder) as house:
                house.put(connector("crm", url=url, settings={"protocol": upstream}), grant("crm.*"))
                await test(house)

    run(tmp_path)


@looped
async def test_what_looks_for_drift_has_a_change_before_anybody_asks(tmp_path: Path) -> None:
    with sdk_server(growing()) as url:
        async with tool_house(tmp_path) as house:
            house.put(connector("crm", url=url), grant("crm.*"))
            await house.call("crm__grow")

            def seen() -> bool:
                return b'"more"' in house.tools.facts.as_json()

            await house.call("crm__grow")
            await _until(seen)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_grants_that_change_are_told_of_and_a_key_that_ends_ends_the_stream(
    tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roadworthy.doors.gateway.offer_changes.LOOK_S", 0.1)

    @looped
    async def run(folder: Path) -> None:
        with sdk_server(growing()) as url:
            async with tool_house(folder) as house:
                house.put(connector("crm", url=url), grant("crm.slowly"))
                async with told_of_changes(house, mode) as (client, told):
                    assert len((await client.list_tools()).tools) == 1
                    house.put(grant("crm.grow"))
                    async with asyncio.timeout(20):
                        await told.wait()
                    assert house.listening == 1
                    house.secrets.clear()
                    house.rebuild()
                    await _until(lambda: not house.listening)

    run(tmp_path)


@pytest.mark.parametrize("upstream", ["auto", "2025-06-18"])
@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_progress_of_a_call_is_passed_on(tmp_path: Path, mode: str, upstream: str) -> None:
    @looped
    async def run(folder: Path) -> None:
        with sdk_server(growing()) as url:
            async with tool_house(folder) as house:
                house.put(connector("crm", url=url, settings={"protocol": upstream}), grant("crm.*"))
                async with sdk_client(house, mode=mode) as client:
                    heard: list[Any] = []

                    async def hear(progress: float, total: float | None, message: str | None) -> None:
                        heard.append((progress, total, message))

                    found = await client.call_tool("crm__slowly", {}, progress_callback=hear)
                    assert found.content[0].text == "done"  # type: ignore[union-attr]
                    # What does not go forward is left out.
                    assert heard == [(1, 3, "step 1"), (2, 3, "step 2"), (3, 3, "step 3")]
                assert any(b"done" in one.answer for one in house.recorded.told)

    run(tmp_path)


@looped
async def test_streams_end_when_the_gateway_stops(tmp_path: Path) -> None:
    """And not when their grace is over: the test would not last so long."""
    async with tool_house(tmp_path, grace_seconds=300) as house:
        head = {"accept": "text/event-stream"}
        asking = asyncio.create_task(house.ask("GET", "/mcp", b"", house.headers(**head)))
        await _until(lambda: bool(house.listening))
    answer = await asking
    assert answer.status == 200
    assert answer.body == b": still here\n\n"


@looped
async def test_what_a_program_wrote_last_is_told_with_the_health(tmp_path: Path) -> None:
    code = "import sys; sys.exit('no licence')"
    async with tool_house(tmp_path) as house:
        house.put(connector("files", command=sys.executable, settings={"arguments": ["-c", code]}))
        house.put(grant("files.*"))
        assert await house.names() == []
        told = house.tools.state()["default:files"]
    assert told["stderr"] == ("no licence",)
    assert "files" in str(told["problem"])
