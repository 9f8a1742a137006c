from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from roadworthy.kit.ids import sortable_id

TIMES = st.integers(min_value=0, max_value=2**48 * 1_000_000 - 1)


@given(TIMES)
def test_it_is_a_uuid_of_version_7_with_its_time_inside(unix_ns: int) -> None:
    made = uuid.UUID(hex=sortable_id(unix_ns))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == unix_ns // 1_000_000


@given(TIMES, TIMES)
def test_ids_sort_by_time(one: int, other: int) -> None:
    """To a 4096th of a millisecond."""
    if abs(one - other) >= 250:
        assert (sortable_id(one) < sortable_id(other)) == (one < other)


def test_no_two_are_the_same() -> None:
    assert len({sortable_id(1_790_000_000_000_000_000) for _ in range(10_000)}) == 10_000
