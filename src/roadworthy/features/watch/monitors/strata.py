"""Which stratum a result belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from roadworthy.domain.result import Result, Scored, Word

MOST = 64
"""Strata of one monitor; what comes beyond them is one more, together."""
OTHERS = "(others)"
ALL = ""
ATTRIBUTE = "attributes."
FIXED = ("hour", "weekday", "release", "model", "outcome")
OUTCOME = "outcome"
"""Of disagreement alone: an agent that fails more often is then no evidence against the judge."""


def stratum_of(entry: Result | Scored | Word, strata: Sequence[str]) -> str:
    """Values of `strata`, joined; "" where there are none."""
    if not strata:
        return ALL
    return " · ".join(_value(entry, name) for name in strata)


def bad_stratum(name: str) -> str | None:
    """What is wrong with a name, None where nothing is."""
    if name in FIXED or (name.startswith(ATTRIBUTE) and len(name) > len(ATTRIBUTE)):
        return None
    return f"{name!r} is not known: expected {', '.join(FIXED)}, or attributes.<key>"


def _value(entry: Result | Scored | Word, name: str) -> str:
    if name == "hour":
        return f"{entry.at_ns // 3_600_000_000_000 % 24:02d} h"
    if name == "weekday":
        return datetime.fromtimestamp(entry.at_ns // 10**9, UTC).strftime("%a")
    if name == OUTCOME:
        return "" if isinstance(entry, Scored) else entry.outcome.value
    if name == "release":
        return entry.release
    if name == "model":
        return ", ".join(entry.models) if isinstance(entry, Result) else ""
    return "" if isinstance(entry, Word) else entry.attributes.get(name.removeprefix(ATTRIBUTE), "")
