"""The backends of the intake log, one entry each: every test of the suite runs against all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from roadworthy.backends.intake.file.limits import IntakeLimits
from roadworthy.backends.intake.file.reader import FileIntakeReader
from roadworthy.backends.intake.file.writer import FileIntakeWriter
from roadworthy.contracts.intake import Encoding, IntakeReader, IntakeRecord, IntakeWriter, Signal


@dataclass(frozen=True, kw_only=True)
class IntakeBackend:
    """How to open one backend on a folder; small segments, so that a few records fill several."""

    writer: Callable[[Path], IntakeWriter]
    reader: Callable[[Path], IntakeReader]


SMALL = IntakeLimits(
    segment_bytes=64 << 10,
    queue_bytes=1 << 20,
    batch_bytes=128 << 10,
    backlog_bytes=8 << 20,
    free_bytes_floor=0,
)

BACKENDS = {
    "file": IntakeBackend(
        writer=lambda folder: FileIntakeWriter(folder, limits=SMALL), reader=FileIntakeReader
    ),
}


@pytest.fixture(params=sorted(BACKENDS))
def backend(request: pytest.FixtureRequest) -> IntakeBackend:
    return BACKENDS[request.param]


def record(body: bytes, *, project: str = "default", signal: Signal = Signal.TRACES) -> IntakeRecord:
    return IntakeRecord(
        project=project,
        signal=signal,
        encoding=Encoding.PROTOBUF,
        received_ns=1_790_000_000_000_000_000,
        body=body,
    )


@pytest.fixture(scope="session")
def make_record() -> Callable[..., IntakeRecord]:
    return record
