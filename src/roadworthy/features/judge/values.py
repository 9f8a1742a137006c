"""Values that a text states: numbers, money, dates, times, ids, e-mail addresses and URLs, whatever their
spelling."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from roadworthy.kit.word_set import WordSet

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero",
            "feb february februar février febrero",
            "mar march märz mars marzo",
            "apr april avril abril",
            "may mai mayo",
            "jun june juni juin junio",
            "jul july juli juillet julio",
            "aug august août agosto",
            "sep sept september septembre septiembre",
            "oct october oktober octobre octubre",
            "nov november novembre noviembre",
            "dec december dezember décembre diciembre",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATES = (
    r"\b(?P<y1>(?:19|20)\d\d)[-/.](?P<m1>\d{1,2})[-/.](?P<d1>\d{1,2})(?!\d)"
    rf"|\b(?P<d2>\d{{1,2}})(?:st|nd|rd|th|er|\.)?\s+(?:of\s+|de\s+)?(?P<m2>{_MONTH})\b\.?(?:,?\s+(?:de\s+)?(?P<y2>\d{{4}})\b)?"
    rf"|\b(?=[^\W\d]{{3,10}}\.?\s+\d)(?P<m3>{_MONTH})\b\.?\s+(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<y3>\d{{4}})\b)?"
    r"|\b(?P<a4>\d{1,2})[/.](?P<b4>\d{1,2})[/.](?P<y4>\d{4}|\d\d)(?![\d.])"
)
_NUMBER = r"\d{1,30}(?:[.,]\d{1,30}){0,12}"
_VALUE = re.compile(
    r"(?P<url>\b(?:https?://|www\.)[^\s<>()\[\]\"'`{}|\\^]{1,2000})"
    r"|(?P<email>(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})"
    rf"|(?P<date>{_DATES})"
    r"|(?P<time>\b\d{1,2}:\d\d(?::\d\d)?(?:\s?[ap]\.?m\b\.?)?)"
    r"|(?P<phone>\+?\b\d{1,4}[ /-]\(?\d{2,4}\)?[ /-]\d{3,4}(?:[ /-]\d{2,4})*\b)"
    r"|(?P<id>#?(?<![\w-])(?=[\w-]{0,40}\d)(?=[\w-]{0,40}[A-Za-z])[A-Za-z0-9][\w-]{1,80}(?<!-))"
    rf"|(?P<money>[$€£¥₹]\s?{_NUMBER}|{_NUMBER}\s?(?:[€£¥₹]|(?:USD|EUR|GBP|CHF|dollars?|euros?)\b))"
    rf"|(?P<percent>{_NUMBER}\s?(?:%|percent\b|per cent\b|Prozent\b))"
    rf"|(?P<number>(?<![\w.]){_NUMBER})",
    re.IGNORECASE,
)
_DATE = re.compile(_DATES, re.IGNORECASE)
_DIGITS = re.compile(_NUMBER)
_STANDING = re.compile(r"\d(?<![\w:/#.,-]\d)\d{0,29}(?:[.,]\d{1,30}){0,12}(?![\w:/-])")
"""`_NUMBER` on its own. A pattern that begins with a set of characters is found several times faster."""
_TIME = re.compile(r"(\d{1,2}):(\d\d)(?::\d\d)?(?:\s?([ap])\.?m\b)?", re.IGNORECASE)
_UNIT = re.compile(
    r"(\d+)-?(?:st|nd|rd|th|[ap]m|[a-z]{1,12})$|(?:[a-z]{2,}-)+\d{1,2}$|[a-z]+-[a-z-]+\d?$", re.IGNORECASE
)
_MAGNITUDES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "mio": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9}
_MAGNITUDE = re.compile(r"\s?(k|thousand|m|mio|million|bn|billion)\b", re.IGNORECASE)
_SIGNS = WordSet("0 1 2 3 4 5 6 7 8 9 @ :// www.")
_SIGN = re.compile(r"[\d@:](?:(?<=[\d@])|(?=//))")
"""One of these is in every value, save an address that begins with www."""
_MONTH_ENDS = 11
"""The longest name of a month, with a point."""
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]{0,300}`", re.DOTALL)
_NUMBERING = re.compile(r"(?:^|\n)[\s>*#]*$")

Day = tuple[int, int, int]


@dataclass(slots=True, kw_only=True)
class Value:
    """`kind` is a group of the pattern: url, email, date, time, phone, id, money, percent or number.

    `numbers` are what it may mean as a number: 1.234 is a thousand and more in Berlin.
    """

    kind: str
    text: str
    start: int
    numbers: tuple[float, ...] = ()
    places: int = 0
    """Digits after the point, as far as they were written."""
    days: tuple[Day, ...] = ()
    """What it may mean as a date (year 0 where none is given)."""


def values(text: str, *, most: int = 200) -> Iterator[Value]:
    """What a text states, code left out, in order; at most `most`."""
    if not _SIGNS.may_stand_in(text):
        return
    if "`" in text:
        text = _CODE.sub(lambda match: " " * len(match.group()), text)
    left = most
    for match in _matches(_VALUE, text):
        kind = match.lastgroup or ""
        kind = kind if kind and kind[-1] not in "1234" else "date"
        value = _value(kind, match, text)
        if value is not None:
            yield value
            left -= 1
            if not left:
                return


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """As `pattern.finditer`, for `_VALUE` and `_DATE`: looked for from where a value with the next sign may
    begin. That is the beginning of its word; where it stands first in that, the name of a month or the sign
    of a currency before it."""
    if "www." in text.lower():
        yield from pattern.finditer(text)
        return
    at = 0
    while (sign := _SIGN.search(text, at)) is not None:
        before = text[at : sign.start()]
        if before and not before[-1].isspace():
            begin = sign.start() - len(before.rsplit(None, 1)[-1])
        else:
            begin = max(at, at + len(before.rstrip()) - _MONTH_ENDS)
        match = pattern.search(text, begin)
        if match is None:
            return
        yield match
        at = match.end()


def _value(kind: str, match: re.Match[str], text: str) -> Value | None:
    shown, start = match.group(), match.start()
    if kind == "date":
        days = tuple(_days(match))
        return Value(kind=kind, text=shown, start=start, days=days) if days else None
    if kind in ("url", "email"):
        return Value(kind=kind, text=shown.rstrip(".,;:!?*"), start=start)
    if kind == "id":
        return _identifier(shown, start)
    if kind in ("time", "phone"):
        return Value(kind=kind, text=shown, start=start)
    digits = _DIGITS.search(shown)
    if digits is None or (kind == "number" and _is_numbering(match, text)):
        return None
    numbers = interpretations(digits.group())
    if kind == "money" and shown[0] in "$£" and len(numbers) == 2:
        # Where these signs stand first, a comma parts thousands and a point cents.
        numbers = numbers[1:] if "," in digits.group() else numbers[:1]
    if not numbers:
        return Value(kind="id", text=shown, start=start)
    places = _places(digits.group(), numbers[0])
    larger = _MAGNITUDE.match(text, match.end())
    if larger is not None:
        factor = _MAGNITUDES[larger.group(1).lower()]
        numbers = (*(round(number * factor, 6) for number in numbers), *numbers)
    return Value(kind=kind, text=shown, start=start, numbers=numbers, places=places)


def _places(digits: str, number: float) -> int:
    last = max(digits.rfind("."), digits.rfind(","))
    return 0 if last < 0 or (number >= 1000 and number.is_integer()) else len(digits) - last - 1


def _identifier(shown: str, start: int) -> Value | None:
    """30-day and 5pm are numbers with a unit; GPT-4 is a name."""
    unit = _UNIT.match(shown.lstrip("#"))
    if unit is None:
        enough = sum(char.isdigit() for char in shown) >= 2 and len(shown) >= 4
        return Value(kind="id", text=shown, start=start) if enough else None
    if unit.group(1):
        return Value(kind="number", text=unit.group(1), start=start, numbers=(float(unit.group(1)[:15]),))
    return None


def _is_numbering(match: re.Match[str], text: str) -> bool:
    after = text[match.end() : match.end() + 2]
    return (
        after[:1] in (".", ")", ":")
        and _NUMBERING.search(text, max(0, match.start() - 40), match.start()) is not None
    )


def interpretations(digits: str) -> tuple[float, ...]:
    """What digits with points and commas may mean; () for more than one number (a version, an address)."""
    if len(digits) > 30:
        return ()
    points, commas = digits.count("."), digits.count(",")
    if not points and not commas:
        return (float(digits),)
    if points and commas:
        last = max(digits.rfind("."), digits.rfind(","))
        whole = digits[:last].replace(".", "").replace(",", "")
        return (float(f"{whole}.{digits[last + 1 :]}"),)
    sign = "." if points else ","
    groups = digits.split(sign)
    grouped = len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])
    joined = float("".join(groups))
    if len(groups) == 2:
        plain = float(f"{groups[0]}.{groups[1]}")
        return (plain, joined) if grouped else (plain,)
    return (joined,) if grouped else ()


def _days(match: re.Match[str]) -> Iterator[Day]:
    get = match.groupdict()
    if get["y1"]:
        yield from _day(get["y1"], get["m1"], get["d1"])
    elif get["m2"]:
        yield from _day(get["y2"] or "0", str(_MONTHS[get["m2"].lower()]), get["d2"])
    elif get["m3"]:
        yield from _day(get["y3"] or "0", str(_MONTHS[get["m3"].lower()]), get["d3"])
    else:
        year = get["y4"] if len(get["y4"]) == 4 else f"20{get['y4']}"
        yield from _day(year, get["a4"], get["b4"])
        yield from _day(year, get["b4"], get["a4"])


def _day(year: str, month: str, day: str) -> Iterator[Day]:
    if 1 <= int(month) <= 12 and 1 <= int(day) <= 31:
        yield int(year), int(month), int(day)


def dates(text: str) -> set[Day]:
    return {day for match in _matches(_DATE, text) for day in _days(match)}


def minutes(text: str) -> set[int]:
    """Times of day as minutes since midnight; 3:30 may be in the morning or in the afternoon."""
    found: set[int] = set()
    for hour, minute, half in _TIME.findall(text):
        at = int(hour) * 60 + int(minute)
        if half:
            found.add(at % 720 + (720 if half in "pP" else 0))
        else:
            found.update((at, at + 720) if at < 780 else (at,))
    return found


def numbers(text: str) -> list[tuple[int, float]]:
    """Every number with its offset, in each way it may be read; parts of ids, dates and times are none."""
    return [
        (match.start(), number)
        for match in _STANDING.finditer(text)
        for number in interpretations(match.group())
    ]
