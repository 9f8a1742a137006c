"""The SDK of the protocol on both sides of the gateway: servers over HTTP and programs, old and new."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp.server.mcpserver import Context, MCPServer

from tests.unit.doors.gateway.sdk_ends import sdk_client, sdk_server
from tests.unit.doors.gateway.tool_house import connector, grant, looped, tool_house

SERVER = MCPServer("crm")


@SERVER.tool()
def find(customer: int) -> dict[str, Any]:
    """Finds a customer."""
    return {"id": customer, "name": f"Customer {customer}"}


@SERVER.tool()
async def slowly(ctx: Context[Any, Any], steps: int) -> str:
    """Tells of its progress."""
    for step in range(steps):
        await ctx.report_progress(step, steps)
    return "done"


@SERVER.tool()
def fails() -> str:
    """Fails."""
    raise ValueError("no such customer")


@pytest.fixture(scope="module", params=["stateful", "stateless"])
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    with sdk_server(SERVER, stateless=request.param == "stateless") as url:
        yield url


@pytest.mark.parametrize("protocol", ["auto", "2025-06-18"])
def test_the_sdks_client_calls_the_sdks_server(server: str, protocol: str, tmp_path: Path) -> None:
    @looped
    async def test(folder: Path) -> None:
        async with tool_house(folder) as house:
            house.put(connector("crm", url=server, settings={"protocol": protocol}), grant("crm.*"))
            for mode in ("auto", "legacy"):
                async with sdk_client(house, mode=mode) as client:
                    listed = {one.name: one for one in (await client.list_tools()).tools}
                    assert sorted(listed) == ["crm__fails", "crm__find", "crm__slowly"]
                    assert listed["crm__find"].description == "Finds a customer."
                    assert listed["crm__find"].input_schema["required"] == ["customer"]
                    found = await client.call_tool("crm__find", {"customer": 7})
                    assert found.structured_content == {"id": 7, "name": "Customer 7"}
                    slow = await client.call_tool("crm__slowly", {"steps": 3})
                    assert slow.content[0].text == "done"  # type: ignore[union-attr]
                    said = await client.call_tool("crm__fails", {})
                    assert said.is_error
                    told = said.structured_content["roadworthy_failure"]
                    assert (told["code"], told["facts"]) == ("upstream_error", {"said_by": "the tool itself"})
                    assert said.content[0].text.startswith("TOOL CALL FAILED")  # type: ignore[union-attr]
                    missing = await client.call_tool("crm__nothing", {})
                    assert missing.is_error

    test(tmp_path)


@looped
async def test_a_program_of_the_sdk_is_a_connector_too(tmp_path: Path) -> None:
    program = tmp_path / "server.py"
    program.write_text(
        "from mcp.server.mcpserver import MCPServer\n"
        "server = MCPServer('sums')\n"
        "@server.tool()\n"
        "def add(a: int, b: int) -> int:\n"
        "    'Adds.'\n"
        "    return a + b\n"
        "server.run()\n"
    )
    async with tool_house(tmp_path) as house:
        settings = {"arguments": [str(program)]}
        house.put(connector("sums", command=sys.executable, settings=settings, timeout_s=30), grant("sums.*"))
        async with sdk_client(house, mode="auto") as client:
            found = await client.call_tool("sums__add", {"a": 2, "b": 3})
            assert found.structured_content == {"result": 5}
