"""Work that is handed out piece by piece and waits for others: as much of it at once as is allowed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

TAKING_S = 15.0
"""Then other jobs have their turn, and this one says how far it is."""

T = TypeVar("T")


def make_as_taken(
    take: Callable[[int], Sequence[T]],
    make: Callable[[T], None],
    *,
    at_once: int,
    taking_s: float = TAKING_S,
) -> bool:
    """Whether there was any. `take` gives at most so many to make now, none where there is nothing to do; one
    that is slow holds up no other. Takes for `taking_s` seconds, and waits for what it began. Raises what
    `take` and `make` raise."""
    ends, any_made = time.monotonic() + taking_s, False
    under_way: set[Future[None]] = set()
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        while True:
            # No more than can be begun at once: what is taken has to be told of in time.
            room = at_once - len(under_way) if time.monotonic() < ends else 0
            under_way |= {pool.submit(make, one) for one in (take(room) if room else ())}
            if not under_way:
                return any_made
            any_made = True
            over, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for one in over:
                one.result()
