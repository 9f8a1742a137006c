"""What doctor found: one finding for each thing it looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    """It works, and somebody should know."""
    BAD = "bad"
    """It does not work, or will not for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`mend` says what to do; it is there unless all is well."""

    what: str
    level: Level
    says: str
    mend: str = ""


def ok(what: str, says: str) -> Finding:
    return Finding(what=what, level=Level.OK, says=says)


def warn(what: str, says: str, *, mend: str) -> Finding:
    return Finding(what=what, level=Level.WARN, says=says, mend=mend)


def bad(what: str, says: str, *, mend: str) -> Finding:
    return Finding(what=what, level=Level.BAD, says=says, mend=mend)
