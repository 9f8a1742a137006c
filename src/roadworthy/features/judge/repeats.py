"""What a run did again: calls that are the same, and sequences that go round."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import orjson

from roadworthy.features.judge.transcript import Saying, ToolUse, Transcript

_LONGEST_ARGUMENTS = 20_000
LONGEST_CYCLE = 4
_LONGEST_RESULT = 200_000
_CALL_ID = re.compile(r'"(?:call|toolu|tooluse|fc|adk|run|functions|lc_run-)[_-][\w.:-]{6,80}(?=")')


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A tool's use with what makes two of them the same. `turn` rises with each word of the user."""

    tool: ToolUse
    turn: int
    asked: tuple[str, str]
    """Name and arguments, however these were spaced and ordered."""
    came: tuple[bool, str]
    """What came of it."""

    @property
    def recorded(self) -> bool:
        """Whether anything is known of it but its name: two without may well differ."""
        return bool(self.asked[1] or self.came[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """sequence[start:end] is `period` entries, again and again."""

    start: int
    end: int
    period: int

    @property
    def rounds(self) -> int:
        return (self.end - self.start) // self.period


def calls(transcript: Transcript) -> Sequence[Call]:
    """In order; none where no two of them brought the same: then nothing was done again. Worked out once for
    all detectors of a run."""
    known: Sequence[Call] | None = transcript.worked_out.get("calls")
    if known is None:
        known = transcript.worked_out["calls"] = _calls(transcript)
    return known


def _calls(transcript: Transcript) -> list[Call]:
    brought = [(tool.failed, _unnumbered(tool.error or tool.result, tool)) for tool in transcript.tools]
    if len(set(brought)) == len(brought):
        return []
    found: list[Call] = []
    turn = 0
    for step in transcript.steps:
        if isinstance(step, Saying):
            turn += step.role == "user"
        else:
            asked = (step.name, _plain(_unnumbered(step.arguments, step)))
            found.append(Call(tool=step, turn=turn, asked=asked, came=brought[len(found)]))
    return found


def _unnumbered(text: str, tool: ToolUse) -> str:
    """Without the number of the call, that some instrumentations write into what was sent and what came."""
    if len(text) > _LONGEST_RESULT:
        return text
    if '"id"' in text or 'call_id"' in text:
        text = _CALL_ID.sub('"', text)
    return text.replace(tool.call_id, "") if len(tool.call_id) > 6 else text


def _plain(arguments: str) -> str:
    if not arguments or arguments[0] not in "{[" or len(arguments) > _LONGEST_ARGUMENTS:
        return arguments
    try:
        return orjson.dumps(orjson.loads(arguments), option=orjson.OPT_SORT_KEYS).decode()
    except ValueError:
        return arguments


def longest_cycle(sequence: Sequence[Hashable]) -> Cycle | None:
    """The stretch in which most entries repeat; None where nothing comes twice in a row.
    Of two the one of the shorter period, then the earlier."""
    best: Cycle | None = None
    if len(set(sequence)) == len(sequence):
        return None
    for period in range(1, LONGEST_CYCLE + 1):
        start = 0
        for at in range(period, len(sequence) + 1):
            if at < len(sequence) and sequence[at] == sequence[at - period]:
                continue
            found = Cycle(start=start, end=at, period=period)
            if found.rounds > 1 and (best is None or _repeated(found) > _repeated(best)):
                best = found
            start = at - period + 1
    return best


def _repeated(cycle: Cycle) -> int:
    return (cycle.rounds - 1) * cycle.period
