"""A folder on the server's machine."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

from roadworthy.features.gateway.connectors.batch.sources.entry import Entry, SourceFailed
from roadworthy.features.gateway.connectors.settings.batch import FolderSource


class Folder:
    """Links are not followed: a file of the drop is one that was put there."""

    def __init__(self, settings: FolderSource, *, forbidden: Path) -> None:
        self._path = Path(settings.path)
        self._forbidden = forbidden.resolve()

    async def entries(self) -> list[Entry]:
        return await asyncio.to_thread(self._list)

    def _list(self) -> list[Entry]:
        if self._path.resolve().is_relative_to(self._forbidden):
            raise SourceFailed("the server's own data folder is no source")
        found = []
        try:
            with os.scandir(self._path) as listed:
                for one in listed:
                    if one.is_file(follow_symlinks=False):
                        status = one.stat(follow_symlinks=False)
                        found.append(
                            Entry(name=one.name, bytes=status.st_size, changed_ns=status.st_mtime_ns)
                        )
        except OSError as fault:
            raise SourceFailed(f"the folder cannot be read: {fault.strerror}") from None
        return found

    async def fetch(self, entry: Entry, *, into: Path, most_bytes: int) -> Path:
        path = self._path / entry.name
        try:
            status = path.lstat()
        except OSError as fault:
            raise SourceFailed(f"{entry.name}: {fault.strerror}") from None
        if not stat.S_ISREG(status.st_mode) or (status.st_size, status.st_mtime_ns) != (
            entry.bytes,
            entry.changed_ns,
        ):
            raise SourceFailed(f"{entry.name} has changed meanwhile")
        return path

    async def close(self) -> None:
        pass
