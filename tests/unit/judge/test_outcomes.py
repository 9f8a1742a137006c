"""Several words on one outcome, and the one that counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.domain.run import Outcome, Run
from roadworthy.domain.score import Score
from roadworthy.features.judge.outcomes import PRECEDENCE, Said, outcome_of, resolve, said_of

SUCCESS, FAILURE, UNKNOWN = Outcome.SUCCESS, Outcome.FAILURE, Outcome.UNKNOWN


def word(label: str = "", *, value: float | None = None, source: str = "otel", at: int = 1) -> Score:
    return Score(project="p", name="outcome", label=label, value=value, source=source, at_ns=at)


@pytest.mark.parametrize(
    ("label", "value", "outcome"),
    [
        ("success", None, SUCCESS),
        ("  PASS ", None, SUCCESS),
        ("fail", 1.0, FAILURE),
        ("down", None, FAILURE),
        ("", 0.5, SUCCESS),
        ("", 0.49, FAILURE),
        ("no idea", None, UNKNOWN),
        ("no idea", 1.0, SUCCESS),
        ("unknown", 1.0, UNKNOWN),
        ("", 4.5, UNKNOWN),
        ("", -1.0, UNKNOWN),
        ("pass", 4.5, SUCCESS),
    ],
)
def test_a_label_says_it_before_a_value(label: str, value: float | None, outcome: Outcome) -> None:
    assert outcome_of(word(label, value=value)) is outcome


def test_the_word_on_a_span_and_those_of_others_stand_side_by_side() -> None:
    run = Run(
        project="p",
        id="r",
        sort_ns=1,
        ended_ns=50,
        outcome=FAILURE,
        outcome_source="sdk",
        outcome_reason="late",
    )
    said = said_of(run, [word("pass", at=70), word("tone", at=80), word("unknown", source="user", at=90)])

    assert [(one.source, one.outcome, one.at_ns) for one in said] == [
        ("sdk", FAILURE, 50),
        ("otel", SUCCESS, 70),
    ]
    assert said[0].reason == "late"


def test_other_scores_say_nothing_of_the_outcome() -> None:
    run = Run(project="p", id="r", sort_ns=1)
    assert said_of(run, [Score(project="p", name="tone", label="fail", source="judge")]) == []


words = st.lists(
    st.builds(
        Said,
        outcome=st.sampled_from([SUCCESS, FAILURE]),
        source=st.sampled_from([*PRECEDENCE, "neighbour"]),
        at_ns=st.integers(0, 5),
    )
)


@given(said=words, precedence=st.permutations(PRECEDENCE))
def test_nobody_who_comes_later_in_the_order_overrules_one_before(
    said: list[Said], precedence: list[str]
) -> None:
    one = resolve(said, precedence=precedence)
    heard = [word for word in said if word.source in precedence]
    if one is None:
        assert heard == []
        return
    assert precedence.index(one.source) == min(precedence.index(word.source) for word in heard)
    assert one.at_ns == max(word.at_ns for word in heard if word.source == one.source)
