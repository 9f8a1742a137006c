"""How old data says it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


def at_path(value: Any, path: str) -> Any:
    """`meta.updated_at` of a JSON value; None where it is not there. A list is looked into at its first."""
    for part in path.split("."):
        if isinstance(value, list) and value:
            value = value[0]
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def as_unix_ns(said: Any) -> int | None:
    """ISO 8601 (UTC where it names no zone), or a Unix time in s, ms, µs or ns; None for anything else."""
    if isinstance(said, bool) or said is None:
        return None
    if isinstance(said, str):
        try:
            said = float(said)
        except ValueError:
            return _of_iso(said)
    if not isinstance(said, int | float) or not 1e8 <= said < 1e20:
        return None
    for below, scale in ((1e11, 10**9), (1e14, 10**6), (1e17, 10**3)):
        if said < below:
            return int(said * scale)
    return int(said)


def _of_iso(said: str) -> int | None:
    try:
        at = datetime.fromisoformat(said.strip())
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    try:
        return int(at.timestamp() * 1e9)
    except (OverflowError, ValueError):
        return None


def seconds(ns: int) -> str:
    """For people: "40 s", "3.5 h", "12 d"."""
    value = ns / 1e9
    for below, unit, name in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if value < below:
            return f"{value / unit:.3g} {name}"
    return f"{value / 86_400:.3g} d"
