"""How far the way from the intake log to the store is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Progress:
    """What the consumer did since it started; read by /metrics and the server page."""

    spans: int = 0
    records: int = 0
    batches: int = 0
    rejected: int = 0
    refused_by_store: int = 0
    last_batch_seconds: float = 0.0
    lag_seconds: float = 0.0
    """Age of the newest record of the last batch when it became queryable."""
    short_of_time: bool = False
    """Whether runs are left to be judged later, because more comes than there is time for."""
    judged: int = 0
    """Runs that were judged before they were written."""
    waiting_for_store: str = ""
    """Why the store does not take batches now, "" when it does."""
