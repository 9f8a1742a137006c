"""Records of fixed width, by a layout."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from roadworthy.features.gateway.connectors.batch.formats.row import Bad, FileBroken, Row
from roadworthy.features.gateway.connectors.batch.formats.text import lines_of
from roadworthy.features.gateway.connectors.settings.batch import FixedFormat


def rows_of(text: TextIO, settings: FixedFormat) -> Iterator[Row | Bad]:
    """A line may lack blanks at its end, not within its last column but one."""
    places = [(one.name, one.start - 1, one.start - 1 + one.length) for one in settings.layout]
    last = max(places, key=lambda place: place[1])
    width = max(place[2] for place in places)
    records = _cut(text, settings.record_length) if settings.record_length else lines_of(text)
    for line, record in records:
        if line <= settings.skip_lines or not record.strip():
            continue
        if len(record) > width and record[width:].strip() and settings.record_length is None:
            yield Bad(line, f"{len(record)} characters, expected at most {width}", record[:500])
        elif len(record) <= last[1] and len(places) > 1:
            yield Bad(line, f"{len(record)} characters, expected {width}", record[:500])
        else:
            yield Row(line, {name: record[start:end].strip() for name, start, end in places})


def _cut(text: TextIO, length: int) -> Iterator[tuple[int, str]]:
    number = 0
    while record := text.read(length):
        number += 1
        if len(record) < length and record.strip("\r\n\x1a "):
            raise FileBroken(f"record {number} has {len(record)} of {length} characters")
        yield number, record
