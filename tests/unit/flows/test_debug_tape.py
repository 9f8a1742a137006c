"""A run's tape where recordings were deleted: what is missing is said, and steps keep their numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from roadworthy.backends.blobs.files import FileBlobReader, FileBlobStore
from roadworthy.backends.exchange_joins.sqlite import SqliteExchangeJoins
from roadworthy.backends.exchange_log.sqlite.log import SqliteExchangeLog
from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.exchange_joins import Join
from roadworthy.domain.agent_ended import Ending, RecordedEnd
from roadworthy.domain.run import Run, RunStatus
from roadworthy.features.debug.tape.tape import Tape
from roadworthy.features.gateway.recording.orders import OrderFolder
from roadworthy.features.gateway.recording.policy_book import PolicyBook
from roadworthy.features.gateway.recording.recorder import StoringRecorder
from roadworthy.features.gateway.recording.service import RecordingService
from roadworthy.features.ingest.runs.assemble import assemble
from roadworthy.features.observe.service import ObserveService
from roadworthy.flows.debug_tape import RunTapes
from tests.unit.gateway.recording.making import AT_NS, answer, exchange, request

RUN_ID = "a" * 32
RUN = Run(project="p", id=RUN_ID, agent="planner", sort_ns=AT_NS, trace_ids=(RUN_ID,), started_ns=AT_NS)
CALLS = [exchange(number) for number in (1, 2, 3)]


class World:
    """A run of three recorded calls."""

    def __init__(self, folder: Path) -> None:
        self.metadata = SqliteMetadataStore(folder / "roadworthy.db")
        self.log = SqliteExchangeLog(folder / "exchanges.db")
        self.joins = SqliteExchangeJoins(folder / "joins.db")
        blobs = FileBlobStore(folder / "blobs")
        recorder = StoringRecorder(self.log, blobs)
        recorder.start()
        for one in CALLS:
            recorder.offer(one, request=request(b'{"n": 1}'), answer=answer([b"{}"]))
        assert recorder.flush(timeout=30)
        recorder.stop(timeout=30)
        self.joins.looked(
            joined=[
                Join(
                    project="p",
                    exchange_id=one.id,
                    run_id=RUN_ID,
                    by="traceparent",
                    started_ns=one.started_ns,
                )
                for one in CALLS
            ]
        )
        self.recordings = RecordingService(
            self.log,
            FileBlobReader(folder / "blobs"),
            joins=self.joins,
            orders=OrderFolder(folder / "orders"),
            policies=PolicyBook(self.metadata),
        )

    def tape(self, run: Run = RUN) -> Tape:
        observe = ObserveService(MemoryTelemetryStore(), assemble=assemble)
        return RunTapes(self.recordings, observe).of_run(run)

    def close(self) -> None:
        self.log.close()
        self.joins.close()
        self.metadata.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def test_a_call_that_was_deleted_by_hand_stays_a_step_that_says_so(world: World) -> None:
    assert not world.tape().holes

    world.log.delete("p", CALLS[1].id)

    tape = world.tape()
    assert [one.step for one in tape.calls] == [1, 2, 3]
    assert [(one.step, one.hole) for one in tape.holes] == [
        (2, "the exchange was deleted (retention, or by hand)")
    ]
    assert tape.calls[2].exchange.id == CALLS[2].id


@pytest.mark.parametrize(
    ("run", "end"),
    [
        (RUN, None),
        (replace(RUN, status=RunStatus.ERROR, final_answer="Sorry"), None),
        (
            replace(
                RUN,
                status=RunStatus.ERROR,
                error="crashed: KeyError: 'A-1'",
                attributes={"roadworthy.ending": "crashed", "roadworthy.exit_code": "-9"},
            ),
            RecordedEnd(ending=Ending.CRASHED, exit_code=-9, error="KeyError: 'A-1'"),
        ),
        (replace(RUN, status=RunStatus.ERROR, error="no order"), RecordedEnd(error="no order")),
    ],
)
def test_how_a_run_failed_is_as_its_telemetry_says(world: World, run: Run, end: RecordedEnd | None) -> None:
    assert world.tape(run).end == end


def test_of_a_run_that_retention_left_half_of_it_is_known_what_is_missing(world: World) -> None:
    at = CALLS[2].started_ns
    world.log.drop_before("p", at)
    world.joins.drop_before("p", at)

    assert [one.step for one in world.tape().holes] == [1, 2]


def test_of_a_run_that_is_all_older_nothing_is_kept(world: World) -> None:
    at = CALLS[2].started_ns + 1
    world.log.drop_before("p", at)
    world.joins.drop_before("p", at)

    assert world.joins.of_runs("p", [RUN_ID]) == []
    assert world.tape().calls == ()
