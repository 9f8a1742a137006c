"""Who is told, level by level; never silently nobody."""

from __future__ import annotations

from dataclasses import replace

from roadworthy.domain.agent import Agent
from roadworthy.domain.escalation_policy import EscalationPolicy, PolicyLevel, Target, TargetKind
from roadworthy.domain.on_call import OnCall
from roadworthy.domain.team import Team
from roadworthy.features.registry.on_call import Now, Ways, who_is_on_call
from roadworthy.features.registry.snapshot import Thing
from tests.unit.registry.making import PROJECT, at, contact, layer, schedule, snapshot

MONDAY = at("2026-01-05 12:00")
AGENT = Agent(project=PROJECT, name="support", team="payments", owner="eve", runbook="https://r/1", tier="1")
TEAM = Team(project=PROJECT, name="payments", members=("ann", "bob"), schedule="primary")
PRIMARY = schedule(layer("ann", "bob"))


def policy(*levels: tuple[Target, ...], repeat: int = 0, default: bool = True) -> EscalationPolicy:
    return EscalationPolicy(
        project=PROJECT,
        name="policy",
        repeat=repeat,
        default=default,
        levels=tuple(PolicyLevel(targets=targets, timeout_seconds=300) for targets in levels),
    )


def target(kind: str, name: str = "") -> Target:
    return Target(kind=TargetKind(kind), name=name)


def asked(*things: Thing, agent: str = "support", at_ns: int = MONDAY) -> OnCall:
    return who_is_on_call(Now(snapshot(*things), at_ns), project=PROJECT, agent=agent)


def told(on_call: OnCall) -> list[list[str]]:
    return [[one.person or f"#{one.channel}" for one in level.responders] for level in on_call.levels]


PEOPLE = (contact("ann"), contact("bob"), contact("eve"))


def test_without_a_policy_it_is_schedule_then_owner_then_team() -> None:
    on_call = asked(AGENT, TEAM, PRIMARY, *PEOPLE)
    assert told(on_call) == [["ann"], ["eve"], ["ann", "bob"]]
    assert [level.number for level in on_call.levels] == [1, 2, 3]
    assert (on_call.gap, on_call.team, on_call.runbook, on_call.tier) == ("", "payments", "https://r/1", "1")
    assert (
        on_call.levels[0].responders[0].why.startswith("on call in 'primary' until Monday 2026-01-12 09:00")
    )


def test_targets_of_one_level_are_told_at_once_each_once() -> None:
    both = policy((target("schedule"), target("person", "ann"), target("channel", "pager")), repeat=3)
    on_call = asked(AGENT, TEAM, PRIMARY, both, *PEOPLE)
    assert (told(on_call), on_call.repeat) == ([["ann", "#pager"]], 3)


def test_an_agents_own_policy_and_schedule_come_before_the_projects_and_the_teams() -> None:
    own = replace(policy((target("schedule"),), default=False), name="own")
    nights = schedule(layer("bob"), name="nights")
    agent = replace(AGENT, policy="own", schedule="nights")
    assert told(asked(agent, TEAM, PRIMARY, nights, own, policy((target("team"),)), *PEOPLE)) == [["bob"]]


def test_a_level_without_anybody_is_left_out_at_once_and_said() -> None:
    later = schedule(layer("ann", starts_on="2027-01-04"))
    on_call = asked(AGENT, TEAM, later, policy((target("schedule"),), (target("person"),)), *PEOPLE)
    assert told(on_call) == [["eve"]] and on_call.levels[0].number == 1
    assert on_call.gap == (
        "the schedule 'primary' has nobody on Monday 2026-01-05 12:00 to Monday 2026-01-19 12:00 (UTC)"
    )


def test_where_a_policy_reaches_nobody_the_owner_and_the_team_are_told() -> None:
    gone = contact("ann", left_ns=1)
    on_call = asked(
        AGENT, TEAM, PRIMARY, policy((target("person", "ann"),)), gone, contact("bob"), contact("eve")
    )
    assert told(on_call) == [["eve"], ["bob"]]
    assert on_call.gap == "ann has left"


def test_who_has_neither_address_nor_channel_is_nobody_and_is_named() -> None:
    mute = contact("eve", email="")
    on_call = asked(AGENT, TEAM, PRIMARY, policy((target("person"),)), contact("ann"), contact("bob"), mute)
    assert told(on_call) == [["ann", "bob"]]
    assert on_call.gap == "eve has neither an e-mail address nor a channel"


def test_a_teams_channel_stands_for_its_members() -> None:
    team = replace(TEAM, channels=("chat",))
    assert told(asked(AGENT, team, PRIMARY, policy((target("team"),)), *PEOPLE)) == [["#chat"]]


def test_an_agent_nobody_registered_goes_to_the_projects_default_if_that_names_anybody() -> None:
    named = policy((target("schedule"),), (target("schedule", "primary"),), (target("team", "payments"),))
    on_call = asked(TEAM, PRIMARY, named, *PEOPLE, agent="stranger")
    assert told(on_call) == [["ann"], ["ann", "bob"]]
    assert on_call.gap == "nobody registered the agent 'stranger'; it has no on-call schedule"


def test_where_nothing_is_registered_the_gap_says_all_that_is_missing() -> None:
    on_call = asked(agent="stranger")
    assert on_call.levels == ()
    assert on_call.gap == (
        "nobody registered the agent 'stranger'; the project has no default escalation policy"
    )
    bare = asked(Agent(project=PROJECT, name="support"))
    assert bare.levels == ()
    assert "has no owner" in bare.gap and "has no team" in bare.gap and "no on-call schedule" in bare.gap


def test_a_channel_that_is_not_there_reaches_nobody_and_is_said() -> None:
    """Nor does an e-mail address where nothing sends e-mail."""
    both = policy((target("person", "ann"), target("channel", "pager")), (target("person", "bob"),))
    people = (replace(contact("ann", email=""), channels=("slack",)), contact("bob", email="bob@example.com"))

    def asked_with(*channels: str, email: bool) -> OnCall:
        now = Now(snapshot(AGENT, both, *people), MONDAY, ways=Ways(channels, email))
        return who_is_on_call(now, project=PROJECT, agent="support")

    assert told(asked_with("slack", "pager", email=True)) == [["ann", "#pager"], ["bob"]]
    fewer = asked_with("slack", email=False)
    assert told(fewer) == [["ann"]]
    assert "there is no channel 'pager'" in fewer.gap
    assert "no channel that sends e-mail" in fewer.gap
    nobody = asked_with(email=False)
    assert nobody.levels == ()
    assert "the channel 'slack' of" in nobody.gap
