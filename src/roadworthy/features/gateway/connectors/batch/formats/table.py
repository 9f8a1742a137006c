"""Every format of batch files: one visible table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from roadworthy.features.gateway.connectors.batch.formats import csv, fixed, json_lines, xml
from roadworthy.features.gateway.connectors.batch.formats.row import Bad, FileBroken, Row
from roadworthy.features.gateway.connectors.batch.formats.text import encoding_of, opened
from roadworthy.features.gateway.connectors.settings.batch import (
    CsvFormat,
    FixedFormat,
    JsonLinesFormat,
    Table,
    XmlFormat,
)

_TAIL = 65_536


def read_rows(path: Path, table: Table) -> Iterator[Row | Bad]:
    """Without the trailer. Raises FileBroken."""
    settings = table.format
    if isinstance(settings, XmlFormat):
        yield from xml.rows_of(path, settings)
        return
    encoding = encoding_of(path, declared=table.encoding)
    trailer = re.compile(table.trailer) if table.trailer else None
    with opened(path, encoding=encoding) as text:
        if isinstance(settings, CsvFormat):
            rows = csv.rows_of(text, settings)
        elif isinstance(settings, FixedFormat):
            rows = fixed.rows_of(text, settings)
        else:
            assert isinstance(settings, JsonLinesFormat)  # noqa: S101 (narrowing for the type checker)
            rows = json_lines.rows_of(text)
        for row in rows:
            if trailer is not None and _is_trailer(row, trailer):
                continue
            yield row


def _is_trailer(row: Row | Bad, trailer: re.Pattern[str]) -> bool:
    if isinstance(row, Bad):
        return bool(trailer.search(row.text))
    return bool(trailer.search(" ".join(one for one in row.values.values() if one)))


def trailer_rows(path: Path, table: Table) -> int | None:
    """How many rows the last line says there are; None where it says none. Raises FileBroken where there is
    no trailer: the file is not whole."""
    encoding = encoding_of(path, declared=table.encoding)
    with path.open("rb") as file:
        file.seek(0, 2)
        size = file.tell()
        # An even place, so that no character of two bytes is cut.
        file.seek(max(0, (size - _TAIL) // 4 * 4))
        tail = file.read()
    wide = {"utf-16": "utf-16-le", "utf-32": "utf-32-le", "utf-8-sig": "utf-8"}
    text = tail.decode(wide.get(encoding, encoding) if size > _TAIL else encoding, errors="replace")
    lines = [one.strip() for one in text.replace("\x85", "\n").splitlines() if one.strip()]
    found = re.search(table.trailer, lines[-1]) if lines else None
    if found is None:
        raise FileBroken("its last line is not the trailer")
    said = found.groupdict().get("rows")
    return int(said) if said and said.strip().isdigit() else None
