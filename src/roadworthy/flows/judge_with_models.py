"""When a run was judged, then model judges are asked about it, where chance or a detector says so, and those
evaluators that ask an embedding endpoint.

A request to a model takes seconds and may have to wait for a budget or an endpoint. What is to be asked is
therefore kept as a record before anything else happens, and taken away once the score is in the store: a
crash in between asks again, and the score, whose identity is that of the run, the judge and its version, is
written over itself.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import orjson

from roadworthy.contracts.metadata import MetadataStore, MetadataUnavailable, Record
from roadworthy.contracts.telemetry import (
    Filter,
    Op,
    RunQuery,
    StoreFull,
    StoreUnavailable,
    TelemetryBatch,
    TelemetryStore,
)
from roadworthy.domain.run import Run
from roadworthy.domain.score import Score
from roadworthy.features.judge.embedding import Embedder
from roadworthy.features.judge.evaluator_book import EvaluatorBook
from roadworthy.features.judge.evaluators.evaluator import as_score as evaluator_score
from roadworthy.features.judge.judge_book import JudgeBook
from roadworthy.features.judge.judges.judge import JudgeInvalid
from roadworthy.features.judge.judges.judgement import Judgement, as_score
from roadworthy.features.judge.judges.rubric import Rubric, RubricInvalid
from roadworthy.features.judge.judges.sampling import Draw, draw
from roadworthy.features.judge.similarity_by_embedding import compared
from roadworthy.features.judge.transcript import Transcript
from roadworthy.features.observe.steps import StepsOf
from roadworthy.kit.sealing import CannotOpen

log = logging.getLogger(__name__)

PENDING = "judge-pending"
CONCURRENCY = 4
GIVEN_UP_AFTER_S = 24 * 3600.0
"""A question that could not be answered for a day (no budget, no endpoint) is let go, and the run says so."""
_AGAIN_SECONDS = 60.0
_NOT_YET_SECONDS = 1.0
_ARRIVING_SECONDS = 300.0
"""A run may be judged before it is written: so long it is waited for."""
_POLL_SECONDS = 0.25
_PENDING_KEPT = 20_000
_EVALUATOR = "evaluator:"
"""Before the id of an evaluator, where a question asks one."""
_ALL = Draw(sampled=1.0, triggered_by=())
"""Of evaluators, which look at every run."""
_TURNS = 20
"""Of a session's runs the last ones are shown to a judge of conversations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One judge to be asked about one run, or one evaluator ("evaluator:" and its id). `draw` says why."""

    project: str
    run_id: str
    judge_id: str
    draw: Draw
    asked_ns: int

    @property
    def id(self) -> str:
        return f"{self.run_id}/{self.judge_id}"


class _NotYet(Exception):  # noqa: N818 (a condition)
    """The run is still on its way to the store."""


