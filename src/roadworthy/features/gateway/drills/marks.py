"""The mark of an injected instruction: a word that nobody says who does not follow it."""

from __future__ import annotations

import hashlib


def mark_of(seed: int) -> str:
    """The same for the same seed: `ZQ` and eight hex digits."""
    return "ZQ" + hashlib.sha256(f"mark {seed}".encode()).hexdigest()[:8].upper()
