"""Everything a run was given before a moment, and whether it explains a value.

Looking up is cheap where a value stands there as written; only what is not found so is looked for in other
spellings, units, and as sum, difference, product or share of what is there.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

from roadworthy.features.judge import values as reading
from roadworthy.features.judge.deeds import is_protocol
from roadworthy.features.judge.transcript import Saying, Transcript
from roadworthy.features.judge.values import Day, Value

_Made = TypeVar("_Made")

_MOST_TEXT = 400_000
_MOST_OF_ONE = 100_000
_MOST_NUMBERS = 400
_MOST_TRIPLES = 60
_FEW = 30
_COMMON = frozenset({24.0, 48.0, 60.0, 72.0, 90.0, 99.0, 100.0, 365.0})
_FACTORS = (7.0, 10.0, 12.0, 24.0, 30.0, 52.0, 60.0, 100.0, 365.0, 1000.0, 1024.0, 3600.0, 1e6)
_FINAL = frozenset({"final_answer", "finalanswer", "submit", "finish", "respond", "complete_task"})
_RATE = re.compile(r"(\d{1,3}(?:\.\d{1,3})?)\s?(?:%|percent)")
_ALNUM = re.compile(r"[^a-z0-9]+")
_SPELLED = {
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "twenty": 20,
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "hundred": 100, "dozen": 12,
    "half": 50, "quarter": 25,
}  # fmt: skip
_RELATIVE = re.compile(
    r"\b(?:today|tomorrow|yesterday|tonight|next|last|this|coming|within|days?|weeks?|months?|ago|from now|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|heute|morgen|gestern|demain|aujourd|hoy|mañana)\b",
    re.IGNORECASE,
)


class Sources:
    """`explains(value, before=offset)`: offsets into `text` come from `until(index)`."""

    def __init__(self, transcript: Transcript) -> None:
        self._now_ns = transcript.run.started_ns
        # What was asked is known from the start, whichever step tells of it first.
        pieces: list[str] = [transcript.run.input[:_MOST_OF_ONE], transcript.instructions[:_MOST_OF_ONE]]
        self._indexes: list[int] = []
        self._offsets: list[int] = []
        self._arguments: dict[int, int] = {}
        length = len(pieces[0]) + len(pieces[1]) + 2
        answer = transcript.answer.strip()
        for step in transcript.steps:
            if length > _MOST_TEXT:
                break
            if isinstance(step, Saying):
                if step.role == "system" or step.text == pieces[0] or _is_answer(step, answer):
                    continue
                added = [step.text[:_MOST_OF_ONE]]
            elif step.name.lower() in _FINAL or is_protocol(step.name):
                continue
            else:
                added = [step.arguments[:_MOST_OF_ONE], (step.result or step.error)[:_MOST_OF_ONE]]
            self._indexes.append(step.index)
            self._offsets.append(length)
            pieces.extend(added)
            length += sum(len(piece) + 1 for piece in added)
        joined = "\n".join(pieces)
        # Numbers that follow an escaped line end stand alone.
        self.text = joined.replace("\\n", " \n") if "\\n" in joined else joined
        # By what is worked out, the last offset and the result: a turn states several values, and the same
        # stands before each. Only the last: a long run has many turns.
        self._last: dict[str, tuple[int, Any]] = {}

    def until(self, index: int) -> int:
        """Offset at which what step `index` brought begins."""
        place = bisect_left(self._indexes, index)
        return self._offsets[place] if place < len(self._offsets) else len(self.text)

    @cached_property
    def _lowered(self) -> str:
        return self.text.lower()

    @cached_property
    def _numbers(self) -> list[tuple[int, float]]:
        return reading.numbers(self.text)

    def _seen(self, before: int) -> set[float]:
        end = bisect_left(self._numbers, (before, 0.0))
        return {number for _, number in self._numbers[:end]}

    def _days(self, before: int) -> set[Day]:
        return reading.dates(self.text[:before])

    def _squeezed(self, before: int) -> str:
        return _ALNUM.sub("", self._lowered[:before])

    def _once(self, work: Callable[[int], _Made], before: int) -> _Made:
        name = work.__name__
        known = self._last.get(name)
        if known is None or known[0] != before:
            known = self._last[name] = (before, work(before))
        made: _Made = known[1]
        return made

    def explains(self, value: Value, *, before: int, also: Iterable[float] = ()) -> bool:
        """`also` are numbers that the same text gives and that were explained: steps of a calculation."""
        if value.kind in ("url", "email", "id", "phone"):
            return self._has_name(value, before)
        if value.kind == "date":
            return self._has_day(value, before)
        if value.kind == "time":
            return self._has_time(value, before)
        return self._has_number(value, before, also)

    def has_word(self, word: str, *, before: int) -> bool:
        return self._lowered.find(word.lower(), 0, before) >= 0

    def _has_name(self, value: Value, before: int) -> bool:
        wanted = value.text.lower().lstrip("#")
        if value.kind == "url":
            wanted = re.sub(r"^(?:https?://)?(?:www\.)?", "", wanted).rstrip("/")
        if self._lowered.find(wanted, 0, before) >= 0:
            return True
        squeezed = _ALNUM.sub("", wanted)
        return len(squeezed) < 3 or squeezed in self._once(self._squeezed, before)

    def _has_day(self, value: Value, before: int) -> bool:
        if self.text.find(value.text, 0, before) >= 0:
            return True
        seen = self._once(self._days, before)
        if any(_same_day(day, other) for day in value.days for other in seen):
            return True
        now = datetime.fromtimestamp(self._now_ns / 1e9, UTC).date() if self._now_ns else None
        known = [one for day in seen if day[0] and (one := _date(day)) is not None]
        known += [now] if now is not None else []
        spans = {
            int(number) for number in self._once(self._seen, before) if number <= 1000 and number.is_integer()
        }
        spans |= {0, 1, 2, 7, 14, 30}
        for day in value.days:
            for base in known[:100]:
                one = _date(day if day[0] else (base.year, day[1], day[2]))
                if one is not None and abs(one - base) / timedelta(days=1) in spans:
                    return True
        return False

    def _has_time(self, value: Value, before: int) -> bool:
        if self.text.find(value.text, 0, before) >= 0:
            return True
        seen = reading.minutes(self.text[:before])
        # Other time zones differ by hours, durations are differences.
        wanted = reading.minutes(value.text)
        if any((one - other) % 30 == 0 for one in wanted for other in seen):
            return True
        some = sorted(seen)[:100]
        return any((one + other) in seen for one in wanted for other in some)

    def _has_number(self, value: Value, before: int, also: Iterable[float]) -> bool:
        if value.kind == "number" and all(_is_small(number) for number in value.numbers):
            return True
        if any(number in _COMMON or number == 0 for number in value.numbers):
            return True
        digits = "".join(char for char in value.text if char.isdigit() or char in ".,")
        if self._stands(digits, before) or self._stands(digits.replace(",", ""), before):
            return True
        seen = self._once(self._seen, before).union(also)
        rates = self._rates(before, seen)
        if any(_derived(value, number, seen, rates) for number in value.numbers):
            return True
        # Part of a longer number: the last digits of a card.
        if len(digits) >= 4 and digits.isdigit() and self.text.find(digits, 0, before) >= 0:
            return True
        return any(
            number in value.numbers and self.has_word(word, before=before)
            for word, number in _SPELLED.items()
        )

    def _rates(self, before: int, seen: Iterable[float]) -> set[float]:
        """What a percentage leaves, adds and is, as factors."""
        parts = {float(found[:8]) / 100 for found in _RATE.findall(self.text, 0, before)[:20]}
        parts |= {part for part in seen if 0 < part < 1}
        return {factor for part in parts for factor in (part, 1 - part, 1 + part)}

    def _stands(self, digits: str, before: int) -> bool:
        """Whether the digits stand there on their own."""
        text, start = self.text, 0
        while (at := text.find(digits, start, before)) >= 0:
            end = at + len(digits)
            left = text[at - 1 : at] if at else ""
            right = text[end : end + 2]
            goes_on = right[:1].isdigit() or (right[:1] in (".", ",") and right[1:2].isdigit())
            if not goes_on and not left.isdigit() and left not in (".", ","):
                return True
            start = end
        return False

    def speaks_of_time(self, *, before: int) -> bool:
        """Whether dates are named by what they are to today."""
        return _RELATIVE.search(self.text, 0, before) is not None


def _is_answer(step: Saying, answer: str) -> bool:
    if not answer or step.role != "assistant" or step.place != "output":
        return False
    text = step.text.strip()
    return text == answer or answer in text or (len(text) > 40 and text in answer)


def _is_small(number: float) -> bool:
    return (number <= 12 and number.is_integer()) or (1900 <= number <= 2100 and number.is_integer())


def _derived(value: Value, number: float, seen: set[float], rates: set[float]) -> bool:
    """Whether simple arithmetic on what was seen gives the number."""
    share, places = value.kind == "percent", value.places
    if number in seen or (share and round(number / 100, 6) in seen):
        return True
    some = sorted(seen, reverse=True)[:_MOST_NUMBERS]
    for one in some:
        if abs(one - number) <= 0.5 * 10**-places + 1e-9 or _is_multiple(number, one):
            return True
        if any(_near(number, one * by, places) or _near(number, one / by, places) for by in _FACTORS):
            return True
        if round(number - one, 6) in seen or round(one - number, 6) in seen:
            return True
        if one and (round(number / one, 6) in seen or round(number * one, 6) in seen):
            return True
        if any(_near(number, one * by, places) for by in rates):
            return True
    # Of many whole numbers some three make up any other.
    if places or len(some) <= _FEW:
        return _of_three(number, [one for one in some if one][:_MOST_TRIPLES], seen, share=share)
    return False


def _is_multiple(number: float, one: float) -> bool:
    return one > 1 and 2 <= number / one <= 60 and (number / one).is_integer()


def _of_three(number: float, few: list[float], seen: set[float], *, share: bool) -> bool:
    places = 0 if len(few) <= _FEW // 3 else 1
    for at, one in enumerate(few):
        for other in few[at:]:
            if round(number - one - other, 6) in seen or round(number - one + other, 6) in seen:
                return True
            if share and (places == 0 or not number.is_integer()):
                part = 100 * other / one
                if _near(number, part, places) or _near(number, 100 - part, places):
                    return True
    return False


def _near(number: float, other: float, places: int) -> bool:
    """Equal to the digits that are given."""
    return abs(number - other) <= 0.5 * 10**-places + 1e-9 and (
        places > 0 or abs(number - other) < 1e-6 * number
    )


def _same_day(one: Day, other: Day) -> bool:
    return one[1:] == other[1:] and (one[0] == other[0] or not one[0] or not other[0])


def _date(day: Day) -> date | None:
    try:
        return date(*day)
    except ValueError:
        return None


def sources(transcript: Transcript) -> Sources:
    known = transcript.worked_out.get("sources")
    if known is None:
        known = transcript.worked_out["sources"] = Sources(transcript)
    return known
