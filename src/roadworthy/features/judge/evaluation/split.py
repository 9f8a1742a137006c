"""Which runs may be learned from, and which only measured on."""

from __future__ import annotations

import hashlib
from enum import StrEnum


class Half(StrEnum):
    DEVELOPMENT = "development"
    HELD_OUT = "held-out"


def half_of(task: str) -> Half:
    """By task, never by run: two attempts at one task are too alike for one to be tested on the other.

    The development half is the tasks whose SHA-256 is even, read as a number. Nothing that ships (rules,
    features, weights, thresholds) has seen the other half.
    """
    even = int(hashlib.sha256(task.encode()).hexdigest(), 16) % 2 == 0
    return Half.DEVELOPMENT if even else Half.HELD_OUT
