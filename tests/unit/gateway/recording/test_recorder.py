"""The recorder on real files: what it keeps, drops, masks, deletes, and what kill -9 leaves."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from roadworthy.backends.blobs.files import BlobLimits, FileBlobReader, FileBlobStore
from roadworthy.backends.exchange_log.sqlite.log import SqliteExchangeLog
from roadworthy.backends.exchange_log.sqlite.reader import SqliteExchangeReader
from roadworthy.contracts.exchange_log import ExchangeQuery
from roadworthy.domain.exchange import Binding, Ending
from roadworthy.domain.recording import BadRecording, Recording, decode, encode
from roadworthy.features.gateway.recording.orders import Order, OrderFolder, OrderKind
from roadworthy.features.gateway.recording.policy import Keep, RecordingPolicy, keeps, policy_for
from roadworthy.features.gateway.recording.recorder import StoringRecorder
from tests.unit.gateway.recording.making import DAY, answer, exchange, request, said

WAIT = 30.0


@dataclass
class Room:
    folder: Path
    recorder: StoringRecorder
    log: SqliteExchangeReader
    blobs: FileBlobReader
    orders: OrderFolder

    def recording(self, number: int) -> Recording | None:
        found = self.log.exchange("p", exchange(number).id)
        assert found is not None
        data = self.blobs.get("p", found.recording, day=DAY) if found.recording else None
        return decode(data) if data is not None else None

    def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WAIT
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.02)


def opened(folder: Path, *, limits: BlobLimits | None = None, **more: object) -> Room:
    recorder = StoringRecorder(
        SqliteExchangeLog(folder / "x.db"),
        FileBlobStore(folder / "blobs", limits=limits or BlobLimits(free_floor=0)),
        orders=folder / "orders",
        **more,  # type: ignore[arg-type]
    )
    return Room(
        folder=folder,
        recorder=recorder,
        log=SqliteExchangeReader(folder / "x.db"),
        blobs=FileBlobReader(folder / "blobs"),
        orders=OrderFolder(folder / "orders"),
    )


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = opened(tmp_path)
    made.recorder.start()
    yield made
    made.recorder.stop(timeout=WAIT)


def test_what_is_offered_is_kept_with_its_chunks_and_times(room: Room) -> None:
    asked, told = (
        request(b'{"model": "planner"}'),
        answer(said("On", " its", " way"), kind=b"text/event-stream"),
    )

    assert room.recorder.offer(exchange(1), request=asked, answer=told)
    assert room.recorder.flush(timeout=WAIT)

    kept = room.recording(1)
    assert kept == Recording(exchange_id=exchange(1).id, request=asked, answer=told)
    counts = room.recorder.counts()
    assert (counts.kept, counts.dropped, counts.waiting_bytes) == (1, 0, 0)


def test_nothing_secret_reaches_the_disk(room: Room) -> None:
    key = "sk-ant-api03-Zx9_8yW7vU6tS5rQ4pO3nM2l"
    asked = request(f'{{"a": "{key}"}}'.encode(), headers=((b"x-api-key", b"credential-1234"),))

    room.recorder.offer(
        exchange(1), request=asked, answer=answer(said("sk-ant-", key[7:]), kind=b"text/event-stream")
    )
    assert room.recorder.flush(timeout=WAIT)

    kept = room.recording(1)
    assert kept is not None
    assert kept.masked == 3
    whole = encode(kept)
    for secret in (key, key[7:], "credential-1234"):
        assert secret.encode() not in whole


def test_ten_megabytes_each_way(room: Room) -> None:
    body = b'{"rows": "' + b"on its way " * 950_000 + b'"}'
    chunks = [body[at : at + 65_536] for at in range(0, len(body), 65_536)]

    assert room.recorder.offer(exchange(1), request=request(body), answer=answer(chunks))
    assert room.recorder.flush(timeout=WAIT)

    kept = room.recording(1)
    assert kept is not None
    assert kept.answer is not None
    assert b"".join(chunk for _, chunk in kept.answer.chunks) == body


def test_what_does_not_fit_the_queue_is_dropped_and_counted(tmp_path: Path) -> None:
    room = opened(tmp_path, queue_bytes=10_000)
    taken = [room.recorder.offer(exchange(n), request=request(bytes(1000)), answer=None) for n in range(10)]

    assert taken == [True] * 3 + [False] * 7
    assert room.recorder.counts().dropped == 7
    room.recorder.start()
    assert room.recorder.flush(timeout=WAIT)
    assert room.recorder.offer(exchange(11), request=None, answer=None)
    room.recorder.stop(timeout=WAIT)
    assert len(room.log.since(0)) == 4


def test_the_same_exchange_twice_is_one_row(room: Room) -> None:
    for _ in range(2):
        room.recorder.offer(exchange(1), request=request(b"{}"), answer=None)

    assert room.recorder.flush(timeout=WAIT)
    assert len(room.log.since(0)) == 1


def test_a_disk_without_room_costs_the_recording_and_not_the_row(tmp_path: Path) -> None:
    room = opened(tmp_path, limits=BlobLimits(free_floor=1 << 62))
    room.recorder.start()

    room.recorder.offer(exchange(1), request=request(b"{}"), answer=None)
    assert room.recorder.flush(timeout=WAIT)

    assert room.recording(1) is None
    room.recorder.stop(timeout=WAIT)


def test_a_recording_beyond_the_bound_leaves_the_others(tmp_path: Path) -> None:
    room = opened(tmp_path, limits=BlobLimits(free_floor=0, blob=5000))
    for number, size in ((1, 10), (2, 9000), (3, 10)):
        room.recorder.offer(exchange(number), request=request(bytes(size)), answer=None)
    room.recorder.start()
    assert room.recorder.flush(timeout=WAIT)

    assert [room.recording(n) is not None for n in (1, 2, 3)] == [True, False, True]
    room.recorder.stop(timeout=WAIT)


POLICIES = (
    RecordingPolicy(keep=Keep.NONE),
    RecordingPolicy(keep=Keep.FAILURES, agent="planner"),
    RecordingPolicy(keep=Keep.ALL, target="crm.find"),
)


def test_the_policy_that_names_most_holds() -> None:
    assert policy_for(POLICIES, exchange(agent="other")).keep is Keep.NONE
    assert policy_for(POLICIES, exchange()).keep is Keep.FAILURES
    assert policy_for(POLICIES, exchange(target="crm.find")).keep is Keep.ALL
    assert policy_for((), exchange()).keep is Keep.ALL


def test_failures_only(tmp_path: Path) -> None:
    room = opened(tmp_path, policy_of=lambda one: policy_for(POLICIES, one))
    ended = (Ending.COMPLETE, Ending.FAILED, Ending.CUT_OFF, Ending.ABORTED, Ending.REFUSED)
    for number, ending in enumerate(ended):
        room.recorder.offer(exchange(number, ending=ending), request=request(b"{}"), answer=None)
    room.recorder.start()
    assert room.recorder.flush(timeout=WAIT)

    assert [room.recording(n) is not None for n in range(5)] == [False, True, True, True, True]
    room.recorder.stop(timeout=WAIT)


def test_a_sample_is_of_whole_runs_and_of_the_share_asked_for() -> None:
    policy = RecordingPolicy(keep=Keep.SAMPLED, share=0.3, seed=7)
    kept = 0
    for run in range(4000):
        drawn = {
            keeps(policy, exchange(n, binding=Binding(trace_id=f"{run:032x}"))) for n in range(run, run + 3)
        }
        assert len(drawn) == 1
        kept += drawn.pop()

    assert 0.27 < kept / 4000 < 0.33
    others = [keeps(RecordingPolicy(keep=Keep.SAMPLED, share=0.3, seed=8), exchange(n)) for n in range(200)]
    assert others != [keeps(policy, exchange(n)) for n in range(200)]


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_is_a_share(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        RecordingPolicy(share=share)


def test_orders_to_delete_are_obeyed(room: Room) -> None:
    for number in (1, 2):
        room.recorder.offer(exchange(number), request=request(b"{}"), answer=None)
    room.recorder.offer(exchange(1, project="q"), request=request(b"{}"), answer=None)
    room.recorder.offer(
        exchange(3, started_ns=1_700_000_000_000_000_000), request=request(b"{}"), answer=None
    )
    assert room.recorder.flush(timeout=WAIT)
    first = room.log.exchange("p", exchange(1).id)
    assert first is not None

    room.orders.give(Order(kind=OrderKind.FORGET_EXCHANGE, project="p", exchange_id=first.id))
    room.orders.give(Order(kind=OrderKind.DROP_BEFORE, project="p", day="2024-01-01"))
    (room.folder / "orders" / "torn.order").write_bytes(b"{")
    room.until(lambda: len(room.log.exchanges("p", ExchangeQuery())) == 1)
    room.until(lambda: room.blobs.get("p", first.recording) is None)
    assert (room.folder / "orders" / "torn.unreadable").exists()
    room.orders.give(Order(kind=OrderKind.FORGET_PROJECT, project="p"))
    room.until(lambda: room.log.projects() == ["q"])
    room.until(lambda: room.orders.waiting() == [])
    assert room.blobs.bytes_on_disk("p") == 0
    assert room.blobs.bytes_on_disk("q") > 0


def test_what_is_still_on_its_way_is_not_written_behind_the_deletion(room: Room) -> None:
    room.orders.give(Order(kind=OrderKind.FORGET_PROJECT, project="p"))
    room.until(lambda: room.orders.waiting() == [])

    room.recorder.offer(exchange(1), request=request(b"{}"), answer=None)
    assert room.recorder.flush(timeout=WAIT)

    assert room.log.projects() == []


WRITER = """
import sys
from pathlib import Path
from tests.unit.gateway.recording.making import answer, exchange, request, said
from tests.unit.gateway.recording.test_recorder import opened
room = opened(Path(sys.argv[1]))
room.recorder.start()
n = int(sys.argv[2])
while True:
    for _ in range(5):
        n += 1
        body = str(n).encode() * 800
        room.recorder.offer(exchange(n), request=request(body), answer=answer([body]))
    room.recorder.flush(timeout=30)
    print(n, flush=True)
