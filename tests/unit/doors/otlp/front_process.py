"""A front as a process of its own, for tests that kill or measure it.

`python front_process.py FOLDER` prints "HTTP_PORT GRPC_PORT" when it accepts, and ends when its input does.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from roadworthy.backends.intake.file.limits import IntakeLimits
from roadworthy.backends.intake.file.writer import FileIntakeWriter
from roadworthy.contracts.keys import KeyDecision, KeyVerdict
from roadworthy.doors.otlp.serve import otlp_doors


class OpenDoor:
    def resolve(self, presented: str | None, *, project: str | None = None) -> KeyDecision:
        return KeyDecision(verdict=KeyVerdict.ACCEPTED, project=project or "default")


async def main(folder: Path) -> None:
    writer = FileIntakeWriter(folder, limits=IntakeLimits(segment_bytes=4 << 20, free_bytes_floor=0))
    async with otlp_doors(writer=writer, keys=OpenDoor(), mask=str, http_port=0, grpc_port=0) as ports:
        print(ports.http, ports.grpc, flush=True)
        await asyncio.to_thread(sys.stdin.read)
    await writer.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
