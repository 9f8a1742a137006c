"""Whatever was seen, the schema made of it accepts; and it does not matter in which order it was seen."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.features.gateway.contracts.check import compiled
from roadworthy.features.gateway.contracts.schema import schema_of
from roadworthy.features.gateway.contracts.shape import Shape
from roadworthy.features.gateway.contracts.shape_json import bounded, places, shape_as_json, shape_of_json

_TEXTS = st.one_of(
    st.sampled_from(
        ["open", "closed", "", "2026-01-05", "2026-01-05T10:00:00Z", "a@b.co", "10.0.0.1", "::1"]
    ),
    st.sampled_from(["https://a.example/x", "b3d6a1f0-5c1e-4b1a-9d5a-0c6a3e8f7a11", "12:00:00Z"]),
    st.text(max_size=50),
)
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(2**70), max_value=2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    _TEXTS,
)
_NAMES = st.one_of(st.sampled_from(["id", "name", "items", "total", "at"]), st.text(max_size=8))
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_NAMES, inner, max_size=5)),
    max_leaves=12,
)


def _seen(*values: Any) -> Shape:
    shape = Shape()
    for value in values:
        shape.learn(value)
    return shape


@given(st.lists(_VALUES, min_size=1, max_size=6), st.integers(min_value=1, max_value=70))
@settings(deadline=None, max_examples=60)
def test_a_schema_accepts_all_that_it_was_made_of(values: list[Any], times: int) -> None:
    shape = _seen(*(values * times))

    validator = compiled(schema_of(shape))

    assert validator is None or all(validator.is_valid(value) for value in values), schema_of(shape)


@given(st.lists(_VALUES, max_size=8), st.integers(min_value=0, max_value=8))
@settings(deadline=None, max_examples=40)
def test_merging_is_as_if_one_had_seen_it_all(values: list[Any], cut: int) -> None:
    whole = _seen(*values)
    left, right = _seen(*values[:cut]), _seen(*values[cut:])
    other_way = _seen(*values[cut:])
    other_way.merge(_seen(*values[:cut]))
    left.merge(right)

    assert schema_of(left) == schema_of(whole) == schema_of(other_way) == schema_of(_seen(*reversed(values)))


@given(st.lists(_VALUES, max_size=6))
@settings(deadline=None, max_examples=40)
def test_what_is_kept_comes_back(values: list[Any]) -> None:
    shape = _seen(*values)
    try:
        kept = orjson.loads(orjson.dumps(shape_as_json(shape)))
    except orjson.JSONEncodeError:  # a lone surrogate: JSON from a wire cannot hold it after decoding
        return

    assert shape_as_json(shape_of_json(kept)) == shape_as_json(shape)


@given(st.lists(_VALUES, min_size=1, max_size=6), st.integers(min_value=1, max_value=20))
@settings(deadline=None, max_examples=30)
def test_a_shape_that_was_cut_still_accepts(values: list[Any], most: int) -> None:
    shape = bounded(_seen(*values), most=most)

    validator = compiled(schema_of(shape))

    assert validator is None or all(validator.is_valid(value) for value in values)


def test_wide_and_deep_answers_do_not_fill_memory() -> None:
    deep: Any = 1
    for level in range(40):
        deep = {f"n{level}{k}": (deep if k == 0 else k) for k in range(60)}

    shape = bounded(_seen(deep, {str(n): n for n in range(500)}), most=300)

    assert places(shape) <= 300
    assert _seen({str(n): n for n in range(500)}).names is None
