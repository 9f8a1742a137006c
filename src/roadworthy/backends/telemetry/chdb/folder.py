"""The folder, and the one process that may have it open.

The engine keeps others out, too, but says only that it could not start.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from roadworthy.contracts.telemetry import StoreUnavailable

LOCK = "roadworthy.lock"


class Folder:
    """Made if it is not there, and locked until `release` or the end of the process, however that comes."""

    def __init__(self, path: Path) -> None:
        """Raises StoreUnavailable."""
        self.path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreUnavailable(f"the telemetry folder {path} cannot be written: {error}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = os.pread(self._lock, 32, 0).decode() or "unknown"
            os.close(self._lock)
            raise StoreUnavailable(
                f"another process (pid {owner}) has the telemetry folder {path} open: "
                "stop it, or choose another folder"
            ) from None
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