class ModelJudging:
    """`start` and `stop` once each; `on_judged` from any thread, `publish` hears of runs that got a score,
    `again` of those whose failure modes a score changed."""

    def __init__(
        self,
        store: TelemetryStore,
        metadata: MetadataStore,
        *,
        book: JudgeBook,
        evaluators: EvaluatorBook,
        embedder: Embedder,
        steps_of: StepsOf,
        publish: Callable[[str, Sequence[str]], None],
        again: Callable[[str, Sequence[str]], None],
        on_scores: Callable[[Sequence[Run], Sequence[Score]], None] = lambda _runs, _scores: None,
        again_seconds: float = _AGAIN_SECONDS,
    ) -> None:
        self._store = store
        self._metadata = metadata
        self._book = book
        self._evaluators = evaluators
        self._embedder = embedder
        self._steps_of = steps_of
        self._publish = publish
        self._again = again
        self._on_scores = on_scores
        self._again_seconds = again_seconds
        self._recording = threading.Lock()  # what is on record is in the queue once it is let go of
        self._lock = threading.Lock()  # protects the queue
        self._queue: dict[tuple[str, str], tuple[float, Question]] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="judge-models", daemon=True)
        self._boot = f"{os.getpid():x}-{time.time_ns():x}"
        self._numbers = itertools.count(1)
        self.asked = 0
        self.answered = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, timeout: float) -> None:
        """What is under way is asked again after the next start."""
        self._stopping.set()
        self._thread.join(timeout)

    @property
    def waiting(self) -> int:
        with self._lock:
            return len(self._queue)

    def on_judged(self, runs: Sequence[Run]) -> None:
        """These runs have a new verdict. Durable on return."""
        fresh: list[Question] = []
        for run in runs:
            for one in self._evaluators.asking(run):
                fresh.append(_question(run, _EVALUATOR + one.id, _ALL))
            for judge in self._book.judges(run.project):
                if judge.enabled and (not judge.agents or run.agent in judge.agents):
                    drawn = draw(
                        run.id,
                        judge=judge.id,
                        rate=judge.sample_rate,
                        found=run.detectors,
                        triggers=judge.triggers,
                    )
                    if drawn.judge:
                        fresh.append(_question(run, judge.id, drawn))
        self._put(fresh)

    def ask(self, runs: Sequence[Run], judge_id: str) -> None:
        """Asked by hand: of every one of them, and never drawn, so it feeds no monitor. Durable on return.
        Raises StoreUnavailable while too many questions wait already."""
        by_hand = Draw(sampled=None, triggered_by=("asked",))
        if self.waiting + len(runs) > _PENDING_KEPT:
            raise StoreUnavailable(f"{self.waiting} questions to judges wait already")
        self._put([_question(run, judge_id, by_hand) for run in runs])

    def ask_evaluators(self, runs: Sequence[Run], *, only: frozenset[str] | None) -> None:
        """Of those that are on, or named in `only`, the ones that ask an endpoint. As `ask`."""
        wanted = [
            _question(run, _EVALUATOR + one.id, _ALL)
            for run in runs
            for one in self._evaluators.asking(run, only=only)
        ]
        if self.waiting + len(wanted) > _PENDING_KEPT:
            raise StoreUnavailable(f"{self.waiting} questions to judges wait already")
        self._put(wanted)

    def _put(self, questions: Sequence[Question]) -> None:
        with self._recording:
            with self._lock:
                known = self._queue.keys()
                room = _PENDING_KEPT - len(known)
                fresh = [one for one in questions if (one.project, one.id) not in known][: max(0, room)]
            if not fresh:
                return
            self._metadata.save_records([_record(one) for one in fresh])
            with self._lock:
                self._queue |= {(one.project, one.id): (0.0, one) for one in fresh}

    def _run(self) -> None:
        asyncio.run(self._loop())

    async def _loop(self) -> None:
        await asyncio.to_thread(self._recall)
        asking: set[asyncio.Task[None]] = set()
        while not self._stopping.is_set():
            while len(asking) < CONCURRENCY and (question := self._next()) is not None:
                task = asyncio.create_task(self._ask(question))
                asking.add(task)
                task.add_done_callback(asking.discard)
            await asyncio.sleep(0.05 if asking else _POLL_SECONDS)
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    def _recall(self) -> None:
        """What was to be asked when the process ended."""
        with self._recording:
            for project in self._store.projects():
                try:
                    records = self._metadata.records(project, PENDING)
                except MetadataUnavailable as fault:
                    log.warning("questions to judges of project %s cannot be read: %s", project, fault)
                    continue
                found = [_from(record) for record in records]
                with self._lock:
                    self._queue |= {(one.project, one.id): (0.0, one) for one in found}

    def _next(self) -> Question | None:
        now = time.monotonic()
        with self._lock:
            for key, (at, question) in self._queue.items():
                if at <= now:
                    # Not before it is answered or put off is it looked at again.
                    self._queue[key] = (float("inf"), question)
                    return question
        return None

    async def _ask(self, question: Question) -> None:
        self.asked += 1
        again_seconds = self._again_seconds
        try:
            done = await self._answered(question)
        except _NotYet:
            done, again_seconds = False, _NOT_YET_SECONDS
        except (StoreFull, StoreUnavailable, MetadataUnavailable) as fault:
            log.warning("a judge waits for a store: %s", fault)
            done = False
        except Exception:
            # One question that cannot be asked must not end the asking of others.
            log.exception("judge %s could not be asked about run %s", question.judge_id, question.run_id)
            done = True
        if done:
            await asyncio.to_thread(self._forget, question)
        else:
            with self._lock:
                later = time.monotonic() + again_seconds
                self._queue[question.project, question.id] = (later, question)

    def _forget(self, question: Question) -> None:
        try:
            self._metadata.delete_record(question.project, PENDING, question.id)
        except MetadataUnavailable as fault:
            # Asked again after the next start, and written over itself.
            log.warning("an answered question stays on record: %s", fault)
        with self._lock:
            self._queue.pop((question.project, question.id), None)

    async def _answered(self, question: Question) -> bool:
        """Whether there is nothing more to ask."""
        if question.judge_id.startswith(_EVALUATOR):
            return await self._evaluated(question)
        judge = self._book.judge(question.project, question.judge_id)
        run = await asyncio.to_thread(self._store.run, question.project, question.run_id)
        if judge is None:
            return True
        if run is None:
            if time.time_ns() - question.asked_ns < _ARRIVING_SECONDS * 1e9:
                raise _NotYet
            return True
        try:
            made = self._book.made(judge)
        except (JudgeInvalid, RubricInvalid, CannotOpen) as fault:
            log.warning("judge %r cannot be asked: %s", judge.name, fault)
            return False
        whole = "conversation" in made.spec.rubric.places
        transcripts = await asyncio.to_thread(self._transcripts, run, whole=whole)
        judgement = await made.judge_conversation(transcripts, drawn=question.draw)
        late = time.time_ns() - question.asked_ns > GIVEN_UP_AFTER_S * 1e9
        if judgement.again and not late:
            return False
        await asyncio.to_thread(self._write, run, score_of(judgement, run))
        if _names_others(judgement, run, made.spec.rubric):
            self._again(run.project, [run.id])
        self.answered += 1
        return True

    async def _evaluated(self, question: Question) -> bool:
        found = self._evaluators.made(question.project, question.judge_id.removeprefix(_EVALUATOR))
        run = await asyncio.to_thread(self._store.run, question.project, question.run_id)
        if found is None or run is None:
            return True
        named, made = found
        (transcript,) = await asyncio.to_thread(self._transcripts, run, whole=False)
        said = await compared(transcript, made, embedder=self._embedder)
        at_ns = run.ended_ns or run.started_ns
        score = evaluator_score(said.verdict, run=run, name=named.name, version=said.version, at_ns=at_ns)
        await asyncio.to_thread(self._write, run, replace(score, version=time.time_ns()))
        self.answered += 1
        return True

    def _transcripts(self, run: Run, *, whole: bool) -> list[Transcript]:
        """Of the run; with `whole`, of the runs of its session up to it, too, oldest first."""
        runs = [run]
        if whole and run.session_id:
            same = Filter(field="session_id", op=Op.EQ, value=run.session_id)
            query = RunQuery(filters=(same,), to_ns=run.sort_ns, limit=_TURNS - 1)
            runs = [*reversed(self._store.runs(run.project, query)), run]
        return [Transcript(one, self._steps_of(one)) for one in runs]

    def _write(self, run: Run, score: Score) -> None:
        # First: once it is in the store, the question is not asked again.
        self._on_scores([run], [score])
        token = f"judge-model:{self._boot}:{next(self._numbers)}"
        self._store.write(TelemetryBatch(token=token, scores=[score]))
        self._publish(score.project, [score.run_id])


