from __future__ import annotations

from math import exp, expm1, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.stats.e_detector import SHIFTS, EDetector, EDetectors
from roadworthy.stats.shiryaev_roberts import LARGEST_PATIENCE, Alarmed, ShiryaevRoberts

SHARE = st.floats(0, 1)
RESULT = st.tuples(st.integers(0, 30), SHARE, SHARE, st.floats(0, 1e6), SHARE)


@given(q0=st.floats(0.001, 0.999), q=st.floats(0.001, 0.999))
def test_the_likelihood_ratio_is_the_textbooks(q0: float, q: float) -> None:
    """λ = (q1 - q0)/(q0 (1 - q0)), written without dividing by q0; and its mean is 1 under the null, 1 or
    less under anything better."""
    for shift in SHIFTS:
        logit = log(q0 / (1 - q0)) + shift
        q1 = 1 / (1 + exp(-logit))
        c = expm1(shift)

        for x in (0.0, 0.3, 1.0):
            assert 1 + c / (1 + c * q0) * (x - q0) == pytest.approx(
                1 + (q1 - q0) / (q0 * (1 - q0)) * (x - q0), rel=1e-9
            )
        mean = q * (1 + c / (1 + c * q0) * (1 - q0)) + (1 - q) * (1 - c / (1 + c * q0) * q0)
        assert mean <= 1 + 1e-12 or q > q0


def test_first_steps_worked_out_by_hand() -> None:
    one = EDetector(1e9, shifts=[log(3)])

    one.observe(1.0, q0=0.5)
    assert one.standing.evidence == pytest.approx(1.5)  # (1 + 0)(1 + 2)/(1 + 1)
    one.observe(0.0, q0=0.5)
    assert one.standing.evidence == pytest.approx(1.25)  # (1 + 1.5) / 2
    assert one.standing.n == 2
    one.observe(1.0, q0=0.5, dt=4.0)
    assert one.standing.evidence == pytest.approx(5.25 * 1.5)


def test_it_alarms_at_the_threshold_and_starts_anew() -> None:
    one = EDetector(1.5, shifts=[log(3)])

    alarmed = one.observe(1.0, q0=0.5)

    assert alarmed == Alarmed(evidence=1.5, threshold=1.5, age=1.0, n=1)
    assert one.standing.evidence == 0
    assert one.standing.n == 0
    assert one.standing.age == 0


def test_a_change_is_dated() -> None:
    rng = np.random.default_rng(5)
    errors = []
    for _ in range(60):
        one = EDetector(1e6)
        results = np.r_[rng.random(3000) < 0.06, rng.random(1000) < 0.21]
        for number, x in enumerate(results.tolist(), 1):
            alarmed = one.observe(float(x), q0=0.06)
            if alarmed is not None and number > 3000:
                errors.append(number - alarmed.age - 3000)
                break

    assert len(errors) == 60
    assert abs(float(np.median(errors))) <= 15
    assert float(np.quantile(np.abs(errors), 0.9)) <= 60


@settings(max_examples=150, deadline=None)
@given(
    results=st.lists(RESULT, max_size=120),
    cuts=st.lists(st.integers(1, 40), max_size=8),
    threshold=st.sampled_from([2.0, 50.0, 1e9]),
)
def test_batches_one_by_one_and_restarts_give_the_same_bits(
    results: list[tuple[int, float, float, float, float]], cuts: list[int], threshold: float
) -> None:
    singles = [EDetector(threshold) for _ in range(31)]
    expected: list[tuple[int, int, Alarmed]] = []
    evidence: list[float] = []
    for place, (monitor, x, q0, dt, weight) in enumerate(results):
        alarmed = singles[monitor].observe(x, q0=q0, dt=dt, weight=weight)
        if alarmed is not None:
            expected.append((place, monitor, alarmed))
        evidence.append(singles[monitor].standing.evidence if alarmed is None else alarmed.evidence)

    many = EDetectors([threshold] * 31)
    raised: list[tuple[int, int, Alarmed]] = []
    seen: list[float] = []
    start = 0
    for size in [*cuts, len(results)]:
        part = results[start : start + size]
        columns = list(zip(*part, strict=True)) or [(), (), (), (), ()]
        found = many.observe(columns[0], x=columns[1], q0=columns[2], dt=columns[3], weight=columns[4])
        raised += [(start + each.position, each.monitor, each.alarmed) for each in found.raised]
        seen += found.evidence.tolist()
        start += len(part)
        kept = many.states(range(31))
        many = EDetectors([threshold] * 31)
        for monitor, state in enumerate(kept):
            many.set_state(monitor, state)

    assert raised == expected
    assert seen == evidence
    assert [many.state(monitor) for monitor in range(31)] == [one.state for one in singles]
    assert many.evidence.tolist() == [one.standing.evidence for one in singles]
    assert many.ages.tolist() == [one.standing.age for one in singles]


