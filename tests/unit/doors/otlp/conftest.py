"""A real front: both OTLP doors on free ports, over a real intake log, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from roadworthy.backends.intake.file.limits import IntakeLimits
from roadworthy.backends.intake.file.reader import FileIntakeReader
from roadworthy.backends.intake.file.writer import FileIntakeWriter
from roadworthy.contracts.intake import IntakeBusy, IntakeEntry, IntakeFull, IntakeRecord, Signal
from roadworthy.contracts.keys import KeyDecision, KeyVerdict
from roadworthy.domain.project import DEFAULT_PROJECT
from roadworthy.doors.otlp.limits import DoorLimits
from roadworthy.doors.otlp.serve import OtlpPorts, otlp_doors


@dataclass
class ListedKeys:
    """A key directory out of three lists."""

    keys: dict[str, str] = field(default_factory=dict)
    """Project by key."""
    read_only: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    """Projects that want a key."""

    def resolve(self, presented: str | None, *, project: str | None = None) -> KeyDecision:
        if presented is None:
            asked = project or DEFAULT_PROJECT
            if asked in self.closed:
                return KeyDecision(
                    verdict=KeyVerdict.KEY_REQUIRED,
                    project=asked,
                    reason=f"Project {asked} wants an API key.",
                )
            return KeyDecision(verdict=KeyVerdict.ACCEPTED, project=asked)
        if presented not in self.keys:
            return KeyDecision(
                verdict=KeyVerdict.UNKNOWN_KEY, project=DEFAULT_PROJECT, reason="The API key is not known."
            )
        if presented in self.read_only:
            return KeyDecision(
                verdict=KeyVerdict.WRONG_SCOPE, project=self.keys[presented], reason="The key may only read."
            )
        return KeyDecision(verdict=KeyVerdict.ACCEPTED, project=self.keys[presented])


class SteeredWriter:
    """The real writer, which can be told to refuse: what a full disk or a long queue looks like to a door."""

    def __init__(self, writer: FileIntakeWriter) -> None:
        self._writer = writer
        self.refuse_next: list[Exception] = []

    async def append(self, record: IntakeRecord) -> int:
        if self.refuse_next and record.signal is not Signal.REJECTION:
            raise self.refuse_next.pop(0)
        return await self._writer.append(record)

    async def close(self) -> None:
        await self._writer.close()

    @property
    def end(self) -> int:
        return self._writer.end


@dataclass
class Front:
    folder: Path
    ports: OtlpPorts
    writer: SteeredWriter
    since: int = 0
    """Where in the log this test began."""

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.ports.http}"

    @property
    def grpc(self) -> str:
        return f"127.0.0.1:{self.ports.grpc}"

    def entries(self, *signals: Signal) -> Sequence[IntakeEntry]:
        """What was kept since the test began, of these signals or of all but rejections."""
        reader = FileIntakeReader(self.folder)
        try:
            found = reader.read(after=self.since, max_bytes=1 << 30, max_records=1 << 30)
        finally:
            reader.close()
        wanted = signals or (Signal.TRACES, Signal.LOGS, Signal.METRICS)
        return [e for e in found if e.record.signal in wanted]

    def rejections(self, count: int = 1) -> list[dict[str, Any]]:
        """Those told since the test began; waits until there are `count`, ten seconds at most."""
        deadline = time.monotonic() + 60
        while len(found := self.entries(Signal.REJECTION)) < count and time.monotonic() < deadline:
            time.sleep(0.05)
        return [json.loads(e.record.body) for e in found]

    def be_busy(self, times: int = 1, *, retry_after: float = 1.0) -> None:
        self.writer.refuse_next += [IntakeBusy("the queue is full", retry_after=retry_after)] * times

    def be_full(self, times: int = 1) -> None:
        self.writer.refuse_next += [IntakeFull("the disk is full", retry_after=2.0)] * times

    def be_broken(self) -> None:
        self.writer.refuse_next.append(ZeroDivisionError("a fault nobody foresaw"))


def mask(text: str) -> str:
    return text.replace("sekret", "[masked]")


KEYS = ListedKeys(
    keys={"rw_a_1": "alpha", "rw_b_2": "beta"}, read_only=frozenset({"rw_b_2"}), closed=frozenset({"closed"})
)
StartFront = Callable[..., Front]


@contextlib.contextmanager
def running_front(folder: Path, *, limits: DoorLimits | None = None) -> Iterator[Front]:
    started: list[Front] = []
    ready, stop = threading.Event(), threading.Event()

    async def run() -> None:
        intake = IntakeLimits(segment_bytes=1 << 20, free_bytes_floor=0)
        writer = SteeredWriter(FileIntakeWriter(folder, limits=intake))
        doors = otlp_doors(
            writer=writer, keys=KEYS, mask=mask, http_port=0, grpc_port=0, limits=limits, grace_seconds=2
        )
        async with doors as ports:
            started.append(Front(folder=folder, ports=ports, writer=writer))
            ready.set()
            await asyncio.to_thread(stop.wait)
        await writer.close()

    def main() -> None:
        try:
            asyncio.run(run())
        finally:
            ready.set()

    thread = threading.Thread(target=main)
    thread.start()
    try:
        ready.wait(20)
        yield started[0]
    finally:
        stop.set()
        thread.join(20)


@pytest.fixture
def start_front(tmp_path: Path) -> Iterator[StartFront]:
    """Start a front of this test's own; it is stopped after the test."""
    with contextlib.ExitStack() as running:

        def start(*, limits: DoorLimits | None = None) -> Front:
            folder = tmp_path / f"intake-{time.monotonic_ns()}"
            return running.enter_context(running_front(folder, limits=limits))

        yield start


@pytest.fixture(scope="session")
def shared_front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with running_front(tmp_path_factory.mktemp("front") / "intake") as front:
        yield front


@pytest.fixture
def front(shared_front: Front) -> Front:
    """A front that other tests used before, seen from here on."""
    shared_front.since = shared_front.writer.end
    shared_front.writer.refuse_next.clear()
    return shared_front
