"""Senders that are slow, huge, or mean it badly: others must not notice them, and memory must not grow."""

from __future__ import annotations

import contextlib
import gzip
import os
import socket
import sys
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roadworthy.contracts.intake import Signal
from roadworthy.doors.otlp.limits import DoorLimits
from tests.unit.doors.otlp.conftest import Front, StartFront
from tests.unit.doors.otlp.requests import JSON, PROTOBUF, call, json_trace_body, trace_body
from tests.unit.doors.otlp.test_grpc_protocol import export, refused
from tests.unit.doors.otlp.test_kill import EXPORT, front_process

MIB = 1 << 20


def bomb(size: int) -> bytes:
    """gzip of `size` zero bytes, a thousand times smaller; its end is missing, which nobody should reach."""
    packer = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    first = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    repeated = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + repeated * (size // MIB - 1)


def peak_memory(pid: int) -> int:
    """The most this process ever had resident, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmHWM in /proc")


def resident_memory(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_bombs_are_refused_and_never_unpacked(tmp_path: Path) -> None:
    gigabytes = bomb(4096 * MIB)
    assert len(gigabytes) < 8 * MIB
    with front_process(tmp_path) as (process, http_port, grpc_port):
        call(http_port, body=trace_body())
        before = peak_memory(process.pid)
        for _ in range(3):
            answer = call(http_port, body=gigabytes, content_encoding="gzip")
            assert answer.status == 413
            assert answer.rpc_status().code == 3
            answer = call(http_port, body=gigabytes, content_encoding="gzip", content_type=JSON)
            assert (answer.status, answer.json()["code"]) == (413, 3)
        over_http = peak_memory(process.pid) - before
        with (
            grpc.insecure_channel(
                f"127.0.0.1:{grpc_port}", options=[("grpc.max_send_message_length", -1)]
            ) as channel,
            pytest.raises(grpc.RpcError) as error,
        ):
            channel.unary_unary(EXPORT, None, None)(
                bytes(300 * MIB), compression=grpc.Compression.Gzip, timeout=60
            )
        assert error.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        over_both = peak_memory(process.pid) - before
        assert call(http_port, body=trace_body()).status == 200
    # 64 MiB may be unpacked before the limit is passed; the bombs hold 4 GiB and 300 MiB.
    assert over_http < 150 * MIB
    assert over_both < 250 * MIB


def test_a_body_over_the_limit_is_413_and_told_to_somebody(start_front: StartFront) -> None:
    front = start_front(limits=DoorLimits(body_bytes=1 * MIB))
    large = trace_body(content="x" * MIB)
    for answer in (
        call(front.ports.http, body=large),
        call(front.ports.http, body=gzip.compress(large), content_encoding="gzip"),
    ):
        assert answer.status == 413
        assert "1048576 bytes" in answer.rpc_status().message
    assert call(front.ports.http, body=trace_body(content="x" * (MIB - 200))).status == 200
    assert front.rejections()[0]["code"] == "too_large"


def test_a_large_refused_body_is_read_to_its_end_so_that_the_answer_arrives(front: Front) -> None:
    """Closing while the sender still writes would look like a broken connection: exporters try that again."""
    answer = call(front.ports.http, body=bytes(70 * MIB))
    assert answer.status == 413
    answer = call(front.ports.http, body=bytes(5 * MIB), content_type="text/plain")
    assert answer.status == 415


def test_a_message_over_the_limit_is_refused_over_grpc_and_told(start_front: StartFront) -> None:
    front = start_front(limits=DoorLimits(body_bytes=1 * MIB))
    for compression in (grpc.Compression.NoCompression, grpc.Compression.Gzip):
        error = refused(front, trace_body(content="x" * MIB), compression=compression)
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    export(front, trace_body())
    assert front.rejections()[0]["code"] == "too_large"


def test_all_bodies_together_keep_to_their_budget(start_front: StartFront) -> None:
    front = start_front(limits=DoorLimits(inflight_bytes=1 * MIB, linger_seconds=0.1))
    body = trace_body(content="x" * (900 << 10))

    def the_second_is_told_to_wait() -> bool:
        with open_request(front, length=len(body)) as slow:
            slow.sendall(body[:-10])
            # The front reads it when it gets to it; where the second body was faster, we try again.
            time.sleep(0.3)
            if call(front.ports.http, body=body).status != 429:
                return False
            slow.sendall(body[-10:])
            return bool(slow.recv(100).startswith(b"HTTP/1.1 200"))

    wait_for(the_second_is_told_to_wait)
    assert call(front.ports.http, body=body).status == 200


@contextlib.contextmanager
def open_request(front: Front, *, length: int) -> Any:
    with socket.create_connection(("127.0.0.1", front.ports.http), timeout=10) as connection:
        connection.sendall(
            f"POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: {PROTOBUF}\r\n"
            f"content-length: {length}\r\n\r\n".encode()
        )
        yield connection


def until_closed(connection: socket.socket) -> bytes:
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(4096):
            received += piece
    return received


def test_a_body_that_trickles_in_is_ended_with_408(start_front: StartFront) -> None:
    front = start_front(limits=DoorLimits(body_seconds=0.5, linger_seconds=0.2))
    with open_request(front, length=1000) as slow:
        slow.sendall(b"\n")
        answer = until_closed(slow)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"connection: close" in answer.lower()
    assert front.entries(Signal.TRACES) == []


@pytest.mark.parametrize("said", [b"", b"POST /v1/traces HTTP/1.1\r\nhost: x\r\n", b"POST /v1/tr"])
def test_headers_that_never_end_do_not_keep_a_connection(start_front: StartFront, said: bytes) -> None:
    front = start_front(limits=DoorLimits(header_seconds=0.5))
    with socket.create_connection(("127.0.0.1", front.ports.http), timeout=10) as slow:
        slow.sendall(said)
        until_closed(slow)


def test_headers_that_never_end_on_a_connection_in_use(start_front: StartFront) -> None:
    front = start_front(limits=DoorLimits(header_seconds=0.5))
    with open_request(front, length=0) as slow:
        assert slow.recv(1000).startswith(b"HTTP/1.1 200")
        slow.sendall(b"POST /v1/traces HTTP/1.1\r\n")
        until_closed(slow)


def test_endless_headers_are_cut_off(start_front: StartFront) -> None:
    front = start_front(limits=DoorLimits(header_seconds=60))
    with socket.create_connection(("127.0.0.1", front.ports.http), timeout=20) as sender:
        sender.sendall(b"POST /v1/traces HTTP/1.1\r\nhost: x\r\n")
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            for number in range(1_000_000):
                sender.sendall(b"x-%d: %s\r\n" % (number, b"y" * 1000))


def test_too_many_connections_are_told_so_and_places_come_free_again(start_front: StartFront) -> None:
    front = start_front(limits=DoorLimits(connections=20, header_seconds=3.0))
    with contextlib.ExitStack() as held:
        for _ in range(20):
            held.enter_context(socket.create_connection(("127.0.0.1", front.ports.http), timeout=10))
        with socket.create_connection(("127.0.0.1", front.ports.http), timeout=10) as one_more:
            answer = until_closed(one_more)
        assert answer.startswith(b"HTTP/1.1 503")
        assert b"retry-after: 1" in answer
        # The silent ones are closed when their time for headers is over.
        wait_for(lambda: taken(front))


def taken(front: Front) -> bool:
    try:
        return call(front.ports.http, body=trace_body()).status == 200
    except OSError:  # closed before the request was read
        return False


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "not within 60 seconds"
        time.sleep(0.05)


def test_a_sender_that_hangs_up_leaves_nothing_behind(start_front: StartFront) -> None:
    front = start_front()
    for _ in range(20):
        with open_request(front, length=100_000) as gone:
            gone.sendall(bytes(5000))
    assert call(front.ports.http, body=trace_body()).status == 200
    page = call(front.ports.http, "/metrics", method="GET", content_type=None).body.decode()
    assert 'outcome="sender_gone"' in page
    assert front.entries(Signal.REJECTION) == []


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\xff\xfe garbage\r\n\r\n",
        b"POST /v1/traces HTTP/9.9\r\n\r\n",
        b"POST /v1/traces HTTP/1.1\r\ncontent-length: -5\r\n\r\n",
        b"POST /v1/traces HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        b"POST /v1/traces HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n",
        b"POST /v1/traces HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_broken_http_is_answered_or_closed_and_others_go_on(front: Front, raw: bytes) -> None:
    with socket.create_connection(("127.0.0.1", front.ports.http), timeout=5) as sender:
        sender.sendall(raw)
        sender.shutdown(socket.SHUT_WR)
        answer = until_closed(sender)
    assert not answer.startswith(b"HTTP/1.1 5")
    assert call(front.ports.http, body=trace_body()).status == 200


def test_a_chunked_body_is_read(front: Front) -> None:
    body = trace_body(5)
    with socket.create_connection(("127.0.0.1", front.ports.http), timeout=5) as sender:
        sender.sendall(
            b"POST /v1/traces HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n"
            b"content-type: application/x-protobuf\r\n\r\n"
        )
        for at in range(0, len(body), 7):
            piece = body[at : at + 7]
            sender.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        sender.sendall(b"0\r\n\r\n")
        assert sender.recv(1000).startswith(b"HTTP/1.1 200")
    assert front.entries()[0].record.body == body


ANYTHING = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def damaged(body: bytes) -> st.SearchStrategy[bytes]:
    def damage(given: tuple[int, bytes, int]) -> bytes:
        at, junk, cut = given
        return (body[:at] + junk + body[at + len(junk) :])[: len(body) - cut]

    at = st.integers(0, len(body))
    return st.tuples(at, st.binary(max_size=20), st.integers(0, len(body) // 2)).map(damage)


@ANYTHING
@given(
    body=st.one_of(
        st.binary(max_size=2000), damaged(trace_body(3, content="x" * 100)), damaged(json_trace_body())
    ),
    content_type=st.sampled_from([PROTOBUF, JSON]),
    encoding=st.sampled_from(["", "gzip", "deflate"]),
    path=st.sampled_from(["/v1/traces", "/v1/logs", "/v1/metrics"]),
)
def test_any_body_is_accepted_or_refused_and_never_a_fault(
    front: Front, body: bytes, content_type: str, encoding: str, path: str
) -> None:
    answer = call(front.ports.http, path, body, content_type=content_type, content_encoding=encoding)
    assert answer.status in {200, 400}
    assert answer.headers["content-type"] == content_type


@pytest.mark.parametrize("waits", [True, False])
def test_a_sender_that_asks_first_is_refused_before_it_sends(front: Front, waits: bool) -> None:
    content_type = b"text/plain" if waits else PROTOBUF.encode()
    body = trace_body(content="x" * 1000)
    with socket.create_connection(("127.0.0.1", front.ports.http), timeout=5) as sender:
        sender.sendall(
            b"POST /v1/traces HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n"
            b"content-type: %s\r\ncontent-length: %d\r\n\r\n" % (content_type, len(body))
        )
        if waits:
            answer = until_closed(sender)
            assert answer.startswith(b"HTTP/1.1 415")
            assert b"100 Continue" not in answer
        else:
            assert sender.recv(100).startswith(b"HTTP/1.1 100")
            sender.sendall(body)
            assert sender.recv(100).startswith(b"HTTP/1.1 200")


CROWDS = {
    "resources": b"\x0a\x00" * 30_000,
    "resources to the limit": b"\x0a\x00" * (32 * MIB),
    "spans": b"\x0a\xc4\xcf\x24\x12\xc0\xcf\x24" + b"\x12\x00" * 300_000,
    "json": b'{"resourceSpans":[' + b"{}," * (16 * MIB) + b"{}]}",
}


@pytest.mark.parametrize("kind", sorted(CROWDS))
def test_bodies_of_millions_of_empty_parts_are_refused_cheaply(tmp_path: Path, kind: str) -> None:
    """They are kilobytes of gzip, and parsed they would be gigabytes."""
    body = CROWDS[kind]
    with front_process(tmp_path) as (process, http_port, _):
        call(http_port, body=trace_body())
        before = peak_memory(process.pid)
        answer = call(
            http_port,
            body=gzip.compress(body),
            content_encoding="gzip",
            content_type=JSON if kind == "json" else PROTOBUF,
        )
        assert answer.status in {400, 413}
        assert peak_memory(process.pid) - before < 4 * len(body) + 64 * MIB


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="measures memory through /proc, with glibc")
def test_memory_comes_back_after_large_messages_over_grpc(tmp_path: Path) -> None:
    body = trace_body(8, content="x" * (3 * MIB))
    options = [("grpc.max_send_message_length", -1)]
    with front_process(tmp_path) as (process, http_port, grpc_port):
        call(http_port, body=trace_body())
        before = resident_memory(process.pid)

        def send(_: int) -> None:
            with (
                contextlib.suppress(grpc.RpcError),  # some are told to come back later
                grpc.insecure_channel(f"127.0.0.1:{grpc_port}", options=options) as channel,
            ):
                channel.unary_unary(EXPORT, None, None)(body, timeout=30)

        with ThreadPoolExecutor(16) as senders:
            list(senders.map(send, range(32)))
        wait_for(lambda: resident_memory(process.pid) < before + 160 * MIB)