def score_of(judgement: Judgement, run: Run) -> Score:
    """Of a run asked about twice by the same version the two are one score: the time is the run's own."""
    at_ns = run.ended_ns or run.started_ns
    return replace(as_score(judgement, run=run, at_ns=at_ns), version=time.time_ns())


def _names_others(judgement: Judgement, run: Run, rubric: Rubric) -> bool:
    """Whether the run stands under a failure mode that this judge took back, or not yet under the one it
    names. Not whenever it names one: a run judged again is asked about again."""
    could = {label.mode for label in rubric.labels} - {""}
    return could & set(run.modes) != {judgement.mode} - {""}


def _question(run: Run, judge_id: str, drawn: Draw) -> Question:
    return Question(
        project=run.project, run_id=run.id, judge_id=judge_id, draw=drawn, asked_ns=time.time_ns()
    )


def _record(question: Question) -> Record:
    body = {
        "run_id": question.run_id,
        "judge_id": question.judge_id,
        "sampled": question.draw.sampled,
        "triggered_by": question.draw.triggered_by,
    }
    return Record(
        project=question.project,
        kind=PENDING,
        id=question.id,
        body=orjson.dumps(body).decode(),
        updated_ns=question.asked_ns,
    )


def _from(record: Record) -> Question:
    body = orjson.loads(record.body)
    return Question(
        project=record.project,
        run_id=body["run_id"],
        judge_id=body["judge_id"],
        draw=Draw(sampled=body["sampled"], triggered_by=tuple(body["triggered_by"])),
        asked_ns=record.updated_ns,
    )
