"""What a step tells of itself."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.features.debug.ranking.evidence import BY_NAME, pieces_of
from roadworthy.features.debug.ranking.signals import signals_of
from roadworthy.features.debug.ranking.told import Doer, told
from tests.unit.debug.ranking.runs import TASK, awnings

RUN = told(TASK, awnings())
SIGNALS = signals_of(RUN)


def test_results_are_told_from_what_agents_say_and_failures_among_them() -> None:
    assert [one.doer for one in RUN.steps] == [Doer.AGENT, Doer.AGENT, Doer.RESULT, Doer.AGENT] + [
        Doer.AGENT
    ] * 2
    assert [one.failed for one in RUN.steps] == [False, False, True, False, False, False]


def test_a_result_that_says_nothing_is_empty() -> None:
    run = told(
        "", [("Computer_terminal", "exitcode: 0 (execution succeeded)\nCode output: []\n"), ("A", "[]")]
    )
    assert [one.empty for one in run.steps] == [True, False]


def test_code_whose_run_failed_is_known_by_the_result_behind_it() -> None:
    assert SIGNALS[1]["code_that_failed"] == 1 and SIGNALS[1]["first_failure_is_next"] == 1
    assert SIGNALS[3]["code_that_failed"] == 0


def test_what_is_made_up_after_an_error_is_read() -> None:
    step = SIGNALS[3]
    assert step["says_made_up"] > 0 and step["says_assumes"] > 0 and step["after_failure"] == 1
    assert step["ignores_failure"] == 1


def test_numbers_that_stood_nowhere_before_are_counted_once() -> None:
    assert SIGNALS[3]["numbers_from_nowhere"] > 0
    assert SIGNALS[4]["numbers_from_nowhere"] == 0, "17 was said in the step before"
    assert SIGNALS[3]["first_with_final_numbers"] == 1


def test_a_check_that_only_agrees_is_one() -> None:
    assert BY_NAME["checker_agrees"].holds(SIGNALS[4])
    assert not BY_NAME["checker_agrees"].holds(SIGNALS[3])


def test_a_sign_off_is_no_act_of_its_own() -> None:
    assert SIGNALS[4]["last_act"] == 1 and SIGNALS[5]["past_last_act"] == 1 and SIGNALS[5]["short"] == 1


def test_pieces_come_in_words_the_most_telling_first_and_only_those_that_speak_against_a_step() -> None:
    lifts = {"made_up": 1.0, "assumes": 2.0, "ignores_failure": -1.0}
    assert [one.name for one in pieces_of(SIGNALS[3], lifts=lifts)] == ["assumes", "made_up"]


_TEXT = st.text(max_size=200) | st.sampled_from(
    ["", "```python\nprint(1)\n```", "exitcode: 1\nTraceback (most recent"]
)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.lists(st.tuples(st.text(max_size=12), _TEXT), min_size=1, max_size=8))
def test_whatever_was_said_signals_are_finite_and_the_same_for_every_step(
    task: str, steps: list[tuple[str, str]]
) -> None:
    found = signals_of(told(task, steps))
    assert len(found) == len(steps)
    assert all(one.keys() == found[0].keys() for one in found)
    assert all(math.isfinite(value) and abs(value) < 50 for one in found for value in one.values())


def test_a_run_without_steps_has_no_signals() -> None:
    assert signals_of(told(TASK, [])) == []


def test_long_steps_are_read_in_part_and_fast_enough() -> None:
    run = told(TASK, [("A", "All 12 work and no play. " * 40_000)] * 5)
    assert max(len(one.text) for one in run.steps) == 20_000
    assert len(signals_of(run)) == 5
