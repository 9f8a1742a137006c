"""The answer gives a thing another status than the tool did that looked it up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from roadworthy.domain.finding import Finding
from roadworthy.features.judge.deeds import reads
from roadworthy.features.judge.detector import Detector, excerpt
from roadworthy.features.judge.history import History
from roadworthy.features.judge.transcript import ToolUse, Transcript

_MOST = 3
_FAR_BACK = 500
_LONGEST = 100_000
_ROWS = 200
_STATUSES = """
    delivered arrived
    in-transit shipped on-its-way on-the-way dispatched sent
    pending processing open
    cancelled canceled
    refunded reimbursed
    returned
    failed
    completed done finished closed resolved
    paid
    unpaid overdue
    approved accepted
    rejected declined denied
    expired
    active
    inactive
    suspended
    unavailable
    lost
"""
_SAME: dict[str, str] = {word: line.split()[0] for line in _STATUSES.splitlines() for word in line.split()}
"""Statuses, those that may be said for each other under the first of them."""
_ENDS = ("delivered", "returned", "refunded", "cancelled")
"""What ends a thing's way, in the order in which one may follow the other."""
_WORD = "|".join(sorted((word.replace("-", "[ _-]") for word in _SAME), key=len, reverse=True))
_IS = re.compile(
    r"(?:\b(?:is|it's|was|are|got|stands|shows(?: up)?|appears|seems|ha[sd]|status(?: (?:is"
    r"|of [^\n.:]{1,60}))?:?)"
    r"(?:[*\s]+(?:currently|now|already|still|just|all|to be|a|been|as|at|marked|listed|set to"
    r"|status(?: of)?|in|"
    r"the|our|system))*|[-–—:(]|\bas)[*\s:]*[\"'`*“]*"
    rf"({_WORD})\b",
    re.I,
)
_PAST = re.compile(r"(?:was|ha[sd]|got)\b", re.I)
_SENTENCE = re.compile(r"[^\n.!?;]+")
_UNSURE = re.compile(
    r"\b(?:not|n't|will|would|can|could|if|once|when|until|should|may|might|unless|was .{0,20}but)\b|\?", re.I
)
_ID_KEY = re.compile(r"(?:^|_)(?:id|number|no|code|key|ref|reference)$", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    status: str
    tool: ToolUse


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    answer = transcript.answer
    known = _known(transcript.tools[-_FAR_BACK:]) if answer else None
    if not known or not any(key in answer for key in known):
        return ()
    found = []
    for sentence in _SENTENCE.finditer(answer[:_LONGEST]):
        named = [key for key in known if key in sentence.group()]
        said = _IS.search(sentence.group()) if len(named) == 1 else None
        if said is None or _UNSURE.search(sentence.group()):
            continue
        held = known[named[0]]
        if _differs(said, held.status):
            start = sentence.start() + said.start(1)
            found.append(_finding(transcript, named[0], said.group(1), held, start=start))
    return found[:_MOST]


def _differs(said: re.Match[str], status: str) -> bool:
    """What was once is no contradiction: a returned order was delivered, and paid, and approved."""
    claimed = _plain(said.group(1))
    if claimed == status:
        return False
    if not _PAST.match(said.group()):
        return True
    return claimed in _ENDS and not (status in _ENDS and _ENDS.index(claimed) < _ENDS.index(status))


def _known(tools: Sequence[ToolUse]) -> dict[str, _Known]:
    """Status by id as read last; nothing of what was read before something may have changed it."""
    known: dict[str, _Known] = {}
    if not any('"status"' in tool.result for tool in tools):
        return known
    for tool in tools:
        if not tool.failed and not reads(tool.name):
            known = {}
        if tool.failed or '"status"' not in tool.result or len(tool.result) > _LONGEST:
            continue
        for key, status in _statuses(tool.parsed_result()):
            known[key] = _Known(status=status, tool=tool)
    return known


def _statuses(held: Any) -> Iterator[tuple[str, str]]:
    for row in held[:_ROWS] if isinstance(held, list) else (held,):
        if not isinstance(row, dict) or not isinstance(row.get("status"), str):
            continue
        status = _plain(row["status"])
        ids = [
            value
            for key, value in row.items()
            if isinstance(value, str) and _ID_KEY.search(key) and 2 < len(value) < 60
        ]
        if status in _SAME and ids:
            yield ids[0], _SAME[status]


def _plain(status: str) -> str:
    word = re.sub(r"[ _]+", "-", status.strip().lower()[:40])
    return _SAME.get(word, word)


def _finding(transcript: Transcript, key: str, said: str, held: _Known, *, start: int) -> Finding:
    at = max(held.tool.result.find('"status"'), 0)
    answer = transcript.answer
    end = start + len(said)
    return DETECTOR.finding(
        f"The answer says that {key[:60]} is {said}; {held.tool.name or 'the tool'} said {held.status}.",
        excerpt(answer, start=start, end=end, span_id=transcript.answer_span, place="answer"),
        excerpt(held.tool.result, start=at, end=at + 40, span_id=held.tool.span_id, place="output"),
        confidence=0.85,
        tool=held.tool.name,
    )


DETECTOR = Detector(
    name="claim_contradicts_result",
    title="Answer contradicts the tool",
    description="The answer says of an id that it has one status (delivered, cancelled ...), and the "
    "tool that "
    "looked it up last said another. Silent where anything was called since that may have changed it, on "
    "conditions and denials, and on words for the same.",
    mode="mast-2.6",
    detect=detect,
    version=2,
)
