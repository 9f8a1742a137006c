"""Comma-separated values and their cousins (RFC 4180, and what people make of it)."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import TextIO

from roadworthy.features.gateway.connectors.batch.formats.row import CELL_MOST, Bad, FileBroken, Row
from roadworthy.features.gateway.connectors.settings.batch import CsvFormat

_DELIMITERS = (",", ";", "\t", "|", "^")
_LOOKED_AT = 200
COLUMNS_MOST = 1_900
"""SQLite has at most 2,000 in a table."""


def rows_of(text: TextIO, settings: CsvFormat, *, trailer: object = None) -> Iterator[Row | Bad]:
    """Raises FileBroken where a quote is never closed."""
    csv.field_size_limit(CELL_MOST)
    for _ in range(settings.skip_lines):
        text.readline()
    start = [line for _, line in zip(range(_LOOKED_AT), text, strict=False)]
    delimiter = settings.delimiter or find_delimiter(start, quote=settings.quote)
    reader = csv.reader(
        _chain(start, text),
        delimiter=delimiter,
        quotechar=settings.quote or None,
        quoting=csv.QUOTE_MINIMAL if settings.quote else csv.QUOTE_NONE,
        strict=True,
    )
    names: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            if "unexpected end" in str(fault):
                raise FileBroken("it ends within quotes") from None
            yield Bad(line + settings.skip_lines, str(fault))
            continue
        if not cells:
            continue
        if names is None:
            names = (
                columns_of(cells) if settings.header else [f"column_{n}" for n in range(1, len(cells) + 1)]
            )
            if settings.header:
                continue
        if len(cells) != len(names):
            text_ = delimiter.join(cells)
            yield Bad(line + settings.skip_lines, f"{len(cells)} values, expected {len(names)}", text_[:500])
            continue
        yield Row(line + settings.skip_lines, dict(zip(names, cells, strict=True)))


def _chain(start: list[str], text: TextIO) -> Iterator[str]:
    yield from start
    yield from text


def find_delimiter(lines: list[str], *, quote: str) -> str:
    """The one that parts most lines into the same number of values, more than one; a comma where none
    does."""
    best, best_worth = ",", 0.0
    for one in _DELIMITERS:
        try:
            counts = Counter(
                len(cells)
                for cells in csv.reader(
                    io.StringIO("".join(lines), newline=""), delimiter=one, quotechar=quote or None
                )
                if cells
            )
        except csv.Error:
            continue
        if not counts:
            continue
        width, often = counts.most_common(1)[0]
        share = often / sum(counts.values())
        worth = share * share * min(width, 50) if width > 1 else 0.0
        if worth > best_worth:
            best, best_worth = one, worth
    return best


def columns_of(said: list[str]) -> list[str]:
    """Names as they stand there, trimmed; empty ones by their place, those that come twice with a number.
    Raises FileBroken for more than a table can have."""
    if len(said) > COLUMNS_MOST:
        raise FileBroken(f"{len(said)} columns; at most {COLUMNS_MOST} can be loaded")
    names: list[str] = []
    taken: set[str] = set()
    for place, one in enumerate(said, 1):
        name = " ".join(one.replace("\x00", "").split())[:200] or f"column_{place}"
        unique, number = name, 2
        while unique.lower() in taken:
            unique, number = f"{name}_{number}", number + 1
        taken.add(unique.lower())
        names.append(unique)
    return names
