"""How two requests differ, for people: printed line by line, and bounded."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

MOST_LINES = 80
"""Of a difference."""
MOST_CHARACTERS = 240
"""Of one of its lines."""
_CONTEXT = 2
_COMPARED_LINES = 3_000
_LONG = 120
_SENTENCE = re.compile(r"(?<=[.!?;])\s+")


def difference(recorded: str, asked: str) -> str:
    """A unified diff of two calls as `match_key.normalised` tells them; "" where they are equal."""
    before, after = printed(recorded), printed(asked)
    head, tail = _same_ends(before, after)
    # What is equal at both ends is no work for a comparison whose cost grows with the square.
    start, cut = max(0, head - _CONTEXT), max(0, tail - _CONTEXT)
    left = before[start : len(before) - cut][:_COMPARED_LINES]
    right = after[start : len(after) - cut][:_COMPARED_LINES]
    lines = [
        _short(line)
        for line in difflib.unified_diff(left, right, "recorded", "asked", n=_CONTEXT, lineterm="")
        if not line.startswith("@@")
    ]
    if len(lines) > MOST_LINES:
        left_out = len(lines) - MOST_LINES
        lines = [*lines[:MOST_LINES], f"… {left_out} more lines differ or stand between"]
    return "\n".join(lines)


def first_differing(diff: str, *, most: int = 6) -> list[str]:
    """The first lines of a difference that differ."""
    lines = diff.splitlines()[2:]
    return [line for line in lines if line.startswith(("-", "+"))][:most]


def printed(text: str) -> list[str]:
    """A call as lines: the path, then its JSON indented, long texts by line and sentence."""
    path, _, body = text.partition("\n")
    try:
        value = orjson.loads(body) if body else None
    except orjson.JSONDecodeError:
        return [path, *body.splitlines()]
    return [path, *(_lines(value, "", "") if value is not None else ())]


def alike(left: Sequence[str], right: Sequence[str]) -> float:
    """0 to 1: the share of lines that both have."""
    if not left and not right:
        return 1.0
    counts: dict[str, int] = {}
    for line in left:
        counts[line] = counts.get(line, 0) + 1
    shared = 0
    for line in right:
        if counts.get(line, 0) > 0:
            counts[line] -= 1
            shared += 1
    return 2 * shared / (len(left) + len(right))


def _lines(value: Any, indent: str, name: str) -> Iterator[str]:
    if isinstance(value, dict) and value:
        if name:
            yield f"{indent}{name}:"
        inner = indent + "  " if name else indent
        for key in value:
            yield from _lines(value[key], inner, str(key))
    elif isinstance(value, list) and value:
        if name:
            yield f"{indent}{name}:"
        for one in value:
            yield from _lines(one, indent + "  ", "-")
    elif isinstance(value, str) and ("\n" in value or len(value) > _LONG):
        yield f"{indent}{name}: |" if name else f"{indent}|"
        for line in value.split("\n"):
            for piece in _SENTENCE.split(line) if len(line) > _LONG else (line,):
                yield f"{indent}  {piece}"
    else:
        shown = orjson.dumps(value).decode()
        yield f"{indent}{name}: {shown}" if name else f"{indent}{shown}"


def _same_ends(left: Sequence[str], right: Sequence[str]) -> tuple[int, int]:
    most = min(len(left), len(right))
    head = 0
    while head < most and left[head] == right[head]:
        head += 1
    tail = 0
    while tail < most - head and left[-1 - tail] == right[-1 - tail]:
        tail += 1
    return head, tail


def _short(line: str) -> str:
    return line if len(line) <= MOST_CHARACTERS else f"{line[:MOST_CHARACTERS]}…"
