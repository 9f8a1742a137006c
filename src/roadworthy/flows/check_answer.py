"""When a rerun has answered and an evaluator of the project is its check, then that evaluator decides."""

from __future__ import annotations

import time

from roadworthy.domain.run import Run, RunStatus
from roadworthy.domain.span import ContentFormat, Span, SpanKind, SpanStatus
from roadworthy.features.debug.check import Checked
from roadworthy.features.debug.inquiry import Inquiry
from roadworthy.features.judge.evaluator_book import EvaluatorBook, NamedEvaluator
from roadworthy.features.judge.evaluators.evaluator import FAIL, PASS, Ready
from roadworthy.features.judge.evaluators.subject import Subject, Where
from roadworthy.features.judge.similarity_by_embedding import needs_embedding
from roadworthy.features.judge.transcript import Transcript

_OF_THE_WHOLE_RUN = frozenset({"trajectory", "latency", "cost"})


class CheckByEvaluator:
    """It sees the task and the answer: a rerun's telemetry comes later, or never. Safe to call from several
    threads; a Python function takes as long as evaluators may."""

    def __init__(self, evaluators: EvaluatorBook) -> None:
        self._evaluators = evaluators

    def problem(self, project: str, name: str) -> str:
        """Why it cannot decide about answers; "" where it can."""
        found = self._named(project, name)
        if found is None:
            names = ", ".join(one.name for one in self._evaluators.all(project)[:20]) or "none"
            return f"no evaluator {name!r}; there are: {names}"
        one, made = found
        if one.kind in _OF_THE_WHOLE_RUN:
            return f"{name!r} looks at a whole run ({one.kind}); expected one that looks at answers"
        if needs_embedding(made):
            return f"{name!r} asks an embedding endpoint; expected one that compares by words"
        where = made.config.where if isinstance(made.config, Subject) else Where.ANSWER
        if where is not Where.ANSWER:
            return f"{name!r} looks at {where.value}; expected one that looks at answers"
        return ""

    def evaluate(self, inquiry: Inquiry, name: str, answer: str) -> Checked:
        """Never raises."""
        found = self._named(inquiry.project, name)
        problem = self.problem(inquiry.project, name)
        if found is None or problem:
            return Checked(passed=None, said=problem)
        verdict = found[1].evaluate(_transcript(inquiry, answer))
        if verdict.label in (PASS, FAIL):
            return Checked(passed=verdict.label == PASS, said=verdict.explanation or verdict.label)
        if verdict.value is None:
            return Checked(passed=None, said=verdict.explanation or f"{name} does not know")
        said = f"{verdict.value:.2f} of 1; {verdict.explanation or verdict.label or name}"
        return Checked(passed=verdict.value >= 0.5, said=said)

    def _named(self, project: str, name: str) -> tuple[NamedEvaluator, Ready] | None:
        one = next((one for one in self._evaluators.all(project) if name in (one.name, one.id)), None)
        return self._evaluators.made(project, one.id) if one else None


def _transcript(inquiry: Inquiry, answer: str) -> Transcript:
    now, trace = time.time_ns(), "0" * 31 + "1"
    run = Run(
        project=inquiry.project,
        id=trace,
        sort_ns=now,
        trace_ids=(trace,),
        root_span_id="0" * 15 + "1",
        agent=inquiry.agent,
        started_ns=now,
        ended_ns=now,
        duration_ns=0,
        status=RunStatus.OK,
        input=inquiry.input,
        final_answer=answer,
        spans=1,
    )
    root = Span(
        project=inquiry.project,
        trace_id=trace,
        span_id=run.root_span_id,
        name=f"invoke_agent {inquiry.agent}",
        kind=SpanKind.AGENT,
        agent=inquiry.agent,
        start_ns=now,
        end_ns=now,
        status=SpanStatus.OK,
        input=inquiry.input,
        input_format=ContentFormat.TEXT,
        output=answer,
        output_format=ContentFormat.TEXT,
    )
    return Transcript(run, [root])
