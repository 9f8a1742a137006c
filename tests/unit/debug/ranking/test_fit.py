"""Fitting and measuring: nothing of a held-out run is seen, and what ships reads as it was fitted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from roadworthy.features.debug.ranking.fit import (
    Choice,
    constants,
    cross_validated,
    each_unseen,
    fit,
    folds_of,
    kinds_of,
    transferred,
)
from roadworthy.features.debug.ranking.forest import Forest
from roadworthy.features.debug.ranking.kinds import kind_like, layout_of
from roadworthy.features.debug.ranking.model import UNSEEN, StepModel, from_json
from roadworthy.features.debug.ranking.outcomes import Outcome, measured
from roadworthy.features.debug.ranking.readings import conditional_logit, table_of
from roadworthy.features.debug.ranking.told import told
from tests.unit.debug.ranking.runs import planted

EXAMPLES = planted(40, seed=3)
CHAT = told("", [("user", "Please send it back."), ("Agent", "Which order is it, and why? " * 4)] * 12)
FEW = (
    Choice(precision=30.0, leaf=3, extra=True, linear=0.3),
    Choice(precision=100.0, leaf=3, extra=True, linear=1.0),
)


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return cross_validated(EXAMPLES, trees=10, choices=FEW, folds=(4, 2))


@pytest.fixture(scope="module")
def model(outcomes: list[Outcome]) -> StepModel:
    return fit(EXAMPLES, outcomes=outcomes, unseen=outcomes, trees=10, choices=FEW)


def test_the_weights_of_a_conditional_logit_are_those_that_made_the_choices() -> None:
    draw = np.random.default_rng(5)
    runs, steps = 3_000, 5
    rows = draw.normal(size=(runs * steps, 2))
    scores = (rows @ np.array([1.5, -0.7])).reshape(runs, steps) + draw.gumbel(size=(runs, steps))
    starts = np.arange(0, runs * steps + 1, steps)
    weights = conditional_logit(rows, starts, starts[:-1] + scores.argmax(1), precision=1e-3)
    assert weights == pytest.approx([1.5, -0.7], abs=0.1)


def test_runs_of_one_task_are_never_on_both_sides() -> None:
    tasks = [f"t{i % 7}" for i in range(40)]
    for train, test in folds_of(tasks, folds=4, seed=1):
        assert not {tasks[i] for i in train} & {tasks[i] for i in test}
        assert len(train) + len(test) == 40


def test_a_planted_step_is_found_where_a_constant_guess_finds_little(outcomes: list[Outcome]) -> None:
    held = measured(outcomes)
    assert held.runs == 40
    assert held.top1 >= 0.9 and held.top3 >= held.top1
    assert held.floor <= 0.4


def test_labels_that_mean_nothing_are_not_learned() -> None:
    draw = np.random.default_rng(2)
    shuffled = [
        type(one)(
            run=one.run, blamed=int(draw.integers(len(one.run.steps))), task=one.task, dataset=one.dataset
        )
        for one in planted(60, seed=9)
    ]
    assert measured(cross_validated(shuffled, trees=10, choices=FEW, folds=(3, 2))).top1 < 0.35


def test_the_constant_guess_is_made_of_the_training_runs_alone() -> None:
    some = planted(30, seed=1)
    assert constants(some)["made"] == int(np.bincount([one.blamed for one in some]).argmax())
    guesses = {
        one.constant for one in transferred(some, planted(10, seed=2, dataset="other"), trees=10, choices=FEW)
    }
    assert guesses == {constants(some)[""]}, "a data set that was not learned from gets the guess of all"


def test_each_data_set_is_ranked_without_having_been_seen() -> None:
    both = [*planted(30, seed=1), *planted(20, seed=2, dataset="other")]
    unseen = each_unseen(both, trees=10, choices=FEW[:1])
    assert sorted(one.dataset for one in unseen) == ["made"] * 30 + ["other"] * 20
    assert {one.constant for one in unseen if one.dataset == "other"} == {constants(both)["made"]}
    assert each_unseen(both[:30]) == [], "there is nothing else to learn from"


def test_runs_of_a_data_set_are_its_kind_and_a_chat_is_not() -> None:
    kinds = kinds_of([*EXAMPLES, *planted(20, seed=2, dataset="other")])
    assert [one.name for one in kinds] == ["made", "other"]
    near = [kind_like(layout_of(one.run), kinds[:1]) is not None for one in EXAMPLES]
    assert sum(near) >= 0.9 * len(near)
    assert kind_like(layout_of(CHAT), kinds) is None


def test_a_run_like_none_before_is_ranked_by_where_its_steps_stand_as_well(
    model: StepModel, outcomes: list[Outcome]
) -> None:
    assert model.kind(CHAT) is None and model.kind(EXAMPLES[0].run) is not None
    read = replace(model, standing=Forest(signals=(), trees=()))
    assert model.shares(EXAMPLES[0].run) == read.shares(EXAMPLES[0].run)
    assert model.shares(CHAT) != read.shares(CHAT)
    assert sum(model.shares(CHAT)) == pytest.approx(1)
    assert from_json(model.as_json()).measured[UNSEEN] == measured(outcomes)


def test_callers_have_no_share_of_the_suspicion(model: StepModel) -> None:
    shares = model.shares(CHAT)
    assert [one == 0 for one in shares] == [step.name == "user" for step in CHAT.steps]


def test_of_equal_shares_the_earlier_step_is_first_and_the_later_does_not_count_as_found() -> None:
    tie = Outcome(dataset="d", shares=np.array([0.4, 0.4, 0.2]), blamed=1, constant=0)
    assert tie.first == 0 and not tie.within(1) and tie.within(2)


def test_what_ships_reads_as_it_was_fitted(model: StepModel, outcomes: list[Outcome]) -> None:
    again = from_json(model.as_json())
    for one in EXAMPLES[:5]:
        shares = again.shares(one.run)
        assert sum(shares) == pytest.approx(1)
        assert int(np.argmax(shares)) == one.blamed
    assert again.lifts["made_up"] > 1
    assert again.measured["made"].top1 == measured(outcomes).top1


def test_fitting_is_deterministic(outcomes: list[Outcome]) -> None:
    first, second = (fit(EXAMPLES, outcomes=outcomes, trees=5, choices=FEW[:1]) for _ in range(2))
    assert first.label == second.label


def test_the_blamed_rows_of_the_table_are_those_of_the_runs() -> None:
    table = table_of(EXAMPLES)
    place = table.names.index("says_made_up")
    assert (table.rows[table.blamed, place] > 0).all()


def test_weights_of_another_kind_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match="step model"):
        from_json(b"{}")
    with pytest.raises(ValueError, match="not one of ours"):
        from_json(b'{"format": 2, "terms": 3}')
