"""Words are found in a text where they stand in its lower case, by the compiled part and without it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.features.judge.detectors import doubt_voiced, gave_up_early, hidden_tool_error, refused
from roadworthy.kit.compiled import COMPILED
from roadworthy.kit.word_set import MOST, WordSet

compiled = pytest.mark.skipif(
    not hasattr(COMPILED, "word_set"),
    reason="the compiled part is not there (no C compiler, ROADWORTHY_COMPILED=0): make setup says why",
)
LETTERS = st.text(alphabet="abc .é\x00", min_size=1, max_size=5)
TEXTS = st.one_of(
    st.text(alphabet="abcABC .", max_size=60), st.text(alphabet="abcABCéÉİſ\ud800 ", max_size=60)
)


def plain(words: tuple[str, ...]) -> WordSet:
    """One that does without the compiled part."""
    made = WordSet(words)
    made._compiled = None
    return made


def check(words: WordSet, text: str) -> None:
    expected = [word for word in words.words if word in text.lower()]
    for one in (words, plain(words.words)):
        assert one.found_in(text) == expected
        assert one.any_in(text) == bool(expected)
        assert one.may_stand_in(text) == (bool(expected) or not text.isascii())


@given(st.lists(LETTERS, max_size=MOST), TEXTS)
def test_words_stand_where_they_do_in_lower_case(words: list[str], text: str) -> None:
    check(WordSet(tuple(words)), text)


@pytest.mark.parametrize(
    "words", [doubt_voiced._ANCHORS, gave_up_early._SIGNS, hidden_tool_error._FAULT_WORDS, refused._SIGNS]
)
def test_words_of_detectors_are_found_in_what_frameworks_sent(words: WordSet, shared_data: Path) -> None:
    seen = 0
    for file in sorted((shared_data / "otlp").rglob("*.pb"))[::9]:
        text = file.read_bytes().decode("ascii", "ignore")
        for start in range(0, len(text), 997):
            check(words, text[start : start + 997])
            seen += 1
    assert seen > 100


def test_words_that_end_in_each_other_are_all_found() -> None:
    words = WordSet("she he her hers is his this")
    assert words.found_in("USHERS") == ["she", "he", "her", "hers"]
    assert words.found_in("this") == ["is", "his", "this"]
    assert words.found_in("") == [] and not words.any_in("")
    assert WordSet(()).found_in("anything") == []


def test_what_pattern_may_fit_beyond_ascii_is_not_ruled_out() -> None:
    assert WordSet("stop").may_stand_in("ſtop")
    assert not WordSet("stop").any_in("ſtop")


@pytest.mark.parametrize("words", [("Upper",), ("",), tuple(f"w{number}" for number in range(MOST + 1))])
def test_what_is_no_set_of_words_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="lower case"):
        WordSet(words)


class Sign(StrEnum):
    STOP = "stop"


def test_a_word_may_be_of_a_class_of_its_own() -> None:
    check(WordSet((Sign.STOP, "go")), "NON-STOP")
    check(WordSet("stop"), Sign.STOP)


@compiled
def test_the_compiled_part_refuses_what_it_cannot_hold() -> None:
    for wrong in (["a"], ("A",), ("",), (1,), ("ab",) * (MOST + 1), ("x" * 5_000,)):
        with pytest.raises(ValueError, match="words"):
            COMPILED.word_set(wrong)
    held = COMPILED.word_set(("a", "é"))
    assert COMPILED.words_in(held, "xA") == 1
    assert COMPILED.words_in(held, "é") is None and COMPILED.any_word_in(held, b"a") is None
    with pytest.raises(ValueError, match="PyCapsule"):
        COMPILED.any_word_in("a", "a")
    with pytest.raises(TypeError):
        COMPILED.words_in(held)
