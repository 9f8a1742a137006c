"""Error budgets over runs in a store: what counts, what is left, how fast it burns."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from typing import Any

import pytest

from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.telemetry import TallyQuery, TallyRow, TelemetryBatch
from roadworthy.domain.objective import Budgeting, Indicator, IndicatorKind, Objective, TimeSlice, TimeWindow
from roadworthy.domain.run import Outcome, Run, RunStatus
from roadworthy.domain.score import Score
from roadworthy.features.watch.objectives.budgets import BudgetNow, budget_now, history
from roadworthy.features.watch.objectives.counting import Counts, stretches
from roadworthy.stats.burn_rate import WINDOWS
from tests.unit.watch.objectives.runs import DAY, HOUR, NOW, NS, a_run, good_and_bad, objective, write


class CountedStore(MemoryTelemetryStore):
    """Says how often it was read."""

    tallied = 0

    def tally(self, project: str, query: TallyQuery) -> list[TallyRow]:
        self.tallied += 1
        return super().tally(project, query)


@pytest.fixture
def store() -> CountedStore:
    return CountedStore()


def _now(store: MemoryTelemetryStore, one: Objective, *, now_s: float = NOW) -> BudgetNow:
    counts = Counts(store)
    counts.follow("default", [one], now_s=now_s)
    buckets = counts.of(one)
    assert buckets is not None
    return budget_now(one, buckets, now_s=now_s)


def test_a_budget_is_spent_by_failures_and_not_by_what_is_unknown(store: CountedStore) -> None:
    runs = good_and_bad(1, good=970, bad=30, from_s=NOW - 20 * DAY, to_s=NOW - HOUR)
    runs += [a_run(5000 + n, at_s=NOW - 10 * DAY) for n in range(200)]
    runs += [a_run(9000 + n, at_s=NOW - DAY, agent="other", outcome=Outcome.FAILURE) for n in range(9)]
    runs += [a_run(9100, at_s=NOW - 30 * DAY, outcome=Outcome.FAILURE)]
    write(store, runs)

    now = _now(store, objective())

    assert (now.events.good, now.events.bad, now.events.unknown) == (970, 30, 200)
    assert now.allowed == pytest.approx(50)
    assert now.left == pytest.approx(0.4)
    assert now.achieved == pytest.approx(0.97)


def test_nothing_known_leaves_the_budget_untouched(store: CountedStore) -> None:
    write(store, [a_run(n, at_s=NOW - HOUR) for n in range(50)])

    now = _now(store, objective())

    assert (now.left, now.achieved, now.exhausted_in_s) == (1.0, None, None)
    assert not any(rate.fires or rate.enough for rate in now.rates)


_INDICATORS: list[tuple[Indicator, dict[str, Any], tuple[float, float, float]]] = [
    (Indicator(kind=IndicatorKind.COMPLETION), {"outcome": Outcome.SUCCESS}, (1, 0, 0)),
    (Indicator(kind=IndicatorKind.COMPLETION), {"p_failure": 0.9}, (0, 0, 1)),
    (Indicator(kind=IndicatorKind.JUDGED_SUCCESS), {"p_failure": 0.25}, (0.75, 0.25, 0)),
    (
        Indicator(kind=IndicatorKind.JUDGED_SUCCESS),
        {"p_failure": 0.25, "outcome": Outcome.FAILURE},
        (0, 1, 0),
    ),
    (Indicator(kind=IndicatorKind.JUDGED_SUCCESS), {}, (0, 0, 1)),
    (Indicator(kind=IndicatorKind.ERROR_FREE), {"status": RunStatus.ERROR}, (0, 1, 0)),
    (Indicator(kind=IndicatorKind.ERROR_FREE), {"status": RunStatus.RUNNING}, (0, 0, 1)),
    (Indicator(kind=IndicatorKind.LATENCY, threshold=1000), {"duration_ns": NS}, (1, 0, 0)),
    (Indicator(kind=IndicatorKind.LATENCY, threshold=999.9), {"duration_ns": NS}, (0, 1, 0)),
    (Indicator(kind=IndicatorKind.LATENCY, threshold=1000), {"duration_ns": None}, (0, 0, 1)),
    (Indicator(kind=IndicatorKind.COST, threshold=0.5), {"cost_usd": 0.5}, (1, 0, 0)),
    (Indicator(kind=IndicatorKind.COST, threshold=0.5), {"cost_usd": 0.51}, (0, 1, 0)),
    (Indicator(kind=IndicatorKind.COST, threshold=0.5), {}, (0, 0, 1)),
    (Indicator(kind=IndicatorKind.TOOL_SUCCESS), {"tool_calls": 5, "failed_tool_calls": 2}, (3, 2, 0)),
    (Indicator(kind=IndicatorKind.TOOL_SUCCESS), {}, (0, 0, 0)),
]


@pytest.mark.parametrize(("indicator", "changes", "expected"), _INDICATORS)
def test_what_an_indicator_counts(
    store: CountedStore,
    indicator: Indicator,
    changes: dict[str, Any],
    expected: tuple[float, float, float],
) -> None:
    write(store, [a_run(1, at_s=NOW - HOUR, **changes)])

    events = _now(store, objective(indicator=indicator)).events

    assert (events.good, events.bad, events.unknown) == expected


def test_a_score_counts_as_it_was_said_last(store: CountedStore) -> None:
    write(store, [a_run(n, at_s=NOW - HOUR) for n in range(3)])

    def said(number: int, value: float, at: int) -> Score:
        return Score(
            project="default",
            run_id=f"{number:032x}",
            name="helpful",
            value=value,
            at_ns=at,
            source="judge",
            evaluator_version=str(at),
        )

    store.write(TelemetryBatch(token="s", scores=[said(0, 0.1, 1), said(0, 0.8, 2), said(1, 0.69, 1)]))
    one = objective(indicator=Indicator(kind=IndicatorKind.SCORE, threshold=0.7, score="helpful"))

    events = _now(store, one).events

    assert (events.good, events.bad, events.unknown) == (1, 1, 1)


def test_release_and_environment_narrow_what_counts(store: CountedStore) -> None:
    write(
        store,
        [
            a_run(
                n,
                at_s=NOW - HOUR,
                outcome=Outcome.SUCCESS,
                release=f"{n % 2}",
                environment="prod" if n % 3 else "dev",
            )
            for n in range(12)
        ],
    )

    now = _now(store, objective(release="1", environment="prod"))

    assert now.events.good == 4


def test_what_is_counted_step_by_step_is_what_counting_at_once_gives(store: CountedStore) -> None:
    """Runs come, verdicts change weeks later, runs are swallowed by others, time goes on."""
    rng = random.Random(11)
    one = objective(min_events=5)
    sliced = objective(
        id="sliced",
        budgeting=Budgeting.TIMESLICES,
        time_slice=TimeSlice(seconds=300, target=0.9),
        window=TimeWindow(days=0, time_zone="Asia/Kathmandu"),
    )
    counts = Counts(store)
    held: list[Run] = []
    now = float(NOW)
    for step in range(60):
        now += rng.choice((5, 60, 4000, 40_000))
        written: list[Run] = []
        for _ in range(rng.randrange(6)):
            back = rng.choice((0, 30, 7200, 3 * DAY, 25 * DAY)) * rng.random()
            held.append(a_run(len(held) + 1, at_s=now - back, outcome=rng.choice(tuple(Outcome))))
            written.append(held[-1])
        for _ in range(rng.randrange(4) if held else 0):
            place = rng.randrange(len(held))
            changed = replace(
                held[place],
                version=held[place].version + 1,
                outcome=rng.choice(tuple(Outcome)),
                superseded_by="f" * 32 if rng.random() < 0.1 else held[place].superseded_by,
            )
            held[place] = changed
            written.append(changed)
        if written:
            store.write(TelemetryBatch(token=str(step), runs=written))
            counts.on_runs("default", [run.id for run in written])
        counts.follow("default", [one, sliced], now_s=now)
        for each in (one, sliced):
            buckets = counts.of(each)
            assert buckets is not None
            assert budget_now(each, buckets, now_s=now) == _now(store, each, now_s=now)
            assert history(each, buckets, now_s=now, most=50) is not None


def test_nothing_is_read_while_nothing_changes(store: CountedStore) -> None:
    ids = write(store, good_and_bad(1, good=90, bad=10, from_s=NOW - 9 * DAY, to_s=NOW))
    counts = Counts(store)
    counts.follow("default", [objective()], now_s=NOW)
    read = store.tallied

    for step in range(1, 200):
        counts.follow("default", [objective()], now_s=NOW + 10 * step)
    assert store.tallied == read

    counts.on_runs("default", ids[-1:])
    counts.follow("default", [objective()], now_s=NOW + 2000)
    assert store.tallied == read + 1


def test_what_could_not_be_read_is_read_next_time(store: CountedStore, monkeypatch: Any) -> None:
    write(store, good_and_bad(1, good=9, bad=1, from_s=NOW - DAY, to_s=NOW))
    one = objective()
    counts = Counts(store)
    counts.follow("default", [one], now_s=NOW)
    ids = write(store, [a_run(99, at_s=NOW - HOUR, outcome=Outcome.FAILURE)])
    counts.on_runs("default", ids)
    places = store.places_of_traces

    def fails(*_: object) -> Any:
        raise OSError("the disk")

    monkeypatch.setattr(store, "places_of_traces", fails)
    with pytest.raises(OSError, match="the disk"):
        counts.follow("default", [one], now_s=NOW)
    monkeypatch.setattr(store, "places_of_traces", places)
    counts.follow("default", [one], now_s=NOW)

    buckets = counts.of(one)
    assert buckets is not None
    assert budget_now(one, buckets, now_s=NOW).events.bad == 2


def test_burn_rates_look_at_their_windows(store: CountedStore) -> None:
    """95 % allow 5 % bad. In the last hour 80 % fail: 16 times as fast; in six hours a sixth of them does."""
    runs = good_and_bad(1, good=600, bad=0, from_s=NOW - 6 * HOUR, to_s=NOW - HOUR)
    runs += good_and_bad(1000, good=24, bad=96, from_s=NOW - HOUR + 60, to_s=NOW)
    write(store, runs)

    fast, medium, slow = _now(store, objective()).rates

    assert (fast.long.known, fast.long.bad) == (120, 96)
    assert fast.long_rate == pytest.approx(16)
    assert fast.short_rate == pytest.approx(16, abs=2)
    assert fast.fires
    assert medium.long_rate == pytest.approx(96 / 720 / 0.05, rel=0.02)
    assert not medium.fires
    assert slow.fires


def test_too_few_events_do_not_alarm(store: CountedStore) -> None:
    write(store, good_and_bad(1, good=0, bad=19, from_s=NOW - 1800, to_s=NOW))
    assert [rate.fires for rate in _now(store, objective()).rates] == [False, False, False]
    assert all(rate.fires for rate in _now(store, objective(min_events=19)).rates)


def test_a_factor_that_could_never_be_reached_is_lowered(store: CountedStore) -> None:
    """At 80 % even a total outage burns only five times as fast as it may."""
    write(store, good_and_bad(1, good=0, bad=60, from_s=NOW - 3500, to_s=NOW))

    rates = _now(store, objective(target=0.8)).rates

    assert [rate.nominal for rate in rates] == [window.factor for window in WINDOWS]
    assert [rate.factor for rate in rates] == pytest.approx([4.0, 4.0, 1.0])
    assert rates[0].long_rate == pytest.approx(5.0)
    assert rates[0].fires


def test_time_slices_count_slices(store: CountedStore) -> None:
    """Six slices of ten minutes: one is bad by its share, one has nothing known."""
    start = NOW // HOUR * HOUR - 2 * HOUR
    runs: list[Run] = []
    for place, (good, bad) in enumerate([(20, 0), (18, 2), (17, 3), (0, 0), (1, 0), (20, 1)]):
        runs += good_and_bad(
            1 + 100 * place, good=good, bad=bad, from_s=start + 600 * place, to_s=start + 600 * (place + 1)
        )
    runs.append(a_run(9000, at_s=start + 3 * 600 + 5))
    write(store, runs)
    one = objective(budgeting=Budgeting.TIMESLICES, time_slice=TimeSlice(seconds=600, target=0.9))

    now = _now(store, one)

    assert (now.events.good, now.events.bad, now.events.unknown) == (4, 1, 1)
    assert (now.runs.good, now.runs.bad, now.runs.unknown) == (76, 6, 1)
    assert now.left == pytest.approx(1 - 1 / (0.05 * 5))


def test_history_adds_up_and_ends_where_the_budget_is(store: CountedStore) -> None:
    write(store, good_and_bad(1, good=380, bad=20, from_s=NOW - 27 * DAY, to_s=NOW))
    counts = Counts(store)
    counts.follow("default", [objective()], now_s=NOW)
    buckets = counts.of(objective())
    assert buckets is not None

    points = history(objective(), buckets, now_s=NOW, most=60)

    assert len(points) <= 60
    assert sum(point.good for point in points) == 380
    assert sum(point.bad for point in points) == 20
    assert points[-1].left == pytest.approx(budget_now(objective(), buckets, now_s=NOW).left, abs=1e-9)
    assert all(after.left <= before.left for before, after in itertools.pairwise(points))


def test_exhaustion_goes_by_the_rate_of_the_last_hours(store: CountedStore) -> None:
    runs = good_and_bad(1, good=10_000, bad=0, from_s=NOW - 27 * DAY, to_s=NOW - 6 * HOUR)
    runs += good_and_bad(20_000, good=80, bad=20, from_s=NOW - 6 * HOUR + 60, to_s=NOW)
    write(store, runs)

    now = _now(store, objective())

    # 20 % bad is four times as fast as may be; what is left of the budget lasts a quarter of its period.
    assert now.exhausted_in_s == pytest.approx(now.left * now.period.seconds / 4, rel=0.02)


@pytest.mark.parametrize("seed", range(20))
def test_stretches_cover_everything_and_are_few(seed: int) -> None:
    rng = random.Random(seed)
    starts = {rng.randrange(1000) * 60 for _ in range(rng.randrange(1, 60))}

    found = stretches(starts, step_s=60, most=4)

    assert len(found) <= 4
    assert all(any(low <= one < high for low, high in found) for one in starts)
    assert all(low in starts and high - 60 in starts for low, high in found)
    assert all(before[1] < after[0] for before, after in itertools.pairwise(found))
