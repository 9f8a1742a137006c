"""What the values of a field are, whatever type the system declares."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

_WHOLE = re.compile(r"^[-+]?\d{1,18}$")
_NUMBER = re.compile(r"^[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d{1,3})?$")
_COMMA = re.compile(r"^[-+]?\d{1,3}(?:\.\d{3})*,\d+$|^[-+]?\d+,\d+$")
_ISO_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_ISO_TIME = re.compile(r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[-+]\d{2}:?\d{2})?$")
_CLOCK = re.compile(r"^\d{2}:\d{2}(?::\d{2})?$")
_UUID = re.compile(r"^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$")
_BOOLEANS = (
    frozenset({"0", "1"}), frozenset({"y", "n"}), frozenset({"j", "n"}), frozenset({"true", "false"}),
    frozenset({"t", "f"}), frozenset({"yes", "no"}), frozenset({"ja", "nein"}), frozenset({"x"}),
)  # fmt: skip
_DATE_FORMS = (("%d.%m.%Y", "dd.mm.yyyy"), ("%d/%m/%Y", "dd/mm/yyyy"), ("%m/%d/%Y", "mm/dd/yyyy"))
_EPOCH = (631_152_000, 2_524_608_000)
"""1990 to 2050, in seconds."""
_TIMEY = re.compile(
    r"time|date|dat|_dt|dt_|ts$|_ts|_at$|_on$|zeit|epoch|created|updated|changed|since|until", re.IGNORECASE
)
_MISSING = frozenset({"", "null", "none", "n/a", "na", "nan", "-", "\\n", "00000000", "0000-00-00"})
MOST = 0.98
"""Share of its values that must be of a type: legacy systems hold a few of anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    type: str
    stored_as: str = ""
    texts: tuple[str, ...] = ()
    """Of the values that are there, as texts."""
    nulls: int = 0
    format: str = ""


def observe(values: Sequence[Any], *, name: str) -> Observed:
    """`name` decides only where values cannot: whether 20261122 or 1763000000 are dates."""
    texts = tuple(text for one in values if (text := _text(one)).strip().lower() not in _MISSING)
    nulls = len(values) - len(texts)
    if not texts:
        return Observed(type="empty", nulls=nulls)
    present = [one for one in values if _text(one).strip().lower() not in _MISSING]
    kind, stored = _native(present) or _from_texts([one.strip() for one in texts], name=name)
    if kind in ("integer", "number") and not stored:
        kind, stored = _numbers([one.strip() for one in texts], kind, name=name)
    return Observed(type=kind, stored_as=stored, texts=texts, nulls=nulls, format=_format(texts, kind))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)[:64].hex()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dict | list):
        return orjson.dumps(value, default=str).decode()
    return str(value)


def _native(values: Sequence[Any]) -> tuple[str, str] | None:
    """Where the system gives typed values, they are believed."""
    kinds = Counter(type(one) for one in values)
    kind, often = kinds.most_common(1)[0]
    if often < MOST * len(values):
        return ("number", "") if set(kinds) <= {int, float, decimal.Decimal} else None
    if issubclass(kind, bool):
        return "boolean", ""
    if issubclass(kind, dt.datetime):
        midnight = all(one.time() == dt.time(0) for one in values if isinstance(one, dt.datetime))
        return ("date", "datetime") if midnight and len(values) > 5 else ("datetime", "")
    if issubclass(kind, dt.date):
        return "date", ""
    if issubclass(kind, dt.time):
        return "time", ""
    if issubclass(kind, bytes | bytearray | memoryview):
        return "binary", ""
    if issubclass(kind, dict | list):
        return "json", ""
    if issubclass(kind, int):
        return "integer", ""
    if issubclass(kind, float | decimal.Decimal):
        return "number", ""
    return None


def _from_texts(texts: list[str], *, name: str) -> tuple[str, str]:
    def share(fits: Any) -> bool:
        return sum(bool(fits(one)) for one in texts) >= MOST * len(texts)

    if any({one.lower() for one in texts} <= each for each in _BOOLEANS) and len(texts) > 1:
        return "boolean", "/".join(sorted({*texts}))[:20]
    if share(_ISO_DATE.match):
        return "date", "iso"
    if share(_ISO_TIME.match):
        return "datetime", "iso"
    if share(_CLOCK.match):
        return "time", "iso"
    for form, said in _DATE_FORMS:
        if share(lambda one, form=form: _dated(one, form)):
            return "date", said
    if share(_WHOLE.match):
        if len({len(one) for one in texts}) == 1 and len(texts[0]) == 8 and share(_yyyymmdd):
            return "date", "yyyymmdd"
        # 00123 is a code: as a number it would lose what it is.
        return ("text", "") if _coded(texts) else ("integer", "text")
    if share(_NUMBER.match):
        return "number", "text"
    if share(_COMMA.match):
        return "number", "text with decimal commas"
    if share(lambda one: one[:1] in "[{" and _is_json(one)):
        return "json", "text"
    return "text", ""


def _numbers(texts: list[str], kind: str, *, name: str) -> tuple[str, str]:
    """Whole numbers that stand for something else."""
    values = [float(one) for one in texts]
    whole = all(math.isfinite(one) and one == int(one) for one in values)
    if not whole:
        return kind, ""
    if set(values) <= {0.0, 1.0} and len(values) > 1 and len(set(values)) == 2:
        return "boolean", "0/1"
    low, high = min(values), max(values)
    timey = bool(_TIMEY.search(name))
    if _EPOCH[0] <= low and high <= _EPOCH[1] and (timey or low > 10**9):
        return "datetime", "epoch_s"
    if _EPOCH[0] * 1000 <= low and high <= _EPOCH[1] * 1000:
        return "datetime", "epoch_ms"
    if all(_yyyymmdd(str(int(one))) for one in values) and (timey or len(set(values)) > 20):
        return "date", "yyyymmdd"
    return ("integer" if kind == "integer" else kind), ""


def _coded(texts: list[str]) -> bool:
    leading = sum(len(one) > 1 and one[0] == "0" for one in texts)
    return leading > 0.02 * len(texts)


def _yyyymmdd(text: str) -> bool:
    if len(text) != 8 or not "1900" <= text[:4] <= "2100":
        return text in ("99991231", "00000000")
    return _dated(text, "%Y%m%d")


def _dated(text: str, form: str) -> bool:
    try:
        dt.datetime.strptime(text, form)
    except ValueError:
        return False
    return True


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def _format(texts: Sequence[str], kind: str) -> str:
    """What nearly all of them look like; "" where they differ."""
    if kind != "text":
        return ""
    sample = [one.strip() for one in texts[:500]]
    if sum(bool(_UUID.match(one)) for one in sample) >= MOST * len(sample):
        return "uuid"
    if len({*sample}) < 3:
        return ""
    shapes = Counter(_shape(one) for one in sample if len(one) <= 24)
    if not shapes:
        return ""
    shape, often = shapes.most_common(1)[0]
    return shape if often >= 0.95 * len(sample) and any(c.isdigit() or c in "9A" for c in shape) else ""


def _shape(text: str) -> str:
    return re.sub(r"[a-z]", "a", re.sub(r"[A-Z]", "A", re.sub(r"\d", "9", text)))
