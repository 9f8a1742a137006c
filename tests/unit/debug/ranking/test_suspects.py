"""The steps of a run by suspicion, and what moves it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from roadworthy.features.debug.ranking.good_runs import alike, departures, hints_of
from roadworthy.features.debug.ranking.model import shipped
from roadworthy.features.debug.ranking.suspects import Hint, Told, how_sure, suspects
from roadworthy.features.debug.ranking.told import Doer, ToldRun, ToldStep, told
from tests.unit.debug.ranking.runs import TASK, awnings

RUN = told(TASK, awnings())


def _run(*steps: tuple[str, Doer], failed: str = "") -> ToldRun:
    return ToldRun(
        task="t",
        steps=tuple(
            ToldStep(name=name, text=f"{name} does its part", doer=doer, failed=name == failed)
            for name, doer in steps
        ),
    )


AGENT, RESULT = Doer.AGENT, Doer.RESULT
GOOD = _run(("a", AGENT), ("search", RESULT), ("a", AGENT), ("refund", RESULT))


def test_shares_sum_to_one_and_what_is_made_up_is_suspected_before_the_sign_off() -> None:
    ranked = suspects(RUN, shipped())
    assert sum(one.share for one in ranked) == pytest.approx(1)
    place = {one.step: rank for rank, one in enumerate(ranked)}
    assert place[4] < place[6]
    assert any("made-up" in reason.text for reason in ranked[place[4]].reasons)


def test_a_hint_moves_its_step_up_and_is_told_first() -> None:
    before = {one.step: one.share for one in suspects(RUN, shipped())}
    hint = Hint(step=2, by=Told.DETECTOR, amount=3.0, text="An error that nobody mentioned.")
    after = {one.step: one for one in suspects(RUN, shipped(), [hint])}
    assert after[3].share > before[3]
    assert after[3].reasons[0].by is Told.DETECTOR


def test_the_step_whose_error_the_run_ended_in_comes_first_and_the_others_keep_their_order() -> None:
    before = suspects(RUN, shipped())
    last = before[-1].step
    after = suspects(replace(RUN, ended_in=last - 1), shipped())
    assert (after[0].step, after[0].share) == (last, 0.5)
    assert after[0].reasons[0].text == "The run ended in the error of this step."
    assert [one.step for one in after[1:]] == [one.step for one in before[:-1]]
    assert sum(one.share for one in after) == pytest.approx(1)


def test_what_callers_said_is_not_ranked() -> None:
    run = told(TASK, [("user", "Please do it at once."), ("Agent", "I did it, as you wanted, all of it.")])
    assert [one.step for one in suspects(run, shipped())] == [2]


def test_a_run_without_steps_has_no_suspects() -> None:
    assert suspects(told(TASK, []), shipped()) == []


def test_it_says_how_often_such_suspicions_held_and_that_it_is_none_more() -> None:
    said = how_sure(shipped(), 0.9, hinted=False)
    assert "no proof" in said and "%" in said
    assert "not measured" in how_sure(shipped(), 0.9, hinted=True)


def test_of_a_run_like_none_it_learned_from_it_says_so_and_how_often_it_is_right_on_such() -> None:
    said = how_sure(shipped(), 0.9, hinted=False, seen=False)
    assert "no runs like this one" in said and "no proof" in said and "%" in said
    assert shipped().kind(told(TASK, [("user", "Do it."), ("Agent", "Which one? " * 9)] * 12)) is None


def test_the_first_step_that_good_runs_do_not_have_is_found_with_what_they_do_instead() -> None:
    run = _run(("a", AGENT), ("search", RESULT), ("a", AGENT), ("cancel", RESULT))
    (found,) = departures(run, [GOOD] * 3)
    assert (found.step, found.rare, found.instead) == (3, 1.0, "refund")
    (hint,) = hints_of(run, [GOOD] * 3)
    assert "first step that 3 of 3 similar good runs do not have" in hint.text and "refund" in hint.text


def test_what_only_some_good_runs_lack_is_nothing_unusual() -> None:
    other = _run(("a", AGENT), ("search", RESULT))
    assert departures(GOOD, [GOOD, GOOD, other]) == []


def test_a_tool_that_fails_here_alone_is_a_hint() -> None:
    run = _run(("a", AGENT), ("search", RESULT), ("a", AGENT), ("refund", RESULT), failed="search")
    (hint,) = hints_of(run, [GOOD])
    assert hint.step == 1 and "failed here" in hint.text


def test_without_good_runs_there_are_no_hints() -> None:
    assert hints_of(GOOD, []) == []


@pytest.mark.parametrize(
    ("one", "other", "least", "most"), [("a red car", "a red car", 1, 1), ("abc", "xyz", 0, 0)]
)
def test_likeness_of_tasks(one: str, other: str, least: float, most: float) -> None:
    assert least <= alike(one, other) <= most
