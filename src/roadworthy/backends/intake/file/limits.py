"""How much the intake log takes before it asks senders to wait."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20
GIB = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeLimits:
    """All in bytes. Each bound has its answer: busy (come back soon) or full (somebody must make room)."""

    segment_bytes: int = 64 * MIB
    """A segment is laid out at this size in advance: writing into it then changes no metadata of the file,
    which halves the time of an fsync. Freed space comes back in pieces of this size."""
    queue_bytes: int = 128 * MIB
    """Bodies that wait in memory for their fsync. Above it: busy."""
    batch_bytes: int = 32 * MIB
    """What one write and fsync takes at most, so that one slow disk does not make everybody wait for all."""
    backlog_bytes: int = 16 * GIB
    """Durable and not yet committed by the reader. Above it: busy."""
    free_bytes_floor: int = 512 * MIB
    """Free space that is left to the stores on the same disk, which need room to merge. Below it: full."""
