"""Rotations, layers, restrictions, overrides, and the two days a year on which clocks change."""

from __future__ import annotations

import pytest

from roadworthy.domain.schedule import Schedule, Shift, Turn, Weekday, Window
from roadworthy.features.registry.shifts import gaps
from roadworthy.features.registry.snapshot import Snapshot, Thing
from tests.unit.registry.making import (
    DAY_NS,
    EVERY_DAY,
    HOUR_NS,
    WEEKDAYS,
    WEEKEND,
    at,
    contact,
    layer,
    override,
    schedule,
    snapshot,
    told,
)

BERLIN = "Europe/Berlin"


def people(*extra: Thing) -> Snapshot:
    return snapshot(contact("ann"), contact("bob"), contact("eve"), *extra)


def shifts(plan: Schedule, start: str, end: str, known: Snapshot | None = None) -> list[Shift]:
    zone = plan.time_zone
    return (known or people()).shifts(plan, from_ns=at(start, zone), to_ns=at(end, zone))


def test_people_take_weeks_in_turn() -> None:
    plan = schedule(layer("ann", "bob", "eve"))
    assert told(shifts(plan, "2026-01-05 09:00", "2026-02-02 09:00"), "UTC") == [
        ("ann", "2026-01-05 09:00+00:00", "2026-01-12 09:00+00:00"),
        ("bob", "2026-01-12 09:00+00:00", "2026-01-19 09:00+00:00"),
        ("eve", "2026-01-19 09:00+00:00", "2026-01-26 09:00+00:00"),
        ("ann", "2026-01-26 09:00+00:00", "2026-02-02 09:00+00:00"),
    ]


def test_before_it_starts_nobody_is_on_call_and_a_first_turn_in_mid_week_is_short() -> None:
    plan = schedule(layer("ann", "bob", starts_on="2026-01-07"))
    assert told(shifts(plan, "2026-01-06 00:00", "2026-01-14 00:00"), "UTC") == [
        ("", "2026-01-06 00:00+00:00", "2026-01-07 09:00+00:00"),
        ("ann", "2026-01-07 09:00+00:00", "2026-01-12 09:00+00:00"),
        ("bob", "2026-01-12 09:00+00:00", "2026-01-14 00:00+00:00"),
    ]


def test_turns_of_several_days_and_a_layer_that_ends() -> None:
    plan = schedule(layer("ann", "bob", turn=Turn.DAY, every=2, ends_on="2026-01-10"))
    assert [one.person for one in shifts(plan, "2026-01-05 09:00", "2026-01-12 09:00")] == [
        "ann",
        "bob",
        "ann",
        "",
    ]
    assert shifts(plan, "2026-01-05 09:00", "2026-01-12 09:00")[2].end_ns == at("2026-01-10 09:00")


def test_the_first_layer_that_has_somebody_counts_and_nights_are_another_layers() -> None:
    day = Window(days=WEEKDAYS, start="08:00", end="18:00")
    plan = schedule(layer("ann", name="days", windows=[day]), layer("bob", name="rest"), zone=BERLIN)
    assert told(shifts(plan, "2026-01-09 00:00", "2026-01-12 12:00"), BERLIN) == [
        ("bob", "2026-01-09 00:00+01:00", "2026-01-09 08:00+01:00"),
        ("ann", "2026-01-09 08:00+01:00", "2026-01-09 18:00+01:00"),
        # Bob's turn ends on Monday at nine; he follows himself, with Ann's window in between.
        ("bob", "2026-01-09 18:00+01:00", "2026-01-12 08:00+01:00"),
        ("ann", "2026-01-12 08:00+01:00", "2026-01-12 09:00+01:00"),
        ("ann", "2026-01-12 09:00+01:00", "2026-01-12 12:00+01:00"),
    ]


