"""What results that are late, doubled, out of order, out of range, too many or none at all get."""

from __future__ import annotations

from math import inf, nan

import pytest

from roadworthy.domain.alarm import AlarmKind
from roadworthy.domain.monitor import Phase
from roadworthy.domain.run import Outcome
from roadworthy.features.watch.monitors.project_watch import HISTORY
from tests.contract.watch_log.making import DAY, HOUR, SECOND, START
from tests.unit.watch.monitors.watched_agent import WatchedAgent


@pytest.fixture
def agent() -> WatchedAgent:
    return WatchedAgent()


@pytest.mark.parametrize("p_failure", [nan, inf, -0.1, 1.1])
def test_what_is_no_number_from_0_to_1_is_refused_and_counted(agent: WatchedAgent, p_failure: float) -> None:
    agent.monitor("quality")
    agent.give(agent.made(p_failure=p_failure), agent.made(p_failure=0.5), agent.made(p_failure=None))

    assert agent.counted("quality") == 1
    (reason,) = agent.watched("quality").refused
    assert agent.watched("quality").refused[reason] == 1
    assert "from 0 to 1" in reason


@pytest.mark.parametrize("value", [nan, -1.0, 5.0])
def test_scores_out_of_range_are_refused_and_counted(agent: WatchedAgent, value: float) -> None:
    agent.monitor("score:helpful")
    agent.give(agent.score(value), agent.score(0.5), agent.score(None))

    assert agent.counted("score:helpful") == 1
    assert sum(agent.watched("score:helpful").refused.values()) == 1


@pytest.mark.parametrize("duration_s", [nan, -1.0, inf])
def test_quantities_that_cannot_be_are_refused(agent: WatchedAgent, duration_s: float) -> None:
    agent.monitor("latency")
    agent.give(agent.made(duration_s=duration_s))

    assert sum(agent.watched("latency").refused.values()) == 1


def test_only_scores_drawn_by_chance_or_given_to_every_run_count(agent: WatchedAgent) -> None:
    agent.monitor("score:helpful")
    agent.give(
        agent.score(0.5),
        agent.score(0.5, source="judge", sampled=0.1),
        agent.score(0.5, source="judge", sampled=None),
        agent.score(0.5, source="user"),
        agent.score(0.5, source="reviewer", sampled=0.5),
        agent.score(0.5, source="reviewer", sampled=0.001),
        agent.score(0.5, source="reviewer", sampled=2.0),
    )

    assert agent.counted("score:helpful") == 3
    assert sum(agent.watched("score:helpful").refused.values()) == 4


def test_outcomes_said_by_people_who_pick_runs_do_not_count(agent: WatchedAgent) -> None:
    agent.monitor()
    said = ["reviewer", "user", "judge", "sdk", "business"]
    agent.give(*(agent.made(outcome_source=source, failed=True) for source in said))

    assert agent.counted() == 2
    assert sum(agent.watched().refused.values()) == 3


def test_a_result_that_comes_twice_counts_once(agent: WatchedAgent) -> None:
    agent.monitor()
    one = agent.made()
    agent.give(one, one)
    agent.give(one)

    assert agent.counted() == 1


def test_results_out_of_order_count_in_the_order_they_come(agent: WatchedAgent) -> None:
    """Judged newest first: those that ended earlier come later. They count, and add no time."""
    agent.monitor()
    agent.run(200, q=0.05)
    assert agent.watched().phase is Phase.ARMED
    slot = agent.watched().slot
    newest = agent.made()
    late = [agent.made(at_ns=agent.clock.now_ns - minute * 60 * SECOND) for minute in range(1, 31)]
    agent.give(newest)
    with agent.engine.watching("p") as watch:
        before = watch.bank.time_of(slot)
    agent.give(*late)

    with agent.engine.watching("p") as watch:
        assert watch.bank.time_of(slot) == before == newest.at_ns
    assert agent.counted() == 231


def test_a_fall_among_late_results_is_noticed_too(agent: WatchedAgent) -> None:
    agent.monitor()
    agent.run(300, q=0.05)
    agent.give(agent.made())
    ended = agent.clock.now_ns
    backlog = [agent.made(failed=number % 2 == 0, at_ns=ended - number * SECOND) for number in range(200)]
    agent.give(*backlog)

    assert [alarm.kind for alarm in agent.alarms] == [AlarmKind.QUALITY]


def test_an_outcome_that_matures_is_taken_as_it_then_stands(agent: WatchedAgent) -> None:
    agent.monitor(maturity_s=3600.0)
    unknown, turned = agent.made(failed=None), agent.made(failed=False)
    agent.give(unknown, turned)
    agent.clock.now_ns += HOUR // 2
    agent.give(_as(unknown, Outcome.FAILURE), _as(turned, Outcome.FAILURE))
    assert agent.counted() == 0

    agent.clock.now_ns += HOUR // 2 + 5 * SECOND
    agent.engine.step()

    assert agent.log.sums("p", from_ns=0, to_ns=2**62)["completion"] == (2, 2.0)


def test_what_is_said_after_maturity_changes_nothing(agent: WatchedAgent) -> None:
    agent.monitor(maturity_s=60.0)
    agent.monitor("completion", id="at once")
    one = agent.made(failed=False)
    agent.give(one)
    agent.clock.now_ns += HOUR
    agent.engine.step()
    agent.give(_as(one, Outcome.FAILURE))
    agent.clock.now_ns += HOUR
    agent.engine.step()

    assert agent.log.sums("p", from_ns=0, to_ns=2**62) == {"completion": (1, 0.0), "at once": (1, 0.0)}


