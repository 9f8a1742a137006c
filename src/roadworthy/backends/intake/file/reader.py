"""The reading side of the intake log: the process that turns records into spans."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from roadworthy.backends.intake.file.frame import Header
from roadworthy.backends.intake.file.positions import CommittedPosition, DurableMark
from roadworthy.backends.intake.file.scan import SegmentScan
from roadworthy.backends.intake.file.segments import Segment, backlog_bytes, list_segments, sync_folder
from roadworthy.contracts.intake import IntakeEntry, IntakeRecord

log = logging.getLogger(__name__)

_REGIONS_KEPT = 1000
"""Damaged regions remembered one by one, so that a second pass does not count them again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """What could not be read and was skipped: regions of the log, and the bytes in them."""

    regions: int
    bytes: int


class FileIntakeReader:
    """Fulfils `contracts.intake.IntakeReader`. For one thread at a time; one reader a folder.

    The folder must have been opened by a writer once (FileNotFoundError otherwise). Needs no writer to be
    running: what is durable can be read at any time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mark = DurableMark(folder, writable=False)
        self._position = CommittedPosition(folder, writable=True)
        self._committed = self._position.load()
        self._scan: SegmentScan | None = None
        self._damaged: dict[int, int] = {}

    @property
    def damage(self) -> Damage:
        """Since this reader was opened."""
        return Damage(regions=len(self._damaged), bytes=sum(self._damaged.values()))

    def read(self, *, after: int, max_bytes: int, max_records: int) -> Sequence[IntakeEntry]:
        """Durable records from offset `after` on, at least one if there is one; see the contract."""
        end = self._mark.load()
        entries: list[IntakeEntry] = []
        if after >= end:
            return entries
        if self._scan is not None:
            self._scan.forget()
        position, taken = after, 0
        for segment in list_segments(self._folder):
            limit = end if segment.end is None else min(end, segment.end)
            if position >= limit:
                continue
            if position < segment.base:
                self._note_gap(position, segment.base)
                position = segment.base
            scan = self._open(segment)
            while position < limit:
                header = scan.header(position, limit=limit)
                if header is None:
                    position = self._skip(scan, position, limit=limit)
                    continue
                if entries and taken + header.body_bytes > max_bytes:
                    return entries
                entry = self._entry(scan, header)
                position += header.frame_bytes
                if entry is not None:
                    entries.append(entry)
                    taken += header.body_bytes
                    if len(entries) >= max_records:
                        return entries
        return entries

    def committed(self) -> int:
        """The offset the next pass starts from; 0 before the first commit."""
        return self._committed

    def commit(self, offset: int) -> None:
        """Durable on return. Frees the segments that lie wholly before `offset`. Never goes back."""
        if offset > self._committed:
            self._position.store(offset)
            self._committed = offset
        self._drop_read_segments()

    def unread_bytes(self, *, after: int) -> int:
        """Bytes that are durable from offset `after` on (0 = the oldest kept)."""
        return backlog_bytes(self._folder, end=self._mark.load(), committed=after)

    def close(self) -> None:
        if self._scan is not None:
            self._scan.close()
        self._mark.close()
        self._position.close()

    def _open(self, segment: Segment) -> SegmentScan:
        if self._scan is None or self._scan.base != segment.base:
            if self._scan is not None:
                self._scan.close()
            self._scan = None
            self._scan = SegmentScan(segment.path, base=segment.base)
        return self._scan

    def _entry(self, scan: SegmentScan, header: Header) -> IntakeEntry | None:
        body = scan.body(header)
        if body is None:
            self._note_damage(header.offset, header.offset + header.frame_bytes)
            return None
        return IntakeEntry(
            offset=header.offset,
            next_offset=header.offset + header.frame_bytes,
            record=IntakeRecord(
                project=header.project,
                signal=header.signal,
                encoding=header.encoding,
                received_ns=header.received_ns,
                body=body,
            ),
        )

    def _skip(self, scan: SegmentScan, position: int, *, limit: int) -> int:
        """Past damage: to the next whole record, or to the end of what can be read."""
        found = scan.search(position + 1, limit=limit)
        resumed = limit if found is None else found
        self._note_damage(position, resumed)
        return resumed

    def _note_gap(self, position: int, base: int) -> None:
        # What was committed may be gone, and 0 asks for the oldest kept: neither is a loss.
        if position > 0 and position >= self._committed:
            self._note_damage(position, base)

    def _note_damage(self, start: int, end: int) -> None:
        if start in self._damaged or len(self._damaged) >= _REGIONS_KEPT:
            return
        self._damaged[start] = end - start
        log.error("intake log: %d bytes from offset %d are damaged and were skipped", end - start, start)

    def _drop_read_segments(self) -> None:
        done = [s for s in list_segments(self._folder) if s.end is not None and s.end <= self._committed]
        for segment in done:
            if self._scan is not None and self._scan.base == segment.base:
                self._scan.close()
                self._scan = None
            segment.path.unlink(missing_ok=True)
        if done:
            sync_folder(self._folder)