def test_a_window_over_midnight_and_a_whole_weekend() -> None:
    night = Window(days=(Weekday.FRIDAY,), start="22:00", end="06:00")
    assert told(
        gaps(shifts(schedule(layer("ann", windows=[night])), "2026-01-09 00:00", "2026-01-10 12:00")), "UTC"
    ) == [
        ("", "2026-01-09 00:00+00:00", "2026-01-09 22:00+00:00"),
        ("", "2026-01-10 06:00+00:00", "2026-01-10 12:00+00:00"),
    ]
    weekend = Window(days=WEEKEND, start="00:00", end="24:00")
    found = shifts(schedule(layer("ann", windows=[weekend])), "2026-01-09 00:00", "2026-01-13 00:00")
    assert [(one.person, (one.end_ns - one.start_ns) // HOUR_NS) for one in found] == [
        ("", 24),
        ("ann", 48),
        ("", 24),
    ]


def test_a_gap_is_found_ahead() -> None:
    all_but = [
        Window(days=tuple(day for day in EVERY_DAY if day is not Weekday.SUNDAY), start="00:00", end="24:00"),
        Window(days=(Weekday.SUNDAY,), start="00:00", end="02:00"),
        Window(days=(Weekday.SUNDAY,), start="04:00", end="24:00"),
    ]
    plan = schedule(layer("ann", "bob", windows=all_but), zone=BERLIN)
    assert told(gaps(shifts(plan, "2026-11-23 00:00", "2026-12-07 00:00")), BERLIN) == [
        ("", "2026-11-29 02:00+01:00", "2026-11-29 04:00+01:00"),
        ("", "2026-12-06 02:00+01:00", "2026-12-06 04:00+01:00"),
    ]


def test_the_override_entered_last_counts_before_every_layer() -> None:
    first = override("eve", at("2026-01-06 12:00"), at("2026-01-07 12:00"), entered_ns=1)
    last = override("bob", at("2026-01-06 18:00"), at("2026-01-06 20:00"), entered_ns=2)
    found = shifts(schedule(layer("ann")), "2026-01-06 00:00", "2026-01-08 00:00", people(first, last))
    assert [(one.person, one.override) for one in found] == [
        ("ann", ""),
        ("eve", first.id),
        ("bob", last.id),
        ("eve", first.id),
        ("ann", ""),
    ]


class TestSomebodyWhoLeft:
    def test_the_next_in_the_rotation_takes_over_from_that_moment(self) -> None:
        left = contact("bob", left_ns=at("2026-01-14 00:00"))
        known = snapshot(contact("ann"), left, contact("eve"))
        found = shifts(schedule(layer("ann", "bob", "eve")), "2026-01-05 09:00", "2026-02-09 09:00", known)
        assert [(one.person, one.instead_of) for one in found] == [
            ("ann", ""),
            ("bob", ""),  # until he left
            ("eve", "bob"),
            ("eve", ""),
            ("ann", ""),
            ("eve", "bob"),
        ]
        assert found[1].end_ns == at("2026-01-14 00:00")

    def test_where_all_of_a_layer_left_the_next_layer_has_it(self) -> None:
        known = snapshot(contact("ann", left_ns=1), contact("bob"))
        plan = schedule(layer("ann", name="first"), layer("bob", name="second"))
        assert [
            (one.person, one.layer) for one in shifts(plan, "2026-01-06 00:00", "2026-01-07 00:00", known)
        ] == [("bob", "second")]

    def test_where_nobody_is_left_it_is_a_gap_and_no_silence(self) -> None:
        known = snapshot(contact("ann", left_ns=1))
        found = shifts(schedule(layer("ann", "stranger")), "2026-01-06 00:00", "2026-01-07 00:00", known)
        assert [one.person for one in found] == [""] and gaps(found) == found

    def test_their_override_holds_until_they_leave(self) -> None:
        known = snapshot(
            contact("ann"),
            contact("eve", left_ns=at("2026-01-06 10:00")),
            override("eve", at("2026-01-06 08:00"), at("2026-01-06 12:00")),
        )
        found = shifts(schedule(layer("ann")), "2026-01-06 08:00", "2026-01-06 12:00", known)
        assert told(found, "UTC") == [
            ("eve", "2026-01-06 08:00+00:00", "2026-01-06 10:00+00:00"),
            ("ann", "2026-01-06 10:00+00:00", "2026-01-06 12:00+00:00"),
        ]

    def test_a_person_twice_in_the_rotation_is_followed_by_whoever_is_next_each_time(self) -> None:
        known = snapshot(contact("ann", left_ns=1), contact("bob"), contact("eve"))
        plan = schedule(layer("ann", "bob", "ann", "eve"))
        found = shifts(plan, "2026-01-05 09:00", "2026-02-02 09:00", known)
        assert [one.person for one in found] == ["bob", "bob", "eve", "eve"]


class TestClocksChange:
    """Berlin: 2026-03-29 02:00 becomes 03:00, 2026-10-25 03:00 becomes 02:00."""

    @pytest.mark.parametrize(
        ("start", "hours"),
        [("2026-03-16 09:00", 168), ("2026-03-23 09:00", 167), ("2026-10-19 09:00", 169)],
    )
    def test_a_week_over_the_change_has_its_true_length_and_ends_at_nine(
        self, start: str, hours: int
    ) -> None:
        plan = schedule(layer("ann", "bob"), zone=BERLIN)
        known = people()
        found = known.shifts(plan, from_ns=at(start, BERLIN), to_ns=at(start, BERLIN) + 14 * DAY_NS)
        assert (found[0].end_ns - found[0].start_ns) // HOUR_NS == hours
        assert told(found, BERLIN)[0][2].split(" ")[1].startswith("09:00")

    def test_a_hand_over_at_a_time_that_does_not_exist_is_an_hour_later(self) -> None:
        plan = schedule(
            layer("ann", "bob", turn=Turn.DAY, starts_on="2026-03-28", hand_over_time="02:30"), zone=BERLIN
        )
        assert told(shifts(plan, "2026-03-28 02:30", "2026-03-30 02:30"), BERLIN) == [
            ("ann", "2026-03-28 02:30+01:00", "2026-03-29 03:30+02:00"),
            ("bob", "2026-03-29 03:30+02:00", "2026-03-30 02:30+02:00"),
        ]

    def test_a_hand_over_at_a_time_that_comes_twice_is_at_the_first(self) -> None:
        plan = schedule(
            layer("ann", "bob", turn=Turn.DAY, starts_on="2026-10-24", hand_over_time="02:30"), zone=BERLIN
        )
        found = shifts(plan, "2026-10-24 02:30", "2026-10-26 02:30")
        assert told(found, BERLIN) == [
            ("ann", "2026-10-24 02:30+02:00", "2026-10-25 02:30+02:00"),
            ("bob", "2026-10-25 02:30+02:00", "2026-10-26 02:30+01:00"),
        ]
        assert [(one.end_ns - one.start_ns) // HOUR_NS for one in found] == [24, 25]

    def test_windows_that_meet_in_the_hour_that_is_missing_leave_no_gap(self) -> None:
        early = Window(days=EVERY_DAY, start="00:00", end="02:30")
        late = Window(days=EVERY_DAY, start="02:30", end="24:00")
        plan = schedule(
            layer("ann", name="early", windows=[early]),
            layer("bob", name="late", windows=[late]),
            zone=BERLIN,
        )
        found = shifts(plan, "2026-03-28 00:00", "2026-03-31 00:00")
        assert gaps(found) == []
        assert ("ann", "2026-03-29 00:00+01:00", "2026-03-29 03:30+02:00") in told(found, BERLIN)

    def test_a_window_wholly_in_the_missing_hour_moves_and_in_the_hour_that_comes_twice_holds_once(
        self,
    ) -> None:
        short = schedule(
            layer(
                "ann", windows=[Window(days=EVERY_DAY, start="02:10", end="02:50")], starts_on="2026-01-01"
            ),
            zone=BERLIN,
        )
        spring = shifts(short, "2026-03-29 00:00", "2026-03-29 12:00")
        assert [(one.end_ns - one.start_ns) // (HOUR_NS // 60) for one in spring if one.person] == [40]
        autumn = shifts(short, "2026-10-25 00:00", "2026-10-25 12:00")
        assert told([one for one in autumn if one.person], BERLIN) == [
            ("ann", "2026-10-25 02:10+02:00", "2026-10-25 02:50+02:00")
        ]

    def test_a_zone_that_left_out_a_day(self) -> None:
        """Samoa had no 2011-12-30: its turn has no length, and nobody is missing."""
        plan = schedule(
            layer("ann", "bob", "eve", turn=Turn.DAY, starts_on="2011-12-28"), zone="Pacific/Apia"
        )
        found = shifts(plan, "2011-12-28 09:00", "2012-01-02 09:00")
        assert [one.person for one in found] == ["ann", "bob", "ann", "bob"]
        assert gaps(found) == []


def test_an_empty_range_has_no_shifts_and_an_empty_schedule_is_one_gap() -> None:
    assert people().shifts(schedule(layer("ann")), from_ns=5, to_ns=5) == []
    assert people().shifts(schedule(), from_ns=5, to_ns=9) == [Shift(start_ns=5, end_ns=9)]
