"""Attributes of nouns to Arrow columns.

Compiled (`native/columns.c`), where a compiler was at hand: one pass over the nouns that writes Arrow's
buffers. The twin in Python builds column by column. It also cleans what no column holds (lone surrogates,
numbers beyond 64 bits), and so is asked for whatever the compiled one will not take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import Any

import orjson
import pyarrow as pa

from roadworthy.backends.telemetry.chdb.packing import packed
from roadworthy.backends.telemetry.storable import finite, text, whole
from roadworthy.kit.compiled import COMPILED

Columns = dict[str, pa.Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Names of attributes by what they hold; each becomes a column of its name."""

    texts: tuple[str, ...]
    wholes: tuple[str, ...]
    """None where unknown, as among `reals`."""
    reals: tuple[str, ...]
    lists: tuple[str, ...] = ()
    """Tuples of texts."""
    maps: tuple[str, ...] = ()
    """Texts by texts."""
    packed: tuple[str, ...] = ()
    """What goes once more into the column `packed` (`packing`), any of the above or others."""


def gathered(nouns: Sequence[Any], shape: Shape) -> Columns:
    """At least one noun, all of one class."""
    return compiled(nouns, shape) or in_python(nouns, shape)


def in_python(nouns: Sequence[Any], shape: Shape) -> Columns:
    names = (*shape.texts, *shape.wholes, *shape.reals, *shape.lists, *shape.maps)
    # Noun by noun, not column by column: the nouns of a batch do not fit the processor's cache.
    values = dict(zip(names, zip(*map(attrgetter(*names), nouns), strict=True), strict=True))
    columns: Columns = {name: texts(values[name]) for name in shape.texts}
    columns |= {name: wholes(values[name]) for name in shape.wholes}
    columns |= {name: reals(values[name]) for name in shape.reals}
    columns |= {name: _lists(values[name]) for name in shape.lists}
    columns |= {name: _maps(values[name]) for name in shape.maps}
    if shape.packed:
        columns["packed"] = packed(nouns, shape.packed, wholes=[columns[name] for name in shape.wholes])
    return columns


_gather = getattr(COMPILED, "gather_columns", None)


def compiled(nouns: Sequence[Any], shape: Shape) -> Columns | None:
    """None where nothing is compiled, or for what is out of the ordinary."""
    if _gather is None or not isinstance(nouns, list):
        return None
    try:
        found = _gather(
            nouns,
            shape.texts,
            shape.wholes,
            shape.reals,
            shape.lists,
            shape.maps,
            shape.packed,
            orjson.dumps,
        )
    except orjson.JSONEncodeError:
        return None
    if found is None:
        return None
    text_buffers, whole_buffers, real_buffers, list_buffers, map_buffers, packed_buffers = found
    rows = len(nouns)
    columns: Columns = {}
    for name, (ends, held) in zip(shape.texts, text_buffers, strict=True):
        columns[name] = _array(_TEXT, rows, None, ends, held)
    for name, (held, known) in zip(shape.wholes, whole_buffers, strict=True):
        columns[name] = _array(_WHOLE, rows, known, held)
    for name, (held, known) in zip(shape.reals, real_buffers, strict=True):
        columns[name] = _array(_REAL, rows, known, held)
    for name, (ends, *items) in zip(shape.lists, list_buffers, strict=True):
        columns[name] = pa.ListArray.from_arrays(_array(_END, rows + 1, None, ends), _items(*items))
    for name, (ends, key_ends, keys, item_ends, items) in zip(shape.maps, map_buffers, strict=True):
        columns[name] = pa.MapArray.from_arrays(
            _array(_END, rows + 1, None, ends), _items(key_ends, keys), _items(item_ends, items)
        )
    if shape.packed:
        columns["packed"] = _array(_PACKED, rows, None, *packed_buffers)
    return columns


_TEXT, _WHOLE, _REAL, _END, _ITEM = pa.large_utf8(), pa.int64(), pa.float64(), pa.int32(), pa.utf8()
_PACKED = pa.large_binary()


def _array(kind: pa.DataType, rows: int, *buffers: bytearray | None) -> pa.Array:
    return pa.Array.from_buffers(kind, rows, [None if one is None else pa.py_buffer(one) for one in buffers])


def _items(ends: bytearray, held: bytearray) -> pa.Array:
    return _array(_ITEM, len(ends) // 4 - 1, None, ends, held)


def texts(values: Sequence[str]) -> pa.Array:
    return _built(values, pa.large_utf8(), text)


def wholes(values: Sequence[int | None]) -> pa.Array:
    return _built(values, pa.int64(), whole)


def reals(values: Sequence[float | None]) -> pa.Array:
    return pa.array([finite(value) for value in values], pa.float64())


def _built(values: Sequence[Any], kind: pa.DataType, clean: Callable[[Any], Any]) -> pa.Array:
    try:
        return pa.array(values, kind)
    except (UnicodeEncodeError, OverflowError, pa.ArrowInvalid):
        return pa.array([None if value is None else clean(value) for value in values], kind)


def _offsets(lengths: Iterable[int]) -> pa.Array:
    ends = [0]
    total = 0
    for length in lengths:
        total += length
        ends.append(total)
    return pa.array(ends, pa.int32())


def _lists(values: Sequence[tuple[str, ...]]) -> pa.Array:
    flat = list(chain.from_iterable(values))
    return pa.ListArray.from_arrays(_offsets(map(len, values)), _built(flat, pa.utf8(), text))


def _maps(values: Sequence[dict[str, str]]) -> pa.Array:
    keys = list(chain.from_iterable(values))
    items = list(chain.from_iterable(one.values() for one in values))
    return pa.MapArray.from_arrays(
        _offsets(map(len, values)), _built(keys, pa.utf8(), text), _built(items, pa.utf8(), text)
    )
