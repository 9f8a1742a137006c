"""A tool's result holds an order to the agent: text that should have been data."""

from __future__ import annotations

from collections.abc import Sequence

from roadworthy.domain.finding import Finding
from roadworthy.features.judge.detector import Detector, excerpt
from roadworthy.features.judge.history import History
from roadworthy.features.judge.planted import Planted, planted
from roadworthy.features.judge.transcript import Transcript


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    return [_finding(one) for one in planted(transcript)]


def _finding(one: Planted) -> Finding:
    said = " ".join(one.text[:120].split())
    return DETECTOR.finding(
        f"What {one.tool.name or 'a tool'} brought holds an instruction among the data: “{said}”.",
        excerpt(one.tool.result, start=one.start, end=one.end, span_id=one.tool.span_id, place="output"),
        confidence=one.confidence,
        tool=one.tool.name,
    )


DETECTOR = Detector(
    name="instruction_in_tool_result",
    title="Instruction in a tool result",
    description="A sentence in what a tool brought that orders or asks the agent to do something and is "
    "strange among its neighbours, scored by a small linear model. Silent on tools through which people, "
    "agents or prompts speak, and on what the user or the system said themselves.",
    mode="",
    detect=detect,
    suspicious=False,
)
