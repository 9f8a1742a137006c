"""A tool was called with a value that nothing before explains."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from roadworthy.domain.finding import Finding
from roadworthy.features.judge.deeds import is_protocol, words
from roadworthy.features.judge.detector import Detector, excerpt
from roadworthy.features.judge.history import History
from roadworthy.features.judge.sources import Sources, sources
from roadworthy.features.judge.transcript import ToolUse, Transcript, loads_or_none
from roadworthy.features.judge.values import Value, values

_MOST_FINDINGS = 5
_MOST_TOOLS = 300
_MOST_VALUES = 60
_LONG = 100
"""Longer values are texts that a model writes, not values that it looks up."""
_WRITTEN = frozenset(
    """
    query text message body summary content reason note notes description desc code sql prompt thought
    expression command script title subject comment question answer plan instruction instructions pattern
    regex html path file filename keyword keywords search task request input step steps explanation analysis
    goal format schema label labels tag tags model version formula html url_text
    """.split()  # noqa: SIM905 - a list of words reads better as words
)
_SETTINGS = frozenset(
    """
    limit page offset size count topk top k n max maximum min minimum timeout temperature seed lat lon lng
    latitude longitude radius depth width height retries interval threshold score confidence index start end
    line lines year month day days hour hours num quantity baggages nonfree zoom priority level rank
    """.split()  # noqa: SIM905
)
_NAMES = re.compile(
    r"^(?:first|last|full|user|customer|passenger|guest|patient|client|sur|family)_?name$|^name$",
    re.IGNORECASE,
)

_DECORATED = re.compile(r"#?[A-Za-z]{0,3}[-_#]?(\d{4,})")


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    if not transcript.asked:
        return ()
    found: list[Finding] = []
    told: set[str] = set()
    mute = recorded = False
    for tool in transcript.tools[:_MOST_TOOLS]:
        if is_protocol(tool.name):
            continue
        # Where results are not recorded, what they brought cannot be called invented.
        invented = _invented(transcript, tool, told) if recorded or not mute else []
        if invented and not _corrected(transcript, tool):
            found.append(_finding(tool, invented))
            if len(found) >= _MOST_FINDINGS:
                break
        recorded = recorded or bool(tool.result or tool.error)
        mute = mute or not (tool.result or tool.failed)
    return found


def _corrected(transcript: Transcript, tool: ToolUse) -> bool:
    """Whether the tool refused it, and a later call went well."""
    return (tool.failed or tool.negative) and any(
        other.name == tool.name and other.index > tool.index and not other.failed and not other.negative
        for other in transcript.tools[: 2 * _MOST_TOOLS]
    )


def _invented(transcript: Transcript, tool: ToolUse, told: set[str]) -> list[tuple[str, str]]:
    where: Sources | None = None
    before = 0
    found: list[tuple[str, str]] = []
    for name, text, value in _looked_up(_arguments(tool)):
        if text in told or text == tool.call_id:
            continue
        told.add(text)
        if where is None:
            where = sources(transcript)
            before = where.until(tool.index)
        if not _explained(transcript, tool, name, text, value, where=where, before=before):
            found.append((name, text))
    return found


def _arguments(tool: ToolUse) -> Any:
    """Some frameworks record the message that asked for the call in place of its arguments."""
    given = tool.parsed_arguments()
    if isinstance(given, list) and given and isinstance(given[0], dict) and "tool_calls" in given[0]:
        calls = given[0]["tool_calls"]
        texts = [call.get("arguments") for call in calls if isinstance(call, dict)] if calls else []
        return [loads_or_none(text) if isinstance(text, str) else text for text in texts]
    return given


def _looked_up(arguments: Any) -> Iterator[tuple[str, str, Value | None]]:
    """Arguments that are looked up rather than written: name, value as text, and what it states."""
    left = _MOST_VALUES
    for name, item in _leaves(arguments, "", 0):
        left -= 1
        if left < 0:
            return
        if isinstance(item, bool) or not _WRITTEN.isdisjoint(words(name)):
            continue
        text = item if isinstance(item, str) else f"{item:.10g}" if abs(item) < 1e15 else str(item)
        if not text or len(text) > _LONG or text.count(" ") > 5:
            continue
        if _NAMES.match(name):
            yield name, text, None
            continue
        stated = next(iter(values(text, most=1)), None)
        if stated is not None and len(stated.text) >= 0.6 * len(text) and _SETTINGS.isdisjoint(words(name)):
            yield name, text, stated


def _leaves(value: Any, name: str, depth: int) -> Iterator[tuple[str, str | int | float]]:
    if isinstance(value, (str, int, float)):
        yield name, value
    elif depth < 6 and isinstance(value, dict):
        for key, item in list(value.items())[:_MOST_VALUES]:
            yield from _leaves(item, str(key), depth + 1)
    elif depth < 6 and isinstance(value, list):
        for item in value[:_MOST_VALUES]:
            yield from _leaves(item, name, depth + 1)


def _explained(
    transcript: Transcript,
    tool: ToolUse,
    name: str,
    text: str,
    value: Value | None,
    *,
    where: Sources,
    before: int,
) -> bool:
    if _in_schema(transcript, tool.name, text):
        return True
    if value is None:
        return _known_name(text, where, before)
    if value.kind in ("number", "money", "percent") and max(value.numbers, default=0) <= 100:
        # A small number is a choice; an amount with cents is not.
        return not value.places or where.explains(value, before=before)
    if value.kind == "date" and where.speaks_of_time(before=before):
        return True
    return where.explains(value, before=before) or _decorated(value, where, before)


def _decorated(value: Value, where: Sources, before: int) -> bool:
    """A number that was given, written as ids of its kind are: #W9502126."""
    found = _DECORATED.fullmatch(value.text) if value.kind == "id" else None
    return found is not None and where.has_word(found.group(1), before=before)


def _in_schema(transcript: Transcript, tool: str, text: str) -> bool:
    """Whether the tool's own description names the value: enum, default, example."""
    schema = transcript.offered.get(tool)
    return schema is not None and text.lower() in str(schema)[:20_000].lower()


def _known_name(text: str, where: Sources, before: int) -> bool:
    """Any part of it was seen; a single letter, or a word in small letters, is no name."""
    parts = re.findall(r"[^\W\d_]{2,}", text)
    if not parts or not text[:1].isupper() or not text.isascii():
        return True
    return any(where.has_word(part, before=before) for part in parts)


def _finding(tool: ToolUse, invented: Sequence[tuple[str, str]]) -> Finding:
    shown = ", ".join(f"{name or 'value'}={text[:60]}" for name, text in invented[:5])
    evidence = []
    for _, text in invented[:5]:
        start = tool.arguments.find(text)
        start = max(0, start)
        evidence.append(
            excerpt(tool.arguments, start=start, end=start + len(text), span_id=tool.span_id, place="input")
        )
    return DETECTOR.finding(
        f"{tool.name} was called with {' '.join(shown.split())}, which nothing before explains.",
        *evidence,
        confidence=0.8,
        tool=tool.name,
    )


DETECTOR = Detector(
    name="invented_argument",
    title="Invented argument",
    description="A tool was called with an id, e-mail address, URL, amount, large number, date or name that "
    "occurs nowhere before the call, whatever its format. Silent on free text, settings (limits, pages), "
    "small numbers, what the tool's schema names, dates where days were spoken of, what the tool refused and "
    "was then given right, and where results were not recorded.",
    mode="ungrounded",
    detect=detect,
)
