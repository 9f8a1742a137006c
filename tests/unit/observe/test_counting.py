"""Counts are kept for as long as they were dear, and no longer."""

from __future__ import annotations

import pytest

from roadworthy.contracts.telemetry import StoreStats
from roadworthy.features.observe.counting import KeptCounts


class Counting:
    """A store that takes `cost` seconds of the clock to count, and finds one span more each time."""

    def __init__(self, cost: float) -> None:
        self.now = 100.0
        self.cost = cost
        self.counted: list[str | None] = []

    def count(self, project: str | None) -> StoreStats:
        self.now += self.cost
        self.counted.append(project)
        return StoreStats(spans=len(self.counted), runs=0, bytes_on_disk=0, first_ns=None, last_ns=None)


@pytest.mark.parametrize(("cost", "kept"), [(0.005, 0.1), (0.1, 2.0), (3.0, 2.0)])
def test_a_count_is_kept_by_its_cost(cost: float, kept: float) -> None:
    store = Counting(cost)
    counts = KeptCounts(store.count, clock=lambda: store.now)
    assert counts.stats("a").spans == 1
    store.now += kept * 0.9
    assert counts.stats("a").spans == 1
    store.now += kept * 0.2
    assert counts.stats("a").spans == 2


def test_each_project_has_its_own() -> None:
    store = Counting(0.01)
    counts = KeptCounts(store.count, clock=lambda: store.now)
    assert [counts.stats(project).spans for project in ("a", "b", None, "a")] == [1, 2, 3, 1]
    assert store.counted == ["a", "b", None]


def test_after_a_deletion_it_counts_again() -> None:
    store = Counting(1.0)
    counts = KeptCounts(store.count, clock=lambda: store.now)
    counts.stats("a")
    counts.forget()
    assert counts.stats("a").spans == 2


def test_a_count_that_fails_is_not_kept() -> None:
    store = Counting(1.0)

    def fails(project: str | None) -> StoreStats:
        if not store.counted:
            store.counted.append(project)
            raise RuntimeError("busy")
        return store.count(project)

    counts = KeptCounts(fails, clock=lambda: store.now)
    with pytest.raises(RuntimeError):
        counts.stats("a")
    assert counts.stats("a").spans == 2
