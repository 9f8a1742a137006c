"""From when to when a budget is counted: months, zones, days of 23 hours."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.domain.objective import CalendarUnit, TimeWindow
from roadworthy.features.watch.objectives.periods import period_at


def _s(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def test_a_rolling_window_begins_at_a_full_hour() -> None:
    period = period_at(TimeWindow(days=7), _s("2026-11-22T12:34:56+00:00"))
    assert (period.start_s, period.end_s) == (
        _s("2026-11-15T12:00:00+00:00"),
        _s("2026-11-22T12:34:56+00:00"),
    )


@pytest.mark.parametrize(
    ("window", "now", "start", "end"),
    [
        (
            TimeWindow(unit=CalendarUnit.MONTH, time_zone="Europe/Berlin"),
            "2026-03-15T00:00:00+00:00",
            "2026-03-01T00:00:00+01:00",
            "2026-04-01T00:00:00+02:00",
        ),
        (
            # A day of 23 hours.
            TimeWindow(unit=CalendarUnit.DAY, time_zone="Europe/Berlin"),
            "2026-03-29T12:00:00+02:00",
            "2026-03-29T00:00:00+01:00",
            "2026-03-30T00:00:00+02:00",
        ),
        (
            TimeWindow(unit=CalendarUnit.WEEK),
            "2026-11-22T23:59:59+00:00",
            "2026-11-16T00:00:00+00:00",
            "2026-11-23T00:00:00+00:00",
        ),
        (
            TimeWindow(unit=CalendarUnit.QUARTER, time_zone="Asia/Kathmandu"),
            "2026-11-22T00:00:00+00:00",
            "2026-10-01T00:00:00+05:45",
            "2027-01-01T00:00:00+05:45",
        ),
        (
            # The 31st of a month of 30 days is its last day.
            TimeWindow(unit=CalendarUnit.MONTH, start="2026-01-31 06:00:00"),
            "2026-06-30T05:00:00+00:00",
            "2026-05-31T06:00:00+00:00",
            "2026-06-30T06:00:00+00:00",
        ),
        (
            # Half past two does not exist that night: the day begins when the clock has gone on.
            TimeWindow(unit=CalendarUnit.DAY, start="2026-01-01 02:30:00", time_zone="Europe/Berlin"),
            "2026-03-29T12:00:00+02:00",
            "2026-03-29T03:30:00+02:00",
            "2026-03-30T02:30:00+02:00",
        ),
        (
            TimeWindow(unit=CalendarUnit.YEAR, start="2027-01-01 00:00:00"),
            "2026-11-22T00:00:00+00:00",
            "2027-01-01T00:00:00+00:00",
            "2028-01-01T00:00:00+00:00",
        ),
    ],
)
def test_calendar_periods(window: TimeWindow, now: str, start: str, end: str) -> None:
    period = period_at(window, _s(now))
    assert (period.start_s, period.end_s) == (_s(start), _s(end))


@settings(max_examples=300, deadline=None)
@given(
    unit=st.sampled_from(CalendarUnit),
    count=st.integers(1, 5),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"]),
    start=st.sampled_from(["", "2024-01-31 02:30:00", "2023-10-29 02:30:00"]),
    now_s=st.integers(_s("2025-01-01T00:00:00+00:00"), _s("2030-01-01T00:00:00+00:00")),
)
def test_periods_hold_now_and_follow_each_other(
    unit: CalendarUnit, count: int, zone: str, start: str, now_s: int
) -> None:
    window = TimeWindow(unit=unit, count=count, time_zone=zone, start=start)

    period = period_at(window, now_s)

    assert period.start_s <= now_s < period.end_s
    assert period_at(window, period.start_s) == period
    assert period_at(window, period.end_s - 1) == period
    following = period_at(window, period.end_s)
    assert following.start_s == period.end_s
    assert datetime.fromtimestamp(following.start_s, UTC) > datetime.fromtimestamp(now_s, UTC)
