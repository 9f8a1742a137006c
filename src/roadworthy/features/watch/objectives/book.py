"""The objectives of a project, by id, and what an objective must look like."""

from __future__ import annotations

import math
import re
import time
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.records import as_record, read_record
from roadworthy.domain.objective import Budgeting, Indicator, IndicatorKind, Objective, TimeWindow
from roadworthy.domain.project import DEFAULT_PROJECT
from roadworthy.features.watch.objectives.periods import FIRST, FORM
from roadworthy.kit.kept import Kept

KIND = "objective"
OBJECTIVES_KEPT = 500
"""Of one project: their counts are held in memory."""
MOST_DAYS = 366
_LARGEST = 1e12
_SLICES = (60, 120, 180, 240, 300, 360, 600, 720, 900, 1200, 1800, 3600)
_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")
_THRESHOLDS = {
    IndicatorKind.LATENCY: "milliseconds above 0, at most",
    IndicatorKind.COST: "USD above 0, at most",
    IndicatorKind.SCORE: "a number, at least",
}


class ObjectiveInvalid(ValueError):  # noqa: N818 (what the person is told, not a bug)
    """`field` is that of the objective, dotted; `expected` says what it must be."""

    def __init__(self, field: str, *, expected: str) -> None:
        super().__init__(f"{field}: {expected}")
        self.field = field
        self.expected = expected


class ObjectiveBook:
    """Safe to call from several threads. What another process changed is seen within a second."""

    def __init__(self, metadata: MetadataStore) -> None:
        self._metadata = metadata
        counter = metadata.change_counter
        self._kept: Kept[str, dict[str, Objective]] = Kept(self._read, counter=counter)
        self._projects: Kept[None, list[str]] = Kept(lambda _: self._with_any(), counter=counter)

    def projects(self) -> list[str]:
        """Those with objectives."""
        return self._projects.of(None)

    def all(self, project: str) -> list[Objective]:
        """By agent and name."""
        return sorted(self._kept.of(project).values(), key=lambda one: (one.agent, one.name, one.id))

    def agents(self, project: str) -> set[str]:
        """Those with objectives."""
        return {one.agent for one in self._kept.of(project).values()}

    def get(self, project: str, objective_id: str) -> Objective | None:
        return self._kept.of(project).get(objective_id)

    def save(self, *objectives: Objective) -> list[Objective]:
        """All or none. Raises ObjectiveInvalid, which names the field."""
        now = time.time_ns()
        saved = []
        held = {one.project: set(self._kept.of(one.project)) for one in objectives}
        for one in objectives:
            check(one)
            held[one.project].add(one.id)
            if len(held[one.project]) > OBJECTIVES_KEPT:
                raise ObjectiveInvalid("", expected=f"at most {OBJECTIVES_KEPT} objectives in a project")
            known = self.get(one.project, one.id)
            saved.append(replace(one, created_ns=known.created_ns if known else now, updated_ns=now))
        self._metadata.save_records(
            [as_record(one, project=one.project, kind=KIND, record_id=one.id, at_ns=now) for one in saved]
        )
        self._forget()
        return saved

    def delete(self, project: str, objective_id: str) -> bool:
        gone = self._metadata.delete_record(project, KIND, objective_id)
        self._forget()
        return gone

    def _forget(self) -> None:
        self._kept.forget()
        self._projects.forget()

    def _with_any(self) -> list[str]:
        known = {DEFAULT_PROJECT, *(one.id for one in self._metadata.projects())}
        return sorted(one for one in known if self._metadata.records(one, KIND))

    def _read(self, project: str) -> dict[str, Objective]:
        found = {}
        for record in self._metadata.records(project, KIND):
            try:
                one = read_record(Objective, record)
                check(one)
            except ValueError:
                # Written by a version that had other fields: it must be mended by hand and counts nothing.
                continue
            found[one.id] = one
        return found


