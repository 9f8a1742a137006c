"""Refresh tokens that rotate: the new one is kept, whatever happens to whoever asked for it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from roadworthy.contracts.tool_system import ToolFailed, ToolResult, ToolSystem
from roadworthy.domain.connector import Connector, ConnectorKind
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.connectors.access.credentials import TOKEN_FILE, forget_tokens
from roadworthy.features.gateway.connectors.opened import folder_of
from tests.unit.gateway.connectors.rotating import Rotating, refresh_auth
from tests.unit.gateway.connectors.world import CONTEXT, Asked, Server, a_connector, serving, with_system

REPO = Path(__file__).resolve().parents[4]
KINDS = pytest.mark.parametrize("kind", [ConnectorKind.HTTP, ConnectorKind.MCP], ids=["http", "mcp"])


def connector_of(server: Server, kind: ConnectorKind, *, entered: str = "r0", **auth: Any) -> Connector:
    settings: dict[str, Any] = {"url": server.url + "/mcp", "auth": refresh_auth(server.url) | auth}
    if kind is ConnectorKind.HTTP:
        settings["operations"] = {"find": {"path": "/customers/{id}"}}
    return a_connector(kind, settings, sealed={"r": entered}, timeout_s=20)


def mcp_answer(asked: Asked) -> Any:
    """An MCP server of the handshake, with one tool."""
    if asked.method != "POST":
        return 405, {}, b""
    told = json.loads(asked.body)
    results: dict[str, Any] = {
        "initialize": {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {}},
        "tools/call": {"content": [], "structuredContent": {"ok": True}},
    }
    if "id" not in told:
        return 202, {}, b""
    found = results.get(told["method"])
    answer = {"result": found} if found else {"error": {"code": -32601, "message": "?"}}
    return 200, {}, json.dumps({"jsonrpc": "2.0", "id": told["id"], **answer}).encode()


def call(connector: Connector, folder: Path, **parts: Any) -> ToolResult:
    async def work(system: ToolSystem) -> Any:
        return await system.call("find", {"id": 1}, context=CONTEXT)

    found: ToolResult = with_system(connector, folder, work, **parts)
    return found


@KINDS
def test_the_newest_is_kept_from_one_start_to_the_next(tmp_path: Path, kind: ConnectorKind) -> None:
    tokens = Rotating(tells=mcp_answer if kind is ConnectorKind.MCP else lambda _: (200, {}, b"{}"))
    with serving() as server:
        server.answer = tokens.answer
        connector = connector_of(server, kind)
        for _ in range(3):
            call(connector, tmp_path)
        assert tokens.rotations == 1  # the access token was good for all of them
        tokens.revoke_access()
        call(connector, tmp_path)
        tokens.revoke_access()
        call(connector, tmp_path)
    assert (tokens.rotations, tokens.stolen) == (3, False)


def test_what_is_kept_is_sealed_and_for_its_owner_alone(tmp_path: Path) -> None:
    tokens, fernet = Rotating(), Fernet(Fernet.generate_key())
    with serving() as server:
        server.answer = tokens.answer
        connector = connector_of(server, ConnectorKind.HTTP)
        connector.sealed["r"] = fernet.encrypt(b"r0").decode()
        seals = {
            "seal": lambda text: fernet.encrypt(text.encode()).decode(),
            "unseal": lambda text: fernet.decrypt(text.encode()).decode(),
        }
        call(connector, tmp_path, **seals)
        kept = folder_of(tmp_path, connector) / TOKEN_FILE
        assert kept.stat().st_mode & 0o077 == 0
        assert "r1" in fernet.decrypt(kept.read_bytes()).decode()
        assert "r1" not in kept.read_text()
        tokens.revoke_access()
        call(connector, tmp_path, **seals)
        forget_tokens(tmp_path, connector)
        assert list(kept.parent.iterdir()) == []
    assert not tokens.stolen


def test_what_a_person_enters_goes_before_what_is_kept(tmp_path: Path) -> None:
    tokens = Rotating()
    with serving() as server:
        server.answer = tokens.answer
        call(connector_of(server, ConnectorKind.HTTP), tmp_path)
        tokens.__init__(first="another")  # type: ignore[misc] # all were revoked, and granted anew
        with pytest.raises(ToolFailed) as caught:
            call(connector_of(server, ConnectorKind.HTTP), tmp_path)
        assert caught.value.failure.code is FailureCode.UPSTREAM_REFUSED
        assert "no longer accepted" in caught.value.failure.what
        assert "roadworthy connect secret crm r" in caught.value.failure.what
        tokens.stolen = False
        call(connector_of(server, ConnectorKind.HTTP, entered="another"), tmp_path)
    assert (tokens.rotations, tokens.stolen) == (1, False)


def test_another_scope_asks_for_another_access_token_with_the_newest_refresh_token(tmp_path: Path) -> None:
    tokens = Rotating()
    with serving() as server:
        server.answer = tokens.answer
        call(connector_of(server, ConnectorKind.HTTP), tmp_path)
        call(connector_of(server, ConnectorKind.HTTP, scope="write"), tmp_path)
    assert (tokens.rotations, tokens.stolen) == (2, False)


def begin(connector: Connector, folder: Path, *, count: int) -> subprocess.Popen[str]:
    told = {"kind": connector.kind, "settings": connector.settings, "sealed": connector.sealed}
    module = "tests.unit.gateway.connectors.calling_process"
    command = [sys.executable, "-m", module, str(folder), json.dumps(told), str(count)]
    return subprocess.Popen(command, cwd=REPO, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_two_processes_that_need_a_token_at_once_refresh_once(tmp_path: Path) -> None:
    tokens = Rotating()
    with serving() as server:
        server.answer = tokens.answer
        connector = connector_of(server, ConnectorKind.HTTP)
        both = [begin(connector, tmp_path, count=20) for _ in range(2)]
        said = [one.communicate(timeout=60) for one in both]
    assert [out for out, _ in said] == ["called\n"] * 2, said
    assert (tokens.rotations, tokens.stolen) == (1, False)


def test_a_process_that_is_killed_leaves_the_newest_and_no_lock(tmp_path: Path) -> None:
    """Killed while it asks for its customer: what it was granted is kept. Killed while it holds the lock, the
    next one asks at once."""
    tokens, asked = Rotating(), threading.Event()
    gate = threading.Event()

    def held(_: Asked) -> Any:
        asked.set()
        return (200, {}, b"{}") if gate.wait(30) else None

    with serving() as server:
        server.answer, tokens.tells = tokens.answer, held
        connector = connector_of(server, ConnectorKind.HTTP)
        first = begin(connector, tmp_path, count=1)
        assert asked.wait(30)
        first.kill()
        first.communicate()
        gate.set()
        tokens.revoke_access()
        call(connector, tmp_path)
        assert (tokens.rotations, tokens.stolen) == (2, False)

        asked.clear()
        gate.clear()

        def lost_with_it() -> None:
            asked.set()
            gate.wait(30)

        tokens.before = lost_with_it
        tokens.revoke_access()
        second = begin(connector, tmp_path, count=1)
        assert asked.wait(30)
        second.kill()
        second.communicate()
        gate.set()
        tokens.before = lambda: None
        # What was on its way to it is gone: that is told, and not waited for.
        with pytest.raises(ToolFailed) as caught:
            call(connector, tmp_path)
    assert "no longer accepted; enter another one" in caught.value.failure.what


def test_one_that_is_closed_while_it_refreshes_keeps_what_comes(tmp_path: Path) -> None:
    tokens, gate = Rotating(), threading.Event()

    def slowly() -> None:
        gate.set()
        time.sleep(0.3)

    tokens.before = slowly

    async def gives_up(system: ToolSystem) -> None:
        asking = asyncio.create_task(system.call("find", {"id": 1}, context=CONTEXT))
        await asyncio.to_thread(gate.wait, 30)
        asking.cancel()

    with serving() as server:
        server.answer = tokens.answer
        connector = connector_of(server, ConnectorKind.HTTP)
        with_system(connector, tmp_path, gives_up)
        tokens.before = lambda: None
        tokens.revoke_access()
        call(connector, tmp_path)
    assert (tokens.rotations, tokens.stolen) == (2, False)
