"""Every look-up found nothing, and the answer states things as if something had been found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from roadworthy.domain.finding import Finding
from roadworthy.features.judge.code_runs import code_runs
from roadworthy.features.judge.deeds import is_protocol, reads
from roadworthy.features.judge.detector import Detector, excerpt
from roadworthy.features.judge.history import History
from roadworthy.features.judge.told import Told, admits, told
from roadworthy.features.judge.transcript import ToolUse, Transcript, loads_or_none
from roadworthy.features.judge.values import values

_MOST_FINDINGS = 3
_TELLING = frozenset({"date", "money", "email", "url", "phone"})
_LONG_ID = 6
"""What is shorter may be the name of a thing that is asked about: X200."""
_LONG = 5_000
_SMALL = 2_000
_WORDS = re.compile(r"\W*+\w++(?:\W++\w++){5}")
"""As many as make a statement."""
_BLANK = frozenset({"[]", "{}", '""', "''", "null", "none", "nil", "()", "[{}]", "[[]]", "nan", "undefined"})
_NOTHING = re.compile(
    r"\W*(?:there (?:are|were|is) )?(?:no|0|zero|nothing|keine|aucun|ningún|sin)\s?"
    r"(?:\w+\s){0,3}?(?:results?|match(?:es)?|records?|data|documents?|items?|entries|rows|hits|found"
    r"|available|"
    r"ergebnisse?|treffer|résultats?|resultados?)\b"
    r"|\W*(?:not found|nothing found|empty)\W*$"
    r"|\W*(?:\w+\s){1,4}(?:was |were )?not found\W*$",
    re.IGNORECASE,
)
_BUT = re.compile(r"\b(?:but|however|see|instead|showing|did you mean|closest|similar)\b|:\s", re.IGNORECASE)
_LISTS = ("results", "items", "data", "documents", "matches", "rows", "records", "hits", "entries", "output")
_COUNTS = ("count", "total", "total_count", "total_results", "num_results", "totalResults")
_STATES = frozenset({"not_found", "not found", "no_results", "empty", "none", "notfound", "no_match"})
_WRAPPERS = ("result", "response", "content", "text", "data", "output", "blocks", "kwargs")


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    if not transcript.tools:
        return _of_code(transcript)
    if not any(len(tool.result) <= _SMALL for tool in transcript.tools):
        return ()
    found: list[Finding] = []
    for turn in told(transcript):
        looked = [tool for tool in turn.tools if not is_protocol(tool.name)]
        if not all(_looks_up(tool) and found_nothing(tool) for tool in looked):
            # What was found here may be what is spoken of from here on.
            break
        if looked and (_asserts(turn) or _gives(transcript, turn)):
            found.append(_finding(turn, looked[-1]))
        if len(found) >= _MOST_FINDINGS:
            break
    return found


def _of_code(transcript: Transcript) -> Sequence[Finding]:
    """Code was run and printed nothing, and the answer gives numbers."""
    runs = code_runs(transcript)
    turns = told(transcript) if runs else ()
    if not turns or not turns[-1].last or any(run.output or run.failed for run in runs):
        return ()
    turn, last = turns[-1], runs[-1].said
    number = next((value for value in values(turn.text) if value.numbers), None)
    if number is None:
        return ()
    return (
        DETECTOR.finding(
            f"The code that was run printed nothing; the answer gives {number.text.strip()[:40]} though.",
            excerpt(last.text, start=0, end=min(100, len(last.text)), span_id=last.span_id, place=last.place),
            excerpt(
                turn.text,
                start=number.start,
                end=number.start + len(number.text),
                span_id=turn.span_id,
                place=turn.place,
            ),
            confidence=0.5,
        ),
    )


def _looks_up(tool: ToolUse) -> bool:
    return tool.retrieval or reads(tool.name)


def found_nothing(tool: ToolUse) -> bool:
    """Whether the tool worked and said that there is nothing. No result at all may be one not recorded."""
    result = tool.result.strip() if len(tool.result) <= _SMALL else ""
    if not result or tool.failed:
        return False
    if _is_blank(result):
        return True
    parsed = tool.parsed_result()
    return parsed is not None and _is_empty(parsed, 0)


def _is_blank(text: str) -> bool:
    if text.lower() in _BLANK:
        return True
    nothing = _NOTHING.match(text)
    return nothing is not None and _BUT.search(text, nothing.end()) is None


def _is_empty(value: Any, depth: int) -> bool:
    if value in (None, "", [], {}):
        return True
    if isinstance(value, str):
        text = value.strip()
        return text.lower() in _BLANK or (len(text) <= _SMALL and _NOTHING.match(text) is not None)
    if isinstance(value, list):
        return len(value) == 1 and depth < 4 and _is_empty(value[0], depth + 1)
    if not isinstance(value, dict) or depth >= 4:
        return False
    return _says_nothing(value) or any(
        name in value
        and len(value) <= 4
        and isinstance(value[name], (str, dict, list))
        # A text in a wrapper may be JSON again.
        and _is_empty(_unwrapped(value[name]), depth + 1)
        for name in _WRAPPERS
    )


def _unwrapped(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        loaded = loads_or_none(value)
        return value if loaded is None else loaded
    return value


def _says_nothing(value: dict[str, Any]) -> bool:
    if any(value.get(name) == 0 and value.get(name) is not False for name in _COUNTS):
        return True
    status = value.get("status")
    if (isinstance(status, str) and status.lower() in _STATES) or value.get("found") is False:
        return True
    return any(name in value and value[name] in (None, [], {}, "") for name in _LISTS) and all(
        isinstance(item, (int, bool, type(None))) or item in ([], {}, "", "ok", "success")
        for name, item in value.items()
        if name not in ("query", "q", "id")
    )


def _asserts(turn: Told) -> bool:
    return _WORDS.match(turn.text[:2_000]) is not None and not turn.asks and not admits(turn.text)


def _gives(transcript: Transcript, turn: Told) -> bool:
    """Whether it states values that nobody gave, whatever it admits or asks beside them."""
    known = f"{transcript.asked[:50_000]}\n{transcript.instructions[:100_000]}".lower()
    own = {
        value.text.strip().lower(): value.kind
        for value in values(turn.text[:_LONG])
        if value.text.strip().lower() not in known
    }
    return any(kind in _TELLING or (kind == "id" and len(text) >= _LONG_ID) for text, kind in own.items())


def _finding(turn: Told, tool: ToolUse) -> Finding:
    return DETECTOR.finding(
        f"{tool.name} found nothing, and so did every other look-up; the answer states things all the same.",
        excerpt(tool.result, start=0, end=min(160, len(tool.result)), span_id=tool.span_id, place="output"),
        excerpt(turn.text, start=0, end=min(len(turn.text), 200), span_id=turn.span_id, place=turn.place),
        confidence=0.85,
        tool=tool.name,
    )


DETECTOR = Detector(
    name="used_empty_result",
    title="Used an empty result",
    description="All look-ups of a turn came back empty (an empty list, null, no results, not found) and "
    "what was told states things as if something had been found. Silent where the answer admits that, asks "
    "back or is a word or two (unless it states values that nobody gave), and where anything had been "
    "found before. Code that a team ran and "
    "that printed "
    "nothing counts where the answer gives numbers.",
    mode="ungrounded",
    detect=detect,
    version=2,
)
