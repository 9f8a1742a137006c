"""How long to wait before something is said again."""

from __future__ import annotations

import random

FIRST_S = 2.0
LONGEST_S = 900.0
GIVEN_UP_AFTER_S = 24 * 3600.0


def pause(failures: int, *, asked_s: float | None = None, chance: random.Random) -> float:
    """Seconds after so many failures in a row (from 1): doubling from 2 s to 15 min, of which a random half
    to all is waited, so that many that failed at once do not come again at once. What Retry-After asked for
    is the least."""
    bound = min(LONGEST_S, FIRST_S * 2.0 ** min(failures - 1, 20))
    drawn = bound * (0.5 + 0.5 * chance.random())
    return max(drawn, min(asked_s or 0.0, GIVEN_UP_AFTER_S))