def test_a_word_of_somebody_who_picks_runs_does_not_stand_in_for_the_outcome(agent: WatchedAgent) -> None:
    agent.monitor(maturity_s=60.0)
    one = agent.made(failed=False)
    agent.give(one)
    agent.give(_as(one, Outcome.FAILURE, source="reviewer"))
    agent.clock.now_ns += HOUR
    agent.engine.step()

    assert agent.log.sums("p", from_ns=0, to_ns=2**62)["completion"] == (1, 0.0)


def test_a_looping_session_counts_once_in_ten_minutes(agent: WatchedAgent) -> None:
    agent.monitor()
    agent.run(300, q=0.03)
    loop = [agent.made(failed=True, session_id="loop") for _ in range(2_000)]
    agent.give(*loop)

    assert agent.counted() == 301
    assert agent.alarms == []
    with agent.engine.watching("p") as watch:
        assert watch.agents["support"].repeats == 1_999


def test_a_reference_without_a_failure_is_armed_and_sees_a_fall(agent: WatchedAgent) -> None:
    agent.monitor(reference_results=None)
    agent.run(500, q=0.0)
    watched = agent.watched()
    assert watched.phase is Phase.ARMED
    assert watched.baseline is not None
    bound = watched.baseline.of("").q0
    assert 0 < bound < 0.02

    agent.run(60, q=0.25)

    assert len(agent.alarms) == 1
    assert "from 100.0 %" in agent.alarms[0].title


def test_volume_that_stops_is_said_once_and_over_when_results_come_again() -> None:
    agent = WatchedAgent(automatic=True)
    agent.run(25 * 60)
    agent.clock.now_ns += 29 * 60 * SECOND
    agent.engine.step()
    assert agent.alarms == []

    agent.clock.now_ns += 2 * 60 * SECOND
    agent.engine.step()
    agent.clock.now_ns += 60 * SECOND
    agent.engine.step()

    (silence,) = agent.alarms
    assert (silence.kind, silence.cleared_ns) == (AlarmKind.SILENCE, 0)
    assert "rule" in silence.reason

    agent.run(1)
    assert agent.alarms[0].cleared_ns == agent.clock.now_ns


def test_a_pause_of_the_product_is_no_silence_of_the_agent() -> None:
    from roadworthy.features.watch.monitors.engine import Engine

    agent = WatchedAgent(automatic=True)
    agent.run(25 * 60)
    agent.clock.now_ns += DAY
    agent.engine = Engine(agent.log, clock=agent.clock)
    agent.engine.step()
    agent.engine.step()

    assert agent.alarms == []


def test_volume_that_jumps_a_hundredfold_is_said_and_raises_no_quality_alarm() -> None:
    agent = WatchedAgent(automatic=True)
    agent.run(25 * 60, q=0.05)
    agent.run(6_000, q=0.05, every_ns=EVERY_FAST)

    kinds = [alarm.kind for alarm in agent.alarms]
    assert kinds == [AlarmKind.INPUT_DRIFT]
    assert "this hour" in agent.alarms[0].title
    assert agent.alarms[0].cleared_ns == 0

    agent.run(180, q=0.05)
    assert agent.alarms[0].cleared_ns > 0


EVERY_FAST = 6 * SECOND // 10


def test_results_from_the_future_end_when_they_are_recorded(agent: WatchedAgent) -> None:
    agent.monitor()
    agent.give(agent.made(at_ns=START + 1_000 * DAY))
    agent.run(250, q=0.02)

    with agent.engine.watching("p") as watch:
        assert watch.bank.time_of(agent.watched().slot) <= agent.clock.now_ns


def _as(one, outcome: Outcome, *, source: str = "sdk"):  # type: ignore[no-untyped-def]
    from dataclasses import replace

    return replace(one, outcome=outcome, outcome_source=source)


def test_what_is_brought_in_afterwards_says_nothing_about_now_and_is_learned_from() -> None:
    """A bad week of last month, imported: the monitor that watches today does not alarm of it."""
    agent = WatchedAgent()
    agent.monitor()
    agent.run(300, q=0.05)
    now = agent.clock.now_ns
    agent.give(*(agent.made(failed=True, at_ns=now - 3 * DAY + n * SECOND) for n in range(60)))

    assert agent.alarms == []
    assert agent.watched().refused == {HISTORY: 60}
    agent.give(*(agent.made(failed=True, at_ns=now - 2 * HOUR + n * SECOND) for n in range(60)))
    assert len(agent.alarms) == 1

    fresh = WatchedAgent()
    fresh.monitor()
    fresh.clock.now_ns += 30 * DAY
    fresh.give(fresh.made(at_ns=fresh.clock.now_ns))
    start = fresh.clock.now_ns - 20 * DAY
    fresh.give(*(fresh.made(failed=n % 20 == 0, at_ns=start + n * HOUR) for n in range(250)))
    assert fresh.watched().phase is Phase.ARMED


def test_scores_that_programs_send_count_and_those_of_people_do_not() -> None:
    agent = WatchedAgent()
    agent.monitor("score:helpful")
    agent.give(
        *(agent.score(0.9, name="helpful", source=source) for source in ("sdk", "otel", "api", "user"))
    )

    assert agent.counted("score:helpful") == 3
    assert list(agent.watched("score:helpful").refused.values()) == [1]
