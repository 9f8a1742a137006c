"""The MCP endpoint and plain HTTP: which agent sees and calls which tool, in every revision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from roadworthy.domain.exchange import Dialect, Ending, ExchangeKind, is_listing
from tests.unit.doors.gateway.tool_house import (
    ENVELOPE,
    MODERN,
    a_tool,
    connector,
    failure,
    grant,
    honest,
    looped,
    scripted,
    text,
    tool_house,
)

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TOOLS = [a_tool("find", "Finds a customer."), a_tool("delete")]


def _said(params: dict[str, Any]) -> dict[str, Any]:
    return text(
        f"{params['name']} {orjson.dumps(params['arguments']).decode()}", structuredContent={"ok": True}
    )


@looped
async def test_an_agent_sees_and_calls_what_it_was_granted_and_nothing_else(tmp_path: Path) -> None:
    async with scripted(honest(TOOLS, _said)) as crm, tool_house(tmp_path) as house:
        house.put(connector("crm", url=crm.url), grant("crm.find"), grant("crm.*", agent="admin"))

        assert await house.names() == ["crm__find"]
        assert sorted(await house.names("admin")) == ["crm__delete", "crm__find"]
        result = await house.call("crm__find", {"id": 7})
        assert result == {
            "content": [{"type": "text", "text": 'find {"id":7}'}],
            "isError": False,
            "structuredContent": {"ok": True},
            "resultType": "complete",
        }
        assert (await house.call("crm.find"))["isError"] is False, "the name with a dot is taken, too"
        refused = failure(await house.call("crm__delete"))
        unknown = failure(await house.call("crm__nothing"))
        assert refused["code"] == unknown["code"] == "not_found"
        assert "delete" not in [one["params"]["name"] for one in crm.asked if one["method"] == "tools/call"]


@looped
async def test_what_was_called_is_recorded_with_whose_run_it_was(tmp_path: Path) -> None:
    async with scripted(honest(TOOLS, _said)) as crm, tool_house(tmp_path) as house:
        house.put(connector("crm", url=crm.url), grant("crm.*"))
        asked = {"name": "crm__find", "arguments": {"id": 1}, "_meta": {**ENVELOPE, "traceparent": TRACE}}
        body = orjson.dumps({"jsonrpc": "2.0", "id": "a", "method": "tools/call", "params": asked})
        sent = {"mcp-protocol-version": MODERN, "mcp-method": "tools/call", "mcp-name": "crm__find"}

        answer = await house.ask("POST", "/mcp", body, house.headers(**sent))

        told = (await house.recorded.one()).exchange
        assert (told.kind, told.dialect, told.target, told.ending) == (
            ExchangeKind.TOOL,
            Dialect.MCP,
            "crm.find",
            Ending.COMPLETE,
        )
        assert (told.binding.trace_id, told.binding.by) == (TRACE[3:35], "traceparent")
        assert answer.headers[b"x-roadworthy-exchange"] == told.id.encode()
        assert (house.recorded.told[0].request, house.recorded.told[0].answer) == (body, answer.body)
        call = next(one for one in crm.asked if one.get("method") == "tools/call")
        assert call["params"]["_meta"]["traceparent"] == TRACE
        headers = crm.seen[crm.asked.index(call)]
        assert (headers["traceparent"], headers["mcp-name"]) == (TRACE, "find")
        assert "rw_" not in str(crm.seen), "the agent's key goes no further"


@looped
async def test_older_clients_shake_hands_and_need_no_session(tmp_path: Path) -> None:
    async with scripted(honest(TOOLS, _said)) as crm, tool_house(tmp_path) as house:
        house.put(connector("crm", url=crm.url), grant("crm.find"))
        for wanted, agreed in (
            ("2025-03-26", "2025-03-26"),
            ("2025-06-18", "2025-06-18"),
            ("1999-01-01", "2025-11-25"),
        ):
            hello = {
                "protocolVersion": wanted,
                "capabilities": {},
                "clientInfo": {"name": "c", "version": "1"},
            }
            result = (await house.rpc("initialize", hello, modern=False))["result"]
            assert (result["protocolVersion"], result["capabilities"]) == (
                agreed,
                {"tools": {"listChanged": True}},
            )
        note = orjson.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"})
        noted = await house.ask("POST", "/mcp", note, house.headers(**{"mcp-session-id": "mine"}))
        assert (noted.status, noted.body) == (202, b"")
        assert (await house.rpc("ping", modern=False))["result"] == {}
        listed = (await house.rpc("tools/list", modern=False))["result"]
        assert "resultType" not in listed
        assert (await house.call("crm__find", modern=False))["content"][0]["text"] == "find {}"
        assert (await house.rpc("prompts/list", modern=False))["error"]["code"] == -32601
        assert (await house.ask("GET", "/mcp", b"", house.headers())).status == 405
        batch = orjson.dumps(
            [{"jsonrpc": "2.0", "id": 1, "method": "ping"}, {"jsonrpc": "2.0", "method": "notifications/x"}]
        )
        assert orjson.loads((await house.ask("POST", "/mcp", batch, house.headers())).body) == [
            {"jsonrpc": "2.0", "id": 1, "result": {}}
        ]


@looped
async def test_the_stateless_revision_is_held_to_its_headers(tmp_path: Path) -> None:
    async with tool_house(tmp_path) as house:
        found = (await house.rpc("server/discover"))["result"]
        assert found["supportedVersions"][0] == MODERN
        assert found["resultType"] == "complete"
        good = {"mcp-protocol-version": MODERN, "mcp-method": "tools/call", "mcp-name": "a__b"}
        asked = {"name": "a__b", "arguments": {}, "_meta": ENVELOPE}

        async def said(
            headers: dict[str, str], params: dict[str, Any], method: str = "tools/call"
        ) -> tuple[int, int]:
            body = orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
            answer = await house.ask("POST", "/mcp", body, house.headers(**headers))
            return answer.status, answer.json().get("error", {}).get("code", 0)  # type: ignore[attr-defined]

        assert await said(good, asked) == (200, 0)
        assert await said(good | {"mcp-name": "=?base64?YV9fYg==?="}, asked) == (200, 0)
        assert await said(good | {"mcp-name": "other"}, asked) == (400, -32020)
        assert await said(good | {"mcp-method": "tools/list"}, asked) == (400, -32020)
        assert await said(good, {"name": "a__b"}) == (400, -32602)
        later = "2027-01-01"
        newer = {**ENVELOPE, "io.modelcontextprotocol/protocolVersion": later}
        assert await said(good | {"mcp-protocol-version": later}, {**asked, "_meta": newer}) == (400, -32022)
        assert await said(good | {"mcp-method": "x/y"}, {"_meta": ENVELOPE}, "x/y") == (404, -32601)


@looped
async def test_who_has_no_live_key_gets_nothing(tmp_path: Path) -> None:
    async with scripted(honest(TOOLS, _said)) as crm, tool_house(tmp_path) as house:
        house.put(connector("crm", url=crm.url), grant("crm.*"))
        held = house.headers()
        body = orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})

        for path, headers, status in (
            ("/mcp", {}, 401),
            ("/mcp", {"authorization": "Bearer rw_000000000000_" + "x" * 43}, 401),
            ("/mcp/support", held, 200),
            ("/mcp/other", held, 403),
            ("/connect/crm/find", {}, 401),
        ):
            assert (await house.ask("POST", path, body, headers)).status == status, (path, headers)
        del house.secrets["support", ""]
        house.rebuild()
        answer = await house.ask("POST", "/mcp", body, held)
        assert (answer.status, answer.headers[b"www-authenticate"][:6]) == (401, b"Bearer")
        assert [one for one in house.recorded.told if not is_listing(one.exchange)] == []


@looped
async def test_two_releases_have_their_own_tools_at_once(tmp_path: Path) -> None:
    async with scripted(honest(TOOLS, _said)) as crm, tool_house(tmp_path) as house:
        house.put(connector("crm", url=crm.url), grant("crm.*"), grant("crm.find", release="r2"))
        body = orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
        seen = {}
        for release in ("r1", "r2"):
            key = house.key(release=release)
            answer = await house.ask("POST", "/mcp", body, {"authorization": f"Bearer {key}"})
            seen[release] = sorted(one["name"] for one in orjson.loads(answer.body)["result"]["tools"])

        assert seen == {"r1": ["crm__delete", "crm__find"], "r2": ["crm__find"]}


@looped
async def test_a_tool_is_plain_http_too(tmp_path: Path) -> None:
    def calls(params: dict[str, Any]) -> Any:
        return text('[{"id": 7}]') if params["arguments"] else text("no such customer", isError=True)

    async with scripted(honest(TOOLS, calls)) as crm, tool_house(tmp_path) as house:
        house.put(connector("crm", url=crm.url), grant("crm.find"))
        held = house.headers()

        answer = await house.ask("POST", "/connect/crm/find", b'{"id": 7}', held)
        assert (answer.status, orjson.loads(answer.body)) == (200, [{"id": 7}])
        assert (await house.recorded.one()).exchange.dialect is Dialect.HTTP
        failed = await house.ask("POST", "/connect/crm/find", b"", held)
        assert failed.status == 502
        assert orjson.loads(failed.body)["roadworthy_failure"]["code"] == "upstream_error"
        assert (await house.ask("POST", "/connect/crm/delete", b"{}", held)).status == 404
        assert (await house.ask("POST", "/connect/crm/find", b"[1]", held)).status == 400
        assert (await house.ask("DELETE", "/connect/crm/find", b"", held)).status == 405
        listed = orjson.loads((await house.ask("GET", "/connect", b"", held)).body)["tools"]
        assert [one["path"] for one in listed] == ["/connect/crm/find"]


@looped
async def test_bad_messages_are_told_what_was_expected(tmp_path: Path) -> None:
    async with tool_house(tmp_path) as house:
        for body, code in (
            (b"{", -32700),
            (b"7", -32600),
            (b'{"id": 1, "method": "ping"}', -32600),
            (b"[]", -32600),
            (b'{"jsonrpc": "2.0", "id": true, "method": "ping"}', -32600),
            (b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": [1]}', -32602),
        ):
            answer = await house.ask("POST", "/mcp", body, house.headers())
            assert (answer.status, orjson.loads(answer.body)["error"]["code"]) == (400, code), body
