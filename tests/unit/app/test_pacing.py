"""Senders are answered at the pace of the core, and without waiting while the core is down."""

from __future__ import annotations

import asyncio
import time

from roadworthy.app.pacing import PacedWriter
from roadworthy.contracts.intake import Encoding, IntakeRecord, Signal

MIB = 1 << 20


class Log:
    """A log that is worked off at a given pace, without a disk."""

    def __init__(self, *, bytes_a_second: float) -> None:
        self.pace = bytes_a_second
        self.waiting = 0.0
        self.at = time.monotonic()

    async def append(self, record: IntakeRecord) -> int:
        await asyncio.sleep(0.001)
        self.backlog()
        self.waiting += len(record.body)
        return 1

    def backlog(self) -> int:
        now = time.monotonic()
        self.waiting = max(0.0, self.waiting - self.pace * (now - self.at))
        self.at = now
        return int(self.waiting)

    async def close(self) -> None:
        return


def record(size: int) -> IntakeRecord:
    return IntakeRecord(
        project="default", signal=Signal.TRACES, encoding=Encoding.PROTOBUF, received_ns=1, body=bytes(size)
    )


def test_senders_are_slowed_down_to_the_pace_of_the_core() -> None:
    async def run() -> int:
        log = Log(bytes_a_second=20 * MIB)
        writer = PacedWriter(log, backlog=log.backlog)
        end = time.monotonic() + 4
        sent = 0

        async def sender() -> None:
            nonlocal sent
            while time.monotonic() < end:
                await writer.append(record(MIB))
                sent += 1

        await asyncio.gather(*(sender() for _ in range(4)))
        await writer.close()
        return sent

    # 80 can be worked off in that time, and some lie ahead; unpaced it would be ten thousand.
    assert asyncio.run(run()) < 400


def test_while_the_core_is_down_nobody_waits() -> None:
    async def run() -> tuple[bool, bool]:
        log = Log(bytes_a_second=0)
        writer = PacedWriter(log, backlog=log.backlog)
        for _ in range(10):
            await writer.append(record(MIB))
        await asyncio.sleep(0.5)
        at_first = writer.slowing
        await asyncio.sleep(4)
        in_the_end = writer.slowing
        await writer.close()
        return at_first, in_the_end

    assert asyncio.run(run()) == (True, False)
