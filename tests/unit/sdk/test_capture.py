"""What becomes of arguments and results: always bounded, always valid, no code of the host run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.sdk.capture import CONTENT_LIMIT, as_json, as_text

SLACK = 4_096
"""Signs that say what was cut, and JSON's own punctuation."""

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=30,
)


@given(json_values)
def test_json_values_come_back_as_they_were(value: Any) -> None:
    def sound(item: Any) -> Any:
        if isinstance(item, str):
            return item.encode("utf-8", "replace").decode()
        if isinstance(item, list):
            return [sound(inner) for inner in item]
        if isinstance(item, dict):
            return {sound(key): sound(inner) for key, inner in item.items()}
        return item

    assert json.loads(as_json(value)) == sound(value)


class Colour(Enum):
    RED = "red"


class Opaque:
    password = "hunter2"

    def __init__(self) -> None:
        self.token = "t0ken"

    def __repr__(self) -> str:
        raise AssertionError("a repr may query a database")

    __str__ = __repr__


@dataclass
class Order:
    id: str
    lines: list[int]


class Slotted:
    __slots__ = ("x",)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Order(id="A-17", lines=[1, 2]), {"id": "A-17", "lines": [1, 2]}),
        (datetime(2026, 11, 22, tzinfo=UTC), "2026-11-22 00:00:00+00:00"),
        (Decimal("1.10"), "1.10"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Colour.RED, "red"),
        (b"\x00\x01", "<2 bytes>"),
        ({1: (2, 3)}, {"1": [2, 3]}),
        ({"set": frozenset({1})}, {"set": [1]}),
    ],
)
def test_common_objects_are_readable(value: object, expected: object) -> None:
    assert json.loads(as_json({"value": value})) == {"value": expected}


def test_an_integer_too_long_to_print_is_named() -> None:
    assert json.loads(as_json({"n": 1 << 20_000})) == {"n": "<integer of 20001 bits>"}


def test_unknown_objects_are_named_and_neither_printed_nor_opened() -> None:
    text = as_json({"client": Opaque(), "slots": Slotted(), "kind": Opaque})
    assert json.loads(text) == {
        "client": f"<{__name__}.Opaque>",
        "slots": f"<{__name__}.Slotted>",
        "kind": "<type>",
    }


def test_pydantic_models_show_their_fields() -> None:
    pydantic = pytest.importorskip("pydantic")

    class Ticket(pydantic.BaseModel):  # type: ignore[misc, name-defined]
        id: str
        tags: list[str] = []  # noqa: RUF012 (pydantic copies it)

    assert json.loads(as_json(Ticket(id="T-1", tags=["vip"]))) == {"id": "T-1", "tags": ["vip"]}


def test_cycles_end() -> None:
    ring: list[Any] = [1]
    ring.append(ring)
    assert json.loads(as_json(ring))[0] == 1


@pytest.mark.parametrize(
    "huge",
    [
        "x" * 10_000_000,
        ["y" * 10_000] * 10_000,
        {f"key {n}": n for n in range(200_000)},
        list(range(1_000_000)),
        [[[["z" * 1000] * 50] * 50] * 50] * 50,
    ],
    ids=["text", "texts", "mapping", "numbers", "nested"],
)
def test_what_is_huge_is_cut_and_says_so(huge: Any) -> None:
    text = as_text(huge)
    assert len(text) <= CONTENT_LIMIT + SLACK
    assert "…" in text
    if not isinstance(huge, str):
        json.loads(text)
