"""Which traces may already be in the store: a Bloom filter over trace ids.

Two generations: when the young one is full it becomes the old one, and what the old one knew is answered by
time instead (`since_ns`). A "maybe" costs a look at each part of the store, 0.1 s and more where a day has
tens of millions of spans, so it must be far rarer than traces come.
"""

from __future__ import annotations

_BITS = 26
_SIZE = 1 << _BITS
_MASK = _SIZE - 1
_PROBES = 7
TRACES_A_GENERATION = 2_000_000


class SeenTraces:
    """`may_hold` never says no to a trace that was added, or that started before `since_ns`.

    Two generations take 16 MiB; where both are full, one or two of 100,000 unknown traces are a "maybe".
    """

    def __init__(self, *, since_ns: int) -> None:
        self._young = bytearray(_SIZE >> 3)
        self._old = bytearray(_SIZE >> 3)
        self._count = 0
        self._young_since_ns = since_ns
        self.since_ns = since_ns
        """Traces that start before this may have been forgotten here."""

    def add(self, trace_id: str, *, now_ns: int) -> None:
        if self._count >= TRACES_A_GENERATION:
            self._old, self._young = self._young, bytearray(_SIZE >> 3)
            self.since_ns, self._young_since_ns = self._young_since_ns, now_ns
            self._count = 0
        at, step = _first_and_step(trace_id)
        field = self._young
        for _ in range(_PROBES):
            field[at >> 3] |= 1 << (at & 7)
            at = (at + step) & _MASK
        self._count += 1

    def may_hold(self, trace_id: str, *, start_ns: int) -> bool:
        if start_ns < self.since_ns:
            return True
        at, step = _first_and_step(trace_id)
        return _holds(self._young, at, step) or _holds(self._old, at, step)


def _first_and_step(trace_id: str) -> tuple[int, int]:
    """Kirsch and Mitzenmacher (2006): two hashes do for any number of probes."""
    mixed = hash(trace_id)
    return mixed & _MASK, (mixed >> _BITS) & _MASK | 1


def _holds(field: bytearray, at: int, step: int) -> bool:
    for _ in range(_PROBES):
        if not field[at >> 3] & (1 << (at & 7)):
            return False
        at = (at + step) & _MASK
    return True
