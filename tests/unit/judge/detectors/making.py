"""Runs made by hand, said in few words: what was asked, which tools were called, what was answered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from roadworthy.domain.finding import Finding
from roadworthy.domain.run import Handoff, Run, RunStatus
from roadworthy.domain.span import ContentFormat, Span, SpanFlag, SpanKind, SpanStatus
from roadworthy.features.judge.detector import EXCERPT, Detector
from roadworthy.features.judge.history import NO_HISTORY
from roadworthy.features.judge.transcript import Transcript

START_NS = 1_795_336_284 * 10**9
"""2026-11-22."""


class Talk:
    """Adds step after step; `transcript()` is the run they make."""

    def __init__(self, *asked: str, system: str = "", tools: Sequence[str | dict[str, Any]] = ()) -> None:
        self._spans: list[Span] = []
        self._history: list[dict[str, Any]] = []
        self._definitions = json.dumps([_definition(tool) for tool in tools]) if tools else ""
        self._answer = ""
        self._unheard = False
        self._question = asked[0] if asked else ""
        if system:
            self._history.append({"role": "system", "content": system})
        for text in asked:
            self.user(text)

    def user(self, text: str) -> Talk:
        self._history.append({"role": "user", "content": text})
        self._unheard = True
        return self

    def tool(
        self,
        name: str,
        arguments: Any = "",
        result: Any = "",
        *,
        failed: bool = False,
        hidden: bool = False,
        negative: bool = False,
        error: str = "",
    ) -> Talk:
        if self._unheard:
            self.says("", finish="tool_calls")
        flags = [SpanFlag.INFERRED_ERROR] * hidden + [SpanFlag.NEGATIVE_RESULT] * negative
        self._add(
            kind=SpanKind.TOOL,
            tool_name=name,
            input=arguments if isinstance(arguments, str) else json.dumps(arguments),
            output=result if isinstance(result, str) else json.dumps(result),
            status=SpanStatus.ERROR if failed or hidden else SpanStatus.OK,
            error=error,
            flags=tuple(flags),
        )
        return self

    def says(self, text: str, *, finish: str = "stop", agent: str = "") -> Talk:
        self._unheard = False
        said = json.dumps([{"role": "assistant", "content": text}]) if text else ""
        self._add(
            kind=SpanKind.LLM,
            input=json.dumps(self._history),
            input_format=ContentFormat.MESSAGES,
            output=said,
            output_format=ContentFormat.MESSAGES if said else ContentFormat.NONE,
            finish_reason=finish,
            tool_definitions=self._definitions,
            agent=agent,
        )
        if text:
            self._history.append({"role": "assistant", "content": text})
            self._answer = text
        return self

    def transcript(self, **changes: Any) -> Transcript:
        fields: dict[str, Any] = {
            "project": "p",
            "id": "run",
            "sort_ns": START_NS,
            "started_ns": START_NS,
            "ended_ns": START_NS + 10**9,
            "status": RunStatus.OK,
            "input": self._question,
            "final_answer": self._answer,
            "root_span_id": self._spans[0].span_id if self._spans else "",
            "model_calls": sum(span.kind is SpanKind.LLM for span in self._spans),
        }
        return Transcript(Run(**{**fields, **changes}), self._spans)

    def _add(self, **fields: Any) -> None:
        at = START_NS + len(self._spans) * 10**6
        self._spans.append(
            Span(
                project="p",
                trace_id="0" * 32,
                span_id=f"{len(self._spans) + 1:016x}",
                start_ns=at,
                end_ns=at + 5 * 10**5,
                **fields,
            )
        )


def _definition(tool: str | dict[str, Any]) -> dict[str, Any]:
    return {"name": tool, "parameters": {"type": "object"}} if isinstance(tool, str) else tool


def handoff(to: str) -> Handoff:
    return Handoff(from_agent="triage", to_agent=to)


def found(detector: Detector, talk: Talk | Transcript, **changes: Any) -> Sequence[Finding]:
    """What a detector finds; every finding is checked for what all of them promise."""
    transcript = talk.transcript(**changes) if isinstance(talk, Talk) else talk
    findings = detector.detect(transcript, NO_HISTORY)
    texts = {"answer": transcript.answer}
    for one in findings:
        assert one.detector == detector.name and 0 < one.confidence <= 1 and one.reason.endswith("."), one
        assert len(one.reason) < 1000 and "\n" not in one.reason
        for evidence in one.evidence:
            assert len(evidence.excerpt) <= EXCERPT
            if evidence.start >= 0 and evidence.place in texts:
                shown = texts[evidence.place][evidence.start : evidence.end]
                assert shown in evidence.excerpt
    return findings
