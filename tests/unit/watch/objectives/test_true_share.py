"""What an objective of judged success achieved, corrected for the judge's error."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import pytest

from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.domain.objective import Indicator, IndicatorKind, Objective
from roadworthy.domain.run import Outcome, Run
from roadworthy.features.watch.objectives.periods import period_at
from roadworthy.features.watch.objectives.true_share import Correction, TrueShare, TrueShares, true_share
from tests.unit.watch.objectives.runs import DAY, NOW, a_run, objective, write

JUDGED = objective(indicator=Indicator(kind=IndicatorKind.JUDGED_SUCCESS))
RATE = 0.2


def _share(store: MemoryTelemetryStore, one: Objective = JUDGED) -> TrueShare:
    return true_share(store, one, period=period_at(one.window, NOW))


def _traffic(seed: int, *, runs: int, labels: int) -> list[Run]:
    """A fifth fails; the model finds .7 of these and calls .15 of the others failures."""
    rng = random.Random(seed)
    made = []
    for number in range(runs):
        failed = rng.random() < RATE
        seen = rng.random() < (0.7 if failed else 0.15)
        run = a_run(number + 1, at_s=NOW - DAY, p_failure=0.9 if seen else 0.05)
        if number < labels:
            said = Outcome.FAILURE if failed else Outcome.SUCCESS
            run = replace(run, outcome=said, outcome_source="reviewer")
        made.append(run)
    return made


def test_the_interval_covers_the_true_share_and_the_raw_share_is_biased() -> None:
    covered, raw = 0, []
    for seed in range(60):
        store = MemoryTelemetryStore()
        write(store, _traffic(seed, runs=500, labels=80))
        found = _share(store)
        assert found.state is Correction.CORRECTED
        assert (found.labels, found.judged_alone) == (80, 420)
        assert found.interval is not None
        assert found.raw is not None
        covered += found.interval.low <= 1 - RATE <= found.interval.high
        raw.append(found.raw)
    assert covered >= 52
    assert sum(raw) / len(raw) < 0.785


def test_below_ten_labels_nothing_is_corrected() -> None:
    store = MemoryTelemetryStore()
    write(store, _traffic(1, runs=200, labels=9))

    found = _share(store)

    assert (found.state, found.labels) == (Correction.TOO_FEW_LABELS, 9)
    assert (found.value, found.interval) == (None, None)
    assert found.raw is not None


def test_what_programs_said_counts_as_they_said() -> None:
    store = MemoryTelemetryStore()
    judged = _traffic(2, runs=300, labels=60)
    write(store, judged)
    alone = _share(store)
    said = [
        a_run(9_000 + n, at_s=NOW - DAY, outcome=Outcome.SUCCESS, outcome_source="sdk", p_failure=0.9)
        for n in range(700)
    ]
    write(store, said)

    found = _share(store)

    assert alone.value is not None
    assert alone.interval is not None
    assert found.interval is not None
    assert found.value == pytest.approx(0.7 + 0.3 * alone.value)
    assert found.interval.low == pytest.approx(0.7 + 0.3 * alone.interval.low)
    assert (found.labels, found.judged_alone) == (60, 240)


def test_labels_that_are_all_alike_leave_doubt() -> None:
    store = MemoryTelemetryStore()
    fine = [
        a_run(n + 1, at_s=NOW - DAY, p_failure=0.02, outcome=Outcome.SUCCESS, outcome_source="reviewer")
        for n in range(12)
    ]
    write(store, [*fine, *(a_run(100 + n, at_s=NOW - DAY, p_failure=0.02) for n in range(50))])

    found = _share(store)

    assert found.value == 1
    assert found.interval is not None
    assert 0.6 < found.interval.low < 0.9


def test_nothing_is_to_be_corrected_where_no_word_is_the_models() -> None:
    store = MemoryTelemetryStore()
    assert (_share(store).state, _share(store).raw) == (Correction.NOT_NEEDED, None)
    write(store, _traffic(3, runs=40, labels=40))
    assert _share(store).state is Correction.NOT_NEEDED


def test_only_runs_of_the_objective_and_its_period_count() -> None:
    store = MemoryTelemetryStore()
    held = _traffic(4, runs=100, labels=20)
    write(store, [replace(run, release="2") for run in held])
    write(store, [replace(run, id=f"a{run.id[1:]}", agent="other") for run in held])
    write(store, [replace(run, id=f"b{run.id[1:]}", sort_ns=run.sort_ns - 40 * DAY * 10**9) for run in held])

    assert _share(store).labels == 20
    assert _share(store, replace(JUDGED, release="2")).judged_alone == 80
    assert _share(store, replace(JUDGED, release="1")).judged_alone == 0


def test_kinds_that_no_model_judges_have_no_correction() -> None:
    shares = TrueShares(MemoryTelemetryStore())
    period = period_at(JUDGED.window, time.time())
    assert shares.of(objective(), period=period) is None
    assert shares.of(JUDGED, period=period) is not None
