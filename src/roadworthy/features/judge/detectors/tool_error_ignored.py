"""A tool failed or said no for good, and the answer goes on as if it had worked."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from roadworthy.domain.finding import Finding
from roadworthy.features.judge.deeds import families, is_protocol, reads
from roadworthy.features.judge.detector import Detector, excerpt
from roadworthy.features.judge.history import History
from roadworthy.features.judge.told import Told, admits, told
from roadworthy.features.judge.transcript import ToolUse, Transcript

_MOST = 5
_SETTLED = ("already", "bereits", "déjà", "ya ")


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    if not any(tool.failed or tool.negative for tool in transcript.tools):
        return ()
    found: list[Finding] = []
    for turn in told(transcript):
        lost = _lost(transcript, turn)
        if lost and not turn.asks and not admits(turn.text):
            found.append(_finding(turn, lost[-1], last=lost[-1] is turn.tools[-1]))
        if len(found) >= _MOST:
            break
    return found


def _lost(transcript: Transcript, turn: Told) -> list[ToolUse]:
    """What failed in this turn and was made good by nothing, in this turn or later."""
    return [
        tool
        for tool in turn.tools[-200:]
        if (tool.failed or tool.negative)
        and not is_protocol(tool.name)
        and not any(_makes_good(other, tool) for other in _later(transcript, tool))
        and not _was_done_before(transcript, tool)
    ]


def _later(transcript: Transcript, lost: ToolUse) -> list[ToolUse]:
    tools = transcript.tools
    start = bisect_right(tools, lost.index, key=lambda tool: tool.index)
    return tools[start : start + 200]


def _makes_good(other: ToolUse, lost: ToolUse) -> bool:
    if other.failed or other.negative:
        return False
    if other.name == lost.name:
        return True
    # What could not be read one way was read another; a deed is made good by a deed of its kind.
    return reads(other.name) if reads(lost.name) else bool(families(other.name) & families(lost.name))


def _was_done_before(transcript: Transcript, lost: ToolUse) -> bool:
    said = (lost.error or lost.result)[:2_000].lower()
    if any(word in said for word in _SETTLED):
        return True
    return any(
        one.name == lost.name and one.arguments == lost.arguments and not one.failed and not one.negative
        for one in transcript.tools[:500]
        if one.index < lost.index
    )


def _finding(turn: Told, lost: ToolUse, *, last: bool) -> Finding:
    said = lost.error or lost.result
    claimed = any(claim.families & families(lost.name) for claim in turn.claims)
    short = " ".join(said[:120].split())
    how = "failed" if lost.failed else "said no"
    evidence = [
        excerpt(said, start=0, end=min(len(said), 160), span_id=lost.span_id, place=_place(lost)),
        excerpt(turn.text, start=0, end=min(len(turn.text), 200), span_id=turn.span_id, place=turn.place),
    ]
    return DETECTOR.finding(
        f"{lost.name} {how}{f' ({short})' if short else ''}, and the answer goes on as if it had worked.",
        *evidence,
        confidence=0.95 if claimed else 0.8 if last else 0.6,
        tool=lost.name,
    )


def _place(tool: ToolUse) -> str:
    return "error" if tool.error else "output"


DETECTOR = Detector(
    name="tool_error_ignored",
    title="Tool error ignored",
    description="A tool failed or said no, nothing later made it good, and what was told next does not "
    "mention it. Silent where the answer admits any failure or asks back, where a retry or another way "
    "worked, and where the deed had been done before.",
    mode="mast-2.5",
    detect=detect,
    version=2,
)
