"""What agents are told of their tools is recorded, once each time that it changes."""

from __future__ import annotations

from pathlib import Path

import orjson

from roadworthy.domain.exchange import Binding, Exchange, is_listing
from tests.unit.doors.gateway.house import Told
from tests.unit.doors.gateway.tool_house import (
    ToolHouse,
    a_tool,
    connector,
    grant,
    honest,
    looped,
    scripted,
    tool_house,
)

TOOLS = [a_tool("find", "Finds a customer."), a_tool("drop", "Deletes a customer.")]


def _listings(house: ToolHouse) -> list[Told]:
    return [one for one in house.recorded.told if is_listing(one.exchange)]


def _names(told: Told) -> list[str]:
    return sorted(one["name"] for one in orjson.loads(told.answer)["tools"])


@looped
async def test_a_listing_is_recorded_when_it_is_another_than_before(tmp_path: Path) -> None:
    async with scripted(honest(TOOLS, lambda _: {"content": []})) as crm, tool_house(tmp_path) as house:
        house.put(connector("crm", url=crm.url), grant("crm.find"))

        for _ in range(3):
            told = await house.rpc("tools/list", modern=True)
        await house.rpc("tools/list", modern=False)
        assert [one.exchange.asked for one in _listings(house)] == ["modern", "older"]
        assert orjson.loads(_listings(house)[0].answer) == told["result"]
        listed: Exchange = _listings(house)[0].exchange
        assert (listed.agent, listed.binding, listed.tokens) == ("support", Binding(), None)

        house.rebuild()
        await house.rpc("tools/list", modern=True)
        assert len(_listings(house)) == 2, "nothing changed but the snapshot"

        house.put(grant("crm.drop"))
        await house.rpc("tools/list", modern=True)
        assert [_names(one) for one in _listings(house)] == [
            ["crm__find"],
            ["crm__find"],
            ["crm__drop", "crm__find"],
        ]
