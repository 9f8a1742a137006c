"""What a store keeps of values no store can hold: the same for every backend.

Lone surrogates are replaced ("?"), whole numbers are clamped to 64 bits, and a cost or score that is not a
finite number is unknown. Days decide partitions, and so retention.
"""

from __future__ import annotations

import math
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from roadworthy.domain.rejection import Rejection
from roadworthy.domain.run import Run
from roadworthy.domain.score import Score
from roadworthy.domain.span import Span

DAY_NS = 86_400_000_000_000
PAST_DAYS = 30
FUTURE_DAYS = 1
LAST_DAY = 65_535
"""2149-06-06, the last a ClickHouse Date holds."""
INT64_MAX = 2**63 - 1
_EPOCH = date(1970, 1, 1)

Noun = TypeVar("Noun", Span, Run, Score, Rejection)


def text(value: str) -> str:
    if value.isascii():
        return value
    return value.encode("utf-8", "replace").decode()


def whole(value: int) -> int:
    return max(-INT64_MAX, min(INT64_MAX, value))


def finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def within(at_ns: int, from_ns: int | None, to_ns: int | None) -> bool:
    """From `from_ns` on, and before `to_ns`."""
    return (from_ns is None or at_ns >= from_ns) and (to_ns is None or at_ns < to_ns)


def day_of(at_ns: int, received_ns: int) -> int:
    """The day (counted from 1970) a thing is filed under.

    That of `at_ns` if it lies near the receipt, else that of the receipt, so that clocks off by years do
    not make thousands of partitions. A receipt that is not known (0) is believed to be near.
    """
    day = at_ns // DAY_NS
    if received_ns > 0:
        received = received_ns // DAY_NS
        if not received - PAST_DAYS <= day <= received + FUTURE_DAYS:
            day = received
    return max(0, min(LAST_DAY, day))


def day_name(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()


def day_number(name: str) -> int:
    """Raises ValueError where `name` is not YYYY-MM-DD."""
    return (datetime.strptime(name, "%Y-%m-%d").replace(tzinfo=UTC).date() - _EPOCH).days


def storable(noun: Noun) -> Noun:
    """The noun as it will be read back."""
    changed: dict[str, Any] = {}
    for one in fields(noun):
        value = getattr(noun, one.name)
        kept = _kept(value)
        if kept is not value and kept != value:
            changed[one.name] = kept
    return replace(noun, **changed) if changed else noun


def _kept(value: Any) -> Any:
    if isinstance(value, str):
        return type(value)(value) if type(value) is not str else text(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return whole(value)
    if isinstance(value, float):
        return finite(value)
    if isinstance(value, tuple):
        return tuple(_kept(one) for one in value)
    if isinstance(value, dict):
        return {text(key): text(one) for key, one in value.items()}
    if hasattr(value, "__dataclass_fields__"):
        return replace(value, **{f.name: _kept(getattr(value, f.name)) for f in fields(value)})
    return value
