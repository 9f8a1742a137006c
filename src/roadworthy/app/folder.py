"""The data folder: who owns it, and what lies where in it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class FolderRefused(Exception):  # noqa: N818 - a condition the person at the terminal can mend
    """The data folder cannot be used; the message says why and what to do."""


class DataFolder:
    """Paths inside the folder, and the lock that keeps a second process out.

    The lock is the kernel's (flock): it goes with the process, however that ends.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.intake = root / "intake"
        self.telemetry = root / "telemetry"
        self.metadata = root / "roadworthy.db"
        self.watch = root / "watch.db"
        self.secret_key = root / "secret.key"
        self.alarm_journal = root / "alarms.db"
        self.gateway = root / "gateway"
        self.connectors = root / "connectors"
        """Tables loaded from batch files."""
        self.cases = root / "cases"
        self.temporary = root / "tmp"
        """What is in it goes at each start of the core."""
        self._lock_file = root / "lock"
        self._lock: int | None = None

    def prepare(self) -> None:
        """Make the folder and take its lock. Raises FolderRefused."""
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = os.open(self._lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as fault:
            raise FolderRefused(
                f"cannot write to the data folder {self.root}: {fault.strerror}. "
                "Choose another with --data, or give this user the right to write there."
            ) from fault
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            owner = os.pread(self._lock, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._lock)
            self._lock = None
            raise FolderRefused(
                f"another Roadworthy (process {owner}) already uses {self.root}. "
                "Stop it first, or start this one with another --data folder and other ports."
            ) from held
        self._say_owner()

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _say_owner(self) -> None:
        assert self._lock is not None  # noqa: S101 - only called with the lock held
        try:
            os.ftruncate(self._lock, 0)
            os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)
        except OSError:
            # A full disk: the lock holds all the same, only its owner's number is missing from the message.
            return
