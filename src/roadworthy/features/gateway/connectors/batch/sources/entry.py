"""What every source gives: the files that lie there, and their bytes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    name: str
    bytes: int
    changed_ns: int
    """As the source says."""


class SourceFailed(Exception):  # noqa: N818 (a condition)
    """The source cannot be read; the message says why, and holds no secret."""


class FileSource(Protocol):
    """For one event loop. What is in folders of it is not looked at."""

    async def entries(self) -> list[Entry]:
        """Raises SourceFailed."""
        ...

    async def fetch(self, entry: Entry, *, into: Path, most_bytes: int) -> Path:
        """A file with its bytes: `into`, or where it lies. Raises SourceFailed, also where it is another
        now."""
        ...

    async def close(self) -> None: ...


PARTIAL = (
    ".part",
    ".partial",
    ".tmp",
    ".temp",
    ".filepart",
    ".crdownload",
    ".incomplete",
    ".writing",
    ".swp",
)


def is_partial(name: str) -> bool:
    """By its name: a writer says so itself."""
    lowered = name.lower()
    return lowered.startswith((".", "~", "_tmp")) or lowered.endswith(PARTIAL)
