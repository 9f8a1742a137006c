"""Faults of tools: what they make of a result, and that they make it every time."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.contracts.tool_system import ToolCallContext, ToolFailed, ToolResult, ToolSpec
from roadworthy.domain.exchange import ExchangeKind
from roadworthy.domain.typed_failure import FailureCode, Retry
from roadworthy.features.gateway.drills.fault import FAULTS
from roadworthy.features.gateway.drills.fault_tool_system import FaultToolSystem
from roadworthy.features.gateway.drills.faults.table import CHANGES, Units
from roadworthy.features.gateway.drills.marks import mark_of
from tests.unit.gateway.drills.wire import Clock, fault

ORDERS: dict[str, Any] = {
    "count": 2,
    "updated_at": "2026-03-01T12:00:00Z",
    "orders": [
        {"id": "A-1", "total": 42.5, "items": 3, "status": "shipped"},
        {"id": "A-2", "total": 10, "items": 1, "status": "open"},
    ],
}
TOOL = ExchangeKind.TOOL


class Shop:
    def __init__(self, result: ToolResult) -> None:
        self.result, self.calls = result, 0

    async def tools(self) -> Sequence[ToolSpec]:
        return [ToolSpec(name="orders", description="", arguments={})]

    async def call(self, name: str, arguments: Mapping[str, Any], *, context: ToolCallContext) -> ToolResult:
        self.calls += 1
        return self.result

    async def close(self) -> None:
        raise AssertionError("the system belongs to others")


def told(value: Any, **changes: Any) -> ToolResult:
    return ToolResult(content=[{"type": "text", "text": json.dumps(value)}], structured=value, **changes)


def called(
    name: str,
    result: ToolResult,
    *,
    seed: int = 7,
    units: Units | None = None,
    deadline_s: float = 30,
    **settings: float,
) -> tuple[ToolResult, int, Shop, Clock]:
    shop, clock, applied = Shop(result), Clock(), list[int]()
    system = FaultToolSystem(
        shop,
        fault=fault(name, kind=TOOL, seed=seed, **settings),
        units=units,
        applied=lambda: applied.append(1),
        sleep=clock.sleep,
    )
    context = ToolCallContext(project="p", agent="a", deadline_s=deadline_s)
    got = asyncio.run(system.call("orders", {}, context=context))
    return got, len(applied), shop, clock


@pytest.mark.parametrize(
    ("name", "code", "retry"),
    [
        ("timeout", FailureCode.TIMEOUT, Retry.NOW),
        ("rate_limited", FailureCode.RATE_LIMITED, Retry.LATER),
        ("server_error", FailureCode.UPSTREAM_ERROR, Retry.NOW),
    ],
)
def test_what_gives_no_data_is_a_typed_failure_and_nothing_is_called(
    name: str, code: FailureCode, retry: Retry
) -> None:
    shop, applied = Shop(told(ORDERS)), list[int]()
    system = FaultToolSystem(
        shop, fault=fault(name, kind=TOOL), applied=lambda: applied.append(1), sleep=Clock().sleep
    )
    with pytest.raises(ToolFailed) as failed:
        asyncio.run(system.call("orders", {}, context=ToolCallContext(project="p", agent="a")))
    assert (failed.value.failure.code, failed.value.failure.retry) == (code, retry)
    assert (applied, shop.calls) == ([1], 0)


def test_slow_is_the_same_later_or_a_time_out() -> None:
    got, applied, _, clock = called("slow", told(ORDERS), first_s=2)
    assert (got.structured, applied, clock.slept) == (ORDERS, 1, [2])
    with pytest.raises(ToolFailed) as failed:
        called("slow", told(ORDERS), first_s=40)
    assert failed.value.failure.code is FailureCode.TIMEOUT


def test_empty_keeps_the_shape() -> None:
    got = called("empty", told(ORDERS))[0]
    assert got.structured == {**ORDERS, "count": 0, "orders": []}
    assert json.loads(got.content[0]["text"]) == got.structured
    assert called("empty", told([1, 2]))[0].structured == []
    assert called("empty", told({"id": 7}))[0].structured == {}
    assert called("empty", told([]))[1] == 0  # it is empty already
    text = ToolResult(content=[{"type": "text", "text": "two orders"}])
    assert called("empty", text)[0].content[0]["text"] == ""


def test_stale_says_so_where_it_says_anything() -> None:
    got, applied, *_ = called("stale", told(ORDERS, as_of_ns=10**18), age_s=86_400)
    assert got.structured == {**ORDERS, "updated_at": "2026-02-28T12:00:00Z"}
    assert got.as_of_ns == 10**18 - 86_400 * 10**9 and applied == 1
    assert called("stale", told({"total": 3}))[1] == 0
    unix = called("stale", told({"fetched_ms": 1_790_000_000_000, "day": "x"}), age_s=60)[0]
    assert unix.structured["fetched_ms"] == 1_790_000_000_000 - 60_000


@pytest.mark.parametrize("seed", range(30))
def test_wrong_schema_changes_one_field_of_every_record(seed: int) -> None:
    got = called("wrong_schema", told(ORDERS), seed=seed)[0].structured
    wrong = [
        key
        for key in ("id", "total", "items", "status")
        if any(
            type(old[key]) is not type(new.get(key))
            for old, new in zip(ORDERS["orders"], got["orders"], strict=True)
        )
    ]
    top = [key for key in ("count", "updated_at") if type(ORDERS[key]) is not type(got.get(key))]
    assert len(wrong) + len(top) == 1
    if wrong:
        assert all(
            type(new.get(wrong[0])) is not type(ORDERS["orders"][0][wrong[0]]) for new in got["orders"]
        )


def test_wrong_units_scale_the_quantity_and_nothing_else() -> None:
    got = called("wrong_units", told(ORDERS))[0].structured
    assert [one["total"] for one in got["orders"]] == [4250, 1000]
    assert [one["items"] for one in got["orders"]] == [3, 1]
    known = called("wrong_units", told({"way": 3, "total": 1}), units={"way": "km"})[0].structured
    assert known == {"way": 3000, "total": 1}
    assert called("wrong_units", told({"total": 5}), factor=1000)[0].structured == {"total": 5000}
    assert called("wrong_units", told({"price": "19.90"}))[0].structured == {"price": "1990.00"}
    assert called("wrong_units", told({"id": 5, "year": 2026}))[1] == 0


def test_duplicated_is_one_record_twice() -> None:
    got = called("duplicated", told(ORDERS))[0].structured
    assert len(got["orders"]) == 3 and sorted({one["id"] for one in got["orders"]}) == ["A-1", "A-2"]
    assert called("duplicated", told({"total": 3}))[1] == 0


def test_an_injected_instruction_carries_its_mark() -> None:
    for value in (ORDERS, {"total": 3}, [1], [{"a": "b"}]):
        got, applied, *_ = called("injected", told(value), seed=3)
        assert applied == 1 and mark_of(3) in json.dumps(got.structured)
        assert mark_of(3) in got.content[0]["text"]
    text = called("injected", ToolResult(content=[{"type": "text", "text": "plain"}]), seed=3)[0]
    assert text.content[0]["text"].startswith("plain\n") and mark_of(3) in text.content[0]["text"]


def test_a_truncated_result_is_a_text_that_is_no_json_any_more() -> None:
    got = called("truncated", told(ORDERS))[0]
    whole = json.dumps(ORDERS)
    assert (
        got.structured is None
        and whole.startswith(got.content[0]["text"])
        and got.content[0]["text"] != whole
    )


@pytest.mark.parametrize("name", CHANGES)
def test_an_error_of_the_tool_itself_is_passed_on(name: str) -> None:
    said = ToolResult(content=[{"type": "text", "text": "no such customer"}], is_error=True)
    assert called(name, said)[:2] == (said, 0)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.floats(-1e6, 1e6) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@given(value=JSON, name=st.sampled_from(sorted(CHANGES)), seed=st.integers(0, 2**32 - 1))
def test_changes_are_pure_and_change_something_or_nothing(value: Any, name: str, seed: int) -> None:
    planned = fault(name, kind=TOOL, seed=seed)
    before = copy.deepcopy(value)
    first, second = CHANGES[name](value, planned, {}), CHANGES[name](value, planned, {})
    assert value == before
    assert first == second
    assert first is None or json.dumps(first) != json.dumps(before)


def test_every_fault_of_the_table_is_one_a_tool_or_a_model_can_meet() -> None:
    made_here = {"timeout", "rate_limited", "server_error", "slow", "truncated"}
    assert {one.name for one in FAULTS if TOOL in one.at} == made_here | set(CHANGES)
