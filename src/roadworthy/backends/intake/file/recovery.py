"""What a writer finds when it opens a log: where the durable part ends, and what a crash left behind it."""

from __future__ import annotations

import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path

from roadworthy.backends.intake.file.positions import datasync
from roadworthy.backends.intake.file.scan import SegmentScan
from roadworthy.backends.intake.file.segments import Segment, list_segments

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """`end` is where the next record goes. `segment` is the file to go on with; None asks for a new one."""

    end: int
    segment: Segment | None


def recover(folder: Path, *, durable: int, committed: int) -> Recovered:
    """Find the end of the log and cut what was torn off behind it.

    Only the newest segment can be torn: each older one was synced before the next was made. Whole records
    behind the durable mark are kept, since after a power cut the mark may lie behind what was acknowledged;
    whatever else is there was never acknowledged.
    """
    known = max(durable, committed)
    segments = list_segments(folder)
    if not segments:
        return Recovered(end=max(known, _first_offset()), segment=None)
    newest = segments[-1]
    end = _end_of_records(newest)
    if end < known:
        # Acknowledged records are missing. Their offsets are not given out again: a new segment begins
        # beyond them, and the reader counts the gap.
        log.error("intake log: records between offsets %d and %d are gone", end, known)
        return Recovered(end=known, segment=None)
    _cut(newest, end)
    return Recovered(end=end, segment=newest)


def _first_offset() -> int:
    """The clock in nanoseconds, so that a log begun anew (its folder was deleted) goes on above the old.

    Offsets are the versions of spans in the telemetry store: a lower one would lose against what is stored.
    Holds for logs that took less than 1 GB a second all their life; 63 bits are enough until 2262.
    """
    return time.time_ns()


def _end_of_records(segment: Segment) -> int:
    limit = segment.base + segment.path.stat().st_size
    scan = SegmentScan(segment.path, base=segment.base)
    try:
        position = end = segment.base
        while position < limit:
            header = scan.header(position, limit=limit)
            if header is None:
                found = scan.search(position + 1, limit=limit)
                if found is None:
                    break
                position = found
                continue
            position += header.frame_bytes
            if scan.body(header) is not None:
                end = position
        return end
    finally:
        scan.close()


def _cut(segment: Segment, end: int) -> None:
    keep = end - segment.base
    fd = os.open(segment.path, os.O_RDWR)
    try:
        if os.fstat(fd).st_size != keep:
            os.ftruncate(fd, keep)
        # Also where nothing is cut: the last records may be in the cache of a process that was killed
        # between its write and its sync.
        datasync(fd)
    finally:
        os.close(fd)
