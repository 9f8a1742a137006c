"""A run's spans as the ranking of steps reads them: decisions of models, and what tools returned."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from roadworthy.domain.run import Run, RunStatus
from roadworthy.domain.span import Span, SpanKind, SpanStatus
from roadworthy.features.debug.ranking.told import READ, Doer, ToldRun, ToldStep, broke
from roadworthy.features.judge.transcript import Saying, ToolUse, Transcript

_AGENTS = "agent"
_CALLS = frozenset({SpanKind.LLM, SpanKind.TOOL, SpanKind.MCP, SpanKind.RETRIEVAL})
_MOST_CHARACTERS, _LEAST_CHARACTERS = 1_500_000, 2_000
"""Of a run together, and of each step however many there are: ranking reads for two seconds at most."""


def told_run(run: Run, spans: Sequence[Span]) -> ToldRun:
    """A model's call and the tools it asked for are one step, a tool's result another; `ref` is the span. A
    model's call that failed without a word is a step where the run ended in it."""
    transcript = Transcript(run, spans)
    drafts: list[_Draft] = []
    by_span: dict[str, _Draft] = {}
    calls = [(span.start_ns, span.span_id, span.agent) for span in transcript.model_calls]
    for step in transcript.steps:
        if isinstance(step, Saying):
            _say(drafts, by_span, step)
        else:
            _use(drafts, by_span, step, asker=_asker(calls, step))
    ended_in = _told_end(drafts, _ended_in(run, transcript.spans))
    each = min(READ, max(_LEAST_CHARACTERS, _MOST_CHARACTERS // max(1, len(drafts))))
    return ToldRun(
        task=run.input or transcript.asked,
        steps=tuple(one.step(each) for one in drafts),
        ended_in=ended_in,
    )


class _Draft:
    def __init__(self, *, name: str, doer: Doer, ref: str, failed: bool = False) -> None:
        self.name, self.doer, self.ref, self.failed = name, doer, ref, failed
        self.texts: list[str] = []

    def step(self, most: int) -> ToldStep:
        """`most` characters of its text."""
        text = "\n".join(self.texts)[:most]
        return ToldStep(name=self.name, text=text, doer=self.doer, failed=self.failed, ref=self.ref)


def _say(drafts: list[_Draft], by_span: dict[str, _Draft], said: Saying) -> None:
    if said.role == "system":
        return
    doer = Doer.CALLER if said.role == "user" else Doer.AGENT
    known = by_span.get(said.span_id) if doer is Doer.AGENT and said.place == "output" else None
    if known is None:
        name = said.agent or (_AGENTS if doer is Doer.AGENT else "user")
        known = _Draft(name=name, doer=doer, ref=said.span_id)
        drafts.append(known)
        if doer is Doer.AGENT and said.place == "output":
            by_span[said.span_id] = known
    known.texts.append(said.text)


def _asker(calls: Sequence[tuple[int, str, str]], used: ToolUse) -> tuple[str, str]:
    """Span and agent of the model's call that asked for it: the last that began before, of the same agent
    where one is known; ("", "") where there is none."""
    before = [one for one in calls if one[0] <= (used.start_ns or sys.maxsize)]
    mine = [one for one in before if one[2] == used.agent] or before
    return (mine[-1][1], mine[-1][2]) if mine else ("", "")


def _ended_in(run: Run, spans: Sequence[Span]) -> Span | None:
    """The failed call behind which none was begun, of a run that ended in an error; of calls within each
    other the inner."""
    if run.status is not RunStatus.ERROR:
        return None
    calls = [span for span in spans if span.kind in _CALLS]
    last = max((span.start_ns for span in calls), default=0)
    ends = [one for one in calls if one.status is SpanStatus.ERROR and (one.end_ns or one.start_ns) >= last]
    return max(ends, key=lambda span: span.start_ns, default=None)


def _told_end(drafts: list[_Draft], span: Span | None) -> int | None:
    """The place of the step that the call is, which is added where the model said nothing."""
    if span is None:
        return None
    there = [i for i, one in enumerate(drafts) if one.ref == span.span_id and one.doer is not Doer.CALLER]
    if there:
        return there[-1]
    failed = _Draft(name=span.agent or _AGENTS, doer=Doer.AGENT, ref=span.span_id, failed=True)
    failed.texts.append(span.error or span.error_type or "failed")
    drafts.append(failed)
    return len(drafts) - 1


def _use(drafts: list[_Draft], by_span: dict[str, _Draft], used: ToolUse, *, asker: tuple[str, str]) -> None:
    ref, agent = asker
    asking = by_span.get(ref) if ref else None
    if asking is None:
        asking = _Draft(name=used.agent or agent or _AGENTS, doer=Doer.AGENT, ref=ref or used.span_id)
        drafts.append(asking)
        if ref:
            by_span[ref] = asking
    asking.texts.append(f"{used.name}({used.arguments})")
    result = _Draft(
        name=used.name,
        doer=Doer.RESULT,
        ref=used.span_id,
        failed=used.failed or (not used.result and bool(used.error)) or broke(used.result[:400]),
    )
    result.texts.append(used.result or used.error)
    drafts.append(result)
