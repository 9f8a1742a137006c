"""Dates, times and numbers of a clock in what an agent asks: the second chance of matching.

An agent that puts the day into its prompt asks something else tomorrow. Where two calls are equal but for
what is read off a clock, they are the same call, and it is said which values differed.
"""

from __future__ import annotations

import re

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_DAY = r"(?:[0-3]?\d(?:st|nd|rd|th)?)"
_CLOCK = re.compile(
    r"(?<![\d.])(?:19|20)\d\d-\d\d-\d\d"
    r"(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?)?(?!\d)"
    r"|(?<![\d/.])\d{1,4}/\d{1,2}/\d{2,4}(?![\d/])"
    r"|(?<![\d.])\d{1,2}\.\d{1,2}\.(?:19|20)\d\d(?![\d.])"
    r"|(?<!\d)20\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:T?\d{6}(?:\d{3})?Z?)?(?!\d)"
    rf"|\b(?:{_DAY} )?{_MONTH}\b\.?(?: {_DAY}\b(?!:))?(?:,? (?:19|20)\d\d\b)?"
    r"|\b(?:Mon|Tue(?:s)?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?\b"
    r"|(?<![\d:])[0-2]?\d:[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?(?:\s?[AaPp]\.?[Mm]\b\.?)?(?![\d:])"
    # Seconds, milliseconds, micro- and nanoseconds since 1970, from 2014 on.
    r"|(?<![\d.\w])(?:1[4-9]|2[0-4])\d{8}(?:\d{3}|\d{6}|\d{9})?(?:\.\d+)?(?![\d\w])"
    r"|\b(?:\d+|an?) (?:second|minute|hour|day|week|month)s? ago\b"
    r"|(?<=[\"\\])(?:elapsed|duration|latency)\w*\\?\":\s?\d+(?:\.\d+)?",
    re.ASCII,
)
_STANDS_FOR = "<clock>"
_SHOWN = 3
_SHOWN_CHARACTERS = 40


def without_clock(text: str) -> str:
    """Each value of a clock as `<clock>`."""
    return _CLOCK.sub(_STANDS_FOR, text)


def clock_values(text: str) -> list[str]:
    return [found[0] for found in _CLOCK.finditer(text)]


def clock_note(recorded: str, asked: str) -> str:
    """Which values differ, of two texts that are equal without them."""
    pairs = zip(clock_values(recorded), clock_values(asked), strict=False)
    differ = list(dict.fromkeys((was, now) for was, now in pairs if was != now))
    shown = ", ".join(f"{_short(was)} then, {_short(now)} now" for was, now in differ[:_SHOWN])
    more = f" and {len(differ) - _SHOWN} more" if len(differ) > _SHOWN else ""
    return f"matched but for the clock: {shown}{more}"


def _short(value: str) -> str:
    return value if len(value) <= _SHOWN_CHARACTERS else f"{value[:_SHOWN_CHARACTERS]}…"
