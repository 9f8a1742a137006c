"""rotel, an OpenTelemetry collector that others wrote (in Rust), forwards to us what it was sent."""

from __future__ import annotations

import contextlib
import importlib.util
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from roadworthy.contracts.intake import Signal
from tests.product import free_ports
from tests.unit.doors.otlp.conftest import Front
from tests.unit.doors.otlp.requests import call, log_body, metric_body, spans


def agent_path() -> Path | None:
    found = importlib.util.find_spec("rotel")
    if found is None or found.origin is None:
        return None
    path = Path(found.origin).with_name("rotel-agent")
    return path if path.exists() else None


@contextlib.contextmanager
def rotel(*, endpoint: str, protocol: str, log: Path) -> Iterator[int]:
    """A running rotel that forwards to `endpoint`; its OTLP/HTTP port."""
    path = agent_path()
    if path is None:
        pytest.skip("rotel is not installed, or has no agent for this platform: pip install rotel")
    http_port, grpc_port = free_ports(2)
    command = [
        str(path),
        "start",
        f"--otlp-http-endpoint=127.0.0.1:{http_port}",
        f"--otlp-grpc-endpoint=127.0.0.1:{grpc_port}",
        "--exporter=otlp",
        f"--otlp-exporter-endpoint={endpoint}",
        f"--otlp-exporter-protocol={protocol}",
        "--otlp-exporter-compression=gzip",
        "--batch-timeout=100ms",
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", http_port), 1):
                break
            time.sleep(0.05)
        yield http_port
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_a_collector_forwards_to_us_and_waits_where_we_are_busy(
    front: Front, tmp_path: Path, protocol: str
) -> None:
    endpoint = front.http if protocol == "http" else f"http://{front.grpc}"
    trace = spans(3, content="forwarded")
    with rotel(endpoint=endpoint, protocol=protocol, log=tmp_path / "rotel.log") as port:
        front.be_busy(1, retry_after=0.1)
        assert call(port, "/v1/traces", trace.SerializeToString()).status == 200
        assert call(port, "/v1/logs", log_body()).status == 200
        assert call(port, "/v1/metrics", metric_body()).status == 200
        deadline = time.monotonic() + 60
        while len(front.entries()) < 3 and time.monotonic() < deadline:
            time.sleep(0.1)
    said = (tmp_path / "rotel.log").read_text()
    kept = {entry.record.signal: entry.record.body for entry in front.entries()}
    assert set(kept) == {Signal.TRACES, Signal.LOGS, Signal.METRICS}, said
    (resource,) = ExportTraceServiceRequest.FromString(kept[Signal.TRACES]).resource_spans
    assert resource.scope_spans[0].spans == trace.resource_spans[0].scope_spans[0].spans
