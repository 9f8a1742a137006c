"""How much of the log waits, for a process that neither writes nor reads it."""

from __future__ import annotations

from pathlib import Path

from roadworthy.backends.intake.file.positions import CommittedPosition, DurableMark
from roadworthy.backends.intake.file.segments import backlog_bytes


class FileBacklog:
    """The folder must have been opened by a writer once (FileNotFoundError otherwise)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mark = DurableMark(folder, writable=False)
        self._position = CommittedPosition(folder, writable=False)

    def bytes(self) -> int:
        """Durable, and not yet committed by the reader."""
        return backlog_bytes(self._folder, end=self._mark.load(), committed=self._position.load())

    def close(self) -> None:
        self._mark.close()
        self._position.close()
