"""How OpenSLO v1 says what objectives here say.

github.com/OpenSLO/OpenSLO, the specification of `openslo/v1`. Its metric sources are free to say what they
read; ours have the type `roadworthy`.
"""

from __future__ import annotations

import re

from roadworthy.domain.objective import CalendarUnit, IndicatorKind
from roadworthy.stats.burn_rate import WINDOWS

VERSION = "openslo/v1"
SOURCE = "roadworthy"
TARGET = "on-call"
"""Name of the one notification target: whoever is on call for the agent."""
RATIOS = (
    IndicatorKind.COMPLETION,
    IndicatorKind.JUDGED_SUCCESS,
    IndicatorKind.ERROR_FREE,
    IndicatorKind.TOOL_SUCCESS,
)
"""What is a good of a total. The others compare a number of each run with a threshold."""
OPS = {IndicatorKind.LATENCY: "lte", IndicatorKind.COST: "lte", IndicatorKind.SCORE: "gte"}
UNITS = {
    CalendarUnit.DAY: "d",
    CalendarUnit.WEEK: "w",
    CalendarUnit.MONTH: "M",
    CalendarUnit.QUARTER: "Q",
    CalendarUnit.YEAR: "Y",
}
DAYS = {"d": 1, "w": 7, "M": 30, "Q": 90, "Y": 365}
"""Of a rolling window; the specification leaves the length of a rolling month to those who read it."""
SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
DURATION = re.compile(r"([1-9]\d{0,5})([mhdwMQY])")
UTC_NAME = "Etc/UTC"
"""The schema of OpenSLO wants a time zone to have a slash."""


def shorthand(seconds: int) -> str:
    """The shortest way to say it: "5m", "1h", "3d"."""
    for letter in ("d", "h"):
        if seconds % SECONDS[letter] == 0:
            return f"{seconds // SECONDS[letter]}{letter}"
    return f"{seconds // 60}m"


def policy_names() -> dict[str, tuple[float, str, str]]:
    """Alert policy by name: threshold, look-back window and how long it must hold."""
    return {
        f"burn-rate-{one.name}": (one.factor, shorthand(one.long_s), shorthand(one.short_s))
        for one in WINDOWS
    }


def service_name(agent: str) -> str:
    """OpenSLO's names are lower-case letters, digits, dots and dashes; an agent's may be anything."""
    plain = re.sub(r"[^a-z0-9.]+", "-", agent.lower()).strip("-.")
    return plain[:63].strip("-.") or "agent"
