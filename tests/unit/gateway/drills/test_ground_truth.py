"""Whole drills of agents whose every answer is known to be right, wrong or honest: the report says so."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

import pytest

from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.domain.agent_ended import Ending
from roadworthy.domain.exchange import Exchange
from roadworthy.features.gateway.drills.drill import Case, Drill, DrillState
from roadworthy.features.gateway.drills.fault import FAULTS
from roadworthy.features.gateway.drills.injection import Faults
from roadworthy.features.gateway.drills.service import DrillService
from roadworthy.features.gateway.drills.verdict import Verdict
from tests.unit.gateway.drills.drilling import KEY, Drilled, drilled, judged
from tests.unit.gateway.drills.shop import AGENTS, Gateway, run


@pytest.fixture(scope="module")
def metadata(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteMetadataStore]:
    store = SqliteMetadataStore(tmp_path_factory.mktemp("drills") / "roadworthy.db")
    yield store
    store.close()


Drills = Callable[[str, bool], Drilled]


@pytest.fixture(scope="module")
def drills(metadata: SqliteMetadataStore) -> Drills:
    """Each made once: (agent, whether the right answers are known)."""
    return cache(lambda agent, expected: drilled(metadata, agent, expected=expected))


@pytest.mark.parametrize(
    ("agent", "expected"),
    [*((agent, True) for agent in AGENTS), ("careless", False), ("honest", False)],
)
def test_every_planted_answer_is_reported_for_what_it_is_and_none_invented(
    drills: Drills, agent: str, expected: bool
) -> None:
    """Held against expected answers, and against clean runs alone."""
    done = drills(agent, expected)
    found = judged(done.report)
    wrong = [
        (one.run.number, [fault.fault for fault in one.run.faults], one.run.answer, one.judged, truth)
        for one in found
        if one.judged.verdict is not Verdict.NOT_REACHED
        and one.judged.verdict.value != (truth := done.truth[one.run.number])
    ]
    assert wrong == []
    reached = Counter(one.judged.verdict for one in found)
    planted = {
        "careless": Verdict.SILENTLY_WRONG,
        "careful": Verdict.RECOVERED,
        "honest": Verdict.SAID_SO,
        "crashing": Verdict.CRASHED,
    }
    assert reached[planted[agent]] > 10 and reached[Verdict.RECOVERED] > 5
    assert {one.faults[0] for one in done.report.faults if one.share.decided} == {one.name for one in FAULTS}


def test_what_was_not_reached_is_not_counted_as_survived(drills: Drills) -> None:
    done = drills("careless", True)
    missed = [one for one in judged(done.report) if one.judged.verdict is Verdict.NOT_REACHED]
    assert missed  # the second of two faults, where the agent gives up after the first
    assert all(len(one.applied) < len(one.run.faults) for one in missed)
    share = done.report.pairs_share
    assert share.decided + share.counts[Verdict.NOT_REACHED] == sum(
        len(one.runs) for one in done.report.pairs
    )


def test_careful_agents_survive_more_and_the_interval_says_how_sure_that_is(drills: Drills) -> None:
    shares = {agent: drills(agent, True).report.share for agent in AGENTS}
    careful, careless = shares["careful"], shares["careless"]
    assert careful.share == 1 and careful.interval is not None and careful.interval.low > 0.8
    assert careless.share is not None and careless.interval is not None
    assert careless.interval.low < careless.share < careless.interval.high < 0.9


def test_the_same_seed_makes_the_same_drill(metadata: SqliteMetadataStore) -> None:
    def plan(seed: int) -> list[tuple[int, str, object, str]]:
        report = drilled(metadata, "careless", expected=True, seed=seed, budget=20).report
        found = sorted(judged(report), key=lambda one: one.run.number)
        return [(one.run.number, one.run.case, one.run.faults, one.judged.verdict.value) for one in found]

    first = plan(3)
    assert plan(3) == first != plan(4)


def test_runs_whose_recordings_were_lost_are_made_again(metadata: SqliteMetadataStore) -> None:
    """As after kill -9 of the gateway: how the agent ended is known, and none of its calls."""
    gateway, lost = Gateway(Faults(key=KEY)), set[str]()

    def exchanges_of(project: str, run_ids: Sequence[str]) -> Mapping[str, Sequence[Exchange]]:
        return gateway.exchanges_of(project, [one for one in run_ids if one not in lost])

    service = DrillService(metadata, sign=lambda: KEY, exchanges_of=exchanges_of, settle_s=0.0)
    case = Case(id="A-1", input="What is the total of order A-1?", expected="42.5")
    drill = service.start(
        Drill(
            project="default", id="", agent="shop", cases=(case,), faults=("empty",), budget=9, created_ns=0
        )
    )

    def made(*, losing: bool) -> list[int]:
        starts = service.take("default", drill.id, most=9)
        for start in starts:
            ended = run(AGENTS["careless"], gateway.connect(start.token), start.case.input)
            service.ended(
                "default",
                drill.id,
                start.run.number,
                attempt=start.run.attempt,
                ending=Ending.ANSWERED,
                answer=ended.answer,
                exit_code=0,
                error="",
                elapsed_ms=1,
            )
        if losing:
            lost.add(starts[-1].run.trace_id)
        return [one.run.number for one in starts]

    assert [made(losing=True), made(losing=False)] == [[1, 2], [2]]
    assert [made(losing=True), made(losing=False), made(losing=False)] == [[3], [3], []]
    report = service.report("default", drill.id)
    assert report is not None and report.drill.state is DrillState.DONE
    assert [one.judged.verdict for one in judged(report)] == [Verdict.SILENTLY_WRONG]


def test_a_run_whose_taker_died_is_handed_out_again_under_another_trace(
    metadata: SqliteMetadataStore,
) -> None:
    clock = [time.time_ns()]
    service = DrillService(metadata, sign=lambda: KEY, settle_s=0.0, now_ns=lambda: clock[0])
    case = Case(id="a", input="x", expected="y")
    drill = service.start(
        Drill(project="default", id="", agent="shop", cases=(case,), timeout_s=10, budget=9, created_ns=0)
    )
    first = service.take("default", drill.id, most=9)
    assert len(first) == 2 and service.take("default", drill.id, most=9) == []
    again = DrillService(
        metadata, sign=lambda: KEY, settle_s=0.0, now_ns=lambda: clock[0]
    )  # kill -9 of the server
    assert again.take("default", drill.id, most=9) == []
    clock[0] += 71 * 10**9
    second = again.take("default", drill.id, most=9)
    assert [one.run.number for one in second] == [1, 2]
    assert {one.run.trace_id for one in second}.isdisjoint(one.run.trace_id for one in first)
    late = again.ended(
        "default",
        drill.id,
        1,
        attempt=1,
        ending=Ending.ANSWERED,
        answer="z",
        exit_code=0,
        error="",
        elapsed_ms=1,
    )
    assert late is not None and late.answer == ""  # of the attempt that was given up
    third = again.take("default", drill.id, most=9, alone=True)  # whoever goes on says that it is alone
    assert [one.run.attempt for one in third] == [3, 3]
