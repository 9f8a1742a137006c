"""Runs judged where they come in say what the core would say of them, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from roadworthy.contracts.intake import IntakeEntry, IntakeRecord
from roadworthy.contracts.telemetry import StoreUnavailable, TelemetryBatch, TelemetryStore
from roadworthy.domain.run import Outcome, Run
from roadworthy.domain.score import Score
from roadworthy.domain.span import Span
from roadworthy.features.ingest.batch import gather, join_contents
from roadworthy.features.ingest.runs.assemble import assemble
from roadworthy.features.ingest.runs.tracker import RunTracker
from roadworthy.features.judge.failure_model.model import prior
from roadworthy.features.judge.issues import issues_of
from roadworthy.features.judge.verdict import Rules
from roadworthy.features.observe.steps import Assembly, assembled
from roadworthy.flows.judge_on_arrival import MOST_SPANS, ArrivalJudge
from roadworthy.flows.judge_settled_run import RunJudge
from tests import payloads as shared
from tests.unit.flows.test_judge_settled_run import PROJECT, SHOUTING, spans_of
from tests.unit.ingest.ingest_path import RECEIVED_NS, IngestPath, Payloads

RULES = Rules(
    label="1.test",
    predict=lambda transcript, findings: prior().predict(transcript, findings).p,
    fingerprint=lambda run, findings: tuple(key.id for key in issues_of(run, findings)),
)


@dataclass
class Room:
    """`gathered` is what the consumer holds."""

    rules: Rules | None = field(default_factory=lambda: replace(RULES, detectors=(SHOUTING,)))
    refused: set[str] = field(default_factory=set)
    handed_in: list[tuple[list[str], list[str]]] = field(default_factory=list)
    gathered: dict[tuple[str, str], Run] = field(default_factory=dict)
    judge: ArrivalJudge = field(init=False)

    def __post_init__(self) -> None:
        self.judge = ArrivalJudge(rules_of=lambda _project, _agent: self.rules, hand_in=self._hand_in)

    def _hand_in(
        self, _project: str, runs: Sequence[Run], before: Sequence[str]
    ) -> Mapping[str, Sequence[str]]:
        self.handed_in.append(([run.id for run in runs], list(before)))
        return {run.id: ("issue",) for run in runs if run.id not in self.refused}

    def gather(self, spans: Sequence[Span]) -> Run:
        (run,) = self.judge.assemble(spans)
        self.gathered[run.project, run.id] = run
        return run

    def work(self) -> int:
        return self.judge.work(self.gathered, seconds=10)

    def hand_over(self, *, next_offset: int) -> None:
        self.judge.handed_over(next_offset=next_offset)
        self.judge.before_write(list(self.gathered.values()))
        self.gathered = {}


class _Watched(dict[tuple[str, str], Run]):
    """The runs gathered, and which of them was asked for when."""

    def __init__(self, runs: Mapping[tuple[str, str], Run], asked: list[Run]) -> None:
        super().__init__(runs)
        self._asked = asked

    def get(self, key: tuple[str, str], default: Any = None) -> Any:
        self._asked.append(self[key])
        return super().get(key, default)


def test_a_run_that_is_over_has_its_verdict_when_it_is_written() -> None:
    room = Room()
    run = room.gather(spans_of("a" * 32, answer="NO!"))
    assert (room.work(), room.work()) == (1, 0)
    room.hand_over(next_offset=200)
    assert (run.judged, run.detectors, run.issues) == ("1.test", ("shouting",), ("issue",))
    assert room.handed_in == [([run.id], [])]


def test_a_run_that_goes_on_or_is_larger_than_a_moment_allows_is_left_to_others() -> None:
    room = Room()
    going_on = room.gather(spans_of("a" * 32, answer="NO!", end_ns=0))
    root, call = spans_of("b" * 32, answer="NO!")
    many = [replace(call, span_id=f"{number:016x}") for number in range(1, MOST_SPANS + 1)]
    large = room.gather([root, *many])
    orphan = room.gather([replace(call, trace_id="c" * 32, parent_id="7" * 16)])
    assert room.work() == 0
    room.hand_over(next_offset=200)
    assert [run.judged for run in (going_on, large, orphan)] == ["", "", ""]
    assert room.handed_in == []


def test_where_time_is_short_each_agent_has_its_newest_run_judged_first() -> None:
    room = Room()
    of_busy = [room.gather(spans_of(f"{number:032x}", answer="NO!")) for number in range(1, 6)]
    calm = room.gather([replace(span, agent="calm") for span in spans_of("c" * 32, answer="NO!")])
    judged: list[Run] = []
    while room.judge.waiting:
        room.judge.work(_Watched(room.gathered, judged), seconds=10)
    assert [run.id for run in judged[:2]] == [of_busy[-1].id, calm.id]
    assert len(judged) == 6


def test_of_two_assemblies_of_one_run_the_last_is_judged() -> None:
    room = Room()
    first = room.gather(spans_of("a" * 32, answer="NO!"))
    last = room.gather(spans_of("a" * 32, answer="well, no"))
    assert room.work() == 1
    assert (first.judged, last.judged, last.detectors) == ("", "1.test", ())


def test_what_was_handed_over_is_not_judged_here_any_more() -> None:
    room = Room()
    run = room.gather(spans_of("a" * 32, answer="NO!"))
    room.hand_over(next_offset=200)
    assert (room.work(), run.judged) == (0, "")


def test_a_run_that_something_was_said_of_is_left_to_who_reads_what_was_said() -> None:
    room = Room()
    tone = Score(project=PROJECT, trace_id="b" * 32, name="tone", value=0.3, source="otel")
    room.judge.said([replace(tone, trace_id="a" * 32, name="outcome"), tone])
    spoken_of = room.gather(spans_of("a" * 32, answer="NO!"))
    other = room.gather(spans_of("b" * 32, answer="NO!"))
    assert room.work() == 1
    assert (spoken_of.judged, other.judged) == ("", "1.test")


def test_a_run_that_people_may_know_already_is_asked_about() -> None:
    """Some of its spans came with an earlier batch."""
    room = Room()
    spans = spans_of("a" * 32, answer="NO!", version=100)
    room.hand_over(next_offset=150)
    spans[0].outcome = "success"
    spans[1] = replace(spans[1], version=200)
    run = room.gather(spans)
    fresh = room.gather(spans_of("b" * 32, answer="NO!", version=200))
    room.refused = {run.id}
    assert room.work() == 2
    room.hand_over(next_offset=300)
    assert room.handed_in == [([run.id, fresh.id], [run.id])]
    assert (run.judged, run.p_failure, run.findings, run.detectors, run.modes, run.issues) == (
        *("", None),
        *((), (), (), ()),
    )
    assert run.outcome is Outcome.SUCCESS
    assert fresh.judged == "1.test"


def test_what_the_spans_say_of_the_outcome_comes_back_with_a_verdict_taken_back() -> None:
    """The project does not listen to the SDK, so the verdict said unknown."""
    room = Room(rules=replace(RULES, precedence=("reviewer",)))
    room.hand_over(next_offset=150)
    spans = spans_of("a" * 32, answer="fine", version=100)
    spans[0].outcome = "failure"
    run = room.gather(spans)
    assert (room.work(), run.outcome) == (1, Outcome.UNKNOWN)
    room.refused = {run.id}
    room.hand_over(next_offset=300)
    assert (run.outcome, run.outcome_source) == (Outcome.FAILURE, "sdk")


def test_rules_that_are_not_to_be_had_leave_runs_unjudged() -> None:
    room = Room(rules=None)
    run = room.gather(spans_of("a" * 32, answer="NO!"))
    assert (room.work(), run.judged) == (0, "")

    def away(_project: str, _agent: str) -> Rules:
        raise StoreUnavailable("the core is starting")

    room.judge = ArrivalJudge(rules_of=away, hand_in=room._hand_in)
    run = room.gather(spans_of("a" * 32, answer="NO!"))
    assert (room.work(), run.judged) == (0, "")


def test_verdicts_that_cannot_be_handed_in_hold_nothing_up() -> None:
    def broken(_project: str, _runs: Sequence[Run], _before: Sequence[str]) -> Mapping[str, Sequence[str]]:
        raise RuntimeError("a fault nobody foresaw")

    room = Room()
    room.judge = ArrivalJudge(rules_of=lambda _project, _agent: RULES, hand_in=broken)
    run = room.gather(spans_of("a" * 32, answer="NO!"))
    assert room.work() == 1
    room.hand_over(next_offset=200)
    assert run.judged == ""


def test_a_store_that_is_away_is_waited_for_with_the_verdict() -> None:
    def away(_project: str, _runs: Sequence[Run], _before: Sequence[str]) -> Mapping[str, Sequence[str]]:
        raise StoreUnavailable("away")

    room = Room()
    room.judge = ArrivalJudge(rules_of=lambda _project, _agent: RULES, hand_in=away)
    run = room.gather(spans_of("a" * 32, answer="NO!"))
    room.work()
    with pytest.raises(StoreUnavailable):
        room.hand_over(next_offset=200)
    assert run.judged


# --- the same as in the core -------------------------------------------------------------------------------


class Arriving(IngestPath):
    """Judges what it can before it is written."""

    def __init__(self) -> None:
        super().__init__()
        self.judge = ArrivalJudge(
            rules_of=lambda _project, _agent: RULES,
            hand_in=lambda _project, runs, _before: {
                run.id: RULES.fingerprint(run, run.findings) for run in runs
            },
        )
        self.tracker = RunTracker(
            store=self.store, assemble=self.judge.assemble, memory_bytes=1 << 30, now_ns=RECEIVED_NS
        )

    def take(self, records: Sequence[IntakeRecord]) -> None:
        entries = [
            IntakeEntry(offset=at * 100, next_offset=at * 100 + 100, record=record)
            for record, at in zip(records, self.offsets, strict=False)
        ]
        gathered = gather(entries, steps=self.steps)
        join_contents(gathered, tracker=self.tracker)
        spans = self.tracker.add(gathered.spans)
        runs = {(run.project, run.id): run for run in self.tracker.settle(everything=True)}
        self.judge.said(gathered.scores)
        while self.judge.work(runs, seconds=60):
            pass
        self.judge.handed_over(next_offset=gathered.next_offset)
        self.judge.before_write(list(runs.values()))
        token = f"batch-{gathered.first_offset}"
        self.store.write(
            TelemetryBatch(token=token, spans=spans, runs=list(runs.values()), scores=gathered.scores)
        )
        self.tracker.written(self.tracker.batch)


def _assembled(store: TelemetryStore, run: Run, spans: Sequence[Span]) -> Assembly:
    return assembled(store, run, spans, assemble=assemble)


def folders() -> list[str]:
    data = shared.shared_data()
    return sorted(f.name for f in (data / "otlp").iterdir()) if data is not None else ["(no shared/data)"]


@pytest.mark.parametrize("folder", folders())
def test_real_runs_get_the_verdict_they_would_get_read_back(shared_data: Path, folder: str) -> None:
    path = Arriving()
    for record in Payloads(shared_data / "otlp" / folder).records():
        path.take([record])
    early = {run.id: run for run in path.runs() if run.judged}
    assert early
    judge = RunJudge(
        path.store, assemble=_assembled, rules_of=lambda _project, _agent: RULES, publish=lambda _, __: None
    )
    judge.judge_now("default", list(early))
    for run in path.runs():
        if run.id in early:
            assert replace(run, version=0) == replace(early[run.id], version=0)
