from __future__ import annotations

import numpy as np
import pytest

from roadworthy.stats.conformal_drift import InputDrift, InputReference, envelope

RNG = np.random.default_rng(9)
REFERENCE = InputReference.built(RNG.normal(size=(1200, 6)))


def ps(rows: np.ndarray, reference: InputReference = REFERENCE) -> tuple[list[float], list[float]]:
    found = [reference.judge(row, identity=f"run-{number}") for number, row in enumerate(rows)]
    return [each.p for each in found], [each.p_bound for each in found]


def test_inputs_like_the_reference_have_uniform_p() -> None:
    plain, bound = ps(RNG.normal(size=(3000, 6)))

    for share in (0.05, 0.25, 0.5, 0.75):
        assert np.mean(np.array(plain) <= share) == pytest.approx(share, abs=0.04)
        assert np.mean(np.array(bound) <= share) <= share + 0.01
    assert min(plain) > 0
    assert max(bound) <= 1


def test_a_stranger_is_a_tail_input() -> None:
    stranger = REFERENCE.judge(np.full(6, 9.0), identity="a")

    assert stranger.tail
    assert not REFERENCE.judge(np.zeros(6), identity="a").tail
    assert stranger.distance > REFERENCE.distances[-1]


def test_ties_are_broken_by_the_id_and_always_alike() -> None:
    """Inputs of five values: the distances have few values, p is still uniform."""
    rows = RNG.integers(0, 5, size=(1200, 1)).astype(float)
    reference = InputReference.built(rows)
    plain, bound = ps(RNG.integers(0, 5, size=(3000, 1)).astype(float), reference)

    for share in (0.1, 0.5, 0.9):
        assert np.mean(np.array(plain) <= share) == pytest.approx(share, abs=0.05)
        assert np.mean(np.array(bound) <= share) <= share + 0.01
    again = [reference.judge([2.0], identity=name).p for name in ("a", "b", "a")]
    assert again[0] == again[2] != again[1]


@pytest.mark.parametrize("n", [50, 140, 300, 1000])
def test_the_envelope_holds_for_nine_references_in_ten(n: int) -> None:
    limits = envelope(n)
    uniforms = np.sort(np.random.default_rng(77).random((4000, n)), axis=1)

    assert 0.89 <= np.mean((uniforms <= limits).all(axis=1)) <= 0.93
    assert (np.diff(limits) > 0).all()
    assert 0 < limits[0] < limits[-1] < 1
    assert limits[0] < 10 / n


def test_order_and_company_change_no_bit() -> None:
    rows = RNG.normal(size=(50, 6))
    together = [REFERENCE.judge(row, identity=str(n)) for n, row in enumerate(rows)]
    backwards = [REFERENCE.judge(rows[n], identity=str(n)) for n in reversed(range(50))]

    assert together == backwards[::-1]


def test_a_reference_survives_being_kept() -> None:
    kept = InputReference.from_bytes(REFERENCE.to_bytes())

    row = np.linspace(-1, 1, 6)
    assert kept.judge(row, identity="x") == REFERENCE.judge(row, identity="x")
    for broken in (b"", b"PK\x03\x04 not a zip", REFERENCE.to_bytes()[:-100]):
        with pytest.raises(ValueError, match="reference"):
            InputReference.from_bytes(broken)


def test_memory_is_bounded() -> None:
    large = InputReference.built(RNG.normal(size=(9000, 3)))

    assert large.points.shape == (1000, 3)
    assert large.distances.shape == (1000,)


def test_columns_that_never_change_and_single_values_do_no_harm() -> None:
    rows = np.c_[np.ones(200), RNG.normal(size=200)]
    reference = InputReference.built(rows)

    assert np.isfinite(reference.judge([1.0, 0.0], identity="a").distance)
    assert reference.judge([5.0, 0.0], identity="a").tail or reference.judge([500.0, 0.0], identity="a").tail
    same = InputReference.built(np.ones((200, 2)))
    assert same.judge([1.0, 1.0], identity="a").p_bound == 1


def test_bad_inputs_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="inputs: at least 100"):
        InputReference.built(np.zeros((99, 2)))
    with pytest.raises(ValueError, match="inputs"):
        InputReference.built(np.zeros(200))
    with pytest.raises(ValueError, match="finite"):
        InputReference.built(np.full((200, 2), np.nan))
    with pytest.raises(ValueError, match="vector"):
        REFERENCE.judge([1.0], identity="a")
    with pytest.raises(ValueError, match="vector"):
        REFERENCE.judge([float("inf")] * 6, identity="a")
    with pytest.raises(ValueError, match="kappas"):
        InputDrift(10.0, kappas=[1.0])
    for p in (0.0, 1.1, float("nan")):
        with pytest.raises(ValueError, match="p:"):
            InputDrift(10.0).observe(p)


def test_drift_is_found_and_dated_and_the_state_survives() -> None:
    detector = InputDrift(1e5)
    _, bound = ps(np.r_[RNG.normal(size=(300, 6)), RNG.normal(1.2, 1, size=(200, 6))])

    found = []
    for number, p in enumerate(bound, 1):
        alarmed = detector.observe(p)
        kept, detector = detector.state, InputDrift(1e5)
        detector.state = kept
        found += [(number, number - alarmed.age)] if alarmed else []

    assert 300 < found[0][0] < 400
    assert abs(found[0][1] - 300) < 40
