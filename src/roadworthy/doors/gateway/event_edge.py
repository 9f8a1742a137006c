"""Where one event of a stream ends, so that ours can follow it.

A client does nothing with half an event, so half of one is held until the rest is there; nobody gets anything
later than they could use it, and an upstream that breaks off leaves no half event that ours would fall into.
"""

from __future__ import annotations

_MOST_HELD = 64 << 10
"""An event longer than this goes through as it comes."""

ENDS = (b"\n\n", b"\r\n\r\n", b"\r\r")


class EventEdge:
    """Bytes of a stream of server-sent events in, the same bytes out, cut where an event ends."""

    __slots__ = ("_held", "clean", "even")

    def __init__(self) -> None:
        self._held = b""
        self.clean = True
        """Whether what was given out ends with an event's end."""
        self.even = True
        """And nothing is held: what comes next and ends with one of `ENDS` may be passed on as it is."""

    def take(self, data: bytes) -> bytes:
        """What may be passed on now."""
        if self._held:
            data = self._held + data
        end = len(data) if data.endswith(ENDS) else _last_end(data)
        if len(data) - end > _MOST_HELD:
            end = len(data)
            self.clean = False
        elif end:
            self.clean = True
        self._held = data[end:]
        self.even = self.clean and not self._held
        return data[:end] if self._held else data

    def rest(self) -> bytes:
        """What is left at the end of a stream that ended well."""
        held, self._held = self._held, b""
        self.even = False
        return held


def _last_end(data: bytes) -> int:
    """Where the last whole event ends, 0 where none does."""
    return max(0, *(at + len(mark) for mark in ENDS if (at := data.rfind(mark)) >= 0), 0)
