"""When runs may be judged that the worker left: as long as ingest does not feel it.

To judge a run later costs three to four times as much as where it comes in. On a machine that is nearly busy,
doing so takes time from the worker, which then leaves more runs. So each time the worker falls short of time
soon after runs were judged here, the pauses in between grow by a factor; while it does not, they shrink.
"""

from __future__ import annotations

import math

_FELT_SECONDS = 15.0
"""The worker says that it falls short some time after it does, and for a while longer."""
_LEAST, _MORE, _LESS, _MOST = 30.0, 4.0, 0.6, 120.0
"""Pauses in seconds, and their factors. After the longest it takes five minutes until there are none."""


class CatchingUp:
    """For one thread. Times are seconds on the monotonic clock."""

    def __init__(self) -> None:
        self._pause = 0.0
        self._resume_at = -math.inf
        self._worked_at = -math.inf

    def may(self, *, short_of_time: bool, now: float) -> bool:
        """To be asked each turn, so that the worker is heard."""
        if short_of_time:
            if now - self._worked_at < _FELT_SECONDS:
                self._pause = min(_MOST, max(_LEAST, self._pause * _MORE))
                self._resume_at = now + self._pause
            self._worked_at = -math.inf
            return False
        return now >= self._resume_at

    def worked(self, *, now: float) -> None:
        """Some of them were judged."""
        self._worked_at = now
        self._pause = self._pause * _LESS if self._pause > 1 else 0.0
        self._resume_at = now + self._pause
