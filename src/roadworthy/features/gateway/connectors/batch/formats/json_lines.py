"""One JSON object a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TextIO

import orjson

from roadworthy.features.gateway.connectors.batch.formats.row import Bad, FileBroken, Row


def rows_of(text: TextIO) -> Iterator[Row | Bad]:
    """Raises FileBroken where the last line has no end and is none: the file is cut off."""
    for number, raw in enumerate(text, 1):
        line = raw.strip()
        if not line:
            continue
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            if not raw.endswith(("\n", "\r")):
                raise FileBroken(f"it ends in the middle of line {number}") from None
            yield Bad(number, "no JSON", line[:500])
            continue
        if not isinstance(value, dict):
            yield Bad(number, "expected an object", line[:500])
            continue
        yield Row(number, {key: _text(one) for key, one in value.items()})


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return orjson.dumps(value).decode()
