"""After a hand-off the next agent lacks what the user had given, or asks for it again."""

from __future__ import annotations

import re
from collections.abc import Sequence

from roadworthy.domain.finding import Finding
from roadworthy.domain.run import Handoff
from roadworthy.domain.span import ContentFormat, Span
from roadworthy.features.judge.asked_for import asked_for, given
from roadworthy.features.judge.detector import Detector, excerpt
from roadworthy.features.judge.history import History
from roadworthy.features.judge.transcript import Saying, ToolUse, Transcript, loads_or_none

_MOST = 3
_HANDOFFS = 50
_LONGEST = 200_000
_VALUE = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}\.[\w.]{1,64}|#?\b[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*\b"
)


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    if not transcript.run.handoffs:
        return ()
    found = []
    for one in transcript.run.handoffs[:_HANDOFFS]:
        finding = _asked_anew(transcript, one) or _not_passed_on(transcript, one)
        if finding is not None:
            found.append(finding)
    return found[:_MOST]


def _asked_anew(transcript: Transcript, one: Handoff) -> Finding | None:
    known: dict[str, str] = {}
    after = False
    for step in transcript.steps[:2_000]:
        if isinstance(step, ToolUse):
            continue
        span = transcript.by_id.get(step.span_id)
        after = after or (span is not None and span.start_ns > one.at_ns > 0)
        if step.role == "user" and not after:
            known |= given(step.text)
        elif step.role == "assistant" and after and _is(step.agent, one.to_agent):
            for ask in asked_for(step.text):
                value = known.get(ask.kind)
                if value and value not in step.text:
                    return _again(step, one, ask.kind, value, start=ask.start, end=ask.end)
    return None


def _is(agent: str, other: str) -> bool:
    """Instrumentations do not always say who speaks, and spell names in their own ways."""
    plain = [re.sub(r"[\W_]+", "", name.lower()) for name in (agent, other)]
    return not agent or plain[0] == plain[1]


def _again(asking: Saying, one: Handoff, kind: str, value: str, *, start: int, end: int) -> Finding:
    return DETECTOR.finding(
        f"After the hand-off {one.to_agent or 'the next agent'} asked for the {kind}, which the user had "
        f"given before ({value[:60]}).",
        excerpt(asking.text, start=start, end=end, span_id=asking.span_id, place=asking.place),
        confidence=0.85,
    )


def _not_passed_on(transcript: Transcript, one: Handoff) -> Finding | None:
    """Nothing of what identifies the case is in all that the next agent was told."""
    asked = transcript.run.input[:5_000]
    values = {value for value in _VALUE.findall(asked) if len(value) >= 4 and _identifies(value)}
    call = _first_call(transcript, one) if values else None
    if (
        call is None
        or len(call.input) > _LONGEST
        or (one.reason and any(value in one.reason for value in values))
    ):
        return None
    told = _told(call)
    if not told or any(value in call.input for value in values):
        return None
    return DETECTOR.finding(
        f"What was handed to {one.to_agent or 'the next agent'} has none of what identifies the case "
        f"({', '.join(sorted(values))[:80]}).",
        excerpt(call.input, start=0, end=min(len(call.input), 200), span_id=call.span_id, place="input"),
        confidence=0.7,
    )


def _identifies(value: str) -> bool:
    return "@" in value or any(digit in value for digit in "0123456789")


def _first_call(transcript: Transcript, one: Handoff) -> Span | None:
    for span in transcript.model_calls[:2_000]:
        if span.start_ns > one.at_ns > 0 and span.agent and _is(span.agent, one.to_agent):
            return span
    return None


def _told(call: Span) -> str:
    """What the next agent was told beyond its instructions; "" where that was not recorded."""
    if call.input_format != ContentFormat.MESSAGES:
        return ""
    messages = loads_or_none(call.input)
    if not isinstance(messages, list):
        return ""
    said = [
        message.get("content")
        for message in messages
        if isinstance(message, dict) and message.get("role") in ("user", "assistant")
    ]
    return "\n".join(text for text in said if isinstance(text, str))


DETECTOR = Detector(
    name="lost_context_at_handoff",
    title="Context lost at a hand-off",
    description="After a hand-off the next agent asks for what the user had given before, or is told "
    "nothing that "
    "identifies the case. Silent where any of the user's ids or numbers reached it, and where what it "
    "was told "
    "was not recorded.",
    mode="mast-2.4",
    detect=detect,
)
