"""What the course of a conversation with tools tells: how much was asked and done at a stretch, and where
what was written departs from what was said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from math import log1p
from typing import Any

from roadworthy.features.judge.failure_model.wording import CONDITIONS, FURTHER, words_in
from roadworthy.features.judge.transcript import Saying, ToolUse, Transcript
from roadworthy.kit.word_set import WordSet

_WRITES = re.compile(
    r"(?:^|_|-|\.)(?:book|cancel|update|refund|modify|exchange|return|send|create|delete|remove|add|set|pay|"
    r"place|submit|write|edit|post|put|change|issue|order|move|rename|insert|close|reset|assign|upgrade)(?:_|-|\.|$)",
    re.IGNORECASE,
)
_READS = re.compile(
    r"(?:get|list|search|find|read|look|fetch|query|check|calculate|think|show|describe)", re.IGNORECASE
)
_HUMAN = re.compile(r"human|escalat|supervisor|transfer_to|hand_?off", re.IGNORECASE)
_DENIES = re.compile(
    r"\b(?:unfortunately|unable to|cannot|can't|non-?refundable|ineligible|"
    r"not (?:be )?(?:eligible|allowed|permitted|possible|refundable))\b",
    re.IGNORECASE,
)
_WAITS = re.compile(
    r"\b(?:once (?:you|i have|we have)|would you like|please (?:confirm|provide)|do you (?:want|confirm)|"
    r"shall i|i can (?:then )?proceed|let me know (?:how|which|what|whether) )",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d[\d,.]*")
_DIGITS = WordSet("0 1 2 3 4 5 6 7 8 9")
_COUNTED = FURTHER | CONDITIONS
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_MOST_VALUES = 60


def writes(tool: ToolUse) -> bool:
    """Whether its name says that it changes something."""
    return _writes(tool.name)


@lru_cache(maxsize=4096)
def _writes(name: str) -> bool:
    name = _CAMEL.sub("_", name)
    return bool(_WRITES.search(name)) and not _READS.match(name) and not _HUMAN.search(name)


def chat_signals(transcript: Transcript) -> dict[str, float]:
    tools = transcript.tools
    users = [said.text for said in transcript.sayings if said.role == "user"] or [transcript.asked]
    spoken = [said.text for said in transcript.sayings if said.role == "assistant"]
    written = [tool for tool in tools if writes(tool)]
    done = [tool for tool in written if not _said_no(tool)]
    asked = [word for word in words_in(users) if word in _COUNTED]
    return {
        "tools_a_turn": log1p(len(tools) / max(1, len(users))),
        "longest_tool_burst": log1p(_burst(transcript)),
        "failed_tool_share": sum([tool.failed or tool.negative for tool in tools]) / max(1, len(tools)),
        "writes_done": float(min(len(done), 3)),
        "writes_failed": float(min(len(written) - len(done), 3)),
        "writes_in_a_row": float(
            min(3, sum(later.index == one.index + 1 for one, later in pairwise(written)))
        ),
        "write_arguments_never_said": min(3.0, sum(_unsaid_share(tool, transcript) for tool in done)),
        "left_open": float(not done and _left_open(users, spoken)),
        "further_requests": log1p(sum([word in FURTHER for word in asked])),
        "conditions": log1p(sum([word in CONDITIONS for word in asked])),
        "mean_message": log1p(sum(map(len, spoken)) / max(1, len(spoken))),
        "numbers_in_answer": log1p(_numbers(transcript.answer[:20_000])),
    }


def _numbers(text: str) -> int:
    return len(_NUMBER.findall(text)) if _DIGITS.may_stand_in(text) else 0


def _left_open(users: list[str], spoken: list[str]) -> bool:
    """It ends with a question or an offer, after several turns, and nothing was denied."""
    if len(users) < 2 or not spoken or _WAITS.search(spoken[-1]) is None:
        return False
    return not any(_DENIES.search(text) for text in spoken)


def _said_no(tool: ToolUse) -> bool:
    return tool.failed or tool.negative


def _burst(transcript: Transcript) -> int:
    longest = now = 0
    for step in transcript.steps:
        if isinstance(step, ToolUse):
            now += 1
        elif now:
            longest, now = max(longest, now), 0
    return max(longest, now)


def _unsaid_share(tool: ToolUse, transcript: Transcript) -> float:
    """Share of the values written that neither the user nor the agent had named in the conversation."""
    values = list(_values(tool.parsed_arguments()))[:_MOST_VALUES]
    if not values:
        return 0.0
    said = _said_before(transcript, tool.index)
    return sum(value not in said for value in values) / len(values)


def _said_before(transcript: Transcript, index: int) -> str:
    return (
        "\n".join(
            step.text
            for step in transcript.steps[:index]
            if isinstance(step, Saying) and step.role in ("user", "assistant")
        )[-60_000:]
        .lower()
        .replace("_", " ")
    )


def _values(arguments: Any) -> Iterator[str]:
    if isinstance(arguments, dict):
        for inner in arguments.values():
            yield from _values(inner)
    elif isinstance(arguments, list):
        for inner in arguments[:_MOST_VALUES]:
            yield from _values(inner)
    elif isinstance(arguments, str | int | float) and not isinstance(arguments, bool):
        yield str(arguments).lower().replace("_", " ")
