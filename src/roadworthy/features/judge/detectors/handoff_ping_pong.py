"""Two agents hand the task back and forth, and nothing is done in between."""

from __future__ import annotations

from collections.abc import Sequence

from roadworthy.domain.finding import Evidence, Finding
from roadworthy.domain.run import Handoff
from roadworthy.features.judge.detector import Detector
from roadworthy.features.judge.history import History
from roadworthy.features.judge.transcript import ToolUse, Transcript

_TURNS = 4
"""A to B, B to A, A to B, B to A: there and back twice."""
_FAR_BACK = 2_000


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    made = _named(transcript.run.handoffs[:_FAR_BACK])
    if len(made) < _TURNS:
        return ()
    best: list[Handoff] = []
    now: list[Handoff] = []
    for one in made:
        goes_on = now and _back(now[-1], one) and not _done_between(transcript.tools, now[-1], one)
        now = [*now, one] if goes_on else [one]
        if len(now) > len(best):
            best = now
    return (_finding(best),) if len(best) >= _TURNS else ()


def _named(handoffs: Sequence[Handoff]) -> list[Handoff]:
    """In order of time; who is not said to have handed over is who had been handed to."""
    ordered = sorted(handoffs, key=lambda one: one.at_ns)
    found: list[Handoff] = []
    for one in ordered:
        origin = one.from_agent or (found[-1].to_agent if found else "")
        found.append(
            Handoff(
                from_agent=origin,
                to_agent=one.to_agent,
                reason=one.reason,
                span_id=one.span_id,
                at_ns=one.at_ns,
            )
        )
    return found


def _back(one: Handoff, other: Handoff) -> bool:
    return (
        one.from_agent == other.to_agent
        and one.to_agent == other.from_agent
        and one.to_agent != one.from_agent
    )


def _done_between(tools: Sequence[ToolUse], one: Handoff, other: Handoff) -> bool:
    return any(one.at_ns < tool.start_ns < other.at_ns and not tool.failed for tool in tools[:_FAR_BACK])


def _finding(made: Sequence[Handoff]) -> Finding:
    pair = f"{made[0].from_agent or 'One agent'} and {made[0].to_agent or 'another'}"
    return DETECTOR.finding(
        f"{pair} handed the task to each other {len(made)} times, and no tool worked in between.",
        *(Evidence(span_id=one.span_id, excerpt=one.reason[:240]) for one in made[:_TURNS]),
        confidence=min(0.99, 0.5 + 0.1 * len(made)),
    )


DETECTOR = Detector(
    name="handoff_ping_pong",
    title="Hand-off ping-pong",
    description="Two agents hand the task to each other four times or more in a row. Silent where a tool "
    "worked "
    "in between, as where a supervisor gives out one piece of work after the other.",
    mode="mast-1.3",
    detect=detect,
)