def check(objective: Objective) -> None:
    """Raises ObjectiveInvalid."""
    if not _ID.fullmatch(objective.id):
        raise ObjectiveInvalid("id", expected="1 to 63 lower-case letters, digits, dots and dashes")
    for name, text, least in (("name", objective.name, 1), ("agent", objective.agent, 1)):
        if not least <= len(text) <= 500:
            raise ObjectiveInvalid(name, expected=f"{least} to 500 characters")
    if not (math.isfinite(objective.target) and 0 < objective.target < 1):
        raise ObjectiveInvalid("target", expected="a share above 0 and below 1, such as 0.95")
    if not 1 <= objective.min_events <= 1_000_000:
        raise ObjectiveInvalid("min_events", expected="a whole number from 1 to 1000000")
    _check_indicator(objective.indicator)
    _check_window(objective.window)
    _check_slices(objective)


def _check_indicator(indicator: Indicator) -> None:
    needed = _THRESHOLDS.get(indicator.kind)
    number = indicator.threshold
    if needed is None:
        if number is not None:
            raise ObjectiveInvalid("indicator.threshold", expected=f"nothing: {indicator.kind} has none")
    elif (
        number is None
        or not math.isfinite(number)
        or abs(number) > _LARGEST
        or (number <= 0 and indicator.kind is not IndicatorKind.SCORE)
    ):
        raise ObjectiveInvalid("indicator.threshold", expected=f"{needed} {_LARGEST:g}")
    if (indicator.kind is IndicatorKind.SCORE) is not bool(indicator.score):
        words = "the name of a score" if indicator.kind is IndicatorKind.SCORE else "nothing"
        raise ObjectiveInvalid("indicator.score", expected=f"{words}: the kind is {indicator.kind}")
    if len(indicator.score) > 200:
        raise ObjectiveInvalid("indicator.score", expected="at most 200 characters")


def _check_window(window: TimeWindow) -> None:
    if window.rolling:
        if window.days > MOST_DAYS:
            raise ObjectiveInvalid("window.days", expected=f"a whole number from 1 to {MOST_DAYS}")
        return
    if window.days < 0:
        raise ObjectiveInvalid("window.days", expected=f"1 to {MOST_DAYS}, or 0 for a calendar window")
    if not 1 <= window.count <= 366 or period_days(window) > MOST_DAYS:
        raise ObjectiveInvalid("window.count", expected=f"periods of at most {MOST_DAYS} days")
    try:
        ZoneInfo(window.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ObjectiveInvalid(
            "window.time_zone", expected=f"a name like Europe/Berlin, not {window.time_zone[:60]!r}"
        ) from None
    try:
        start = datetime.strptime(window.start or FIRST, FORM)
    except ValueError:
        raise ObjectiveInvalid(
            "window.start", expected="local time without a zone, like 2026-01-01 00:00:00"
        ) from None
    if not 1970 < start.year < 2200 or start.minute % 15 or start.second:
        raise ObjectiveInvalid("window.start", expected="a full quarter of an hour between 1971 and 2199")


def period_days(window: TimeWindow) -> int:
    """At most so many days has one period."""
    if window.rolling:
        return window.days
    return {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}[window.unit] * window.count


def _check_slices(objective: Objective) -> None:
    slices = objective.time_slice
    if (objective.budgeting is Budgeting.TIMESLICES) is not (slices is not None):
        words = "given" if slices is None else "left out"
        raise ObjectiveInvalid(
            "time_slice", expected=f"to be {words}: the budget is by {objective.budgeting}"
        )
    if slices is None:
        return
    if slices.seconds not in _SLICES:
        minutes = ", ".join(str(one // 60) for one in _SLICES)
        raise ObjectiveInvalid("time_slice.seconds", expected=f"60 times one of {minutes}")
    if not (math.isfinite(slices.target) and 0 < slices.target <= 1):
        raise ObjectiveInvalid("time_slice.target", expected="a share above 0, at most 1")
