"""What compiled code does for each span beyond reading it is what its twins in Python do."""

from __future__ import annotations

import gc
from dataclasses import dataclass, fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.domain.score import Score
from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.any_value import as_text
from roadworthy.features.ingest.normalise import any_begins_by_python, copied_by_python, kept_by_python
from roadworthy.kit.compiled import COMPILED

pytestmark = pytest.mark.skipif(
    not hasattr(COMPILED, "kept"),
    reason="the compiled part is not there (no C compiler, ROADWORTHY_COMPILED=0): make setup says why",
)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from("abcdefghijkl")


def blank() -> Span:
    return Span(project="p", trace_id="", span_id="", scope="s", received_ns=5, version=2**40, service="shop")


@given(st.dictionaries(names, st.text(max_size=4)), st.dictionaries(names, values))
def test_attributes_are_kept_as_text(resource: dict[str, str], attributes: dict[str, Any]) -> None:
    before = (dict(resource), dict(attributes))
    kept = COMPILED.kept(resource, attributes, as_text)
    assert list(kept.items()) == list(kept_by_python(resource, attributes, as_text).items())
    assert (resource, attributes) == before


@given(
    st.lists(st.sampled_from(["", "ab", "ab.", "ab.c", "ac.b", "äb.c", "ab雨", "ab.雨", "b.ab."]), max_size=3)
)
def test_a_prefix_of_keys_is_found(keys: list[str]) -> None:
    attributes = dict.fromkeys(keys)
    assert COMPILED.any_begins(attributes, "ab.") is any_begins_by_python(attributes, "ab.")


def test_who_cannot_say_it_as_text_says_so() -> None:
    def fails(value: object) -> str:
        raise ValueError(f"no text: {value}")

    with pytest.raises(ValueError, match=r"no text: 0\.5"):
        COMPILED.kept({}, {"a": 1, "b": 0.5}, fails)
    with pytest.raises(TypeError):
        COMPILED.kept({}, [], fails)


def test_a_copy_has_the_values_and_a_life_of_its_own() -> None:
    first = blank()
    copy = COMPILED.copied(first)
    assert copy == copied_by_python(first) == first and copy.__class__ is Span
    copy.name, copy.kind, copy.attributes = "step", SpanKind.TOOL, {"a": "b"}
    assert (first.name, first.kind, first.attributes) == ("", SpanKind.OTHER, {})
    del first
    gc.collect()
    assert [getattr(copy, one.name) for one in fields(copy)][:4] == ["p", "", "", ""]
    assert copy.attributes == {"a": "b"}


def test_a_field_that_is_not_set_stays_so() -> None:
    first = blank()
    del first.name
    with pytest.raises(AttributeError):
        assert COMPILED.copied(first).name


def test_only_objects_that_are_their_slots_are_copied() -> None:
    @dataclass
    class Open:
        a: int = 1

    @dataclass(slots=True)
    class Wider(Open):
        b: int = 2

    @dataclass(slots=True, weakref_slot=True)
    class Watched:
        a: int = 1

    for other in (Open(), Wider(), Watched(), 5, "text", [1], Score.__class__):
        with pytest.raises((TypeError, AttributeError)):
            COMPILED.copied(other)
