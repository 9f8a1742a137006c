"""Judging as the core runs it: real assembly, real detectors' table, a store in memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.metadata import Job
from roadworthy.contracts.telemetry import (
    Filter,
    Op,
    RunQuery,
    StoreUnavailable,
    TelemetryBatch,
    TelemetryStore,
)
from roadworthy.domain.finding import Finding
from roadworthy.domain.run import Outcome, Run
from roadworthy.domain.score import Score
from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.runs.assemble import Assembly, assemble
from roadworthy.features.judge.detector import Detector
from roadworthy.features.judge.evaluator_book import EvaluatorBook, NamedEvaluator
from roadworthy.features.judge.history import History
from roadworthy.features.judge.outcomes import PRECEDENCE
from roadworthy.features.judge.transcript import Transcript
from roadworthy.features.judge.verdict import Rules
from roadworthy.features.observe.steps import assembled
from roadworthy.flows import rejudge
from roadworthy.flows.judge_settled_run import RunJudge
from roadworthy.flows.rejudge import Rejudge
from tests.product import wait_until

PROJECT = "shop"
SECOND = 10**9


def shouting(transcript: Transcript, history: History) -> Sequence[Finding]:
    if "poison" in transcript.answer:
        raise RuntimeError("a run nobody foresaw")
    return [SHOUTING.finding("It shouts.")] if transcript.answer.isupper() else []


SHOUTING = Detector(name="shouting", title="Shouting", description="", mode="mast-1.1", detect=shouting)


def spans_of(trace: str, *, answer: str, version: int = 100, end_ns: int | None = None) -> list[Span]:
    now = time.time_ns()
    root = Span(
        project=PROJECT,
        trace_id=trace,
        span_id=trace[:16],
        kind=SpanKind.AGENT,
        agent="clerk",
        name="invoke_agent clerk",
        start_ns=now - SECOND,
        end_ns=now if end_ns is None else end_ns,
        received_ns=now,
        input="hello",
        output=answer,
        version=version,
    )
    call = replace(root, span_id="1" * 16, parent_id=root.span_id, kind=SpanKind.LLM, end_ns=now, name="chat")
    return [root, call]


class Room:
    def __init__(self, precedence: tuple[str, ...] = PRECEDENCE) -> None:
        self.store = MemoryTelemetryStore()
        self.published: list[str] = []
        self.precedence = precedence
        self.evaluate: Callable[[Transcript], Sequence[Score]] = lambda _: ()
        self.judge = self.new_judge()

    def new_judge(self, *, short_of_time: Callable[[], bool] = lambda: False) -> RunJudge:
        return RunJudge(
            self.store,
            assemble=self._assembled,
            rules_of=lambda _project, _agent: Rules(
                label="1.test",
                predict=lambda _, findings: 0.9 if findings else 0.1,
                fingerprint=lambda _, findings: tuple(f"issue-{f.detector}" for f in findings),
                detectors=(SHOUTING,),
                precedence=self.precedence,
                evaluate=self.evaluate,
            ),
            publish=lambda _, ids: self.published.extend(ids),
            short_of_time=short_of_time,
            quiet_seconds=0.01,
        )

    def _assembled(self, store: TelemetryStore, run: Run, spans: Sequence[Span]) -> Assembly:
        found = assembled(store, run, spans, assemble=assemble)
        assert isinstance(found, Assembly)
        return found

    def write(self, spans: Sequence[Span], *, tell: bool = True) -> str:
        """As ingest does."""
        (run,) = assemble(spans).runs
        self.store.write(TelemetryBatch(token=f"{run.id}{run.version}", spans=spans, runs=[run]))
        if tell:
            self.judge.on_runs(PROJECT, [run.id])
        return run.id

    def run(self, run_id: str) -> Run:
        run = self.store.run(PROJECT, run_id)
        assert run is not None
        return run

    def becomes(self, run_id: str, holds: Callable[[Run], bool]) -> Run:
        deadline = time.monotonic() + 60
        while not holds(self.run(run_id)) and time.monotonic() < deadline:
            time.sleep(0.01)
        run = self.run(run_id)
        assert holds(run), run
        return run


@pytest.fixture
def room() -> Iterator[Room]:
    made = Room()
    made.judge.start()
    yield made
    made.judge.stop(timeout=5)


def test_a_written_run_is_judged_and_people_hear_of_it(room: Room) -> None:
    run = room.becomes(room.write(spans_of("a" * 32, answer="NO!")), lambda run: run.judged != "")
    assert (run.p_failure, run.detectors, run.modes, run.issues) == (
        0.9,
        ("shouting",),
        ("mast-1.1",),
        ("issue-shouting",),
    )
    assert run.findings[0].reason == "It shouts."
    deadline = time.monotonic() + 60
    while room.published != [run.id] and time.monotonic() < deadline:
        time.sleep(0.01)
    assert room.published == [run.id]


def test_a_late_span_undoes_the_verdict_and_it_is_judged_anew(room: Room) -> None:
    run_id = room.write(spans_of("a" * 32, answer="NO!"))
    room.becomes(run_id, lambda run: run.p_failure == 0.9)
    room.write(spans_of("a" * 32, answer="well, no", version=900))
    run = room.becomes(run_id, lambda run: run.p_failure == 0.1)
    assert (run.findings, run.issues, run.final_answer) == ((), (), "well, no")


def test_judging_again_changes_nothing_and_says_nothing(room: Room) -> None:
    run_id = room.write(spans_of("a" * 32, answer="NO!"))
    once = room.becomes(run_id, lambda run: run.judged != "")
    done = room.judge.progress.judged
    room.judge.again(PROJECT, [run_id])
    deadline = time.monotonic() + 60
    while room.judge.progress.judged == done and time.monotonic() < deadline:
        time.sleep(0.01)
    assert room.judge.progress.judged > done
    assert room.run(run_id) == once


def test_what_nobody_was_told_of_is_found(room: Room) -> None:
    """As after a crash between writing a run and judging it."""
    run_id = room.write(spans_of("b" * 32, answer="OH"), tell=False)
    again = room.new_judge()
    again.start()
    try:
        room.becomes(run_id, lambda run: run.judged != "")
    finally:
        again.stop(timeout=5)


def test_a_run_that_goes_on_is_not_judged_yet(room: Room) -> None:
    running = room.write(spans_of("c" * 32, answer="WAIT", end_ns=0))
    ended = room.write(spans_of("d" * 32, answer="DONE"))
    room.becomes(ended, lambda run: run.judged != "")
    assert room.run(running).judged == ""


def test_one_run_that_cannot_be_judged_keeps_no_other_from_it(room: Room) -> None:
    bad = room.write(spans_of("e" * 32, answer="poison"))
    good = room.write(spans_of("f" * 32, answer="GOOD"))
    room.becomes(good, lambda run: run.detectors == ("shouting",))
    # A detector that raises is passed over; the run is judged by the others.
    assert room.becomes(bad, lambda run: run.judged != "").findings == ()


def said(run_id: str, source: str, label: str, *, at: int) -> Score:
    return Score(
        project=PROJECT,
        run_id=run_id,
        name="outcome",
        label=label,
        source=source,
        explanation=f"{source} says so",
        at_ns=at,
        version=at,
    )


def test_the_outcome_is_the_last_word_of_the_first_source(room: Room) -> None:
    run_id = room.write(spans_of("a" * 32, answer="fine"))
    words = [
        said(run_id, "user", "failure", at=30),
        said(run_id, "reviewer", "failure", at=10),
        said(run_id, "reviewer", "success", at=20),
    ]
    for word in words:
        room.store.write(TelemetryBatch(token=f"{word.source}{word.at_ns}", scores=[word]))
    room.judge.again(PROJECT, [run_id])
    run = room.becomes(run_id, lambda run: run.outcome is not Outcome.UNKNOWN)
    assert (run.outcome, run.outcome_source, run.outcome_reason) == (
        Outcome.SUCCESS,
        "reviewer",
        "reviewer says so",
    )
    room.precedence = ("user", "reviewer")
    room.judge.again(PROJECT, [run_id])
    assert room.becomes(run_id, lambda run: run.outcome is Outcome.FAILURE).outcome_source == "user"


def test_what_the_sdk_said_counts_again_when_a_word_before_it_is_no_longer_asked_for(room: Room) -> None:
    spans = spans_of("a" * 32, answer="fine")
    spans[0].outcome, spans[0].outcome_reason = "success", "sdk says so"
    run_id = room.write(spans)
    room.store.write(TelemetryBatch(token="w", scores=[said(run_id, "user", "failure", at=30)]))
    room.judge.again(PROJECT, [run_id])
    room.becomes(run_id, lambda run: run.outcome is Outcome.FAILURE)
    room.precedence = ("sdk",)
    room.judge.again(PROJECT, [run_id])
    run = room.becomes(run_id, lambda run: run.outcome is Outcome.SUCCESS)
    assert (run.outcome_source, run.outcome_reason) == ("sdk", "sdk says so")


def test_a_store_that_was_away_is_waited_for(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    write, times = room.store.write, iter([True, False])

    def away(batch: TelemetryBatch) -> None:
        if batch.token.startswith("judge:") and next(times, False):
            raise StoreUnavailable("away")
        write(batch)

    monkeypatch.setattr(room.store, "write", away)
    room.becomes(room.write(spans_of("a" * 32, answer="NO!")), lambda run: run.judged != "")


def test_evaluators_of_the_project_score_every_run_once(room: Room, tmp_path: Path) -> None:
    metadata = SqliteMetadataStore(tmp_path / "m.db")
    book = EvaluatorBook(metadata)
    config = {"phrases": ["fine"]}
    saved = book.save(
        NamedEvaluator(project=PROJECT, id="e1", name="friendly", kind="contains", config=config)
    )
    book.save(replace(saved, id="e2", name="off", enabled=False))
    book.save(replace(saved, id="e3", name="others", agents=("nobody",)))
    room.evaluate = book.scores
    run_id = room.write(spans_of("a" * 32, answer="all is fine"))
    room.becomes(run_id, lambda run: run.judged != "")
    room.judge.again(PROJECT, [run_id])
    done = room.judge.progress.judged
    room.becomes(run_id, lambda _: room.judge.progress.judged > done)
    (score,) = room.store.scores(PROJECT, run_id)
    assert (score.name, score.value, score.source, score.sampled) == ("friendly", 1.0, "evaluator", 1.0)
    assert score.evaluator_version.startswith("contains/")
    metadata.close()


def test_history_is_judged_again_in_pieces_that_can_be_taken_up_later(room: Room, tmp_path: Path) -> None:
    metadata = SqliteMetadataStore(tmp_path / "m.db")
    book = EvaluatorBook(metadata)
    off = NamedEvaluator(
        project=PROJECT,
        id="e1",
        name="friendly",
        kind="contains",
        config={"phrases": ["fine"]},
        enabled=False,
    )
    book.save(off)
    ids = [room.write(spans_of(f"{n:032x}", answer="fine"), tell=False) for n in range(1, 131)]
    asked: set[str] = set()

    class Asked:
        def ask(self, runs: Sequence[Run], judge_id: str) -> None:
            asked.update(f"{run.id}/{judge_id}" for run in runs)

        def ask_evaluators(self, runs: Sequence[Run], *, only: frozenset[str] | None) -> None:
            assert only == frozenset({"e1"})

    work = Rejudge(room.store, judge_now=room.judge.judge_now, evaluators=book, asking=Asked())
    job = Job(
        id="j",
        project=PROJECT,
        kind=rejudge.KIND,
        arguments=rejudge.arguments(filters=(), from_ns=None, to_ns=None, evaluators=["e1"], judges=["j1"]),
        created_ns=1,
        updated_ns=1,
    )
    first = work(job)
    assert (first.done, first.total) == (100, 130)
    # As after a restart: the piece is done a second time, and then the next one.
    assert work(job) == first
    last = work(replace(job, position=first.position or "", done=first.done, total=first.total))
    assert (last.position, last.done) == (None, 130)
    assert all(room.run(run_id).judged for run_id in ids)
    assert asked == {f"{run_id}/j1" for run_id in ids}
    assert all([s.value for s in room.store.scores(PROJECT, run_id)] == [1.0] for run_id in ids)
    metadata.close()


def test_each_of_several_runs_in_one_trace_is_judged(room: Room) -> None:
    trace = "d" * 32
    agent, _ = spans_of(trace, answer="LOUD")
    batch = replace(agent, span_id="9" * 16, kind=SpanKind.OTHER, agent="", name="nightly batch", output="")
    first = replace(agent, parent_id=batch.span_id, session_id="one")
    second = replace(
        first, span_id="2" * 16, start_ns=first.start_ns + SECOND // 2, session_id="two", output="quiet"
    )
    runs = assemble([batch, first, second]).runs
    assert len({run.id for run in runs}) == 2
    room.store.write(TelemetryBatch(token="two", spans=[batch, first, second], runs=runs))

    room.judge.on_runs(PROJECT, [run.id for run in runs])

    loud = room.becomes(runs[0].id, lambda run: bool(run.judged))
    quiet = room.becomes(runs[1].id, lambda run: bool(run.judged))
    assert (loud.detectors, quiet.detectors) == (("shouting",), ())


def test_more_than_one_look_round_finds_are_all_found(room: Room) -> None:
    room.judge.stop(timeout=5)
    spans = [span for n in range(1, 1_301) for span in spans_of(f"{n:032x}", answer="fine")]
    room.store.write(TelemetryBatch(token="many", spans=spans, runs=assemble_all(spans)))
    again = room.new_judge()
    again.start()
    try:
        room.becomes(f"{1:032x}", lambda run: run.judged != "")
        unjudged = RunQuery(filters=(Filter(field="judged", op=Op.EQ, value=""),))
        deadline = time.monotonic() + 30
        while room.store.count_runs(PROJECT, unjudged) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert room.store.count_runs(PROJECT, unjudged) == 0
    finally:
        again.stop(timeout=5)


def test_many_that_go_on_do_not_hide_an_older_one(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """One look round finds a thousand, newest first: those that wait for their end are among them."""
    room.judge.stop(timeout=5)
    monkeypatch.setattr("roadworthy.flows.judge_settled_run._SEARCH_AGAIN_SECONDS", 0.05)
    old = room.write(spans_of("a" * 32, answer="NO!"), tell=False)
    spans = [span for n in range(1, 1_101) for span in spans_of(f"{n:032x}", answer="wait", end_ns=0)]
    room.store.write(TelemetryBatch(token="many", spans=spans, runs=assemble_all(spans)))
    again = room.new_judge()
    again.start()
    try:
        room.becomes(old, lambda run: run.judged != "")
    finally:
        again.stop(timeout=5)


def assemble_all(spans: Sequence[Span]) -> list[Run]:
    return [assemble([root, call]).runs[0] for root, call in zip(spans[::2], spans[1::2], strict=True)]


def test_while_the_worker_is_short_of_time_what_it_left_waits(room: Room) -> None:
    room.judge.stop(timeout=5)
    short_of_time = True
    room.judge = room.new_judge(short_of_time=lambda: short_of_time)
    room.judge.start()
    left = room.write(spans_of("a" * 32, answer="NO!"), tell=False)
    room.judge.on_left_runs(PROJECT, [left])
    declined = room.write(spans_of("b" * 32, answer="NO!"))
    room.becomes(declined, lambda run: run.judged != "")
    asked = room.write(spans_of("c" * 32, answer="NO!"), tell=False)
    room.judge.again(PROJECT, [asked])
    room.becomes(asked, lambda run: run.judged != "")
    # It was written first, and its time has long come.
    assert room.run(left).judged == ""
    assert room.judge.waiting == 1
    assert room.judge.late_seconds > 0
    short_of_time = False
    room.becomes(left, lambda run: run.judged != "")
    wait_until(lambda: room.judge.waiting == 0, seconds=10, what="nothing waits")
    assert room.judge.late_seconds == 0


def judged_elsewhere(trace: str) -> Run:
    (run,) = assemble(spans_of(trace, answer="NO!")).runs
    return replace(run, judged="1.test", findings=(SHOUTING.finding("It shouts."),), detectors=("shouting",))


def test_verdicts_made_elsewhere_get_their_issues_and_are_heard_of_before_they_are_written() -> None:
    room, heard = Room(), list[str]()
    judge = RunJudge(
        room.store,
        assemble=room._assembled,
        rules_of=lambda project, agent: room.judge._rules_of(project, agent),
        publish=lambda _, __: None,
        on_judged=lambda runs: heard.extend(run.id for run in runs),
    )
    run = judged_elsewhere("a" * 32)
    assert judge.handed_in(PROJECT, [run], written_before=()) == {run.id: ("issue-shouting",)}
    assert heard == [run.id]


def test_a_run_imported_before_its_steps_keeps_its_verdict_until_they_come() -> None:
    room, spans = Room(), spans_of("a" * 32, answer="well, no")
    (run,) = assemble(spans).runs
    imported = replace(run, judged="1.test", findings=(SHOUTING.finding("It shouted."),))
    room.store.write(TelemetryBatch(token="runs", runs=[imported]))
    room.judge.judge_now(PROJECT, [imported.id])
    assert room.run(imported.id) == imported
    room.store.write(TelemetryBatch(token="spans", spans=spans))
    room.judge.judge_now(PROJECT, [imported.id])
    assert room.run(imported.id).findings == ()


def test_a_verdict_made_elsewhere_does_not_stand_where_people_said_something(room: Room) -> None:
    silent, spoken_of = (room.write(spans_of(trace, answer="NO!")) for trace in ("a" * 32, "b" * 32))
    room.store.write(TelemetryBatch(token="w", scores=[said(spoken_of, "user", "failure", at=30)]))
    runs = [judged_elsewhere("a" * 32), judged_elsewhere("b" * 32)]
    assert room.judge.handed_in(PROJECT, runs, written_before=[silent, spoken_of]).keys() == {silent}
    # Who was never written was never spoken of, and is not looked up.
    assert room.judge.handed_in(PROJECT, runs, written_before=[]).keys() == {silent, spoken_of}


def test_what_is_said_while_a_verdict_is_on_its_way_is_not_lost(room: Room) -> None:
    run_id = room.write(spans_of("a" * 32, answer="fine"))
    room.store.write(TelemetryBatch(token="w", scores=[said(run_id, "user", "failure", at=30)]))
    room.judge.again(PROJECT, [run_id])
    room.becomes(run_id, lambda run: run.outcome is Outcome.FAILURE)
    # Judged before the word came, and written after it was counted in.
    late = replace(room.run(run_id), outcome=Outcome.UNKNOWN, outcome_source="", version=900)
    room.store.write(TelemetryBatch(token="late", runs=[late]))
    room.judge.on_judged_runs(PROJECT, [run_id])
    room.becomes(run_id, lambda run: run.version > 900 and run.outcome is Outcome.FAILURE)
