"""What is read off a clock, and what only looks like it."""

from __future__ import annotations

import pytest

from roadworthy.features.debug.tape.clock import clock_note, without_clock


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("2026-11-20", "2026-11-23"),
        ("2026-11-20T09:15:00Z", "2026-11-23T16:02:11Z"),
        ("2026-11-20T09:15:00.123456+00:00", "2026-11-23T16:02:11.9+02:00"),
        ("at 2026-11-20 09:15:00", "at 2026-11-23 16:02:11"),
        ("20 November 2026", "1 December 2026"),
        ("November 20, 2026", "December 1, 2026"),
        ("Fri, 20 Nov 2026 09:15:00 GMT", "Mon, 23 Nov 2026 16:02:11 GMT"),
        ("11/20/2026", "12/1/2026"),
        ("20.11.2026", "23.11.2026"),
        ("report-20261120.csv", "report-20261123.csv"),
        ("now is 9:15 AM", "now is 04:02 pm"),
        ("ts=1795166100", "ts=1795449720"),
        ("ts=1795166100123", "ts=1795449720456"),
        ("ts=1795166100.25", "ts=1795449720.125"),
        ("seen 3 minutes ago", "seen 1 hour ago"),
        (r"{\"elapsed_ms\": 12.5}", r"{\"elapsed_ms\": 7}"),
    ],
)
def test_values_of_a_clock_do_not_count_the_second_time(then: str, now: str) -> None:
    assert without_clock(then) == without_clock(now) != then


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("order 4711", "order 4712"),
        ("version 1.2.3", "version 1.2.4"),
        ("10.0.0.1", "10.0.0.2"),
        ("chapter 3:16 costs 12.50", "chapter 3:16 costs 13.50"),
        ("phone 4917012345678", "phone 4917012345679"),
        ("1234567890", "1234567891"),
        ("3 minutes", "4 minutes"),
    ],
)
def test_other_numbers_still_count(one: str, other: str) -> None:
    assert without_clock(one) != without_clock(other)


def test_a_note_names_what_differs_and_nothing_else() -> None:
    note = clock_note("from 2026-01-01 to 2026-11-20", "from 2026-01-01 to 2026-11-23")

    assert note == "matched but for the clock: 2026-11-20 then, 2026-11-23 now"
