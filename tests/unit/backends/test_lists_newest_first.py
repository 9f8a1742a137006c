"""How often a list asks the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from roadworthy.backends.telemetry.chdb.newest_first import Matched, listed


class Table:
    """Keys 0, 1, 2 … of which any version matches; the newest version of `current` alone."""

    def __init__(self, size: int, *, current: set[int]) -> None:
        self._size = size
        self._current = current
        self.looks: list[int] = []
        self.read: list[int] = []

    def matching(self, after: int | None, limit: int) -> Matched[int]:
        self.looks.append(limit)
        start = 0 if after is None else after + 1
        keys = range(start, min(start + limit, self._size))
        return Matched(keys=dict.fromkeys(keys, 1), complete=start + limit >= self._size)

    def newest_versions(self, keys: Sequence[int]) -> dict[int, int]:
        assert keys
        return {key: 1 if key in self._current else 2 for key in keys}

    def nouns(self, keys: Mapping[int, int]) -> list[str]:
        assert keys
        self.read += keys
        return [str(key) for key in keys if key in self._current]

    def listed(self, limit: int, after: int | None = None) -> list[str]:
        return listed(
            limit,
            after,
            matching=self.matching,
            newest_versions=self.newest_versions,
            read=self.nouns,
        )


def test_where_all_match_one_look_is_enough() -> None:
    table = Table(1000, current=set(range(1000)))
    assert table.listed(50, after=99) == [str(key) for key in range(100, 150)]
    assert table.looks == [50]


def test_each_look_takes_in_more_where_few_match() -> None:
    current = {5, 7_000, 7_999}
    table = Table(8_000, current=current)
    assert table.listed(200) == ["5", "7000", "7999"]
    assert table.looks == [200, 800, 3200, 10_000], "and not forty of 200 each"
    assert len(table.read) == 202, "of the later looks, only what matches is read whole"


@pytest.mark.parametrize("limit", [1, 3, 10_000])
def test_never_more_than_asked_for(limit: int) -> None:
    current = set(range(3, 50_000, 7))
    table = Table(50_000, current=current)
    assert table.listed(limit) == [str(key) for key in sorted(current)[:limit]]
    assert max(table.looks) <= 10_000


def test_of_nothing() -> None:
    assert Table(0, current=set()).listed(10) == []
