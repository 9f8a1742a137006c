"""When a rerun has answered and an evaluator of the project is its check, then that evaluator decides.

It sees the task, the answer, and the calls that were recorded of the rerun, as a run that nobody instrumented
is told: models with their messages, tools with arguments and results.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from roadworthy.contracts.exchange_log import ExchangeQuery
from roadworthy.domain.exchange import Exchange, is_listing
from roadworthy.domain.message import Message
from roadworthy.domain.recording import Recording
from roadworthy.domain.run import RunStatus
from roadworthy.features.debug.check import Checked
from roadworthy.features.debug.inquiry import Inquiry
from roadworthy.features.gateway.recording.service import RecordingGone, RecordingService
from roadworthy.features.ingest.replay import runs_in
from roadworthy.features.judge.evaluator_book import EvaluatorBook, NamedEvaluator
from roadworthy.features.judge.evaluators.evaluator import FAIL, PASS, Ready
from roadworthy.features.judge.evaluators.subject import Subject, Where
from roadworthy.features.judge.similarity_by_embedding import needs_embedding
from roadworthy.features.judge.transcript import Transcript
from roadworthy.flows.silent_run_spans import SilentRun, ToldCall, otlp_body, told_call

_NOT_OF_THE_AGENT = {"latency": "how long a run took", "cost": "what a run cost"}
_FUNCTION = "python"
_LOOK_AT_CALLS = frozenset({"trajectory", _FUNCTION})
_MOST_CALLS = 500
PATIENCE_S = 3.0
"""Calls are recorded behind the call, within half a second where there is room."""
_POLL_S = 0.05
_TRACE = "0" * 31 + "1"


class CheckByEvaluator:
    """Safe to call from several threads; a Python function takes as long as evaluators may."""

    def __init__(
        self,
        evaluators: EvaluatorBook,
        recordings: RecordingService,
        *,
        patience_s: float = PATIENCE_S,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._evaluators = evaluators
        self._recordings = recordings
        self._patience_s = patience_s
        self._sleep = sleep

    def problem(self, project: str, name: str) -> str:
        """Why it cannot decide about reruns; "" where it can."""
        found = self._named(project, name)
        if found is None:
            names = ", ".join(one.name for one in self._evaluators.all(project)[:20]) or "none"
            return f"no evaluator {name!r}; there are: {names}"
        one, made = found
        if what := _NOT_OF_THE_AGENT.get(one.kind):
            return (
                f"{name!r} looks at {what}: a rerun is answered from recordings, so that says nothing of the "
                "agent; expected one that looks at answers or at calls"
            )
        if needs_embedding(made):
            return f"{name!r} asks an embedding endpoint; expected one that compares by words"
        where = made.config.where if isinstance(made.config, Subject) else Where.ANSWER
        if where is Where.INPUT:
            return f"{name!r} looks at the task, which no rerun changes; expected one that looks at answers"
        return ""

    def evaluate(
        self, inquiry: Inquiry, name: str, answer: str, *, calls: Sequence[str], fresh: bool
    ) -> Checked:
        """`calls` are ids of exchanges, `fresh` where they may still be on their way. Never raises."""
        found = self._named(inquiry.project, name)
        problem = self.problem(inquiry.project, name)
        if found is None or problem:
            return Checked(passed=None, said=problem)
        wanted = list(dict.fromkeys(calls))[:_MOST_CALLS] if _looks_at_calls(*found) else []
        recorded = [told_call(*one) for one in self._recorded(inquiry.project, wanted, fresh=fresh)]
        # A function may look at the answer alone.
        if found[0].kind != _FUNCTION and len(recorded) < len(wanted):
            missing = len(wanted) - len(recorded)
            return Checked(
                passed=None, said=f"{name} looks at calls, and {missing} of {len(wanted)} were not recorded"
            )
        verdict = found[1].evaluate(_transcript(inquiry, answer, recorded))
        if verdict.label in (PASS, FAIL):
            return Checked(passed=verdict.label == PASS, said=verdict.explanation or verdict.label)
        if verdict.value is None:
            return Checked(passed=None, said=verdict.explanation or f"{name} does not know")
        said = f"{verdict.value:.2f} of 1; {verdict.explanation or verdict.label or name}"
        return Checked(passed=verdict.value >= 0.5, said=said)

    def _named(self, project: str, name: str) -> tuple[NamedEvaluator, Ready] | None:
        one = next((one for one in self._evaluators.all(project) if name in (one.name, one.id)), None)
        return self._evaluators.made(project, one.id) if one else None

    def _recorded(self, project: str, ids: Sequence[str], *, fresh: bool) -> list[tuple[Exchange, Recording]]:
        """Those that there are, by start."""
        if not ids:
            return []
        ends = time.monotonic() + (self._patience_s if fresh else 0.0)
        query = ExchangeQuery(ids=tuple(ids), limit=len(ids))
        while len(found := self._recordings.exchanges(project, query)) < len(ids) and time.monotonic() < ends:
            self._sleep(_POLL_S)
        ordered = sorted(found, key=lambda one: (one.started_ns, one.id))
        read = [(one, self._recording(one)) for one in ordered]
        return [(one, recording) for one, recording in read if recording is not None]

    def _recording(self, exchange: Exchange) -> Recording | None:
        try:
            return self._recordings.recording(exchange).recording
        except RecordingGone:
            return None


def _transcript(inquiry: Inquiry, answer: str, calls: Sequence[ToldCall]) -> Transcript:
    now = time.time_ns()
    run = SilentRun(
        trace_id=_TRACE,
        agent=inquiry.agent,
        release="",
        session_id="",
        started_ns=min([now, *(one.exchange.started_ns for one in calls)]),
        ended_ns=now,
        asked=(Message(role="user", content=inquiry.input),),
        answered=(Message(role="assistant", content=answer),),
    )
    steps = [one for one in calls if not is_listing(one.exchange)]
    told, spans = runs_in(otlp_body(run, steps), received_ns=now)[0]
    return Transcript(
        replace(told, project=inquiry.project, status=RunStatus.OK, input=inquiry.input, final_answer=answer),
        spans,
    )


def _looks_at_calls(one: NamedEvaluator, made: Ready) -> bool:
    if isinstance(made.config, Subject):
        return made.config.where in (Where.TOOL_RESULTS, Where.TOOL_ARGUMENTS)
    return one.kind in _LOOK_AT_CALLS
