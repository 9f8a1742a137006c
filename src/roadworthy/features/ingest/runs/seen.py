"""Which traces may already be in the store: a Bloom filter over trace ids.

Trace ids are random, so their own bits serve as hashes. Two generations: when the young one is full it
becomes the old one, and what the old one knew is answered by time instead (`since_ns`).
"""

from __future__ import annotations

_BITS = 25
_SIZE = 1 << _BITS
_MASK = _SIZE - 1
_PER_GENERATION = 2_000_000


class SeenTraces:
    """`may_hold` never says no to a trace that was added, or that started before `since_ns`.

    Two generations take 8 MiB; 2 % of unknown traces are answered "maybe".
    """

    def __init__(self, *, since_ns: int) -> None:
        self._young = bytearray(_SIZE >> 3)
        self._old = bytearray(_SIZE >> 3)
        self._count = 0
        self._young_since_ns = since_ns
        self.since_ns = since_ns
        """Traces that start before this may have been forgotten here."""

    def add(self, trace_id: str, *, now_ns: int) -> None:
        if self._count >= _PER_GENERATION:
            self._old, self._young = self._young, bytearray(_SIZE >> 3)
            self.since_ns, self._young_since_ns = self._young_since_ns, now_ns
            self._count = 0
        bits = int(trace_id, 16)
        field = self._young
        for _ in range(4):
            at = bits & _MASK
            field[at >> 3] |= 1 << (at & 7)
            bits >>= _BITS
        self._count += 1

    def may_hold(self, trace_id: str, *, start_ns: int) -> bool:
        if start_ns < self.since_ns:
            return True
        bits = int(trace_id, 16)
        return _holds(self._young, bits) or _holds(self._old, bits)


def _holds(field: bytearray, bits: int) -> bool:
    for _ in range(4):
        at = bits & _MASK
        if not field[at >> 3] & (1 << (at & 7)):
            return False
        bits >>= _BITS
    return True
