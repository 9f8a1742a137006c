"""What is usual, and what lies far beyond it."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.domain.run import Run, RunStatus
from roadworthy.features.judge.detector import Detector
from roadworthy.features.judge.detectors import cost_outlier, latency_outlier, token_outlier
from roadworthy.features.judge.history import ENOUGH, NO_HISTORY, History, beyond, history_of
from roadworthy.features.judge.transcript import Transcript

DETECTORS = (latency_outlier.DETECTOR, token_outlier.DETECTOR, cost_outlier.DETECTOR)


def _run(factor: float = 1.0, **fields: Any) -> Run:
    known: dict[str, Any] = {
        "project": "p",
        "id": "r",
        "sort_ns": 1,
        "status": RunStatus.OK,
        "duration_ns": int(2e9 * factor),
        "input_tokens": int(1000 * factor),
        "output_tokens": int(100 * factor),
        "cost_usd": 0.01 * factor,
        "model_calls": 3,
        "root_span_id": "a" * 16,
    }
    return Run(**{**known, **fields})


def _history(n: int = 200) -> History:
    draw = random.Random(5)
    return history_of(_run(math.exp(draw.gauss(0, 0.3))) for _ in range(n))


@pytest.mark.parametrize("detector", DETECTORS)
def test_far_beyond(detector: Detector) -> None:
    [finding] = detector.detect(Transcript(_run(10), []), _history())
    assert finding.mode == "outlier" and "times" in finding.reason and finding.reason.endswith(".")
    assert not detector.suspicious


@pytest.mark.parametrize("detector", DETECTORS)
@pytest.mark.parametrize("factor", [0.0, 0.5, 1.0, 1.9])
def test_within(detector: Detector, factor: float) -> None:
    assert not detector.detect(Transcript(_run(factor), []), _history())


@pytest.mark.parametrize("detector", DETECTORS)
def test_silent_while_nothing_is_usual(detector: Detector) -> None:
    far = Transcript(_run(1e6), [])
    assert not detector.detect(far, NO_HISTORY)
    assert not detector.detect(far, _history(ENOUGH - 1))
    unknown = _run(duration_ns=None, input_tokens=None, output_tokens=None, cost_usd=None)
    assert not detector.detect(Transcript(unknown, []), _history())


def test_only_runs_that_ended_well_are_usual() -> None:
    failed = [_run(100, status=RunStatus.ERROR) for _ in range(50)]
    running = [_run(100, status=RunStatus.RUNNING) for _ in range(50)]
    assert history_of([*failed, *running]) == NO_HISTORY
    assert history_of([*failed, *(_run() for _ in range(ENOUGH))]).figures["cost_usd"].p99 == 0.01


def test_unknown_figures_are_left_out() -> None:
    history = history_of(_run(cost_usd=None) for _ in range(50))
    assert "cost_usd" not in history.figures and history.figures["total_tokens"].median == 1100
    assert history_of(_run(cost_usd=math.nan) for _ in range(50)).figures.keys() == history.figures.keys()


@given(st.lists(st.integers(0, 10**12), min_size=ENOUGH, max_size=100))
def test_quantiles_are_numpys(values: list[int]) -> None:
    usual = history_of(_run(duration_ns=value) for value in values).figures["duration_ns"]
    wanted = np.quantile(np.array(values, dtype=float), [0.5, 0.75, 0.99])
    assert np.allclose([usual.median, usual.p75, usual.p99], wanted)
    assert beyond(history_of(_run(duration_ns=value) for value in values), "duration_ns", usual.p99) is None


def test_figures_that_never_vary() -> None:
    history = history_of(_run(model_calls=0) for _ in range(50))
    assert beyond(history, "model_calls", 0) is None and beyond(history, "model_calls", 1) is not None
