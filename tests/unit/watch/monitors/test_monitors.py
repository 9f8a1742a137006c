"""What monitors do for people: they are there, learn, alarm, clear, are changed and tell why."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from roadworthy.contracts.telemetry import TelemetryStore
from roadworthy.domain.monitor import YEAR_S, Phase
from roadworthy.features.watch.monitors.defaults import DEFAULT_SIGNALS
from roadworthy.features.watch.monitors.orders import Delete, Pause, Rebaseline, Refitted, Save
from roadworthy.features.watch.monitors.service import MonitorService
from roadworthy.features.watch.monitors.settings_check import BadMonitor
from roadworthy.features.watch.monitors.watched import Watched
from roadworthy.features.watch.monitors.wording import Basis
from roadworthy.stats.two_speed import FAST_SHARE
from tests.contract.watch_log.making import DAY, HOUR
from tests.unit.watch.monitors.watched_agent import WatchedAgent


@pytest.fixture
def agent() -> WatchedAgent:
    return WatchedAgent()


def service(agent: WatchedAgent, monkeypatch: pytest.MonkeyPatch | None = None) -> MonitorService:
    if monkeypatch is not None:
        monkeypatch.setattr("time.time_ns", agent.clock)
    store: TelemetryStore = None  # type: ignore[assignment]
    return MonitorService(agent.log, agent.engine, store)


def test_monitors_are_there_by_themselves_for_what_an_agent_says() -> None:
    agent = WatchedAgent(automatic=True)
    agent.give(agent.made(failed=None, duration_s=1.0))
    with agent.engine.watching("p") as watch:
        assert {one.monitor.signal for one in watch.monitors.values()} == {"errors", "latency", "volume"}

    agent.give(agent.made(failed=False, p_failure=0.2, tool_calls=1, cost_usd=0.1, duration_s=1.0))

    with agent.engine.watching("p") as watch:
        signals = {one.monitor.signal for one in watch.monitors.values()}
    assert signals == {one.name for one in DEFAULT_SIGNALS} - {"disagreement"}


def test_all_that_are_there_by_themselves_raise_less_than_one_false_alarm_in_twenty_years() -> None:
    assert sum(one.share for one in DEFAULT_SIGNALS) <= 1.0


def test_one_that_was_deleted_does_not_come_back() -> None:
    agent = WatchedAgent(automatic=True)
    agent.give(agent.made())
    with agent.engine.watching("p") as watch:
        gone = next(one.monitor.id for one in watch.monitors.values() if one.monitor.signal == "errors")
    agent.engine.change("p", Delete(monitor_id=gone, by="ada"))
    agent.run(5)

    with agent.engine.watching("p") as watch:
        assert gone not in watch.monitors


def test_a_fall_alarms_says_why_and_clears_when_it_is_over(agent: WatchedAgent) -> None:
    agent.monitor()
    agent.run(400, q=0.06)
    fell_ns = agent.clock.now_ns
    agent.run(150, q=0.4, release="v2")

    (alarm,) = agent.alarms
    assert alarm.agent == "support"
    assert alarm.release == "v2"
    assert "support: completion fell from 9" in alarm.title
    assert "simulated" in alarm.reason and "proven" in alarm.reason
    assert abs(alarm.since_ns - fell_ns) < HOUR
    assert 0 < len(alarm.run_ids) <= 20
    assert float(alarm.facts["evidence"]) >= float(alarm.facts["threshold"])
    assert agent.watched().phase is Phase.ALARMED

    agent.run(300, q=0.06)
    assert agent.alarms[0].cleared_ns > agent.alarms[0].at_ns
    assert agent.watched().phase is Phase.ARMED


def test_a_new_release_changes_no_baseline(agent: WatchedAgent) -> None:
    agent.monitor()
    agent.run(300, q=0.05)
    before = agent.watched().baseline
    agent.run(100, q=0.05, release="v9")

    assert agent.watched().baseline == before


def test_a_person_says_that_this_is_normal_now_and_it_is_kept_who_and_why(agent: WatchedAgent) -> None:
    agent.monitor()
    agent.run(300, q=0.05)
    agent.run(100, q=0.5)
    assert agent.watched().phase is Phase.ALARMED
    agent.engine.change("p", Rebaseline(monitor_id="completion", by="ada", reason="harder tasks"))

    assert agent.alarms[0].cleared_ns > 0
    assert agent.watched().phase is Phase.LEARNING
    note = agent.watched().notes[-1]
    assert (note.what, note.by, note.reason) == ("rebaselined", "ada", "harder tasks")

    agent.run(250, q=0.5)
    watched = agent.watched()
    assert watched.phase is Phase.ARMED
    assert watched.baseline is not None and 0.4 < watched.baseline.of("").rate < 0.6


def test_another_judge_is_no_fall_of_the_agent(agent: WatchedAgent) -> None:
    agent.monitor("quality")
    agent.run(300, p_failure=0.1)
    agent.run(100, p_failure=0.9, ruler="2")

    assert agent.alarms == []
    assert agent.watched("quality").phase is Phase.LEARNING
    assert agent.watched("quality").notes[-1].what == "relearning"


def test_a_model_that_was_fitted_anew_in_the_middle_of_a_fall_blinds_nobody(agent: WatchedAgent) -> None:
    """The new model says .2 where the old one said .1, and .8 where it said .7."""
    agent.monitor("quality")
    for _ in range(60):
        agent.run(19, p_failure=0.1, ruler="3.32.old")
        agent.run(1, p_failure=0.7, ruler="3.32.old")
    agent.run(12, p_failure=0.7, ruler="3.32.old")
    assert agent.alarms == []
    before = agent.watched("quality").baseline
    assert before is not None
    change = Refitted(agent="support", before="3.32.old", after="3.32.new", shift=0.1, most=0.104, n=300)
    agent.engine.change("p", change)
    agent.run(14, p_failure=0.8, ruler="3.32.new")

    assert [alarm.source for alarm in agent.alarms] == ["quality"]
    now = agent.watched("quality")
    assert now.phase is Phase.ALARMED
    assert now.baseline is not None
    assert now.baseline.of("").q0 == pytest.approx(before.of("").q0 + 0.104)
    assert "carried over" in [note.what for note in now.notes]

    # It is over where the new model says what it says of good runs; results of the old one come too late.
    agent.run(400, p_failure=0.2, ruler="3.32.new")
    assert agent.watched("quality").phase is Phase.ARMED
    agent.run(5, p_failure=0.7, ruler="3.32.old")
    watched = agent.watched("quality")
    assert watched.refused["judged by the model that was there before the last fit"] == 5
    assert Watched.from_json(watched.to_json()).left == ["3.32.old"]


def test_a_model_that_says_more_of_everything_is_no_fall(agent: WatchedAgent) -> None:
    agent.monitor("quality")
    agent.monitor("detector:loop")
    agent.run(300, q=0.0, p_failure=0.1, ruler="3.32.old")
    change = Refitted(agent="support", before="3.32.old", after="3.32.new", shift=0.3, most=0.31, n=300)
    agent.engine.change("p", change)
    loops = agent.watched("detector:loop").baseline
    agent.run(500, p_failure=0.4, ruler="3.32.new")

    assert agent.alarms == []
    assert agent.watched("quality").phase is Phase.ARMED
    # What a detector finds is what it was.
    assert agent.watched("detector:loop").baseline == loops


def test_strata_have_their_own_baselines(agent: WatchedAgent) -> None:
    agent.monitor(strata=("attributes.tier",), reference_results=600)
    for _ in range(300):
        agent.run(1, q=0.02, attributes={"tier": "gold"})
        agent.run(1, q=0.4, attributes={"tier": "free"})
    watched = agent.watched()
    assert watched.baseline is not None
    assert watched.baseline.of("gold").q0 < 0.1 < watched.baseline.of("free").rate
    # Another mix of the two is no fall.
    agent.run(300, q=0.4, attributes={"tier": "free"})

    assert agent.alarms == []


def test_a_baseline_is_tightened_with_clean_results_that_are_old_enough(agent: WatchedAgent) -> None:
    agent.monitor()
    agent.run(200, q=0.06)
    watched = agent.watched()
    assert watched.baseline is not None
    loose = watched.baseline.of("").q0
    for _ in range(13):
        agent.run(96, q=0.04, every_ns=DAY // 96)
    assert agent.watched().baseline == watched.baseline
    for _ in range(12):
        agent.run(96, q=0.04, every_ns=DAY // 96)

    now = agent.watched().baseline
    assert now is not None and now.of("").q0 < loose
    assert "tightened" in [note.what for note in agent.watched().notes]


def test_noise_that_a_short_reference_cannot_have_shown_is_reckoned_with_until_it_was_learned(
    agent: WatchedAgent,
) -> None:
    agent.monitor(cautious=True, reference_results=100)
    agent.run(100, q=0.1, every_ns=DAY // 96)
    noise = [agent.watched().noise.sigma]
    assert noise[0] > 0.4
    for _ in range(16):
        agent.run(96, q=0.1, every_ns=DAY // 96)
        noise.append(agent.watched().noise.sigma)

    assert noise[-1] < 0.3
    assert agent.alarms == []


def test_a_fall_right_after_it_was_armed_does_not_pass_for_noise(agent: WatchedAgent) -> None:
    """As the monitors that are there by themselves are: cautious, one false alarm in 67 years."""
    agent.monitor(
        cautious=True, patience_s=20 * YEAR_S / 0.3, reference_results=None, reference_hours=8 * 24.0
    )
    for _ in range(10):
        agent.run(168, q=0.06, every_ns=DAY // 168)
    assert agent.watched().phase is Phase.ARMED
    noise = agent.watched().noise
    agent.run(int(2.5 * 168), q=0.21, every_ns=DAY // 168)

    assert [alarm.facts["detector"] for alarm in agent.alarms] == ["slow"]
    assert agent.watched().noise.sigma <= noise.sigma


def test_who_trusts_the_reference_has_its_noise_alone(agent: WatchedAgent) -> None:
    agent.monitor(cautious=True, reference_results=100)
    agent.run(101, q=0.1)
    watched = agent.watched()
    assert watched.noise.sigma > 0.4
    agent.engine.change("p", Save(monitor=replace(watched.monitor, cautious=False), by="ada"))

    assert agent.watched().noise.sigma < 0.4
    assert agent.watched().phase is Phase.ARMED


def test_a_paused_monitor_does_not_look(agent: WatchedAgent) -> None:
    agent.monitor()
    agent.run(300, q=0.05)
    agent.engine.change("p", Pause(monitor_id="completion", by="ada", paused=True, reason="migration"))
    agent.run(100, q=0.9)
    assert agent.alarms == []

    agent.engine.change("p", Pause(monitor_id="completion", by="ada", paused=False))
    agent.run(100, q=0.05)
    assert agent.alarms == []
    agent.run(60, q=0.9)
    assert len(agent.alarms) == 1


def test_more_patience_keeps_what_was_learned(agent: WatchedAgent) -> None:
    agent.monitor()
    agent.run(300, q=0.05)
    watched = agent.watched()
    changed = replace(watched.monitor, patience_s=2 * watched.monitor.patience_s)
    agent.engine.change("p", Save(monitor=changed, by="ada"))

    assert agent.watched().phase is Phase.ARMED
    with agent.engine.watching("p") as watch:
        assert watch.bank.thresholds_of(watched.slot)[0] == changed.patience_s / FAST_SHARE


def test_what_is_missing_is_said_before_it_is_armed(
    agent: WatchedAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent.monitor(reference_hours=24.0)
    agent.run(150, q=0.05)

    (standing,) = service(agent, monkeypatch).all("p")

    assert standing.learning is not None
    assert standing.learning.more_results == 50
    assert standing.learning.hours < standing.learning.hours_needed == 24
    assert service(agent, monkeypatch).forecast("p", "completion")


def test_the_forecast_says_that_a_deeper_fall_is_noticed_sooner(
    agent: WatchedAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent.monitor()
    agent.run(1_000, q=0.06)

    hours = [one.hours for one in service(agent, monkeypatch).forecast("p", "completion")]

    assert hours == sorted(hours, reverse=True)
    assert hours[-1] < 24


def test_every_sentence_says_what_it_stands_on(agent: WatchedAgent) -> None:
    agent.monitor()
    agent.monitor("disagreement")
    agent.monitor("volume")
    by = {one.monitor.id: one for one in service(agent).all("p")}

    assert {claim.basis for claim in by["completion"].claims} == {Basis.PROVEN, Basis.SIMULATED}
    assert Basis.PROVEN not in {claim.basis for claim in by["disagreement"].claims}
    assert [claim.basis for claim in by["volume"].claims] == [Basis.RULE]


def test_the_picture_has_the_rate_its_interval_the_evidence_releases_and_alarms(
    agent: WatchedAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent.monitor()
    begin = agent.clock.now_ns
    agent.run(400, q=0.06, release="v1")
    agent.run(150, q=0.4, release="v2")

    history = service(agent, monkeypatch).history(
        "p", "completion", from_ns=begin - DAY, to_ns=agent.clock.now_ns + HOUR
    )

    assert history is not None
    assert sum(point.seen.n for point in history.points) == 550
    assert all(
        point.seen.interval is not None
        and point.seen.mean is not None
        and point.seen.interval.low <= point.seen.mean <= point.seen.interval.high
        for point in history.points
    )
    assert max(point.peak for point in history.points) >= 1
    assert [mark.release for mark in history.releases] == ["v1", "v2"]
    assert len(history.alarms) == 1


def test_the_fleet_is_ranked_by_evidence(agent: WatchedAgent) -> None:
    for name in ("support", "billing"):
        agent.monitor(id=name, agent=name)
        agent.run(300, q=0.05, agent=name)
    agent.run(25, q=0.5, agent="billing")

    fleet = service(agent).fleet("p")

    assert [place.monitor.agent for place in fleet.places] == ["billing", "support"]
    assert fleet.armed == 2
    assert 0 < fleet.yearly <= 2.01


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"signal": "luck"}, "signal"),
        ({"strata": ("colour",)}, "strata"),
        ({"strata": ("hour", "release", "model", "weekday")}, "strata"),
        ({"strata": ("outcome",)}, "strata"),
        ({"patience_s": 1.0}, "patience_s"),
        ({"maturity_s": 1e9}, "maturity_s"),
        ({"reference_results": 3}, "reference_results"),
        ({"higher_is_worse": True}, "higher_is_worse"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    agent: WatchedAgent, values: dict[str, object], field: str
) -> None:
    agent.monitor()
    wrong = replace(agent.watched().monitor, id="", **values)  # type: ignore[arg-type]

    with pytest.raises(BadMonitor) as refused:
        service(agent).save(wrong, by="ada")

    assert refused.value.field == field


def test_who_reads_monitors_comes_in_while_a_long_log_is_caught_up_with() -> None:
    agent = WatchedAgent()
    agent.monitor()
    agent.clock.now_ns += DAY
    agent.log.append([agent.made(at_ns=agent.clock.now_ns) for _ in range(7_000)])
    seen: list[int] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            with agent.engine.watching("p") as watch:
                seen.append(watch.agents["support"].volume.n if "support" in watch.agents else 0)

    reader = threading.Thread(target=look)
    reader.start()
    try:
        agent.engine.step()
    finally:
        stop.set()
        reader.join(15)

    # Between the batches, not only before the first and after the last.
    assert any(0 < n < 7_000 for n in seen)
    assert agent.engine.behind() == {"p": 0}
    assert agent.engine.consumed == 7_001
