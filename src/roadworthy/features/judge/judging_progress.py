"""How far judging is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class JudgingProgress:
    """Since the start; read by /metrics."""

    judged: int = 0
    failed: int = 0
    """Runs that could not be judged: logged, and left unjudged."""
    batches: int = 0
    seconds: float = 0.0
    lag_seconds: float = 0.0
    """How long after it was due the last run was judged."""
