"""What a column of texts holds, found out from all of them, and its values as that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from roadworthy.features.gateway.connectors.settings.batch import Column

_WHOLE = re.compile(r"^-?(?:0|[1-9]\d{0,17})$")
_NUMBER = re.compile(r"^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?$")
_TRUE = frozenset({"1", "true", "t", "yes", "y", "ja", "j", "x", "oui", "si"})
_FALSE = frozenset({"0", "false", "f", "no", "n", "nein", "non", ""})
_STORED = {"integer": "integer", "number": "real", "boolean": "integer"}
_DATES = ("%Y-%m-%d", "%d.%m.%Y", "%Y%m%d", "%d/%m/%Y")
NARROW, WIDE, TEXT = "integer", "number", "text"


def wider(one: str, other: str) -> str:
    """The type that holds both; "" is a column that had no value yet."""
    order = ("", NARROW, WIDE, TEXT)
    return order[max(order.index(one), order.index(other))] if {one, other} <= set(order) else TEXT


def seen_type(text: str) -> str:
    """Of one value of a column nothing is declared of. Leading zeros and plus signs are texts: 00123 is no
    123."""
    if _WHOLE.match(text):
        return NARROW
    if _NUMBER.match(text) and len(text) <= 17:
        return WIDE
    return TEXT


def sql_type(kind: str) -> str:
    return _STORED.get(kind, "text")


def typed(text: str, column: Column) -> str:
    """As it is kept: a number with a point, a date of ISO 8601. Raises ValueError, saying what was
    expected."""
    value = text.strip()
    if column.type in ("integer", "number"):
        return _numeric(value, column)
    if column.type == "boolean":
        lowered = value.lower()
        if lowered in _TRUE or lowered in _FALSE:
            return "1" if lowered in _TRUE else "0"
        raise ValueError("expected yes or no")
    if column.type in ("date", "datetime"):
        return _dated(value, column)
    return text


def _numeric(value: str, column: Column) -> str:
    thousands = "." if column.decimal == "," else ","
    plain = value.replace(thousands, "").replace(" ", "").replace("'", "").replace(column.decimal, ".")
    if plain.endswith("-"):  # as SAP and mainframes write it
        plain = f"-{plain[:-1]}"
    sign, digits = ("-", plain[1:]) if plain.startswith("-") else ("", plain.removeprefix("+"))
    digits = digits.lstrip("0") if digits[:1] == "0" and digits.lstrip("0")[:1].isdigit() else digits
    pattern = _WHOLE if column.type == "integer" else _NUMBER
    digits = "0" if digits and not digits.strip("0") else digits
    if not pattern.match(sign + digits):
        raise ValueError(f"expected {'a whole number' if column.type == 'integer' else 'a number'}")
    return sign + digits


def _dated(value: str, column: Column) -> str:
    for form in (column.format,) if column.format else _DATES:
        try:
            found = datetime.strptime(value, form)
        except ValueError:
            continue
        return found.date().isoformat() if column.type == "date" else found.isoformat()
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"expected a {column.type} like {column.format or '2026-11-22'}") from None
    return found.date().isoformat() if column.type == "date" else found.isoformat()


def declared_types(columns: Mapping[str, Column]) -> dict[str, str]:
    return {name: one.type for name, one in columns.items() if one.type != "auto"}
