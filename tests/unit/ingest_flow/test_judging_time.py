"""Time to judge is what is left: all of it while nothing waits, little while much does, never none."""

from __future__ import annotations

from roadworthy.features.ingest.judging_time import LEAST, LEAST_SECONDS, MOST, JudgingTime

MIB = 1 << 20
PACE = 20 * MIB


def after(time: JudgingTime, turns: int, *, unread: int, pace: float = PACE) -> float:
    """Seconds for each second of taking in."""
    for _ in range(turns - 1):
        time.seconds(taking_in=1.0, unread_bytes=unread, pace=pace)
    return time.seconds(taking_in=1.0, unread_bytes=unread, pace=pace)


def test_while_nothing_waits_there_is_time_for_all() -> None:
    time = JudgingTime()
    assert after(time, 5, unread=2 * MIB) == MOST
    assert not time.short
    assert time.seconds(taking_in=0.0, unread_bytes=0, pace=PACE) == LEAST_SECONDS


def test_spans_come_first_where_more_comes_but_judging_never_stops() -> None:
    time = JudgingTime()
    seconds = [after(time, 1, unread=10 * MIB) for _ in range(20)]
    assert seconds == sorted(seconds, reverse=True)
    assert (seconds[-1], time.short) == (LEAST, True)


def test_what_waits_is_measured_by_the_pace() -> None:
    """A third of a second's work is as much on a fast machine as on a slow one."""
    fast, slow = JudgingTime(), JudgingTime()
    assert after(fast, 20, unread=10 * MIB, pace=100 * MIB) == MOST
    assert after(slow, 20, unread=10 * MIB, pace=4 * MIB) == LEAST


def test_between_calm_and_pressed_it_stays_as_it_is() -> None:
    time = JudgingTime()
    some = after(time, 3, unread=10 * MIB)
    assert LEAST < some < MOST
    assert after(time, 3, unread=5 * MIB) == some


def test_it_grows_again_when_nothing_waits_and_is_whole_when_nothing_comes() -> None:
    time = JudgingTime()
    least = after(time, 20, unread=10 * MIB)
    assert least < after(time, 2, unread=0) < MOST
    assert after(time, 20, unread=0) == MOST
    after(time, 20, unread=10 * MIB)
    assert time.seconds(taking_in=0.0, unread_bytes=0, pace=PACE) == LEAST_SECONDS
    assert not time.short


def test_while_the_store_takes_no_more_there_is_time_but_not_for_all() -> None:
    """Nothing is read then, and much waits: who judges elsewhere makes way still."""
    time = JudgingTime()
    after(time, 20, unread=10 * MIB)
    assert time.seconds(taking_in=0.0, unread_bytes=100 * MIB, pace=PACE) == LEAST_SECONDS
    assert time.short
