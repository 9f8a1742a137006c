"""Who is told, and who next when nobody answers; gaps are said aloud."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from roadworthy.contracts.metadata import Record
from roadworthy.domain.alarm import Severity
from roadworthy.domain.incident import Action, Incident, IncidentState, Source
from roadworthy.domain.notification import Attempt, ChannelKind, DeliveryState
from roadworthy.domain.on_call import OnCall
from roadworthy.domain.project import Project
from roadworthy.features.watch.incidents.page_proof import page_proof
from roadworthy.features.watch.incidents.silence_book import SilenceDraft
from roadworthy.flows.notify_on_incident import NotifyOnIncident
from tests.unit.watch.incidents.house import HOUR, MINUTE, SECOND, House, alarm, person


def told(house: House) -> list[tuple[str, str]]:
    """(channel, what) of everything said, in order."""
    return [(one.channel_name, one.notification.happening.value) for one in house.deliveries()]


def test_level_after_level_is_told_until_somebody_acknowledges(house: House) -> None:
    ann, bob, boss = (house.channel(name) for name in ("ann", "bob", "boss"))
    house.on_call(
        "support", [person("ann", ann.id), person("bob", bob.id)], [person("boss", boss.id)], repeat=1
    )
    house.take(alarm("a"))
    assert house.escalation.turn() == 300
    assert sorted(name for name, _ in told(house)) == ["ann", "bob"]
    house.later(299 * SECOND)
    house.escalation.turn()
    assert len(told(house)) == 2, "not before the time is over"
    house.later(2 * SECOND)
    house.escalation.turn()
    assert told(house)[2:] == [("boss", "trigger")]
    house.later(301 * SECOND)
    assert house.escalation.turn() <= 300
    house.escalation.turn()
    assert len(told(house)) == 5, "around again: the first level once more"
    house.book.act("default", house.the_incident().id, Action.ACKNOWLEDGE, by="bob")
    house.later(HOUR)
    assert house.escalation.turn() == float("inf")
    last = told(house)[5:]
    assert sorted(last) == [("ann", "acknowledge"), ("bob", "acknowledge"), ("boss", "acknowledge")]
    assert house.the_incident().assignee == "bob"


def test_everybody_told_and_nobody_has_it_is_said(house: House) -> None:
    ann, spare = house.channel("ann"), house.channel("spare", default=True)
    house.on_call("support", [person("ann", ann.id)])
    house.take(alarm("a"))
    house.escalation.turn()
    house.later(301 * SECOND)
    house.escalation.turn()
    assert told(house) == [("ann", "trigger"), ("spare", "trigger")]
    house.later(HOUR)
    house.escalation.turn()
    assert len(told(house)) == 2 and spare.default


def test_a_gap_goes_to_the_next_level_at_once_and_is_said(house: House) -> None:
    boss = house.channel("boss")
    gap = "the schedule 'nights' has nobody on Sunday 02:00 to 04:00"
    house.on_call("support", [], [person("boss", boss.id)], gap=gap)
    house.take(alarm("a"))
    house.escalation.turn()
    assert told(house) == [("boss", "trigger")]
    assert any(kind == "gap" and gap in text for kind, text in house.said(house.the_incident()))


def test_a_person_who_left_has_no_channel_and_the_next_is_told(house: House) -> None:
    boss = house.channel("boss")
    house.on_call("support", [person("gone", "deleted-channel")], [person("boss", boss.id)])
    house.take(alarm("a"))
    house.escalation.turn()
    assert told(house) == [("boss", "trigger")]
    assert any("gone cannot be reached" in text for _, text in house.said(house.the_incident()))


def test_without_anybody_the_owner_is_written_to_and_else_the_default_channels(house: House) -> None:
    post = house.channel("post", kind=ChannelKind.EMAIL)
    spare = house.channel("spare", default=True)
    house.on_calls["support"] = OnCall(
        project="default", agent="support", at_ns=0, owner="ann@example.com", gap="nobody at night"
    )
    house.take(alarm("a"), alarm("b", agent="billing"))
    house.escalation.turn()
    by_agent = {one.notification.agents[0]: one for one in house.deliveries()}
    assert by_agent["support"].channel_id == post.id
    assert by_agent["support"].notification.recipient == "ann@example.com"
    assert by_agent["billing"].channel_id == spare.id


def test_nobody_at_all_is_said_and_the_incident_marked(house: House) -> None:
    house.take(alarm("a"))
    house.escalation.turn()
    incident = house.the_incident()
    assert incident.escalation.unheard and house.deliveries() == []
    assert any("Nobody could be told" in text for _, text in house.said(incident))


def test_an_on_call_that_cannot_be_found_out_does_not_lose_the_alarm(house: House) -> None:
    spare = house.channel("spare", default=True)

    def broken(project: str, agent: str, at_ns: int) -> OnCall:
        raise RuntimeError("no registry")

    house.book._on_call = broken
    house.take(alarm("a"))
    house.escalation.turn()
    assert [one.channel_id for one in house.deliveries()] == [spare.id]
    assert any("cannot be found out (RuntimeError)" in text for _, text in house.said(house.the_incident()))


def test_a_person_without_channels_is_written_to_at_their_address(house: House) -> None:
    house.channel("post", kind=ChannelKind.EMAIL)
    house.on_call("support", [person("ann", email="ann@example.com")])
    house.take(alarm("a"))
    house.escalation.turn()
    house.book.act("default", house.the_incident().id, Action.RESOLVE, by="ann")
    assert [one.notification.recipient for one in house.deliveries()] == ["ann@example.com"] * 2


def test_ways_after_the_first_are_kept_for_when_it_fails(house: House) -> None:
    pager, mail = house.channel("pager"), house.channel("mail")
    house.on_call("support", [person("ann", pager.id, mail.id)])
    house.take(alarm("a"))
    house.escalation.turn()
    [delivery] = house.deliveries()
    assert (delivery.channel_id, delivery.fallbacks) == (pager.id, (mail.id,))
    assert delivery.whom == "ann (schedule week)"


def test_people_of_an_agent_that_joins_are_told_though_it_is_acknowledged(house: House) -> None:
    ann, bob = house.channel("ann"), house.channel("bob")
    house.on_call("support", [person("ann", ann.id)])
    house.on_call("billing", [person("bob", bob.id)])
    house.take(alarm("a", facts={"model": "m"}))
    house.escalation.turn()
    house.book.act("default", house.the_incident().id, Action.ACKNOWLEDGE, by="ann")
    house.take(alarm("b", agent="billing", facts={"model": "m"}))
    house.escalation.turn()
    assert ("bob", "trigger") in told(house)
    assert house.the_incident().state is IncidentState.ACKNOWLEDGED
    assert house.escalation.turn() == float("inf"), "and it does not escalate"


def test_a_raised_severity_reaches_those_who_know(house: House) -> None:
    ann = house.channel("ann")
    house.on_call("support", [person("ann", ann.id)])
    house.take(alarm("a", severity=Severity.WARNING))
    house.escalation.turn()
    house.take(alarm("a", severity=Severity.CRITICAL))
    assert told(house) == [("ann", "trigger"), ("ann", "update")]
    assert house.deliveries()[-1].notification.severity is Severity.CRITICAL


def test_the_key_stays_the_same_and_ids_differ(house: House) -> None:
    ann = house.channel("ann")
    house.on_call("support", [person("ann", ann.id)], [person("ann", ann.id)])
    house.take(alarm("a"))
    house.escalation.turn()
    house.later(301 * SECOND)
    house.escalation.turn()
    house.book.act("default", house.the_incident().id, Action.RESOLVE, by="ann")
    house.later(SECOND)
    house.book.act("default", house.the_incident().id, Action.REOPEN, by="ann")
    house.escalation.turn()
    said = [one.notification for one in house.deliveries()]
    assert [one.happening.value for one in said] == ["trigger", "trigger", "resolve", "trigger"]
    assert len({one.id for one in said}) == 4 and len({one.key for one in said}) == 1


def test_due_times_survive_a_restart(house: House, tmp_path: Path) -> None:
    ann, boss = house.channel("ann"), house.channel("boss")
    house.on_call("support", [person("ann", ann.id)], [person("boss", boss.id)])
    house.take(alarm("a"))
    house.escalation.turn()
    again = house.reopened(tmp_path)
    again.later(100 * SECOND)
    assert again.escalation.turn() == 200
    again.later(201 * SECOND)
    again.escalation.turn()
    assert told(again) == [("ann", "trigger"), ("boss", "trigger")]
    again.metadata.close()


def test_killed_between_the_alarm_and_the_telling_it_is_told_after_the_start(
    house: House, tmp_path: Path
) -> None:
    house.channel("spare", default=True)
    house.take(alarm("a"))
    again = house.reopened(tmp_path)
    again.escalation.turn()
    assert told(again) == [("spare", "trigger")]
    again.escalation.turn()
    assert len(told(again)) == 1
    again.metadata.close()


def a_test_page(house: House) -> Incident:
    ann = house.channel("ann")
    house.on_call("support", [person("ann", ann.id)])
    page = house.book.open("default", title="Test page", by="boss", source=Source.TEST, agents=["support"])
    house.escalation.turn()
    return page


def deliver(house: House) -> None:
    """As the sender does: the timeline first, then the delivery itself."""
    flow = NotifyOnIncident(house.book, published=lambda _project, _ids: None)
    for one in house.outbox.pending():
        attempt = Attempt(at_ns=house.now[0], ok=True, said="taken", seconds=0.1)
        done = replace(one, state=DeliveryState.DELIVERED, attempts=(attempt,), updated_ns=house.now[0])
        house.outbox.settle([done], also=flow.told(done, first=True))


def test_a_test_page_is_proven_by_its_delivery_and_its_acknowledgement(house: House) -> None:
    page = a_test_page(house)
    deliver(house)
    assert page_proof(house.metadata, project="default", agent="support") is None
    house.later(42 * SECOND)
    done = house.book.act("default", page.id, Action.ACKNOWLEDGE, by="ann")
    assert done is not None and done.state is IncidentState.RESOLVED
    proof = page_proof(house.metadata, project="default", agent="support")
    assert proof is not None
    assert (proof.agent, proof.by, proof.seconds, proof.at_ns) == ("support", "ann", 42.0, house.now[0])
    assert [what for _, what in told(house)] == ["trigger", "acknowledge", "resolve"]


def test_a_test_page_acknowledged_before_it_reached_anybody_proves_nothing_until_it_does(
    house: House,
) -> None:
    page = a_test_page(house)
    done = house.book.act("default", page.id, Action.ACKNOWLEDGE, by="boss")
    assert done is not None and done.state is IncidentState.ACKNOWLEDGED
    assert page_proof(house.metadata, project="default", agent="support") is None
    assert any("before any message" in text for _, text in house.said(page))

    deliver(house)
    proof = page_proof(house.metadata, project="default", agent="support")
    assert proof is not None and proof.by == "boss"
    assert house.the_incident().state is IncidentState.RESOLVED


def silence(house: House, *, until_ns: int, **matchers: str) -> str:
    draft = SilenceDraft(
        matchers=[(name, "=", value) for name, value in matchers.items()],
        start_ns=house.now[0],
        end_ns=until_ns,
        reason="planned",
    )
    return house.silences.add("default", draft, by="ann").id


def test_a_silenced_alarm_is_recorded_and_shown_and_told_when_the_silence_is_over(house: House) -> None:
    house.channel("spare", default=True)
    named = silence(house, until_ns=house.now[0] + HOUR, agent="support")
    house.take(alarm("a"))
    incident = house.the_incident()
    [taken] = house.book.alarms("default")
    assert taken.silenced_by == incident.silenced_by == (named,)
    assert house.escalation.turn() == 3600 and house.deliveries() == []
    house.later(HOUR + SECOND)
    house.escalation.turn()
    assert told(house) == [("spare", "trigger")]
    assert any("silence is over" in text for _, text in house.said(incident))


def test_a_silence_that_is_ended_early_or_made_longer_is_heeded(house: House) -> None:
    house.channel("spare", default=True)
    first = silence(house, until_ns=house.now[0] + HOUR, agent="support")
    house.take(alarm("a"))
    silence(house, until_ns=house.now[0] + 2 * HOUR, agent="support")
    house.escalation.silences_changed("default")
    house.later(HOUR + SECOND)
    house.escalation.turn()
    assert house.deliveries() == [], "another one covers it still"
    second = house.silences.standing("default")[0].id
    house.silences.end("default", second)
    house.escalation.silences_changed("default")
    house.escalation.turn()
    assert told(house) == [("spare", "trigger")] and first != second


def test_an_alarm_that_no_silence_covers_wakes_the_incident(house: House) -> None:
    house.channel("spare", default=True)
    silence(house, until_ns=house.now[0] + HOUR, alarm="completion")
    house.take(alarm("a"))
    house.escalation.turn()
    house.take(alarm("b", source_name="latency"))
    house.escalation.turn()
    assert told(house) == [("spare", "trigger")]


def test_what_was_silenced_and_cleared_was_told_to_nobody(house: House) -> None:
    house.channel("spare", default=True)
    silence(house, until_ns=house.now[0] + HOUR, agent="support")
    house.take(alarm("a"))
    house.take(alarm("a", cleared_ns=house.later(MINUTE)))
    house.later(2 * HOUR)
    house.escalation.turn()
    assert house.deliveries() == [] and house.the_incident().state is IncidentState.RESOLVED


@pytest.mark.parametrize(
    ("field", "op", "value", "covers"),
    [
        ("agent", "~", "sup*", True),
        ("agent", "!=", "support", False),
        ("severity", "=", "error", True),
        ("team", "=", "care", True),
        ("facts.model", "=", "gpt-6", True),
        ("facts.model", "=", "gpt-5", False),
        ("release", "~", "3.*", False),
    ],
)
def test_matchers(house: House, field: str, op: str, value: str, covers: bool) -> None:
    house.on_calls["support"] = OnCall(project="default", agent="support", at_ns=0, team="care")
    draft = SilenceDraft(
        matchers=[(field, op, value)], start_ns=house.now[0], end_ns=house.now[0] + HOUR, reason="x"
    )
    house.silences.add("default", draft, by="ann")
    house.take(alarm("a", facts={"model": "gpt-6"}))
    assert bool(house.the_incident().silenced_until_ns) is covers


def test_what_is_wrong_with_one_project_keeps_nobody_of_another_from_being_told(house: House) -> None:
    house.metadata.save_project(Project(id="another", name="another", created_ns=1))
    broken = Record(project="another", kind="incident", id="x", body="{", updated_ns=1)
    house.metadata.save_records([broken])
    ann = house.channel("ann")
    house.on_call("support", [person("ann", ann.id)])
    house.take(alarm("a"))
    assert house.escalation.turn() <= 5, "the broken one is tried again"
    assert told(house) == [("ann", "trigger")]
