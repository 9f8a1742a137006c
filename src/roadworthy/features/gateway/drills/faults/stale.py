"""Data as it was some time ago: what says how old it is says so, everything else stays."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from roadworthy.features.gateway.drills.faults.paths import changed, leaves

_FRESHNESS = re.compile(
    r"updated|modified|as_?of|fetched|synced|sync|generated|loaded|refreshed|retrieved|last_?(seen|change|check)|"
    r"timestamp|snapshot|exported|valid_?(at|on)|data_?date",
    re.IGNORECASE,
)
_SECONDS = range(946_684_800, 4_102_444_800)
"""Unix times from 2000 to 2100."""


def aged(value: Any, *, age_s: float) -> Any | None:
    """None where nothing in it says how old it is."""
    new = value
    for path, values in leaves(value).items():
        if _FRESHNESS.search(path[-1]) and any(_older(one, age_s) != one for one in values):
            new = changed(new, path, lambda one: _older(one, age_s))
    return None if new == value else new


def _older(value: Any, age_s: float) -> Any:
    """As it is where it is no time."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        if int(value) in _SECONDS:
            return type(value)(value - age_s)
        return type(value)(value - age_s * 1000) if int(value) // 1000 in _SECONDS else value
    if not isinstance(value, str):
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    old = moment - timedelta(seconds=age_s)
    if len(value) == 10:
        return old.date().isoformat()
    text = old.isoformat(sep="T" if "T" in value else " ")
    return text.removesuffix("+00:00") + "Z" if value.endswith("Z") else text
