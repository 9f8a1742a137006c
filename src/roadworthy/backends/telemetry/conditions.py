"""Filters, worked out on values in memory."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from roadworthy.backends.telemetry.fields import Condition, FieldKind, Value
from roadworthy.contracts.telemetry import Op

_COMPARE: dict[Op, Callable[[float, float], bool]] = {
    Op.LT: operator.lt,
    Op.LE: operator.le,
    Op.GT: operator.gt,
    Op.GE: operator.ge,
}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z")


def holds(
    condition: Condition,
    noun: object,
    attributes: Iterable[Mapping[str, str]],
    *,
    score: Callable[[str], float | None] = lambda _: None,
) -> bool:
    """`attributes` are those of the noun and, for a run, of each of its spans; `score` is the value of its
    score of a name."""
    field = condition.field
    if field.kind is FieldKind.SCORE:
        said = score(field.key)
        return _any(condition, [] if said is None else [said], exists=said is not None)
    if field.kind is FieldKind.ATTRIBUTE:
        there = [one[field.key] for one in attributes if field.key in one]
        return _any(condition, there, exists=bool(there))
    value = getattr(noun, field.name)
    if field.kind is FieldKind.LIST:
        return _any(condition, list(value), exists=bool(value))
    if field.kind is FieldKind.TEXT:
        return _any(condition, [str(value)], exists=value != "")
    if field.kind is FieldKind.FLAG:
        return (value == condition.values[0]) is (condition.op is Op.EQ)
    exists = value is not None if field.optional else value != 0
    return _any(condition, [] if value is None else [value], exists=exists)


def _any(condition: Condition, there: Sequence[Value], *, exists: bool) -> bool:
    op, values = condition.op, condition.values
    if op is Op.EXISTS:
        return exists
    if op is Op.MISSING:
        return not exists
    if op is Op.NE:
        return not any(_equal(one, values[0]) for one in there)
    if op is Op.CONTAINS:
        return any(str(values[0]).lower() in str(one).lower() for one in there)
    if op in (Op.EQ, Op.IN):
        return any(_equal(one, value) for one in there for value in values)
    numbers = [number for number in map(as_number, there) if number is not None]
    # Not as floats: they cannot tell neighbouring nanoseconds apart.
    bound = values[0]
    assert not isinstance(bound, str)  # noqa: S101 (the catalogue has made sure)
    return any(_COMPARE[op](number, bound) for number in numbers)


def _equal(stored: Value, asked: Value) -> bool:
    return as_number(stored) == asked if isinstance(asked, (int, float)) else stored == asked


def as_number(value: Value) -> float | None:
    if isinstance(value, str):
        return float(value) if _NUMBER.match(value) else None
    return value
