"""Both OTLP doors of a process: listening, ready, stopped in order."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

import uvicorn

from roadworthy.contracts.intake import IntakeWriter
from roadworthy.contracts.keys import KeyDirectory
from roadworthy.doors.otlp.budget import tidy_memory
from roadworthy.doors.otlp.connection import bounded_protocol
from roadworthy.doors.otlp.grpc_server import build_grpc_server
from roadworthy.doors.otlp.http import build_http_app
from roadworthy.doors.otlp.limits import DoorLimits
from roadworthy.doors.otlp.metrics import DoorMetrics
from roadworthy.doors.otlp.receiver import Receiver
from roadworthy.doors.otlp.rejections import RejectionLog

_KEEP_ALIVE_S = 75
"""Longer than the time between two batches of an exporter (5 s), so that it need not connect for each."""
_BACKLOG = 512


class PortTaken(Exception):  # noqa: N818 (said to the person who starts the server)
    """Another process listens there already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtlpPorts:
    """The ports that are listened on: those asked for, or for 0 the ones the system chose."""

    http: int
    grpc: int


@contextlib.asynccontextmanager
async def otlp_doors(
    *,
    writer: IntakeWriter,
    keys: KeyDirectory,
    mask: Callable[[str], str],
    host: str = "127.0.0.1",
    http_port: int = 4318,
    grpc_port: int = 4317,
    http_socket: socket.socket | None = None,
    limits: DoorLimits | None = None,
    gauges: Mapping[str, Callable[[], float]] | None = None,
    grace_seconds: float = 5.0,
) -> AsyncIterator[OtlpPorts]:
    """Listen on both ports while the context is entered.

    Both accept when it is entered; when it is left, no new request is taken, those begun are answered (for
    `grace_seconds` at most) and the rejections gathered are written. The writer is left open. Raises
    PortTaken, naming the port. `http_socket`, where given, is bound already and used instead of `http_port`;
    it is closed at the end. `mask` takes secrets out of the samples of refused bodies.
    """
    limits = limits or DoorLimits()
    rejections = RejectionLog(writer, mask=mask)
    receiver = Receiver(
        writer=writer,
        keys=keys,
        limits=limits,
        metrics=DoorMetrics(gauges=gauges),
        rejections=rejections,
    )
    listener = http_socket or _listen(host, http_port)
    grpc_server = build_grpc_server(receiver=receiver)
    bound_grpc = _bind_grpc(grpc_server, host, grpc_port)
    http_server = _http_server(receiver, grace_seconds=grace_seconds)
    await grpc_server.start()
    serving = asyncio.create_task(http_server.serve(sockets=[listener]))
    tidying = asyncio.create_task(tidy_memory(receiver.budget))
    try:
        await _until_started(http_server, serving)
        yield OtlpPorts(http=listener.getsockname()[1], grpc=bound_grpc)
    finally:
        tidying.cancel()
        http_server.should_exit = True
        await asyncio.gather(grpc_server.stop(grace_seconds), serving, return_exceptions=True)
        listener.close()
        await rejections.close()


def _http_server(receiver: Receiver, *, grace_seconds: float) -> uvicorn.Server:
    config = uvicorn.Config(
        build_http_app(receiver=receiver),
        http=bounded_protocol(receiver.limits),
        ws="none",
        lifespan="off",
        access_log=False,
        server_header=False,
        log_config=None,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=max(1, int(grace_seconds)),
        backlog=_BACKLOG,
    )
    server = uvicorn.Server(config)
    # Signals belong to the process, which has more to stop than this.
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    return server


async def _until_started(server: uvicorn.Server, serving: asyncio.Task[None]) -> None:
    while not server.started:
        if serving.done():
            serving.result()
            raise RuntimeError("the OTLP HTTP server ended before it started")
        await asyncio.sleep(0.005)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortTaken(
            f"Port {port} of {host} (OTLP over HTTP) cannot be listened on: {error.strerror}."
            " Stop what uses it, or choose another with --otlp-http-port."
        ) from error
    listener.settimeout(0)
    return listener


def _bind_grpc(server: object, host: str, port: int) -> int:
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        return int(server.add_insecure_port(address))  # type: ignore[attr-defined]
    except RuntimeError as error:
        raise PortTaken(
            f"Port {port} of {host} (OTLP over gRPC) cannot be listened on."
            " Stop what uses it, or choose another with --otlp-grpc-port."
        ) from error
