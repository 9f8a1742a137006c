"""What is said of a judge's quality, worked out by hand and in simulation."""

from __future__ import annotations

import random

import pytest

from roadworthy.features.judge.judges.judgement import Judgement
from roadworthy.features.judge.judges.pairwise import Comparison, Preference
from roadworthy.features.judge.judges.quality import DAY_NS, Pair, agreement, drift, pair, stability

LABELS = ("good", "bad")


def pairs(*said: tuple[str, str], day: int = 0, sampled: float | None = 0.1) -> list[Pair]:
    return [
        Pair(run_id=f"{day}-{n}", judge=judge, person=person, at_ns=day * DAY_NS, sampled=sampled)
        for n, (judge, person) in enumerate(said)
    ]


def judgement(label: str, *, sampled: float | None = None) -> Judgement:
    return Judgement(
        judge="j",
        version="v",
        rubric="r",
        rubric_version=1,
        model="m",
        value=None,
        label=label,
        sampled=sampled,
    )


def test_agreement_by_hand() -> None:
    """Cohen's own kind of table: 20 + 15 of 50 agree, by chance 25 would."""
    said = pairs(
        *[("good", "good")] * 20, *[("bad", "good")] * 5, *[("good", "bad")] * 10, *[("bad", "bad")] * 15
    )

    found = agreement(said, labels=LABELS)

    assert found.n == 50
    assert found.equal is not None and found.equal.share == pytest.approx(0.7)
    assert found.equal.interval.low < 0.7 < found.equal.interval.high
    assert found.kappa is not None and found.kappa.kappa == pytest.approx(0.4)
    assert found.kappa.low < 0.4 < found.kappa.high
    assert [(cell.person, cell.judge, cell.count) for cell in found.confusion] == [
        ("good", "good", 20),
        ("good", "bad", 5),
        ("bad", "good", 10),
        ("bad", "bad", 15),
    ]
    assert found.only_drawn and not found.too_few


def test_a_judge_that_says_nothing_neither_agrees_nor_disagrees() -> None:
    silent = pair(judgement("unknown"), run_id="a", person="good", at_ns=0)

    found = agreement([silent, *pairs(("good", "good"))], labels=LABELS)

    assert (found.n, found.without_verdict) == (1, 1)
    assert found.equal is not None and found.equal.share == 1
    assert found.too_few


def test_nothing_to_count_is_none_and_no_zero() -> None:
    found = agreement([], labels=LABELS)

    assert (found.n, found.equal, found.kappa, found.only_drawn) == (0, None, None, False)
    assert drift([], labels=LABELS).change is None
    assert stability([]) is None
    # Where both always say the same, chance alone would agree, too.
    assert agreement(pairs(("good", "good"), ("good", "good")), labels=LABELS).kappa is None


def test_runs_that_were_picked_are_told_from_runs_at_large() -> None:
    drawn, picked = pairs(("good", "good")), pairs(("bad", "bad"), sampled=None)

    assert agreement(drawn, labels=LABELS).only_drawn
    assert not agreement([*drawn, *picked], labels=LABELS).only_drawn


def test_a_judge_that_grows_worse_is_seen_and_a_steady_one_is_not() -> None:
    agree, differ = ("good", "good"), ("good", "bad")
    before = [one for week in range(4) for one in pairs(*[agree] * 45, *[differ] * 5, day=7 * week)]
    worse = pairs(*[agree] * 30, *[differ] * 20, day=28)
    steady = pairs(*[agree] * 44, *[differ] * 6, day=28)

    fell, held = drift([*before, *worse], labels=LABELS), drift([*before, *steady], labels=LABELS)

    assert fell.drifted and fell.change == pytest.approx(-0.3)
    assert not held.drifted
    assert [one.from_day for one in fell.periods] == [
        "1970-01-01",
        "1970-01-08",
        "1970-01-15",
        "1970-01-22",
        "1970-01-29",
    ]


def test_steady_judges_seem_to_drift_as_seldom_as_the_interval_says() -> None:
    random.seed(7)
    alarms = 0
    for _ in range(400):
        said = [
            one
            for week in range(3)
            for one in pairs(
                *[("good", "good" if random.random() < 0.8 else "bad") for _ in range(60)], day=7 * week
            )
        ]
        alarms += drift(said, labels=LABELS).drifted

    assert alarms / 400 < 0.08


def test_order_stability_counts_pairs_that_hold_when_swapped() -> None:
    def comparison(forward: str, backward: str, preference: Preference) -> Comparison:
        return Comparison(
            preference=preference, order_stable=None, forward=judgement(forward), backward=judgement(backward)
        )

    found = stability(
        [
            comparison("first", "second", Preference.A),
            comparison("tie", "tie", Preference.TIE),
            comparison("first", "first", Preference.TIE),
            comparison("first", "tie", Preference.TIE),
            comparison("first", "unknown", Preference.UNKNOWN),
        ]
    )

    assert found is not None
    assert (found.share, found.n) == (0.5, 4)
