"""The runs that were left are judged while ingest does not feel it."""

from __future__ import annotations

import pytest

from roadworthy.flows.catching_up import CatchingUp


class Machine:
    """On which a worker falls short of time for five seconds whenever more than `spare` of the last ten
    seconds went to catching up."""

    def __init__(self, *, spare: float) -> None:
        self.catching_up = CatchingUp()
        self.spare = spare
        self._short_until = -1.0
        self._worked: list[tuple[float, float]] = []
        self.now = 0.0
        self.short_seconds = 0.0

    def run(self, seconds: float, *, turn: float = 0.5) -> float:
        """The share of the time that went to catching up."""
        began, worked = self.now, 0.0
        while self.now < began + seconds:
            short = self.now < self._short_until
            self.short_seconds += turn * short
            may = self.catching_up.may(short_of_time=short, now=self.now)
            self.now += turn
            if may:
                self.catching_up.worked(now=self.now)
                self._worked.append((self.now, turn))
                worked += turn
            self._worked = [one for one in self._worked if self.now - one[0] < 10]
            if sum(took for _, took in self._worked) > self.spare * 10:
                self._short_until = self.now + 5
        return worked / seconds


def test_where_there_is_time_it_goes_on_without_a_pause() -> None:
    assert Machine(spare=2.0).run(60) == 1.0


def test_where_nothing_can_be_spared_the_worker_is_hardly_ever_disturbed() -> None:
    machine = Machine(spare=0.0)
    machine.run(60)
    machine.short_seconds = 0
    assert machine.run(3600) < 0.02
    assert machine.short_seconds < 0.15 * 3600


def test_a_little_that_can_be_spared_is_used() -> None:
    machine = Machine(spare=0.2)
    machine.run(60)
    machine.short_seconds = 0
    assert machine.run(3600) > 0.03
    assert machine.short_seconds < 0.15 * 3600


@pytest.mark.parametrize("turn", [0.2, 2.0])
def test_when_the_load_ends_it_soon_goes_at_full_speed(turn: float) -> None:
    machine = Machine(spare=0.0)
    machine.run(3600, turn=turn)
    machine.spare = 2.0
    machine.run(600, turn=turn)
    assert machine.run(60, turn=turn) == pytest.approx(1.0, abs=0.05)


def test_a_worker_that_falls_short_by_itself_changes_nothing() -> None:
    catching_up = CatchingUp()
    catching_up.worked(now=0)
    assert catching_up.may(short_of_time=False, now=0)
    assert not catching_up.may(short_of_time=True, now=100)
    catching_up.worked(now=101)
    assert catching_up.may(short_of_time=False, now=101)
