"""How many of the calls to an upstream may be retries, so that an outage is not made worse by them.

Each call puts `share` of a token into a bucket, each retry takes one out. Source: the retry budgets of
Finagle and of the Google SRE book, ch. 21 ("Client-side throttling").
"""

from __future__ import annotations

SPARE = 10.0
"""Retries that quiet traffic may make; also what the bucket holds at most: a quiet hour allows no storm."""


class RetryBudget:
    def __init__(self) -> None:
        self._tokens = SPARE

    @property
    def left(self) -> int:
        return int(self._tokens + 1e-9)

    def called(self, share: float) -> None:
        self._tokens = min(SPARE, self._tokens + max(0.0, share))

    def take(self) -> bool:
        if self._tokens < 1.0 - 1e-9:
            return False
        self._tokens -= 1.0
        return True
