"""kill -9 of a front under load: what it acknowledged is read afterwards, once, and nothing else is."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from roadworthy.backends.intake.file.reader import FileIntakeReader
from roadworthy.backends.intake.file.writer import FileIntakeWriter

TRIALS = int(os.environ.get("ROADWORTHY_KILL_TRIALS", "10"))
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


@contextlib.contextmanager
def front_process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int, int]]:
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("front_process.py")), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        http_port, grpc_port = map(int, process.stdout.readline().split())
        yield process, http_port, grpc_port
    finally:
        process.kill()
        process.communicate()


@dataclass
class Load:
    """Senders in threads. Every request carries a name that no other does."""

    http_port: int
    grpc_port: int
    rng: random.Random
    sent: set[str] = field(default_factory=set)
    acknowledged: set[str] = field(default_factory=set)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for number in range(8):
            send = self._send_http if number < 6 else self._send_grpc
            thread = threading.Thread(target=self._until_it_dies, args=(send, self.rng.randrange(2**32)))
            thread.start()
            self._threads.append(thread)

    def join(self) -> None:
        for thread in self._threads:
            thread.join(30)

    def _until_it_dies(self, connect: Callable[[], Callable[[bytes], bool]], seed: int) -> None:
        rng = random.Random(seed)
        with contextlib.suppress(OSError, http.client.HTTPException, grpc.RpcError):
            send = connect()
            for number in range(100_000):
                name = f"{seed}.{number}"
                body = a_body(name, size=rng.choice([10, 1_000, 40_000, 400_000]))
                self.sent.add(name)
                if send(body):
                    self.acknowledged.add(name)

    def _send_http(self) -> Callable[[bytes], bool]:
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=20)

        def send(body: bytes) -> bool:
            connection.request("POST", "/v1/traces", body, {"content-type": "application/x-protobuf"})
            response = connection.getresponse()
            response.read()
            return response.status == 200

        return send

    def _send_grpc(self) -> Callable[[bytes], bool]:
        call = grpc.insecure_channel(f"127.0.0.1:{self.grpc_port}").unary_unary(EXPORT, None, None)

        def send(body: bytes) -> bool:
            call(body, timeout=20)
            return True

        return send


def a_body(name: str, *, size: int) -> bytes:
    request = ExportTraceServiceRequest()
    span = (
        request.resource_spans.add()
        .scope_spans.add()
        .spans.add(trace_id=os.urandom(16), span_id=os.urandom(8), name=name)
    )
    span.attributes.add(key="content").value.string_value = "x" * size
    return request.SerializeToString()


def read_on(folder: Path) -> list[str]:
    """The names in the log from where the last call ended, each as often as it is there."""
    reader = FileIntakeReader(folder)
    names: list[str] = []
    while entries := reader.read(after=reader.committed(), max_bytes=8 << 20, max_records=10_000):
        for entry in entries:
            (resource,) = ExportTraceServiceRequest.FromString(entry.record.body).resource_spans
            names.append(resource.scope_spans[0].spans[0].name)
        reader.commit(entries[-1].next_offset)
    assert reader.damage.regions == 0
    reader.close()
    return names


def reopen(folder: Path) -> None:
    async def run() -> None:
        await FileIntakeWriter(folder).close()

    asyncio.run(run())


@pytest.mark.slow
def test_what_was_acknowledged_before_a_kill_is_read_once_and_nothing_else_is(tmp_path: Path) -> None:
    rng = random.Random(20261122)
    sent: set[str] = set()
    acknowledged: set[str] = set()
    found: Counter[str] = Counter()
    for trial in range(TRIALS):
        with front_process(tmp_path) as (process, http_port, grpc_port):
            load = Load(http_port=http_port, grpc_port=grpc_port, rng=rng)
            load.start()
            while len(load.acknowledged) < 3:
                time.sleep(0.01)
            time.sleep(rng.uniform(0, 0.8))
            process.kill()
            load.join()
        sent |= load.sent
        acknowledged |= load.acknowledged
        if trial % 2:
            reopen(tmp_path)  # else the next trial's front is the first to see what was left
        found.update(read_on(tmp_path))
        assert not acknowledged - set(found), "acknowledged and lost"
        assert not set(found) - sent, "never sent"
        assert max(found.values()) == 1, "kept twice"
    assert len(acknowledged) > 20 * TRIALS
