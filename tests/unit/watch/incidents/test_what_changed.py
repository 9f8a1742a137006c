"""What changed just before is found in real runs of a telemetry store, and chance is not."""

from __future__ import annotations

import random
import threading
from dataclasses import replace

import pytest

from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.telemetry import AggregateQuery, AggregateRow, TelemetryBatch
from roadworthy.domain.incident import Change, ChangeKind, Incident, Source
from roadworthy.domain.run import Outcome, Run, RunStatus
from roadworthy.domain.span import ContentFormat, Span, SpanKind, SpanStatus
from roadworthy.features.watch.incidents.impact import impact_of
from roadworthy.features.watch.incidents.prompts import prompt_change
from roadworthy.features.watch.incidents.what_changed import WhatChanged, windows
from roadworthy.flows.open_incident_on_alarm import LookBefore
from tests.unit.watch.incidents.house import HOUR, MINUTE, START, alarm

WINDOW = windows(at_ns=START, since_ns=START - HOUR)


class Past:
    """Runs of the last eight days, 40 an hour in the window and 4 an hour before."""

    def __init__(self) -> None:
        self.store = MemoryTelemetryStore()
        self.number = 0
        self.runs: list[Run] = []
        self.spans: list[Span] = []

    def run(self, at_ns: int, *, prompt: str = "Be kind.", **changes: object) -> None:
        self.number += 1
        trace = f"{self.number:032x}"
        plain = Run(
            project="default",
            id=trace,
            sort_ns=at_ns,
            version=1,
            trace_ids=(trace,),
            agent="support",
            release="2.0",
            started_ns=at_ns,
            ended_ns=at_ns + MINUTE,
            status=RunStatus.OK,
            models=("gpt-5",),
            tools=("find_order",),
            input_tokens=1_000,
        )
        self.runs.append(replace(plain, **changes))  # type: ignore[arg-type]
        self.spans.append(
            Span(
                project="default",
                trace_id=trace,
                span_id=f"{self.number:016x}",
                name="chat",
                kind=SpanKind.LLM,
                start_ns=at_ns,
                end_ns=at_ns + MINUTE,
                version=1,
                status=SpanStatus.OK,
                input=f'[{{"role": "system", "content": "{prompt}"}}, {{"role": "user", "content": "hi"}}]',
                input_format=ContentFormat.MESSAGES,
            )
        )

    def before(self, count: int = 400, **changes: object) -> None:
        length = WINDOW.start_ns - WINDOW.before_ns
        for number in range(count):
            self.run(WINDOW.before_ns + number * length // count, **changes)  # type: ignore[arg-type]

    def now(self, count: int = 40, **changes: object) -> None:
        for number in range(count):
            self.run(WINDOW.start_ns + number * HOUR // count, **changes)  # type: ignore[arg-type]

    def written(self) -> MemoryTelemetryStore:
        self.store.write(TelemetryBatch(token="t", runs=self.runs, spans=self.spans))
        return self.store

    def found(self, agent: str = "support") -> list[Change]:
        return WhatChanged(self.written()).of("default", [agent], WINDOW).get(agent, [])


@pytest.mark.parametrize(
    ("changes", "kind", "what", "shared"),
    [
        ({"release": "2.1"}, ChangeKind.RELEASE, "2.1", ""),
        ({"models": ("gpt-6",)}, ChangeKind.MODEL, "gpt-6", "model:gpt-6"),
        ({"failed_tools": ("find_order",)}, ChangeKind.UPSTREAM, "find_order fails", "upstream:find_order"),
        ({"error_type": "timeout", "status": RunStatus.ERROR}, ChangeKind.ERROR, "timeout", ""),
        ({"input_tokens": 9_000}, ChangeKind.INPUT, "length", ""),
    ],
)
def test_one_change_is_found_and_nothing_else(
    changes: dict[str, object], kind: ChangeKind, what: str, shared: str
) -> None:
    past = Past()
    past.before(count=900)
    past.now(count=40, **changes)
    [found] = past.found()
    assert (found.kind, found.what, found.shared) == (kind, what, shared)
    assert found.before != found.after and found.text
    if kind in (ChangeKind.RELEASE, ChangeKind.MODEL):
        assert WINDOW.start_ns - MINUTE <= found.at_ns <= WINDOW.start_ns + MINUTE


def test_a_flood_is_found() -> None:
    past = Past()
    past.before(count=400)
    past.now(count=200)
    assert [one.kind for one in past.found()] == [ChangeKind.VOLUME]


def test_where_nothing_changed_chance_is_not_taken_for_it() -> None:
    """Failures of a tenth of all calls, the same before and now, in twenty agents."""
    chance = random.Random(7)
    past = Past()
    for number in range(20):
        for place, count in ((past.before, 100), (past.now, 12)):
            for _ in range(count):
                failed = ("find_order",) if chance.random() < 0.1 else ()
                place(count=1, agent=f"agent-{number}", failed_tools=failed)
    agents = [f"agent-{n}" for n in range(20)]
    found = WhatChanged(past.written()).of("default", agents, WINDOW)
    assert sum(len(changes) for changes in found.values()) <= 1


def test_an_agent_without_a_past_has_nothing_new() -> None:
    past = Past()
    past.now()
    assert past.found() == []


def test_a_changed_instruction_is_found_and_dates_in_it_are_none() -> None:
    past = Past()
    past.before(count=20, prompt="Today is 2026-11-01. Be kind to order 17.")
    past.now(count=20, prompt="Today is 2026-11-22. Be kind to order 99.")
    assert prompt_change(past.written(), "default", agent="support", window=WINDOW) is None
    other = Past()
    other.before(count=20, prompt="Be kind. Always confirm before refunds.")
    other.now(count=20, prompt="Be kind. Refund at once.")
    found = prompt_change(other.written(), "default", agent="support", window=WINDOW)
    assert found is not None and found.kind is ChangeKind.PROMPT
    assert "confirm before" in found.before and "Refund at once" in found.after


def test_a_store_that_fails_or_takes_long_holds_no_alarm_up() -> None:
    released = threading.Event()

    class Broken(MemoryTelemetryStore):
        def aggregate(self, project: str, query: AggregateQuery) -> list[AggregateRow]:
            raise RuntimeError("no engine")

    class Stuck(MemoryTelemetryStore):
        def aggregate(self, project: str, query: AggregateQuery) -> list[AggregateRow]:
            released.wait(30)
            return []

    broken, stuck = LookBefore(Broken()), LookBefore(Stuck(), patience_s=0.05)
    assert broken.changes_of("default", [alarm()]) is None
    for _ in range(5):
        assert stuck.changes_of("default", [alarm()]) is None
    released.set()
    broken.close()
    stuck.close()


def test_impact_counts_runs_failures_and_users() -> None:
    past = Past()
    past.before(count=50)
    past.now(count=10, outcome=Outcome.SUCCESS)
    past.now(count=6, outcome=Outcome.FAILURE, user_id="ann")
    past.now(count=4, outcome=Outcome.FAILURE, user_id="bob")
    incident = Incident(
        project="default",
        id="i",
        number=1,
        title="x",
        source=Source.ALARM,
        agents=("support",),
        began_ns=WINDOW.start_ns,
        opened_ns=START,
    )
    impact = impact_of(past.written(), incident, now_ns=START)
    assert impact is not None
    assert (impact.runs, impact.failed, impact.users, impact.users_known) == (20, 10, 2, True)
    assert impact_of(past.store, replace(incident, agents=()), now_ns=START) is None


def test_a_share_of_runs_that_still_come_in_is_none_over_the_whole() -> None:
    past = Past()
    past.before()
    past.now(10, release="2.1", error_type="TimeoutError")
    store = past.written()
    late = Past()
    late.number = past.number
    late.now(6, release="2.1", error_type="TimeoutError")

    class Arriving(MemoryTelemetryStore):
        """Between the first reading and the others six more runs arrive."""

        def aggregate(self, project: str, query: AggregateQuery) -> list[AggregateRow]:
            if query.by != ("agent",) and late.runs:
                store.write(TelemetryBatch(token="late", runs=late.runs))
                late.runs = []
            return store.aggregate(project, query)

    found = WhatChanged(Arriving()).of("default", ["support"], WINDOW)["support"]

    assert {(one.kind, one.after) for one in found} == {
        (ChangeKind.RELEASE, "100.0 % of 16 runs"),
        (ChangeKind.ERROR, "100.0 % of 16 runs"),
    }
