"""Work that is handed out: as much at once as is allowed, and nothing waits for the slowest."""

from __future__ import annotations

import threading

import pytest

from roadworthy.flows.taken_work import make_as_taken


class Handed:
    """Numbers, one after the other, to whoever asks."""

    def __init__(self, *, up_to: int) -> None:
        self.left = list(range(up_to))
        self.asked: list[int] = []

    def take(self, most: int) -> list[int]:
        self.asked.append(most)
        taken, self.left = self.left[:most], self.left[most:]
        return taken


def test_where_nothing_is_handed_out_nothing_is_made() -> None:
    handed = Handed(up_to=0)
    assert not make_as_taken(handed.take, lambda _: None, at_once=3)
    assert handed.asked == [3]


def test_one_that_is_slow_holds_up_no_other() -> None:
    handed, others, made = Handed(up_to=6), threading.Event(), list[int]()

    def make(number: int) -> None:
        if number == 0:
            assert others.wait(30)
        made.append(number)
        if len(made) == 5:
            others.set()

    assert make_as_taken(handed.take, make, at_once=2)
    assert sorted(made) == list(range(6)) and made[-1] == 0


def test_no_more_is_taken_than_can_be_begun() -> None:
    handed, lock, now, most = Handed(up_to=20), threading.Lock(), 0, 0

    def make(_: int) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        with lock:
            now -= 1

    make_as_taken(handed.take, make, at_once=3)
    assert handed.left == [] and most <= 3 and max(handed.asked) == 3


def test_once_its_time_is_over_it_takes_no_more_and_ends_what_it_began() -> None:
    handed = Handed(up_to=3)
    assert not make_as_taken(handed.take, lambda _: None, at_once=1, taking_s=0)
    assert handed.left == [0, 1, 2]


def test_what_goes_wrong_is_raised_once_the_others_are_over() -> None:
    failed, made = threading.Event(), list[int]()

    def make(number: int) -> None:
        if number == 0:
            failed.set()
            raise ValueError("no")
        assert failed.wait(30)
        made.append(number)

    with pytest.raises(ValueError, match="no"):
        make_as_taken(Handed(up_to=2).take, make, at_once=2)
    assert made == [1]
