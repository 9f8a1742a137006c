"""What a judge's answer says. An answer that cannot be read is no verdict, never a guess."""

from __future__ import annotations

import re
from dataclasses import dataclass
from json import JSONDecodeError, JSONDecoder
from typing import Any

import orjson

from roadworthy.features.judge.judges.rubric import Label, Rubric

TEXT_READ = 100_000
OBJECTS_READ = 50
_THOUGHT = re.compile(r"\A\s*<(think|thinking|reasoning)>.*?</\1>", re.DOTALL)
_FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*?)\n?[ \t]*```", re.DOTALL)
_SAID = re.compile(
    r"^[ \t>*#-]*(?:final[ \t]+)?(?:verdict|label|judge?ment|rating)[*_ \t]*[:=][*_\"'` \t]*"
    r"([A-Za-z][\w -]{0,59}?)[*_\"'`. \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_DECODER = JSONDecoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """`label` is None where the answer could not be read, and `explanation` then says why."""

    label: Label | None
    explanation: str = ""
    quote: str = ""


def read(text: str, rubric: Rubric, *, finish_reason: str = "") -> Read:
    if finish_reason == "refusal":
        return Read(label=None, explanation=f"the model refused: {text[:300]}")
    body = _THOUGHT.sub("", text[:TEXT_READ], count=1).strip()
    if not body:
        return Read(label=None, explanation="the model answered nothing")
    objects = _whole(body) or _fenced(body) or _within(body)
    if objects:
        return _agreed([_of_object(one, rubric) for one in objects])
    if finish_reason == "length":
        return Read(
            label=None, explanation="the answer was cut off before its verdict; give it more max_tokens"
        )
    if body.startswith(("{", "[", "```")):
        return Read(label=None, explanation="the answer is broken JSON")
    return _of_prose(body, rubric)


def _agreed(said: list[Read]) -> Read:
    """The one verdict of all objects; one that names no label of the rubric is no verdict at all."""
    if len({one.label for one in said}) == 1:
        return said[-1]
    return Read(label=None, explanation="the answer holds more than one verdict")


def _whole(body: str) -> list[dict[str, Any]]:
    try:
        value = orjson.loads(body)
    except ValueError:
        return []
    return [value] if isinstance(value, dict) else []


def _fenced(body: str) -> list[dict[str, Any]]:
    return [one for match in _FENCE.finditer(body) for one in _whole(match.group(1)) if "label" in one]


def _within(body: str) -> list[dict[str, Any]]:
    """JSON objects with a label that stand among words."""
    found: list[dict[str, Any]] = []
    at = body.find("{")
    for _ in range(OBJECTS_READ):
        if at < 0:
            break
        try:
            value, end = _DECODER.raw_decode(body, at)
        except (JSONDecodeError, RecursionError):
            end = at + 1
        else:
            if isinstance(value, dict) and "label" in value:
                found.append(value)
        at = body.find("{", end)
    return found


def _of_object(said: dict[str, Any], rubric: Rubric) -> Read:
    name, explanation, quote = said.get("label"), said.get("explanation"), said.get("evidence")
    label = rubric.label(name) if isinstance(name, str) else None
    if label is None:
        return Read(label=None, explanation=f"{str(name)[:60]!r} is no label of this rubric")
    return Read(
        label=label,
        explanation=explanation.strip() if isinstance(explanation, str) else "",
        quote=quote.strip() if isinstance(quote, str) else "",
    )


def _of_prose(body: str, rubric: Rubric) -> Read:
    """Prose counts only where it is the label alone, or has a line that says `verdict: label`."""
    alone = rubric.label(body.strip("*_\"'`. \t\n"))
    if alone is not None:
        return Read(label=alone)
    named = {label for match in _SAID.finditer(body) if (label := rubric.label(match.group(1))) is not None}
    if len(named) == 1:
        return Read(label=named.pop(), explanation=body)
    why = "names more than one verdict" if named else "is prose without a verdict"
    return Read(label=None, explanation=f"the answer {why}: {body[:300]}")
