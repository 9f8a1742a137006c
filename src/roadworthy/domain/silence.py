"""A time in which some alarms tell nobody: a silence, or a maintenance window that was planned."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from roadworthy.domain.alarm import Alarm


class MatchOp(StrEnum):
    IS = "="
    IS_NOT = "!="
    LIKE = "~"
    """A pattern with * and ?, case counts."""


FIELDS = ("agent", "release", "severity", "kind", "source", "team", "alarm", "title")
"""What a matcher may look at; besides, `facts.<name>`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    field: str
    op: MatchOp
    value: str

    def fits(self, alarm: Alarm, *, team: str) -> bool:
        found = _value(alarm, self.field, team=team)
        if self.op is MatchOp.LIKE:
            return fnmatchcase(found, self.value)
        return (found == self.value) is (self.op is MatchOp.IS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Covers alarms that all matchers fit, raised in [start_ns, end_ns)."""

    project: str
    id: str
    matchers: tuple[Matcher, ...]
    start_ns: int
    end_ns: int
    reason: str
    by: str
    maintenance: bool = False
    """Planned beforehand, rather than made to quiet what is ringing."""
    created_ns: int = 0
    updated_ns: int = 0

    def covers(self, alarm: Alarm, *, team: str, now_ns: int) -> bool:
        if not self.start_ns <= now_ns < self.end_ns:
            return False
        return all(one.fits(alarm, team=team) for one in self.matchers)


def _value(alarm: Alarm, field: str, *, team: str) -> str:
    if field.startswith("facts."):
        return alarm.facts.get(field.removeprefix("facts."), "")
    values = {
        "agent": alarm.agent,
        "release": alarm.release,
        "severity": alarm.severity.value,
        "kind": alarm.kind.value,
        "source": alarm.source,
        "team": team,
        "alarm": alarm.source_name,
        "title": alarm.title,
    }
    return values.get(field, "")
