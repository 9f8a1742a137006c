"""A bisect from its first rerun to its finding: one by one or at once, in budgets, and gone wrong."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from math import log2

import pytest

from roadworthy.domain.agent_ended import Ending
from roadworthy.features.debug.bisect.finding import Finding, FindingState, finding_json, finding_of
from roadworthy.features.debug.bisect.strategy import Bisection, Next
from roadworthy.features.debug.inquiry import Budget, Rerun, RerunState

STEPS = 20
World = Callable[[Next], Rerun]


def done(number: int, asked: Next, *, passed: bool | None, **other: object) -> Rerun:
    made = Rerun(
        number=number,
        switch=asked.switch,
        only=asked.only,
        state=RerunState.DONE,
        attempt=1,
        taken_ns=number * 10**9,
        ended_ns=(number + 1) * 10**9,
        ending=Ending.ANSWERED,
        passed=passed,
        matched=64,
        asked=2,
        cost_usd=0.01,
        counted=True,
    )
    return replace(made, **other)  # type: ignore[arg-type]


def world(fault: int, *, a: float = 1.0, b: float = 0.0, alone: bool = True, seed: int = 1) -> World:
    rnd = random.Random(seed)

    def made(asked: Next) -> Rerun:
        right = asked.switch is not None and asked.switch <= fault
        right = (asked.switch == fault and alone) if asked.only else right
        return done(1, asked, passed=rnd.random() < (a if right else b))

    return made


def bisected(
    made: World,
    *,
    steps: int = STEPS,
    at_once: int = 1,
    budget: Budget | None = None,
    confidence: float = 0.9,
    prior: Sequence[float] | None = None,
    reruns: Iterable[Rerun] = (),
) -> tuple[Finding, list[Rerun]]:
    over = list(reruns)
    for _ in range(200):
        bisection = Bisection(steps, over, confidence=confidence, budget=budget, prior=prior)
        asked = bisection.next(at_once)
        if isinstance(asked, Finding):
            return asked, over
        assert asked and len(asked) <= at_once
        assert bisection.so_far().state is FindingState.UNSURE
        for number, one in enumerate(asked, len(over) + 1):
            over.append(
                replace(made(one), number=number, taken_ns=number * 10**9, ended_ns=(number + 1) * 10**9)
            )
    raise AssertionError("it never ended")


@pytest.mark.parametrize("steps", [1, 2, 12, 17, 40])
def test_every_step_is_found_confirmed_and_within_the_bound(steps: int) -> None:
    for fault in range(1, steps + 1):
        found, over = bisected(world(fault), steps=steps)
        assert (found.state, found.step, found.confirmed) == (FindingState.SURE, fault, True)
        assert found.confidence >= 0.9
        assert len(over) == found.reruns == len(found.tried)
        if steps >= 12:
            assert len(over) <= 2 * log2(steps)


def test_the_first_rerun_puts_nothing_right_and_one_puts_the_step_alone_right() -> None:
    found, over = bisected(world(7))
    assert (over[0].switch, over[0].only) == (None, False)
    assert [(one.switch, one.passed) for one in over if one.only] == [(7, True)]
    said = " ".join(found.sentences)
    assert "Step 7 made the run fail, with a probability of" in found.sentences[0]
    assert "the failure came back in 1 of 1 reruns" in said
    assert "With step 7 alone put right 1 of 1 passed: that is enough." in said
    assert "from step 7 on 1 of 1" in said or "from step 8 on 0 of 1" in said
    assert (
        f"It took {len(over)} reruns, {2 * len(over)} calls to models and systems, {0.01 * len(over):.4f}"
        in said
    )
    assert "the later one" in said
    assert "100 %" not in said


def test_it_is_said_where_no_step_helps() -> None:
    found, over = bisected(world(0))
    assert (found.state, found.step, found.confirmed) == (FindingState.NOT_A_STEP, None, None)
    assert found.mass[0] >= 0.9
    assert "None of the recorded calls made the run fail" in found.sentences[0]
    assert any("everything put right from step 1 on 0 of" in one for one in found.sentences)
    assert len(over) <= 2 * log2(STEPS)


def test_a_first_step_that_fails_by_chance_is_not_taken_for_none_of_them_at_once() -> None:
    """Only with everything put right does it succeed, and then half of the times: .5³ are misled."""
    said = [bisected(world(1, a=0.5, seed=seed), budget=Budget(reruns=60))[0] for seed in range(60)]
    assert sum(one.state is FindingState.NOT_A_STEP for one in said) <= 14
    none, over = bisected(world(0))
    assert sum(one.switch == 1 for one in over) == 3
    assert none.state is FindingState.NOT_A_STEP
    at_once, together = bisected(world(0), at_once=4)
    assert at_once.state is FindingState.NOT_A_STEP
    assert sum(one.switch == 1 and not one.only for one in together) == 3


def test_a_random_agent_needs_more_reruns_and_it_is_said_how_random() -> None:
    right, costs = 0, []
    for seed in range(60):
        fault = 1 + seed % STEPS
        found, over = bisected(world(fault, a=0.8, seed=seed), budget=Budget(reruns=60))
        right += found.state is FindingState.SURE and found.step == fault
        costs.append(len(over))
        if any(one.passed is False and (one.switch or 99) <= fault and not one.only for one in over):
            assert any("Reruns are not all alike" in one for one in found.sentences)
    assert right >= 51
    assert sorted(costs)[30] <= 12


@pytest.mark.parametrize("at_once", [2, 4, 8, 20])
def test_several_at_once_ask_different_things_and_find_the_same(at_once: int) -> None:
    for fault in (1, 7, 14, 20):
        made, rounds = world(fault), 0
        over: list[Rerun] = []
        while True:
            asked = Bisection(STEPS, over).next(at_once)
            if isinstance(asked, Finding):
                break
            rounds += 1
            assert len(set(asked)) == len(asked) <= at_once
            over += [replace(made(one), number=n) for n, one in enumerate(asked, len(over) + 1)]
        assert (asked.state, asked.step, asked.confirmed) == (FindingState.SURE, fault, True)
        assert rounds <= 5


def test_what_is_on_its_way_is_not_asked_again_and_is_waited_for() -> None:
    first = Bisection(STEPS, []).next(3)
    assert isinstance(first, list)
    waiting = [Rerun(number=n, switch=one.switch, only=one.only) for n, one in enumerate(first, 1)]
    second = Bisection(STEPS, waiting).next(3)
    assert isinstance(second, list)
    assert not set(first) & set(second)
    many = [Rerun(number=n, switch=n, state=RerunState.TAKEN, attempt=1) for n in range(1, 9)]
    assert Bisection(STEPS, [*waiting, *many]).next(2) == []
    assert Bisection(STEPS, []).next(0) == []


def test_it_goes_on_where_it_stood_whatever_the_order() -> None:
    _, over = bisected(world(9))
    for cut in range(len(over)):
        again, all_of_it = bisected(world(9), reruns=over[:cut])
        assert (again.step, len(all_of_it)) == (9, len(over))
    assert Bisection(STEPS, over[::-1]).next() == Bisection(STEPS, over).next()


@pytest.mark.parametrize(
    ("budget", "field"),
    [
        (Budget(reruns=3), "reruns"),
        (Budget(reruns=None, calls=5), "calls"),
        (Budget(reruns=None, usd=0.025), "usd"),
        (Budget(reruns=None, seconds=3.0), "seconds"),
    ],
)
def test_a_budget_that_runs_out_leaves_what_is_known_and_more_goes_on(budget: Budget, field: str) -> None:
    found, over = bisected(world(9), budget=budget)
    assert found.state is FindingState.UNSURE
    assert len(over) == 3
    assert found.step is not None and 9 in found.credible
    assert f"its budget of {field} is spent" in found.sentences[0]
    after, all_of_it = bisected(world(9), reruns=over)
    assert (after.state, after.step) == (FindingState.SURE, 9)
    assert len(all_of_it) <= 2 * log2(STEPS)


def test_a_failure_that_does_not_come_back_is_not_searched() -> None:
    found, over = bisected(world(9, b=1.0))
    assert found.state is FindingState.CANNOT_TELL
    assert found.step is None
    assert len(over) == 2
    assert found.sentences[0].startswith(
        "The failure does not come back: with every call answered as recorded 2 of 2 reruns passed."
    )


def test_one_that_comes_back_most_times_is() -> None:
    passes = iter([True, False, False])

    def made(asked: Next) -> Rerun:
        if asked.switch is None:
            return done(1, asked, passed=next(passes))
        return world(9)(asked)

    found, _ = bisected(made)
    assert (found.state, found.step) == (FindingState.SURE, 9)
    assert any("came back in 2 of 3 reruns" in one for one in found.sentences)


SILENT: dict[str, dict[str, object]] = {
    "nobody told how they ended": {"ending": None, "passed": None},
    "could not be started": {"ending": Ending.CRASHED, "exit_code": 127, "passed": False},
    "made no call through the gateway": {"matched": 0, "passed": False},
    "recordings that are not whole": {"missed": 1, "holes": 1, "passed": False},
    "did not end in time": {"ending": Ending.HUNG, "passed": False},
    "answers that no recording holds": {"missed": 2, "passed": False},
    "the check could not say": {"passed": None},
    "ended before it came to the step": {"matched": 1, "passed": False},
    "something else than was recorded before the step": {"diverged_at": 1, "missed": 1, "passed": False},
}


@pytest.mark.parametrize("why", SILENT)
def test_reruns_that_say_nothing_are_no_evidence_and_are_said(why: str) -> None:
    """The second question says nothing the first time it is asked."""
    said: list[Next] = []

    def made(asked: Next) -> Rerun:
        if asked.switch not in (None, 1) and not said:
            said.append(asked)
            return done(1, asked, **SILENT[why])  # type: ignore[arg-type]
        return world(9)(asked)

    found, over = bisected(made)
    assert (found.state, found.step) == (FindingState.SURE, 9)
    assert len(over) <= 2 * log2(STEPS) + 1
    assert any(one.startswith("1 rerun is not counted: ") and why in one for one in found.sentences)
    assert [why in one.why for one in found.tried].count(True) == 1


@pytest.mark.parametrize("why", SILENT)
def test_where_no_rerun_says_anything_it_ends_early_and_says_why(why: str) -> None:
    def made(asked: Next) -> Rerun:
        if asked.switch is None and why in ("did not end in time", "ended before it came to the step"):
            return done(1, asked, passed=None)
        return done(1, asked, **SILENT[why])  # type: ignore[arg-type]

    found, over = bisected(made)
    assert found.state is FindingState.CANNOT_TELL
    assert found.step is None and found.confidence == 0
    assert len(over) <= 5
    assert "It cannot be told which step it was" in found.sentences[0]
    assert any(why in one for one in found.sentences)


def test_calls_that_the_recorded_agent_gave_up_on_are_not_missed() -> None:
    found, _ = bisected(lambda asked: replace(world(9)(asked), unused=1))
    assert (found.state, found.step) == (FindingState.SURE, 9)


def test_a_run_that_hung_and_hangs_again_failed() -> None:
    def made(asked: Next) -> Rerun:
        right = asked.switch == 9 if asked.only else (asked.switch or 99) <= 9
        return done(1, asked, passed=right, ending=Ending.ANSWERED if right else Ending.HUNG)

    found, _ = bisected(made)
    assert (found.state, found.step, found.confirmed) == (FindingState.SURE, 9, True)


def test_an_agent_that_reads_the_clock_at_a_step_is_searched_up_to_there() -> None:
    """Beyond step 12 it never does the same again: what lies before is told apart, the rest is not."""

    def made(asked: Next) -> Rerun:
        if asked.switch is None or asked.switch > 12:
            return done(1, asked, passed=False, diverged_at=12, missed=1)
        return world(5)(asked)

    found, _ = bisected(made)
    assert (found.state, found.step) == (FindingState.SURE, 5)
    assert any("It did so at step 12." in one for one in found.sentences)
    assert any("was not seen" in one for one in found.sentences)

    def later(asked: Next) -> Rerun:
        if asked.switch is None or asked.switch > 12:
            return done(1, asked, passed=False, diverged_at=12, missed=1)
        return world(16)(asked)

    unsure, over = bisected(later, budget=Budget(reruns=40))
    assert unsure.state is FindingState.UNSURE
    assert min(unsure.credible) >= 12 and 16 in unsure.credible
    assert len(over) <= 8


@pytest.mark.parametrize("at_once", [1, 4])
def test_steps_between_which_no_rerun_says_anything_do_not_use_up_the_budget(at_once: int) -> None:
    """Put right from one of the steps 2 to 5 on they say nothing: 6 fails, and to ask it again is no use."""

    def made(asked: Next) -> Rerun:
        if asked.switch in (2, 3, 4, 5):
            return done(1, asked, passed=False, missed=1)
        return world(3)(asked)

    before = [done(n, Next(m, only=False), passed=False) for n, m in enumerate((None, 11, 6), 1)]
    found, over = bisected(made, at_once=at_once, budget=Budget(reruns=60), reruns=before)
    assert found.state is FindingState.UNSURE
    assert {1, *found.credible} == {1, 2, 3, 4, 5}
    assert "no rerun that says anything tells those that are left apart" in found.sentences[0]
    assert len(over) <= 24 and sum(one.switch == 6 for one in over) <= 4


def test_a_step_that_is_not_enough_by_itself_is_said() -> None:
    found, over = bisected(world(6, alone=False), budget=Budget(reruns=40))
    assert (found.state, found.step, found.confirmed) == (FindingState.SURE, 6, False)
    assert any("that alone is not enough" in one for one in found.sentences)
    assert any("A later step is wrong as well" in one for one in found.sentences)
    assert sum(one.only for one in over) <= 4


def test_a_step_that_cannot_be_put_right_alone_is_found_and_not_confirmed() -> None:
    def made(asked: Next) -> Rerun:
        return done(1, asked, passed=False, missed=1) if asked.only else world(6)(asked)

    found, _ = bisected(made)
    assert (found.state, found.step, found.confirmed) == (FindingState.SURE, 6, None)
    assert any("by itself could not be tried" in one for one in found.sentences)


def test_a_ranking_saves_reruns_where_it_is_right_and_costs_few_where_not() -> None:
    prior = [0.02] * STEPS
    prior[12] = 1.0
    good, fewer = bisected(world(13), prior=prior)
    bad, more = bisected(world(3), prior=prior)
    plain = len(bisected(world(13))[1])
    assert (good.step, bad.step) == (13, 3)
    assert len(fewer) < plain
    assert len(more) <= plain + 4


def test_what_holds_without_a_prior_is_said_where_it_says_something() -> None:
    found, _ = bisected(world(6))
    assert set(found.credible) == {6}
    assert 6 in found.not_excluded
    # Six reruns exclude little by themselves: the claim rests on agents being mostly the same twice.
    assert len(found.not_excluded) > 1


def test_json_in_is_json_out() -> None:
    for made in (world(7), world(0), world(9, b=1.0)):
        found, _ = bisected(made)
        assert finding_of(finding_json(found)) == found
    for text in ("", "{}", "[]", '{"tried": [{"x": 1}]}', '{"state": "sure"}'):
        with pytest.raises(ValueError, match="finding: "):
            finding_of(text)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="confidence: "):
        Bisection(3, [], confidence=1.0)
    with pytest.raises(ValueError, match="steps: "):
        Bisection(0, [])
    with pytest.raises(ValueError, match="switch: 1 to 4"):
        Bisection(3, [done(1, Next(9, only=False), passed=True)])
    with pytest.raises(ValueError, match="prior: 3"):
        Bisection(3, [], prior=[1.0])
