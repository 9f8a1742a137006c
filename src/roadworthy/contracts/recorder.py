"""What a recorder promises: it takes an exchange without making anybody wait.

Promises
- `offer` returns within microseconds, never blocks and never raises. False: dropped and counted, because the
  store is slower than the traffic, or the policy keeps none.
- Secrets and personal data are masked before anything is written; credentials in headers are never kept.
- What was written is whole: an exchange whose row can be read has a recording that can be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from roadworthy.domain.exchange import Exchange
from roadworthy.domain.recording import RecordedMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderCounts:
    kept: int = 0
    dropped: int = 0
    """Did not fit the queue, or could not be written."""
    waiting_bytes: int = 0


class Recorder(Protocol):
    def offer(
        self, exchange: Exchange, *, request: RecordedMessage | None, answer: RecordedMessage | None
    ) -> bool: ...

    def counts(self) -> RecorderCounts: ...
