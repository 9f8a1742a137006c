"""Instructions that came in with tools' results: who wrote them is not who the agent works for."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from roadworthy.domain.span import SpanKind
from roadworthy.features.judge.instructions import Scored, shipped, strongest, triggers_in
from roadworthy.features.judge.transcript import ToolUse, Transcript

MOST = 5
BUDGET = 120_000
"""Characters of all results of a run together that are read; each at most `HEAD + TAIL` of `sentences`."""
_EACH = 24_000
_TOGETHER = 100

_PEOPLE = re.compile(
    r"user|human|ask|chat|respond|reply|conversation|skill|instruction|prompt|guide|think|final_answer|"
    r"handoff|transfer_to|delegate|agent",
    re.I,
)


@lru_cache(maxsize=4096)
def _of_people(name: str) -> bool:
    """Whether people, agents or prompts speak through a tool of that name."""
    return _PEOPLE.search(name) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    tool: ToolUse
    text: str
    """The sentence, as it stands in the result."""
    start: int
    end: int
    confidence: float


def planted(transcript: Transcript) -> Sequence[Planted]:
    """In order, the strongest of each result. Worked out once for all detectors of a run."""
    known: Sequence[Planted] | None = transcript.worked_out.get("planted")
    if known is None:
        known = transcript.worked_out["planted"] = _planted(transcript)
    return known


def _planted(transcript: Transcript) -> list[Planted]:
    found: list[Planted] = []
    read: set[str] = set()
    left = BUDGET
    speaking: frozenset[str] | None = None
    tools = [tool for tool in transcript.tools if len(tool.result) >= 12 and " " in tool.result]
    short = "\n".join([tool.result for tool in tools[:_TOGETHER] if len(tool.result) <= _EACH])
    triggers = triggers_in(short) if len(short) <= BUDGET and len(tools) <= _TOGETHER else None
    for tool in tools:
        text = tool.result
        if text in read or _of_people(tool.name):
            continue
        if left <= 0 or len(found) >= MOST:
            break
        left -= min(len(text), _EACH)
        read.add(text)
        best = strongest(text, triggers=triggers if len(text) <= _EACH else None)
        if best is None or best.score < shipped().threshold:
            continue
        speaking = _speaking(transcript) if speaking is None else speaking
        if tool.span_id not in speaking and not _asked_for(transcript, best.sentence.text):
            found.append(_found(tool, best))
    return found


def _speaking(transcript: Transcript) -> frozenset[str]:
    """Tools that are agents themselves: what they bring is another agent's answer, not foreign data."""
    return frozenset(
        span.parent_id for span in transcript.spans if span.kind in (SpanKind.LLM, SpanKind.AGENT)
    )


def _asked_for(transcript: Transcript, sentence: str) -> bool:
    """What the user or the system said themselves is theirs, wherever it stands again."""
    words = " ".join(sentence.lower().split())
    own = " ".join(f"{transcript.asked} {transcript.instructions}"[:200_000].lower().split())
    return words in own


def _found(tool: ToolUse, best: Scored) -> Planted:
    over = min(best.score - shipped().threshold, 20.0)
    return Planted(
        tool=tool,
        text=best.sentence.text,
        start=best.sentence.start,
        end=best.sentence.end,
        confidence=round(1 / (1 + math.exp(-over - 0.5)), 2),
    )
