"""The state machine, as a property: whatever is done in whatever order."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from roadworthy.domain.alarm import Severity
from roadworthy.domain.incident import (
    ESCALATES,
    Action,
    ActionRefused,
    Incident,
    IncidentState,
    after,
    allowed,
)
from roadworthy.features.watch.incidents.escalating import due_ns
from tests.unit.watch.incidents.house import MINUTE, House, alarm, house_in, person


def test_every_action_is_allowed_or_refused_in_words() -> None:
    for state in IncidentState:
        for action in Action:
            try:
                follows = after(state, action)
            except ActionRefused as refused:
                assert state.value in str(refused) and "expected" in str(refused)
                assert action not in allowed(state)
            else:
                assert (action in allowed(state)) is (follows is not state)


@pytest.mark.parametrize("state", IncidentState)
def test_from_every_state_it_can_be_closed_and_opened_again(state: IncidentState) -> None:
    closed = after(state, Action.RESOLVE)
    assert closed is IncidentState.RESOLVED
    assert after(closed, Action.REOPEN) is IncidentState.REOPENED


class Incidents(RuleBasedStateMachine):
    """Alarms, people and time, at random."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.house: House = house_in(Path(self.folder.name))
        channel = self.house.channel("pager")
        for agent in ("a", "b"):
            self.house.on_call(agent, [person("ann", channel.id)], [person("bob", channel.id)])
        self.raised: dict[str, bool] = {}

    def teardown(self) -> None:
        self.house.metadata.close()
        self.folder.cleanup()

    def some(self, number: int) -> Incident | None:
        incidents = self.house.incidents()
        return incidents[number % len(incidents)] if incidents else None

    @rule(number=st.integers(0, 5), agent=st.sampled_from("ab"), severity=st.sampled_from(Severity))
    def alarmed(self, number: int, agent: str, severity: Severity) -> None:
        name = f"{agent}{number}"
        if not self.raised.get(name, False):
            self.house.take(alarm(name, agent=agent, severity=severity, at_ns=self.house.now[0]))
            self.raised.setdefault(name, False)

    @rule(number=st.integers(0, 5), agent=st.sampled_from("ab"))
    def cleared(self, number: int, agent: str) -> None:
        name = f"{agent}{number}"
        if name in self.raised:
            now = self.house.now[0]
            self.house.take(alarm(name, agent=agent, at_ns=now, cleared_ns=now))
            self.raised[name] = True

    @rule(number=st.integers(0, 9), action=st.sampled_from(Action))
    def acted(self, number: int, action: Action) -> None:
        incident = self.some(number)
        if incident is not None:
            try:
                self.house.book.act("default", incident.id, action, by="ann")
            except ActionRefused:
                assert action not in allowed(incident.state)

    @rule(one=st.integers(0, 9), other=st.integers(0, 9))
    def merged(self, one: int, other: int) -> None:
        source, target = self.some(one), self.some(other)
        if source is None or target is None or source.id == target.id or source.merged_into:
            return
        if target.state is not IncidentState.RESOLVED:
            self.house.rearranging.merge("default", source.id, into=target.id, by="ann")

    @rule(minutes=st.integers(1, 20))
    def time_passes(self, minutes: int) -> None:
        self.house.later(minutes * MINUTE)
        self.house.escalation.turn()

    @rule()
    def started_anew(self) -> None:
        before = [self.house.incidents(), self.house.book.alarms("default")]
        self.house.metadata.close()
        self.house = self.house.reopened(Path(self.folder.name))
        assert [self.house.incidents(), self.house.book.alarms("default")] == before

    @invariant()
    def every_alarm_has_its_incident(self) -> None:
        incidents = {one.id: one for one in self.house.incidents()}
        alarms = self.house.book.alarms("default")
        assert {one.alarm.id for one in alarms} == set(self.raised), "nothing is dropped, nothing doubled"
        for incident in incidents.values():
            own = [one for one in alarms if one.incident_id == incident.id]
            assert incident.alarms == len(own)
            assert incident.alarms_standing == sum(not one.alarm.cleared_ns for one in own)
            assert {one.alarm.agent for one in own} <= set(incident.agents)

    @invariant()
    def times_fit_the_state(self) -> None:
        for one in self.house.incidents():
            resolved = one.state is IncidentState.RESOLVED
            assert bool(one.resolved_ns) is resolved
            assert not (resolved and due_ns(one)), "who is over calls nobody"
            if one.state not in ESCALATES and not resolved:
                assert one.acknowledged_ns and one.escalation.next_ns == 0

    @invariant()
    def numbers_count_up(self) -> None:
        assert [one.number for one in self.house.incidents()] == list(
            range(1, len(self.house.incidents()) + 1)
        )


TestIncidents = Incidents.TestCase
TestIncidents.settings = settings(max_examples=15, stateful_step_count=20, deadline=None, derandomize=True)
