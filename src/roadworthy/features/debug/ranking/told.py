"""A run as the ranking reads it: who said or returned what, in order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

_RAN = re.compile(r"\s*(?:\S+ )?exit ?code: ?(\d+)", re.IGNORECASE)
_BROKE = re.compile(
    r"traceback \(most recent|\b\w*(?:Error|Exception): |execution failed|\bcommand not found\b|"
    r"\bno such file\b|\"(?:is_?error|isError)\": ?true|^\s*(?:error|fatal)\b",
    re.IGNORECASE | re.MULTILINE,
)
_NOTHING = re.compile(
    r"(?:exit ?code: ?0[^\n]*)?\s*(?:code output:)?\s*(?:\[\]|\{\}|none|null|nan|\"\"|''|0|no output|)\s*",
    re.IGNORECASE,
)
_EXECUTORS = re.compile(r"terminal|executor|interpreter|sandbox|\btool\b|function|observation", re.IGNORECASE)
READ = 20_000
"""Characters of a step that are read."""


class Doer(StrEnum):
    AGENT = "agent"
    """A model's words and calls."""
    RESULT = "result"
    """What a tool or a program returned."""
    CALLER = "caller"
    """The user, or whoever speaks for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldStep:
    name: str
    """Of the agent or the tool."""
    text: str
    doer: Doer = Doer.AGENT
    failed: bool = False
    """A result that is an error."""
    ref: str = ""
    """What the step is in the caller's world: a span's id."""

    @property
    def empty(self) -> bool:
        return self.doer is Doer.RESULT and _NOTHING.fullmatch(self.text[:200]) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldRun:
    task: str
    """What was asked of the run, "" where it is not known."""
    steps: tuple[ToldStep, ...] = field(default=())
    ended_in: int | None = None
    """Index of the step whose error the run ended in; None where it ended otherwise."""


def told(task: str, steps: Sequence[tuple[str, str]]) -> ToldRun:
    """A transcript of (name, text), as data sets have them: who is a tool is read off its words."""
    return ToldRun(task=task, steps=tuple(_step(name, text or "") for name, text in steps))


def _step(name: str, text: str) -> ToldStep:
    text = text[:READ]
    ran = _RAN.match(text)
    if ran is not None or (_EXECUTORS.search(name) is not None):
        failed = ran is not None and ran.group(1) != "0"
        return ToldStep(name=name, text=text, doer=Doer.RESULT, failed=failed or broke(text))
    doer = Doer.CALLER if name.lower() in {"user", "human", "customer"} else Doer.AGENT
    return ToldStep(name=name, text=text, doer=doer)


def broke(text: str) -> bool:
    return _BROKE.search(text[:READ]) is not None
