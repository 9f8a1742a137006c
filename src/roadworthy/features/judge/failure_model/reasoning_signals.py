"""What is told by the talk of agents that work something out: whether they agree, whether the answer is what
was computed, and how sure they sound."""

from __future__ import annotations

import re
from collections import Counter
from math import isfinite, log1p

from roadworthy.features.judge.failure_model.wording import (
    AGREEMENT,
    ASSUMPTIONS,
    GAPS,
    HEDGES,
    SECOND_THOUGHTS,
    clip,
    count,
    words_of,
)
from roadworthy.features.judge.screen import holds_any
from roadworthy.features.judge.transcript import Transcript

_CODE = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)```", re.DOTALL)
_RAN = re.compile(r"exitcode: \d+[^\n]*\n(?:Code output:)?\s*(.*)", re.DOTALL)
_BOX = re.compile(r"\\boxed\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_FRACTION = re.compile(r"\\d?frac\{(-?\d+)\}\{(\d+)\}")
_NUMBER = re.compile(r"[-\d](?:(?<=-)(?<![\w.]-)\d|(?<=\d)(?<![\w.]\d))[\d,]*(?:\.\d+)?(?:/\d+)?")
"""With or without a minus, and no letter or point before it. What begins with a set of characters is found
several times faster."""
_LONG_DECIMAL = re.compile(r"\.(?<=\d\.)\d{6}")
_FAILED = re.compile(r"exitcode: [1-9]|Traceback \(most")
_FAILS = ("exitcode: ", "Traceback (most")
_SOLVES = re.compile(r"\bsolve\(|\bEq\(|symbols\(")
_QUESTION = 1500
"""Characters at the end of what was asked in which the question is looked for: instructions come first."""


def reasoning_signals(transcript: Transcript, words: Counter[str]) -> dict[str, float]:
    """`words` are those of all that assistants said."""
    said = [one.text for one in transcript.sayings if one.role == "assistant"]
    talk = clip("\n".join(said))
    thousands = max(1.0, len(talk) / 1000)
    code = "\n".join(_CODE.findall(talk))
    asked = _numbers(transcript.asked[-_QUESTION:])
    named = _numbers(talk)
    boxes = _BOX.findall(talk)
    answer = _value(boxes[-1]) if boxes else _last_number(transcript.answer)
    signals = {
        "steps": log1p(len(transcript.steps)),
        "talk": log1p(len(talk)),
        "hedges": count(words, HEDGES) / thousands,
        "second_thoughts": count(words, SECOND_THOUGHTS) / thousands,
        "second_thoughts_at_the_end": float(count(words_of(said[-1:]), SECOND_THOUGHTS) > 0),
        "assumptions": count(words, ASSUMPTIONS) / thousands,
        "gaps": count(words, GAPS) / thousands,
        "agreement": count(words, AGREEMENT) / thousands,
        "new_numbers": log1p(len(named - asked)),
        "answers_differ": float(min(3, len({_value(box) for box in boxes}))),
        "long_decimals": float(_LONG_DECIMAL.search(talk) is not None),
        "code_failed": float(min(3, len(_FAILED.findall(talk)))) if holds_any(talk, _FAILS) else 0.0,
        "solves_equations": float(_SOLVES.search(code) is not None),
        "given_numbers_not_in_code": len(asked - _numbers(code)) / max(1, len(asked)) if code else 0.5,
    }
    if answer is not None:
        # Only an answer that is a number can be followed through the talk.
        signals["says_the_answer"] = _share_naming(said, answer)
        signals["answer_is_what_was_computed"] = _as_computed(said, answer)
        signals["answer_not_whole"] = float(abs(answer - round(answer)) > 1e-6)
    return signals


def _numbers(text: str) -> set[float]:
    return {value for found in _NUMBER.findall(text) if (value := _parse(found)) is not None}


def _parse(text: str) -> float | None:
    top, _, bottom = text.replace(",", "").partition("/")
    try:
        value = float(top) / float(bottom) if bottom else float(top)
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return value if isfinite(value) else None


def _last_number(text: str) -> float | None:
    found = _NUMBER.findall(text[-2000:])
    return _parse(found[-1]) if found else None


def _value(box: str) -> float | None:
    fraction = _FRACTION.search(box)
    if fraction is not None and int(fraction.group(2)):
        return _parse(f"{fraction.group(1)}/{fraction.group(2)}")
    return _last_number(box)


def _share_naming(said: list[str], answer: float) -> float:
    if not said:
        return 0.0
    naming = sum(
        any(_parse(found) == answer for found in _NUMBER.findall(text[-2000:])[-12:]) for text in said
    )
    return naming / len(said)


def _as_computed(said: list[str], answer: float) -> float:
    """1 where the last thing a program printed is the answer, -1 where it is not, 0 where nothing ran."""
    for text in reversed(said):
        plain = text.strip()
        ran = _RAN.search(plain) if len(plain) < 2000 else None
        printed = ran.group(1) if ran is not None else plain if _NUMBER.fullmatch(plain) else ""
        value = _last_number(printed)
        if value is not None:
            return 1.0 if abs(value - answer) <= 1e-6 * max(1.0, abs(answer)) else -1.0
    return 0.0
