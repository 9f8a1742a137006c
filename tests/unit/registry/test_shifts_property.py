"""Whatever the schedule, its final shifts tile the time exactly, and at each instant hold whom an independent
reading of the rules says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.domain.schedule import Layer, Override, Schedule, Turn, Weekday, Window
from roadworthy.features.registry.snapshot import Snapshot
from tests.unit.registry.making import DAY_NS, HOUR_NS, contact, override, schedule, snapshot

SECOND_NS = 1_000_000_000
# With hour and half-hour changes, changes at midnight, none at all, both hemispheres, and a day left out.
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Africa/Cairo",
    "Asia/Kolkata",
    "Pacific/Apia",
    "UTC",
)
PEOPLE = ("ann", "bob", "eve", "joe")
# Around changes of clocks, Apia's missing day among them.
STARTS = tuple(
    int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * SECOND_NS
    for day in ("2026-03-25", "2026-10-20", "2026-04-01", "2026-09-01", "2011-12-26", "2026-06-15")
)
clock = st.builds(lambda m: f"{m // 60:02d}:{m % 60:02d}", st.sampled_from(range(0, 1440, 30)))
windows = st.builds(
    lambda days, start, end: Window(days=tuple(sorted(days)), start=start, end=end),
    st.sets(st.sampled_from(Weekday), min_size=1),
    clock,
    clock | st.just("24:00"),
)


@st.composite
def plans(draw: st.DrawFn) -> tuple[Schedule, Snapshot, int]:
    """A schedule, what is registered, and the time it is looked at from."""
    from_ns = draw(st.sampled_from(STARTS)) + draw(st.integers(0, 48)) * HOUR_NS // 2
    near = from_ns // SECOND_NS
    first = datetime.fromtimestamp(near, tz=UTC).date()
    layers = tuple(
        Layer(
            name=f"layer-{number}",
            people=tuple(draw(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=4))),
            starts_on=str(first + timedelta(days=draw(st.integers(-40, 4)))),
            ends_on=str(first + timedelta(days=draw(st.integers(5, 12)))) if draw(st.booleans()) else "",
            turn=draw(st.sampled_from(Turn)),
            every=draw(st.integers(1, 3)),
            hand_over_weekday=draw(st.sampled_from(Weekday)),
            hand_over_time=draw(clock),
            windows=tuple(draw(st.lists(windows, max_size=3))),
        )
        for number in range(draw(st.integers(0, 3)))
    )
    overrides = [
        override(
            draw(st.sampled_from(PEOPLE)),
            start := from_ns + draw(st.integers(-24, 240)) * HOUR_NS,
            start + draw(st.integers(1, 100)) * HOUR_NS,
            entered_ns=number + 1,
        )
        for number in range(draw(st.integers(0, 3)))
    ]
    known = [
        contact(name, left_ns=from_ns + draw(st.integers(-10, 200)) * HOUR_NS if draw(st.booleans()) else 0)
        for name in PEOPLE[: draw(st.integers(2, 4))]
    ]
    return schedule(*layers, zone=draw(st.sampled_from(ZONES))), snapshot(*known, *overrides), from_ns


@settings(max_examples=150, deadline=None, derandomize=True)
@given(plans())
def test_shifts_tile_the_time_and_hold_whom_the_rules_say(drawn: tuple[Schedule, Snapshot, int]) -> None:
    plan, known, from_ns = drawn
    to_ns = from_ns + 9 * DAY_NS
    shifts = known.shifts(plan, from_ns=from_ns, to_ns=to_ns)

    assert (shifts[0].start_ns, shifts[-1].end_ns) == (from_ns, to_ns)
    assert all(one.end_ns == two.start_ns for one, two in pairwise(shifts))
    assert all(one.start_ns < one.end_ns for one in shifts)
    for shift in shifts:
        for at_ns in {shift.start_ns, (shift.start_ns + shift.end_ns) // 2, shift.end_ns - 1}:
            assert shift.person == on_call_at(plan, known, at_ns), datetime.fromtimestamp(
                at_ns / SECOND_NS, tz=ZoneInfo(plan.time_zone)
            )
    # A part of the time is told as the whole is.
    middle = from_ns + 3 * DAY_NS + HOUR_NS // 3
    part = known.shifts(plan, from_ns=middle, to_ns=to_ns)
    whole = [one for one in shifts if one.end_ns > middle]
    assert [(one.person, one.end_ns) for one in part] == [(one.person, one.end_ns) for one in whole]


def on_call_at(plan: Schedule, known: Snapshot, at_ns: int) -> str:
    """Read off the rules, one instant at a time."""
    zone = ZoneInfo(plan.time_zone)

    def there(person: str) -> bool:
        found = known.contacts.get(person)
        return found is not None and (found.left_ns == 0 or at_ns < found.left_ns)

    held: list[Override] = [
        one for one in known.overrides.values() if one.start_ns <= at_ns < one.end_ns and there(one.person)
    ]
    if held:
        return max(held, key=lambda one: one.updated_ns).person
    for layer in plan.layers:
        turn = turn_at(layer, zone, at_ns)
        if turn is None or not is_open(layer, zone, at_ns):
            continue
        count = len(layer.people)
        line = [layer.people[(turn + step) % count] for step in range(count)]
        for person in line:
            if there(person):
                return person
    return ""


def turn_at(layer: Layer, zone: ZoneInfo, at_ns: int) -> int | None:
    """Counting hand-overs from the first day on; None before the layer begins and after it ends."""
    first = date.fromisoformat(layer.starts_on)
    if at_ns < moment(first, layer.hand_over_time, zone):
        return None
    if layer.ends_on and at_ns >= moment(date.fromisoformat(layer.ends_on), layer.hand_over_time, zone):
        return None
    days = list(hand_over_days(layer, first))
    passed = [day for day in days if moment(day, layer.hand_over_time, zone) <= at_ns]
    return len(passed)


def hand_over_days(layer: Layer, first: date) -> Iterator[date]:
    """Days after the first on which somebody else takes over."""
    if layer.turn is Turn.DAY:
        for number in range(1, 100):
            yield first + timedelta(days=number * layer.every)
        return
    weekday = list(Weekday).index(layer.hand_over_weekday)
    day = first
    # A turn that begins on the weekday lasts its whole length; one that begins later is the rest of one that
    # would have begun on the weekday before.
    while day.weekday() != weekday:
        day -= timedelta(days=1)
    for number in range(1, 30):
        yield day + timedelta(weeks=number * layer.every)


def is_open(layer: Layer, zone: ZoneInfo, at_ns: int) -> bool:
    if not layer.windows:
        return True
    today = datetime.fromtimestamp(at_ns // SECOND_NS, tz=zone).date()
    for window in layer.windows:
        for back in (-1, 0, 1, 2):
            day = today - timedelta(days=back)
            if list(Weekday)[day.weekday()] not in window.days:
                continue
            until = day if window.end > window.start else day + timedelta(days=1)
            if moment(day, window.start, zone) <= at_ns < moment(until, window.end, zone):
                return True
    return False


@lru_cache(maxsize=100_000)
def moment(day: date, clock: str, zone: ZoneInfo) -> int:
    """RFC 5545, 3.3.5, by trying offsets: the earliest instant that shows this time; where none does, the
    offset before the change."""
    hours, minutes = map(int, clock.split(":"))
    wall = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hours, minutes=minutes)
    around = [wall + timedelta(hours=shift) for shift in range(-36, 37, 6)]
    offsets = [instant.astimezone(zone).utcoffset() or timedelta() for instant in around]
    fits = [
        wall - offset
        for offset in offsets
        if (wall - offset).astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None)
    ]
    chosen = min(fits) if fits else wall - offsets[0]
    return int(chosen.timestamp()) * SECOND_NS
