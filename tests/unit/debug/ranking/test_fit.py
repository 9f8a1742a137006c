"""Fitting and measuring: nothing of a held-out run is seen, and what ships reads as it was fitted."""

from __future__ import annotations

import numpy as np
import pytest

from roadworthy.features.debug.ranking.fit import (
    Choice,
    conditional_logit,
    constants,
    cross_validated,
    fit,
    folds_of,
    table_of,
    transferred,
)
from roadworthy.features.debug.ranking.model import from_json
from roadworthy.features.debug.ranking.outcomes import Outcome, measured
from tests.unit.debug.ranking.runs import planted

EXAMPLES = planted(40, seed=3)
FEW = (
    Choice(precision=30.0, leaf=3, extra=True, linear=0.3),
    Choice(precision=100.0, leaf=3, extra=True, linear=1.0),
)


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return cross_validated(EXAMPLES, trees=10, choices=FEW, folds=(4, 2))


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


def test_of_equal_shares_the_earlier_step_is_first_and_the_later_does_not_count_as_found() -> None:
    tie = Outcome(dataset="d", shares=np.array([0.4, 0.4, 0.2]), blamed=1, constant=0)
    assert tie.first == 0 and not tie.within(1) and tie.within(2)


def test_what_ships_reads_as_it_was_fitted(outcomes: list[Outcome]) -> None:
    model = fit(EXAMPLES, outcomes=outcomes, trees=10, choices=FEW)
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
        from_json(b'{"format": 1, "terms": 3}')