def test_one_result_for_all_is_the_same_as_each_by_itself() -> None:
    rng = np.random.default_rng(2)
    many, singles = EDetectors([30.0] * 200), [EDetector(30.0) for _ in range(200)]
    raised = 0
    for _ in range(100):
        x, q0 = rng.random(200), rng.random(200) * 0.5
        raised += len(many.observe_all(x, q0=q0).raised)
        raised -= sum(
            one.observe(a, q0=b) is not None
            for one, a, b in zip(singles, x.tolist(), q0.tolist(), strict=True)
        )

    assert raised == 0
    assert [many.state(m) for m in range(200)] == [one.state for one in singles]


def test_one_taken_out_goes_on_by_itself() -> None:
    many = EDetectors([100.0, 200.0])
    many.observe([1, 1, 0], x=[1.0, 0.5, 1.0], q0=0.1)

    one = many.one(1)

    assert one.threshold == 200.0
    assert one.state == many.state(1)
    assert one.standing.n == 2


@given(x=SHARE, q0=st.sampled_from([0.0, 1.0, 1e-300]))
def test_edges_of_the_baseline_give_finite_evidence(x: float, q0: float) -> None:
    one = EDetector(LARGEST_PATIENCE)

    for _ in range(200):
        one.observe(x, q0=q0)
        assert 0 <= one.standing.evidence <= LARGEST_PATIENCE


def test_failures_alone_alarm_within_a_few_results() -> None:
    one = EDetector(1e6)

    steps = next(n for n in range(1, 100) if one.observe(1.0, q0=0.02))

    assert steps <= 7


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("x", {"x": 1.5}),
        ("x", {"x": float("nan")}),
        ("x", {"x": -0.1}),
        ("q0", {"q0": 2.0}),
        ("q0", {"q0": float("nan")}),
        ("dt", {"dt": -1.0}),
        ("dt", {"dt": float("inf")}),
        ("weight", {"weight": 1.1}),
    ],
)
def test_what_is_no_share_is_refused_by_name_and_changes_nothing(name: str, bad: dict[str, float]) -> None:
    good = {"x": 1.0, "q0": 0.1, "dt": 1.0, "weight": 1.0}
    one, many = EDetector(100.0), EDetectors([100.0, 100.0])
    one.observe(1.0, q0=0.1)
    before = one.state, many.states([0, 1])

    with pytest.raises(ValueError, match=name):
        one.observe((good | bad)["x"], **{k: v for k, v in (good | bad).items() if k != "x"})
    columns = {k: [good[k], (good | bad)[k]] for k in good}
    with pytest.raises(ValueError, match=name):
        many.observe([0, 1], **columns)
    with pytest.raises(ValueError, match=name):
        many.observe_all(columns["x"], q0=columns["q0"], dt=columns["dt"], weight=columns["weight"])

    assert (one.state, many.states([0, 1])) == before


def test_wrong_indices_thresholds_shifts_and_states_are_refused() -> None:
    with pytest.raises(ValueError, match="monitors"):
        EDetectors([5.0]).observe([1], x=1.0, q0=0.1)
    with pytest.raises(ValueError, match="monitors"):
        EDetectors([5.0]).observe([-1], x=1.0, q0=0.1)
    for threshold in (0.0, -1.0, float("nan"), float("inf"), 1e16):
        with pytest.raises(ValueError, match="threshold"):
            EDetector(threshold)
    with pytest.raises(ValueError, match="shifts"):
        EDetector(5.0, shifts=[])
    with pytest.raises(ValueError, match="shifts"):
        EDetectors([5.0], shifts=[-0.5])
    one = EDetector(5.0)
    for state in (b"", one.state[:-8], one.state[:-8] + b"\xff" * 8):
        with pytest.raises(ValueError, match="state"):
            one.state = state
    with pytest.raises(ValueError, match="ratios"):
        one.advance([1.0])
    with pytest.raises(ValueError, match="ratios"):
        one.advance([float("nan")] * len(SHIFTS))
    with pytest.raises(ValueError, match="weights"):
        ShiryaevRoberts(5.0, weights=[0.5, 0.6])


def test_no_results_are_no_news() -> None:
    found = EDetectors([5.0]).observe([], x=[], q0=[])

    assert found.evidence.size == 0
    assert found.raised == ()


def test_weighing_makes_up_for_drawing_failures_more_often() -> None:
    """Failures are drawn with .5, successes with .1: unweighed the rate seen is .13 for .03; with the
    smallest probability over their own, evidence stays where it would be."""
    rng = np.random.default_rng(3)
    alarms = {True: 0, False: 0}
    for weighed in alarms:
        many = EDetectors([5000.0] * 40)
        for _ in range(5000):
            x = (rng.random(40) < 0.03).astype(float)
            drawn = np.where(x > 0, 0.5, 0.1)
            taken = np.nonzero(rng.random(40) < drawn)[0]
            weight = 0.1 / drawn[taken] if weighed else 1.0
            alarms[weighed] += len(many.observe(taken, x=x[taken], q0=0.03, weight=weight).raised)

    assert alarms[True] <= 2
    assert alarms[False] > 100
