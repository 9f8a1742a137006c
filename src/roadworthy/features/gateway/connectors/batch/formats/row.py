"""What every format gives: rows, and lines that are none."""

from __future__ import annotations

from dataclasses import dataclass

CELL_MOST = 1 << 20
"""Characters of one value; what is longer is no row."""


@dataclass(frozen=True, slots=True)
class Row:
    """`line`: the first of the file is 1 (of XML: the row's number)."""

    line: int
    values: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Bad:
    """Set aside."""

    line: int
    reason: str
    text: str = ""


class FileBroken(Exception):  # noqa: N818 (a condition)
    """The file is no whole one: it ends in the middle, or is not of its encoding or format."""
