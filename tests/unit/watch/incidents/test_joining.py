"""Alarms with one cause are one incident; others are not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from roadworthy.domain.alarm import Severity
from roadworthy.domain.incident import Action, Change, ChangeKind, IncidentState
from roadworthy.features.watch.incidents.joining import JoinRule, in_words
from roadworthy.features.watch.incidents.rearranging import CannotRearrange
from tests.unit.watch.incidents.house import HOUR, MINUTE, START, House, alarm, person

MODEL = Change(agent="x", kind=ChangeKind.MODEL, what="gpt-6", shared="model:gpt-6")


def test_an_alarm_taken_twice_is_one(house: House) -> None:
    house.take(alarm("a"), alarm("a"))
    house.take(alarm("a"))
    incident = house.the_incident()
    assert (incident.alarms, incident.state, incident.began_ns) == (1, IncidentState.OPEN, START - HOUR)
    assert [kind for kind, _ in house.said(incident)].count("opened") == 1


def test_alarms_of_one_agent_join_and_raise_the_severity(house: House) -> None:
    house.take(alarm("a", severity=Severity.WARNING))
    house.take(alarm("b", severity=Severity.CRITICAL, release="2.2", run_ids=("run-2",)))
    incident = house.the_incident()
    assert (incident.alarms, incident.severity) == (2, Severity.CRITICAL)
    assert (incident.releases, incident.run_ids) == (("2.1", "2.2"), ("run-1", "run-2"))
    assert "same agent support" in incident.why_joined
    assert any("from warning to critical" in text for _, text in house.said(incident))


def test_other_agents_and_later_times_are_other_incidents(house: House) -> None:
    house.take(alarm("a"), alarm("b", agent="billing"))
    house.later(5 * HOUR)
    house.take(alarm("c", at_ns=house.now[0]))
    assert [one.agents for one in house.incidents()] == [("support",), ("billing",), ("support",)]


def test_agents_that_share_what_changed_just_before_are_one_incident(house: House) -> None:
    house.changes |= {name: [replace(MODEL, agent=name)] for name in ("support", "billing")}
    house.take(alarm("a"))
    house.take(alarm("b", agent="billing"), alarm("c", agent="search"))
    together, alone = house.incidents()
    assert (together.agents, alone.agents) == (("support", "billing"), ("search",))
    assert together.why_joined == "same model gpt-6"
    said = [text for kind, text in house.said(together) if kind == "changed_before"]
    assert len(said) == 2 and "model gpt-6" in said[0]


@pytest.mark.parametrize("fact", ["model", "upstream", "tool", "cause", "group"])
def test_an_alarm_may_name_its_cause_itself(house: House, fact: str) -> None:
    house.take(alarm("a", facts={fact: "x"}), alarm("b", agent="billing", facts={fact: "x"}))
    assert house.the_incident().agents == ("support", "billing")


def test_the_rule_can_be_changed_and_says_itself_in_words(house: House) -> None:
    rule = JoinRule(window_s=60, same_release=True, shared_causes=False, storm_agents=0, auto_resolve=False)
    assert house.book.save_rule("default", rule) == house.book.rule("default") == rule
    house.changes |= {name: [MODEL] for name in ("support", "billing")}
    house.take(alarm("a"), alarm("b", release="2.2"), alarm("c", agent="billing"))
    assert len(house.incidents()) == 3
    words = " ".join(in_words(rule))
    assert "agent and release" in words and "1 min" in words and "model" not in words
    house.take(alarm("a", cleared_ns=START + 1))
    assert house.incidents()[0].state is IncidentState.OPEN


def test_it_resolves_itself_when_all_alarms_have_cleared_and_opens_again_if_they_come_back(
    house: House,
) -> None:
    house.take(alarm("a"), alarm("b"))
    house.take(alarm("a", cleared_ns=START + 1))
    assert house.the_incident().state is IncidentState.OPEN
    house.take(alarm("b", cleared_ns=START + 2))
    assert (house.the_incident().state, house.the_incident().resolved_by) == (
        IncidentState.RESOLVED,
        "roadworthy",
    )
    house.later(10 * MINUTE)
    house.take(alarm("c", at_ns=house.now[0]))
    again = house.the_incident()
    assert (again.state, again.reopened, again.resolved_ns) == (IncidentState.REOPENED, 1, 0)


def test_one_that_people_closed_stays_closed(house: House) -> None:
    house.take(alarm("a"))
    house.book.act("default", house.the_incident().id, Action.RESOLVE, by="ann")
    house.later(MINUTE)
    house.take(alarm("b", at_ns=house.now[0]))
    assert [one.state for one in house.incidents()] == [IncidentState.RESOLVED, IncidentState.OPEN]


def test_an_alarm_that_came_and_went_before_it_was_taken_is_on_record(house: House) -> None:
    house.take(alarm("a", cleared_ns=START + 5))
    incident = house.the_incident()
    assert (incident.state, incident.alarms, incident.alarms_standing) == (IncidentState.RESOLVED, 1, 0)


def test_five_hundred_agents_at_once_are_one_incident_and_nothing_is_dropped(house: House) -> None:
    channel = house.channel("pager", default=True)
    storm = [alarm(f"a{n}", agent=f"agent-{n}") for n in range(500)]
    house.take(*storm)
    incident = house.the_incident()
    assert (incident.alarms, len(incident.agents)) == (500, 500)
    assert "500 agents" in incident.title
    assert len(house.book.alarms("default")) == 500
    house.escalation.turn()
    assert [one.channel_id for one in house.deliveries()] == [channel.id], "one page, not five hundred"
    house.take(*[replace(one, cleared_ns=START + 9) for one in storm])
    assert house.the_incident().state is IncidentState.RESOLVED


def test_a_storm_that_comes_bit_by_bit_is_gathered_once_it_is_one(house: House) -> None:
    for number in range(20):
        house.later(5_000_000_000)
        house.take(alarm(f"a{number}", agent=f"agent-{number}", at_ns=house.now[0]))
    incidents = house.incidents()
    assert [len(one.agents) for one in incidents] == [1, 1, 1, 1, 16]
    assert sum(one.alarms for one in incidents) == 20


def test_people_of_every_agent_of_a_storm_are_told_once(house: House) -> None:
    teams = [house.channel(f"team-{n}") for n in range(5)]
    for number in range(50):
        house.on_call(f"agent-{number}", [person(f"p{number % 5}", teams[number % 5].id)])
    house.take(*[alarm(f"a{n}", agent=f"agent-{n}") for n in range(50)])
    house.escalation.turn()
    assert sorted(one.channel_id for one in house.deliveries()) == sorted(one.id for one in teams)


def test_merge_move_and_split_by_hand(house: House) -> None:
    house.take(alarm("a"), alarm("b"), alarm("c", agent="billing"))
    support, billing = house.incidents()
    split = house.rearranging.split("default", support.id, alarm_ids=["b"], by="ann")
    assert (split.number, split.alarms, house.book.incident("default", support.id).alarms) == (3, 1, 1)  # type: ignore[union-attr]
    moved = house.rearranging.move("default", "b", into=billing.id, by="ann")
    assert (moved.alarms, moved.agents) == (2, ("billing", "support"))
    empty = house.book.incident("default", split.id)
    assert empty is not None and empty.state is IncidentState.RESOLVED, "nothing is left of it"
    merged = house.rearranging.merge("default", billing.id, into=support.id, by="ann")
    assert (merged.alarms, merged.alarms_standing) == (3, 3)
    gone = house.book.incident("default", billing.id)
    assert gone is not None and gone.merged_into == support.id
    assert len(house.book.alarms("default")) == 3
    house.take(alarm("d", agent="billing"))
    assert house.book.alarms_of("default", support.id)[-1].alarm.id == "d", "what comes later follows"


def test_what_cannot_be_rearranged_says_why(house: House) -> None:
    house.take(alarm("a"), alarm("b"))
    incident = house.the_incident()
    for alarm_ids in (["a", "b"], [], ["zzz"]):
        with pytest.raises(CannotRearrange, match="alarm_ids"):
            house.rearranging.split("default", incident.id, alarm_ids=alarm_ids, by="ann")
    with pytest.raises(CannotRearrange, match="another incident"):
        house.rearranging.merge("default", incident.id, into=incident.id, by="ann")
    assert house.the_incident().alarms == 2


def test_incidents_survive_a_restart_as_they_were(house: House, tmp_path: Path) -> None:
    house.take(alarm("a"), alarm("b", agent="billing"))
    house.book.act("default", house.incidents()[0].id, Action.ACKNOWLEDGE, by="ann")
    before = house.incidents()
    again = house.reopened(tmp_path)
    assert again.incidents() == before
    again.take(alarm("a"))
    assert again.incidents() == before, "an alarm that is handed over again after a crash is the same one"
    again.metadata.close()
