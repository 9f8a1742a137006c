"""A numbered plan names a tool that was never called, while the others were."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from roadworthy.domain.finding import Finding
from roadworthy.features.judge.detector import Detector, excerpt
from roadworthy.features.judge.history import History
from roadworthy.features.judge.told import admits
from roadworthy.features.judge.transcript import Saying, ToolUse, Transcript

_SAYINGS = 6
_LONGEST = 20_000
_ITEM = re.compile(
    r"^[ \t>]*(?:[*_]{2})?(?:(?:step[ \t]+)?(\d{1,2})[.):]"
    r"|[-*•+])(?:[*_]{2})?[ \t]+(?:\[[ x]\][ \t]*)?(\S[^\n]*)$",
    re.M | re.I,
)
"""A step of a list: numbered or not."""
_IN_TURN = re.compile(r"\b(?:first(?:ly)?|start|begin)\b.*\b(?:then|next|finally|lastly|and)\b", re.I | re.S)
_CLAUSE = re.compile(r"[^,;.\n]+")
_FEWEST_STEPS, _FEWEST_TOOLS = 3, 2
_LEFT_OUT = re.compile(
    r"\b(?:skip\w*|(?:not|n't|wasn't|isn't) (?:necessary|needed|required|need)|no need|unnecessary"
    r"|instead|left out|"
    r"no longer)\b",
    re.I,
)
_DROPPED = re.compile(
    r"\b(?:skip|not (?:necessary|needed|required)|no need|unnecessary|instead|if |optional|otherwise|unless|"
    r"once|in case|when |may |might |or\b)",
    re.I,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    number: int
    tool: str
    start: int
    end: int
    text: str


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    offered = transcript.offered
    if len(offered) < _FEWEST_TOOLS or not transcript.answer:
        return ()
    called = {tool.name for tool in transcript.tools}
    if not called or _failed(transcript.tools) or _LEFT_OUT.search(transcript.answer[:_LONGEST]):
        return ()
    if admits(transcript.answer):
        return ()
    for said in _plans(transcript):
        steps = list(_steps(said.text[:_LONGEST], offered))
        tools = {step.tool for step in steps}
        missing = [step for step in steps if step.tool not in called]
        if len(tools) >= _FEWEST_TOOLS and len(missing) == 1 and called & tools:
            return (_finding(said, missing[0]),)
    return ()


def _failed(tools: Sequence[ToolUse]) -> bool:
    """What came of a step may be why the next was dropped."""
    return any(tool.failed or tool.negative for tool in tools)


def _plans(transcript: Transcript) -> Iterator[Saying]:
    """Where numbered steps are promised or demanded: what was asked, and the agent's first words."""
    first = [one for one in transcript.sayings if one.role in ("user", "assistant")][:_SAYINGS]
    for one in first:
        if one.text != transcript.answer and len(list(_items(one.text[:_LONGEST]))) >= _FEWEST_STEPS:
            yield one


def _items(text: str) -> Iterator[tuple[int, int]]:
    """Where the steps of a list stand, or the clauses of a sentence that puts them in order."""
    listed = [match.span(2) for match in _ITEM.finditer(text)]
    if len(listed) >= _FEWEST_STEPS:
        yield from listed
    elif len(text) < 2_000 and _IN_TURN.search(text):
        yield from (match.span() for match in _CLAUSE.finditer(text))


def _steps(text: str, offered: dict[str, dict[str, object]]) -> Iterator[_Step]:
    """Steps without a condition that name exactly one tool."""
    for number, (start, end) in enumerate(_items(text), start=1):
        item = text[start:end].lower()
        if _DROPPED.search(item):
            continue
        spaced = re.sub(r"[^a-z0-9]+", " ", item)
        named = [name for name in offered if _names(name, item, spaced)]
        if len(named) == 1:
            yield _Step(
                number=number,
                tool=named[0],
                start=start,
                end=end,
                text=text[start:end],
            )


def _names(tool: str, item: str, spaced: str) -> bool:
    plain = tool.lower()
    words = re.sub(r"[^a-z0-9]+", " ", plain).strip()
    return ("_" in plain and plain in item) or (" " in words and f" {words} " in f" {spaced} ")


def _finding(said: Saying, step: _Step) -> Finding:
    text = " ".join(step.text[:100].split())
    whose = "The agent planned" if said.role == "assistant" else "The task demands"
    return DETECTOR.finding(
        f"{whose} “{text}” as step {step.number}, and {step.tool} was never called.",
        excerpt(said.text, start=step.start, end=step.end, span_id=said.span_id, place=said.place),
        confidence=0.75,
        tool=step.tool,
    )


DETECTOR = Detector(
    name="plan_step_skipped",
    title="Planned step skipped",
    description="A numbered plan of three steps or more, of the agent or in the task, names tools; all "
    "were called "
    "but one, and the answer does not say why. Silent on steps with a condition, where a tool failed, "
    "and where "
    "the answer says that something was left out or did not work.",
    mode="mast-2.6",
    detect=detect,
    version=2,
)
