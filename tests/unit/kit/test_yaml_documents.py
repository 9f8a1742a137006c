"""YAML of strangers: plain values, or a refusal that says where."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.kit.yaml_documents import MOST_BYTES, YamlInvalid, read_documents, write_documents

LAUGHS = 'a: &a ["lol", "lol"]\n' + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
)


def test_documents_of_plain_values_and_dates_stay_text() -> None:
    text = "a: 1\nb: [x, 2.5, true, null]\n---\n---\nday: 2026-11-22\nat: 2026-11-22T10:00:00Z\n"
    assert read_documents(text) == [
        {"a": 1, "b": ["x", 2.5, True, None]},
        {"day": "2026-11-22", "at": "2026-11-22T10:00:00Z"},
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LAUGHS, "line 1: anchors"),
        ("a: 1\nb: *a\n", "line 2: anchors"),
        ("&a [*a]", "line 1: anchors"),
        ("a: 1\nb:\n  c: 1\n  c: 2\n", "line 4: the key 'c' comes twice"),
        ("[a]: 1\n", "line 1: a key that is no plain value"),
        ("? {a: 1}\n: 1\n", "line 1: a key"),
        ("!!python/object/apply:os.system ['true']", "line 1"),
        ("!secret x", "line 1"),
        ("a: [1,\n", "line 2"),
        ("\x07", "not YAML"),
        ("[" * 61, "nested deeper than 60"),
        ("- " * 100_000, "nested deeper than 60"),
        ("{a: " * 50_000, "nested deeper than 60"),
        ("a: " + "x" * MOST_BYTES, "larger than"),
    ],
)
def test_what_is_no_plain_value_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(YamlInvalid, match=said.replace("'", ".")):
        read_documents(text)


# Without what YAML takes for the end of a line.
texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp")), max_size=20)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | texts,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abc:- #", max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.lists(st.dictionaries(st.text("abc<=~1:- #", min_size=1, max_size=6), plain, min_size=1), max_size=3)
)
def test_what_is_written_reads_back(documents: list[dict[str, object]]) -> None:
    assert read_documents(write_documents(documents)) == documents


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(alphabet="ab:-[]{}&*!|>'\"#,? \n\t%@`0.~\x00\ud800é", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read_documents(text)
    except YamlInvalid as refused:
        assert str(refused)
