"""Ids that sort by the time they were made."""

from __future__ import annotations

import os
import random

_MS = 1_000_000
_CHANCE = random.Random(os.urandom(32))  # noqa: S311 (no secret)
"""Not asked of the system each time: that lets go of the interpreter, and a busy thread keeps it a while."""


def sortable_id(unix_ns: int) -> str:
    """A UUID of version 7 as 32 hex digits: milliseconds, the fraction of one, then chance (RFC 9562, 5.7 and
    6.2, method 3)."""
    milliseconds, rest = divmod(unix_ns, _MS)
    fraction = rest * 4096 // _MS
    chance = _CHANCE.getrandbits(62)
    return f"{milliseconds & ((1 << 48) - 1):012x}7{fraction:03x}{(0b10 << 62) | chance:016x}"
