"""Faults of a drill in calls of tools, through the real doors to a real MCP server."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import orjson

from roadworthy.app.gateway_faults import GatewayFaults
from roadworthy.domain.data_dictionary import DataDictionary, FieldEntry, TableEntry
from roadworthy.domain.exchange import ExchangeKind
from roadworthy.features.gateway.drills.fault import FAULTS, PlannedFault
from roadworthy.features.gateway.drills.marks import mark_of
from roadworthy.features.gateway.drills.token import HEADER, DrillToken, signing_key, write_token
from roadworthy.features.gateway.snapshot.model import GatewaySnapshot
from roadworthy.kit.sealing import Sealer
from tests.unit.doors.gateway.tool_house import (
    ToolHouse,
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

ORDERS = {
    "updated_at": "2026-11-20T10:00:00Z",
    "orders": [{"order": "A-1", "way": 3, "total": 42.5}, {"order": "B-2", "way": 4, "total": 17.0}],
}
TOOL = ExchangeKind.TOOL
AT_TOOLS = [one.name for one in FAULTS if TOOL in one.at]
FAILS = {"timeout": "timeout", "rate_limited": "rate_limited", "server_error": "upstream_error"}
QUICK = {"after_s": 0.0, "first_s": 0.0, "retry_after_s": 1.0}


def _orders(params: dict[str, Any]) -> dict[str, Any]:
    return text(orjson.dumps(ORDERS).decode(), structuredContent=ORDERS)


def _faults(folder: Path) -> GatewayFaults:
    Sealer(folder / "secret.key")
    way = FieldEntry(name="way", unit="km")
    dictionary = DataDictionary(
        project="default",
        connector="shop",
        tables=(TableEntry(name="orders", fields=(way,)),),
    )
    return GatewayFaults(
        GatewaySnapshot,
        key_file=folder / "secret.key",
        written=None,
        dictionary_of=lambda _project, name: dictionary if name == "shop" else None,
    )


def _token(
    folder: Path, *faults: str, run_id: str = "ab" * 16, agent: str = "support", times: int = 1
) -> str:
    planned = tuple(
        PlannedFault(
            fault=one,
            kind=TOOL,
            target="shop.orders",
            seed=5,
            times=times,
            settings=tuple((name, QUICK[name]) for name in QUICK if _has(one, name)),
        )
        for one in faults
    )
    token = DrillToken(
        project="default",
        agent=agent,
        drill="d1",
        run_id=run_id,
        number=1,
        faults=planned,
        expires_ns=time.time_ns() + 60 * 10**9,
    )
    return write_token(token, key=signing_key(folder / "secret.key"))


def _has(fault: str, setting: str) -> bool:
    return setting in next(one for one in FAULTS if one.name == fault).settings


async def _called(house: ToolHouse, token: str) -> dict[str, Any]:
    """By MCP, the token behind the key as SDKs would send it."""
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "shop__orders", "arguments": {}},
    }
    shown = house.key() + (f".{token}" if token else "")
    answer = await house.ask("POST", "/mcp", orjson.dumps(message), {"authorization": f"Bearer {shown}"})
    result: dict[str, Any] = orjson.loads(answer.body)["result"]
    return result


@looped
async def test_every_fault_reaches_the_agent_once_and_is_noted(tmp_path: Path) -> None:
    faults = _faults(tmp_path)
    async with (
        scripted(honest([a_tool("orders")], _orders)) as shop,
        tool_house(tmp_path, faults=faults) as house,
    ):
        house.put(connector("shop", url=shop.url), grant("shop.*"))
        for number, name in enumerate(AT_TOOLS):
            run_id = f"{number:032x}"
            token = _token(tmp_path, name, run_id=run_id)
            met, again = await _called(house, token), await _called(house, token)
            _as_specified(name, met)
            assert again["structuredContent"] == ORDERS, name
            told = [one.exchange for one in house.recorded.told[-2:]]
            assert [one.fault for one in told] == [name, ""]
            assert {(one.drill, one.binding.run_id) for one in told} == {("d1", run_id)}


def _as_specified(name: str, met: dict[str, Any]) -> None:
    if name in FAILS:
        assert failure(met)["code"] == FAILS[name]
        return
    if name == "slow":
        assert met["structuredContent"] == ORDERS
        return
    said = "".join(one["text"] for one in met["content"])
    if name == "truncated":
        assert "structuredContent" not in met or met["structuredContent"] != ORDERS
        assert orjson.dumps(ORDERS).decode().startswith(said)
        return
    found = met["structuredContent"]
    assert found != ORDERS and orjson.loads(said) == found, name
    if name == "wrong_units":  # the unit is that of the data dictionary
        assert [one["way"] for one in found["orders"]] == [3000, 4000]
    if name == "injected":
        assert mark_of(5) in said
    if name == "empty":
        assert found["orders"] == []


@looped
async def test_a_drill_opens_no_breaker_of_others_and_a_strange_token_is_refused(tmp_path: Path) -> None:
    faults = _faults(tmp_path)
    async with (
        scripted(honest([a_tool("orders")], _orders)) as shop,
        tool_house(tmp_path, faults=faults) as house,
    ):
        house.put(connector("shop", url=shop.url), grant("shop.*"))
        token = _token(tmp_path, "server_error", times=0)
        for _ in range(30):
            assert failure(await _called(house, token))["code"] == "upstream_error"
        assert (await _called(house, ""))["structuredContent"] == ORDERS
        stranger = _token(tmp_path, "empty", agent="somebody else")
        assert failure(await _called(house, stranger))["code"] == "not_allowed"
        headers = house.headers(**{HEADER: _token(tmp_path, "empty", run_id="cd" * 16)})
        plain = await house.ask("POST", "/connect/shop/orders", b"{}", headers)
        assert orjson.loads(plain.body)["orders"] == []
