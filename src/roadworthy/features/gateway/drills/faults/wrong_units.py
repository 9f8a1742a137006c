"""A quantity in another unit, everything else as before: cents for euros, metres for kilometres.

The unit is that of the contract or data dictionary where it is known, else what the field's name suggests."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any

from roadworthy.features.gateway.drills.faults.paths import ITEM, Path, changed, leaves

_BY_UNIT = {
    **dict.fromkeys(("eur", "usd", "gbp", "chf", "euro", "euros", "dollar", "dollars"), 100.0),
    **dict.fromkeys(("cent", "cents", "pence"), 0.01),
    **dict.fromkeys(("km", "kg", "kwh", "s", "seconds", "l", "m3"), 1000.0),
    **dict.fromkeys(("m", "g", "ms", "wh", "ml", "milliseconds"), 0.001),
    **dict.fromkeys(("%", "percent"), 0.01),
    **dict.fromkeys(("h", "hours", "min", "minutes"), 60.0),
    **dict.fromkeys(("d", "days"), 24.0),
}
_QUANTITY = re.compile(
    r"amount|price|total|cost|balance|fee|sum|revenue|salary|value|paid|due|limit|weight|mass|length|width|height|"
    r"distance|volume|duration|elapsed|latency|speed|energy|power|rate|tax|discount|margin",
    re.IGNORECASE,
)
_NO_QUANTITY = re.compile(r"(^|_)(id|count|number|no|year|month|day|zip|code|version|index|page|qty)$|Id$")


def other_units(
    value: Any, *, seed: int, factor: float = 0.0, units: Mapping[str, str] | None = None
) -> Any | None:
    """None where no number in it is a quantity. `units` by path (`orders[].total`) or name of the field;
    `factor` 0 for the one that the unit suggests."""
    numbers = {
        path for path, values in leaves(value).items() if all(_number(one) is not None for one in values)
    }
    known = {path: unit for path in numbers if (unit := _unit(path, units or {}))}
    candidates = sorted(known) or sorted(path for path in numbers if _QUANTITY.search(path[-1]))
    if not candidates:
        candidates = sorted(path for path in numbers if not _NO_QUANTITY.search(path[-1]))
    if not candidates:
        return None
    path = random.Random(f"units {seed}").choice(candidates)  # noqa: S311 (no secret)
    by = factor or _BY_UNIT.get(known.get(path, "").lower(), 100.0)
    new = changed(value, path, lambda one: _scaled(one, by))
    return None if new == value else new


def _unit(path: Path, units: Mapping[str, str]) -> str:
    name = ".".join(path).replace(f".{ITEM}", ITEM)
    return units.get(name) or units.get(path[-1]) or ""


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str) and re.fullmatch(r"-?\d+\.\d+", value):
        return float(value)
    return None


def _scaled(value: Any, by: float) -> Any:
    number = _number(value)
    if number is None:
        return value
    new = round(number * by, 6)
    if isinstance(value, str):
        return f"{new:.2f}"
    return int(new) if isinstance(value, int) and new == int(new) else new
