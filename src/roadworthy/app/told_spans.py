"""What the core tells of runs that nobody else tells of: bodies in a folder that the front puts into its log.

The front alone writes the intake log. A body is there as a whole (written beside and renamed) and goes once
it is in the log; after a crash between, it goes in twice, which changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from pathlib import Path
from urllib.parse import quote, unquote

from roadworthy.contracts.intake import Encoding, IntakeBusy, IntakeFull, IntakeRecord, IntakeWriter, Signal

log = logging.getLogger(__name__)

FOLDER = "told"
_SUFFIX = ".json"
_EVERY_SECONDS = 1.0


class ToldSpans:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0

    def give(self, project: str, body: bytes) -> None:
        """On disk on return. Raises OSError."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._made += 1
        name = f"{time.time_ns():020d}-{self._made:06d}-{quote(project, safe='')}"
        made = self._folder / f"{name}.new"
        fd = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        made.rename(self._folder / f"{name}{_SUFFIX}")

    async def take_all(self, writer: IntakeWriter) -> int:
        """Everything that waits into the log; how many bodies. Raises IntakeBusy, IntakeFull and OSError:
        what is left waits on."""
        taken = 0
        for path in self._waiting():
            project = unquote(path.stem.split("-", 2)[2])
            await writer.append(
                IntakeRecord(
                    project=project,
                    signal=Signal.TRACES,
                    encoding=Encoding.JSON,
                    received_ns=time.time_ns(),
                    body=path.read_bytes(),
                )
            )
            path.unlink()
            taken += 1
        return taken

    async def keep_taking(self, writer: IntakeWriter) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            try:
                await self.take_all(writer)
            except (IntakeBusy, IntakeFull, OSError) as fault:
                log.warning("what the gateway tells of silent runs waits: %s", fault)

    def _waiting(self) -> list[Path]:
        try:
            names = os.listdir(self._folder)  # noqa: PTH208 (every second, mostly for nothing)
        except FileNotFoundError:
            return []
        return [self._folder / name for name in sorted(names) if name.endswith(_SUFFIX)]