"""


def test_kill_minus_nine_leaves_no_row_without_its_recording(tmp_path: Path) -> None:
    last = 0
    for _ in range(3):
        command = [sys.executable, "-c", WRITER, str(tmp_path), str(last)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            acknowledged = [int(writer.stdout.readline()) for _ in range(4)][-1]
            time.sleep(0.013)
            writer.send_signal(signal.SIGKILL)

        log, blobs = SqliteExchangeReader(tmp_path / "x.db"), FileBlobReader(tmp_path / "blobs")
        rows = [one.exchange for one in log.since(0, limit=10**6)]
        assert len(rows) >= acknowledged
        for row in rows:
            data = blobs.get("p", row.recording, day=DAY)
            assert data is not None, "a row names a recording that is not there"
            kept = decode(data)
            assert kept.exchange_id == row.id
            assert kept.request is not None
            assert b"".join(chunk for _, chunk in kept.request.chunks) == str(int(row.id, 16)).encode() * 800
        last = max(int(row.id, 16) for row in rows)


@pytest.mark.parametrize("cut", [0, 1, 50, -1])
def test_a_recording_cut_short_says_so(cut: int) -> None:
    whole = encode(
        Recording(exchange_id="a", request=request(b'{"a": 1}'), answer=answer([b"x", b"", b"yz"]))
    )
    assert decode(whole).answer == answer([b"x", b"", b"yz"])

    with pytest.raises(BadRecording):
        decode(whole[:cut])
    with pytest.raises(BadRecording):
        decode(whole + b"!")
    with pytest.raises(BadRecording, match="version"):
        decode(whole.replace(b'"version":1', b'"version":2'))
