"""Which runs a drill makes."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.domain.exchange import Dialect, ExchangeKind
from roadworthy.features.gateway.drills.design import UNKNOWN, Reached, design
from roadworthy.features.gateway.drills.fault import BY_NAME, FAULTS

ALL = [one.name for one in FAULTS]


def _calls(models: int, tools: int) -> list[Reached]:
    asked = [(ExchangeKind.MODEL, Dialect.OPENAI_CHAT, "planner")] * models
    asked += [(ExchangeKind.TOOL, Dialect.MCP, "crm.find")] * tools
    seen: dict[str, int] = {}
    found = []
    for kind, dialect, target in asked:
        seen[target] = seen.get(target, 0) + 1
        found.append(Reached(kind=kind, dialect=dialect, target=target, occurrence=seen[target]))
    return found


@given(
    sizes=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=4),
    seed=st.integers(0, 1000),
    budget=st.integers(0, 300),
)
@settings(max_examples=60)
def test_designs_cover_what_can_be_covered_within_the_budget(
    sizes: list[tuple[int, int]], seed: int, budget: int
) -> None:
    reached = {f"case-{place}": _calls(*size) for place, size in enumerate(sizes)}
    whole = design(reached, faults=ALL, seed=seed, pairs=True, budget=10_000)
    assert whole == design(reached, faults=ALL, seed=seed, pairs=True, budget=10_000)
    assert whole.left_out == 0
    possible = {
        (case, fault)
        for case, calls in reached.items()
        for fault in ALL
        if any(one.kind in BY_NAME[fault].at for one in calls)
    }
    singles = [(one.case, one.faults[0].fault) for one in whole.runs if len(one.faults) == 1]
    assert sorted(singles) == sorted(possible)
    assert dict(whole.unreachable) == {
        fault: missed for fault in ALL if (missed := sum((case, fault) not in possible for case in reached))
    }
    pairs = [{fault.fault for fault in one.faults} for one in whole.runs if len(one.faults) == 2]
    together = [
        {first, second}
        for first, second in combinations(ALL, 2)
        if any(
            one is not other and one.kind in BY_NAME[first].at and other.kind in BY_NAME[second].at
            for calls in reached.values()
            for one in calls
            for other in calls
        )
    ]
    assert len(pairs) == len(together) and all(one in pairs for one in together)
    for run in whole.runs:
        places = [(one.kind, one.target, one.occurrence) for one in run.faults]
        assert len(set(places)) == len(places)
        assert all(one.kind in BY_NAME[one.fault].at for one in run.faults)
    cut = design(reached, faults=ALL, seed=seed, pairs=True, budget=budget)
    assert cut.runs == whole.runs[:budget]
    assert cut.left_out == max(0, len(whole.runs) - budget)


def test_a_small_budget_meets_every_fault_once_before_any_twice() -> None:
    reached = {f"case-{place}": _calls(2, 2) for place in range(5)}
    made = design(reached, faults=ALL, seed=1, pairs=True, budget=len(ALL))
    assert sorted(one.faults[0].fault for one in made.runs) == sorted(ALL)
    assert len({one.case for one in made.runs}) == 5


def test_without_recordings_the_first_call_of_each_kind_is_meant() -> None:
    made = design({"a": UNKNOWN}, faults=["timeout", "refusal"], seed=1, pairs=True, budget=9)
    assert {one.target for run in made.runs for one in run.faults} == {""}
    assert {one.occurrence for run in made.runs for one in run.faults} == {1}


def test_faults_carry_their_settings_and_may_stay() -> None:
    made = design(
        {"a": _calls(1, 1)},
        faults=["slow", "empty"],
        seed=1,
        pairs=False,
        budget=9,
        persistent=True,
        settings={"first_s": 0.25},
    )
    assert {one.fault: dict(one.settings) for run in made.runs for one in run.faults} == {
        "slow": {"first_s": 0.25},
        "empty": {},
    }
    assert {one.times for run in made.runs for one in run.faults} == {0}
