"""What each agent lacks before somebody owns its quality."""

from __future__ import annotations

from dataclasses import replace

import pytest

from roadworthy.domain.agent import Agent, Stage
from roadworthy.domain.schedule import Window
from roadworthy.domain.team import Team
from roadworthy.features.registry.on_call import Now
from roadworthy.features.registry.proof import PageProof
from roadworthy.features.registry.roster import Lack, RosterRow, SeenAgent, roster
from roadworthy.features.registry.snapshot import Thing
from tests.unit.registry.making import DAY_NS, PROJECT, WEEKDAYS, at, contact, layer, schedule, snapshot

NOW = at("2026-11-24 12:00")
WHOLE = Agent(
    project=PROJECT,
    name="support",
    team="payments",
    owner="ann",
    runbook="https://r.org",
    objectives=("slo",),
    tier="1",
    stage=Stage.PRODUCTION,
)
TEAM = Team(project=PROJECT, name="payments", members=("ann", "bob"), schedule="primary")
ALWAYS = schedule(layer("ann", "bob"))
WEEKDAYS_ONLY = schedule(layer("ann", "bob", windows=[Window(days=WEEKDAYS, start="00:00", end="24:00")]))


def row(*things: Thing, acknowledged_ns: int = NOW - DAY_NS) -> RosterRow:
    proof = PageProof(agent="support", acknowledged_ns=acknowledged_ns)
    known = snapshot(contact("ann"), contact("bob"), *things)
    [found] = roster(Now(known, NOW), project=PROJECT, seen=[], proofs={"support": proof})
    return found


def test_an_agent_with_everything_lacks_nothing() -> None:
    assert row(WHOLE, TEAM, ALWAYS).lacks == ()


@pytest.mark.parametrize(
    ("agent", "lacks"),
    [
        (replace(WHOLE, runbook=""), [Lack.RUNBOOK]),
        (replace(WHOLE, objectives=()), [Lack.OBJECTIVE]),
        (replace(WHOLE, tier=""), [Lack.TIER]),
        (replace(WHOLE, owner=""), [Lack.GAP]),
        (replace(WHOLE, team="", owner=""), [Lack.OWNER, Lack.ON_CALL]),
        (replace(WHOLE, team="", owner="", stage=Stage.RETIRED), []),
    ],
)
def test_what_is_missing_is_named(agent: Agent, lacks: list[Lack]) -> None:
    assert list(row(agent, TEAM, ALWAYS).lacks) == lacks


def test_nobody_on_call_next_weekend_is_a_gap_on_tuesday() -> None:
    found = row(WHOLE, TEAM, WEEKDAYS_ONLY)
    assert found.on_call.gap == "" and list(found.lacks) == [Lack.GAP]


def test_an_owner_who_left_is_no_owner() -> None:
    known = (replace(WHOLE, team="", schedule="primary"), contact("ann", left_ns=NOW - 1), ALWAYS)
    assert list(row(*known).lacks) == [Lack.OWNER, Lack.GAP]


def test_an_old_proof_proves_nothing() -> None:
    assert list(row(WHOLE, TEAM, ALWAYS, acknowledged_ns=NOW - 91 * DAY_NS).lacks) == [Lack.PROOF]


def test_those_only_seen_in_traffic_stand_beside_the_registered() -> None:
    seen = [SeenAgent(name=name, runs=3, last_ns=NOW) for name in ("support", "", "another")]
    known = snapshot(contact("ann"), contact("bob"), WHOLE, TEAM, ALWAYS)
    rows = roster(Now(known, NOW), project=PROJECT, seen=seen, proofs={})
    assert [(one.agent.name, one.registered, one.agent.stage) for one in rows] == [
        ("another", False, Stage.DISCOVERED),
        ("support", True, Stage.PRODUCTION),
    ]
    assert rows[0].lacks[:3] == (Lack.REGISTRATION, Lack.OWNER, Lack.ON_CALL)
    assert all(one.seen is not None and one.seen.runs == 3 for one in rows)


def test_an_objective_made_for_it_counts_though_the_register_does_not_list_it() -> None:
    known = snapshot(contact("ann"), contact("bob"), replace(WHOLE, objectives=()), TEAM, ALWAYS)

    def lacks(agents: set[str]) -> tuple[Lack, ...]:
        return roster(Now(known, NOW), project=PROJECT, seen=[], proofs={}, with_objective=agents)[0].lacks

    assert Lack.OBJECTIVE in lacks({"another"})
    assert Lack.OBJECTIVE not in lacks({"support"})
