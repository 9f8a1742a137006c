"""How much of the decoding thread's time goes to judging: as much as what waits in the log leaves.

Runs are judged as they come in, while there is time for all of them. Where more comes than can be taken in
and judged, spans come first: judging is cut down, step by step, until the log is read as fast as it grows,
and given more again when nothing waits. A little of it always goes on, so that every agent has some of its
runs judged at once, and alarms go on; the others are judged later, elsewhere. Runs that cannot be judged here
(large ones, and those of agents with evaluators of their own) do not wait for that.
"""

from __future__ import annotations

MOST = 2.0
"""So many times as long as taking in took: runs that are slow to judge must not hold up all others."""
LEAST = 0.05
LEAST_SECONDS = 0.02
_CALM = (2 << 20, 0.15)
_PRESSED = (4 << 20, 0.3)
"""Bytes and seconds of the pace of late that wait unread, whichever is more. Below the first nothing waits to
speak of: that much is read in one go. While `app.pacing` has senders wait, some 0.4 s do: the rest of what
they are allowed is gathered, or on its way to the store."""
_LESS, _MORE = 0.7, 1.4
"""From most to least in ten turns, about a second."""


class JudgingTime:
    """For one thread, once a turn."""

    def __init__(self) -> None:
        self._share = MOST
        self.pressed = False
        """Whether more waits unread than there should."""

    @property
    def short(self) -> bool:
        """Whether there is not time for all."""
        return self._share < MOST

    def seconds(self, *, taking_in: float, unread_bytes: int, pace: float) -> float:
        """How long runs may be judged now. `taking_in`: seconds that taking in what was read took; `pace`:
        bytes a second that were stored of late."""
        self.pressed = unread_bytes > _bound(_PRESSED, pace)
        if unread_bytes <= _bound(_CALM, pace):
            self._share = min(MOST, self._share * _MORE) if taking_in else MOST
        elif taking_in and self.pressed:
            self._share = max(LEAST, self._share * _LESS)
        # Where nothing was read, as nothing is there or the store takes no more, there is nothing else to do.
        least = LEAST_SECONDS if self._share == MOST or not taking_in else 0.0
        return max(least, self._share * taking_in)


def _bound(limit: tuple[int, float], pace: float) -> float:
    least_bytes, seconds = limit
    return max(float(least_bytes), seconds * pace)
