"""A JSON Schema of what was seen: it accepts every value its shape has learned.

It says only what there is evidence for: a name is demanded after `SURE` objects that all had it (if a share
p of objects lacked it, so many in a row would come with probability (1-p)^n: for n = 20, p is below 14 %
with 95 % confidence), a set is closed when `CLOSED` texts held few values and none of them rarely. Names
that were never seen are allowed: a new field breaks no reader.
"""

from __future__ import annotations

import math
import re
from typing import Any

from roadworthy.features.gateway.contracts.shape import Shape

SURE = 20
CLOSED = 60
MOST_OF_A_SET = 8
RARELY = 3
"""A value that came less often suggests that there are more."""
FORMAT_AFTER = 5
_COUNTS_UP = re.compile(
    r"(^|[_-])(id|ids|no|nr|num|number|key|seq|sequence|ts|time|timestamp|at|epoch|version|revision|offset"
    r"|cursor|index|serial|count)$|(Id|No|Number|At|Time|Timestamp|Version|Count)$",
    re.ASCII,
)
_LIKE_A_TIME = 1e8
_EXACT = 1e14
"""Beyond, numbers say nothing about a range: hashes, ids, nanoseconds."""
ROOM = 10.0
"""Numbers may be so many times larger than the largest seen: wrong units are a hundred or a thousand."""


def schema_of(shape: Shape) -> dict[str, Any]:
    """{}: anything. Values are those of JSON Schema 2020-12."""
    if shape.deeper or not shape.seen:
        return {}
    types: list[str] = []
    schema: dict[str, Any] = {}
    if shape.objects:
        types.append("object")
        schema |= _object(shape)
    if shape.arrays:
        types.append("array")
        schema |= _array(shape)
    if shape.strings:
        types.append("string")
        schema |= _text(shape)
    if shape.numbers or shape.integers:
        types.append("number" if shape.numbers else "integer")
        schema |= _number(shape)
    if shape.booleans:
        types.append("boolean")
    if shape.nulls:
        types.append("null")
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    return {"type": types[0] if len(types) == 1 else types} | schema


def _object(shape: Shape) -> dict[str, Any]:
    if shape.names is None:
        return {"additionalProperties": schema_of(shape.rest)} if shape.rest is not None else {}
    if not shape.names:
        return {}
    fields = {name: _named(name, one) for name, one in sorted(shape.names.items())}
    made: dict[str, Any] = {"properties": fields}
    always = sorted(name for name, one in shape.names.items() if one.seen >= shape.objects)
    if always and shape.objects >= SURE:
        made["required"] = always
    return made


def _named(name: str, shape: Shape) -> dict[str, Any]:
    """What counts up (ids, times, versions) has no largest value."""
    schema = schema_of(shape)
    if _COUNTS_UP.search(name) or (shape.most or 0) > _LIKE_A_TIME:
        schema.pop("maximum", None)
    return schema


def _array(shape: Shape) -> dict[str, Any]:
    if shape.items is None or shape.partly:
        return {}
    inner = schema_of(shape.items)
    return {"items": inner} if inner else {}


def _text(shape: Shape) -> dict[str, Any]:
    others = shape.objects or shape.arrays or shape.numbers or shape.integers or shape.booleans
    if not others and _is_closed(shape):
        return {"enum": sorted(shape.values or ())}
    if shape.formats and shape.strings >= FORMAT_AFTER:
        return {"format": min(shape.formats)}
    return {}


def _is_closed(shape: Shape) -> bool:
    """Nothing is a set that has a format, reads like prose, or holds a value that hardly ever came."""
    values = shape.values
    return bool(
        values
        and shape.strings >= CLOSED
        and 2 <= len(values) <= MOST_OF_A_SET
        and min(values.values()) >= RARELY
        and not shape.formats
        and all(text and text.count(" ") <= 2 for text in values)
    )


def _number(shape: Shape) -> dict[str, Any]:
    count = shape.integers + shape.numbers
    if count < SURE or shape.least is None or shape.most is None:
        return {}
    made: dict[str, Any] = {}
    if shape.least >= 0:
        made["minimum"] = 0
    elif shape.least > -_EXACT:
        made["minimum"] = -_round_up(-shape.least * ROOM)
    if shape.most <= 0:
        # Zero alone says nothing of what else there may be.
        if shape.least < 0:
            made["maximum"] = 0
    elif shape.numbers and shape.least >= 0 and shape.most <= 1:
        made["maximum"] = 1
    elif shape.most < _EXACT:
        made["maximum"] = _round_up(shape.most * ROOM)
    return made


def _round_up(value: float) -> int | float:
    """To 1, 2 or 5 times a power of ten: the bound holds still while the largest seen creeps up."""
    power = 10.0 ** math.floor(math.log10(value)) if value > 0 else 0.0
    for step in (1, 2, 5, 10):
        bound = step * power
        if bound >= value:
            return int(bound) if bound >= 1 and math.isfinite(bound) else bound
    return value
