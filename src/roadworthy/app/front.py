"""The front process: takes OTLP in, keeps the intake log, and keeps a core and a gateway running.

It goes on acknowledging while the core is down: what it has accepted waits in the log. Each of its children
outlives the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import time
from typing import TextIO

from roadworthy.app.child_process import ChildProcess
from roadworthy.app.credentials import KeysRequired
from roadworthy.app.folder import DataFolder
from roadworthy.app.pacing import PacedWriter
from roadworthy.app.preparation import prepare_metadata
from roadworthy.app.settings import Settings, is_loopback, shown_host
from roadworthy.app.sockets import listen, port_of
from roadworthy.app.told_spans import FOLDER, ToldSpans
from roadworthy.backends.intake.file.limits import IntakeLimits
from roadworthy.backends.intake.file.writer import FileIntakeWriter
from roadworthy.backends.metadata.sqlite.keys import SqliteKeyDirectory
from roadworthy.doors.otlp.limits import DoorLimits
from roadworthy.doors.otlp.serve import OtlpPorts, otlp_doors
from roadworthy.features.ingest.mask import mask_text

log = logging.getLogger(__name__)

_CORE_STOP_SECONDS = 7.0
_DOOR_STOP_SECONDS = 5.0
_GATEWAY_STOP_SECONDS = 7.0


class Front:
    """Locks the data folder and binds the ports when made; raises FolderRefused, PortTaken,
    NotPrepared."""

    def __init__(self, settings: Settings, *, out: TextIO) -> None:
        self._out = out
        self._began = time.monotonic()
        self._folder = DataFolder(settings.data.expanduser().resolve())
        self._folder.prepare()
        prepare_metadata(self._folder.metadata, settings=settings)
        self._rest_socket = listen(settings.host, settings.port, flag="--port", what="the web page")
        self._http_socket = listen(
            settings.otlp_bind, settings.otlp_http_port, flag="--otlp-http-port", what="OTLP over HTTP"
        )
        # Bound here, so that callers wait in the kernel for the moment of a restart instead of being refused.
        self._gateway_socket = listen(
            settings.gateway_bind, settings.gateway_port, flag="--gateway-port", what="the gateway"
        )
        self._settings = settings.model_copy(
            update={
                "gateway_port": port_of(self._gateway_socket),
                "data": self._folder.root,
                "port": port_of(self._rest_socket),
                "otlp_http_port": port_of(self._http_socket),
            }
        )
        self._writer = FileIntakeWriter(self._folder.intake, limits=_intake_limits(settings))

    async def run(self) -> int:
        """Serve until SIGTERM or SIGINT, then stop in order: doors and core, then the log."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        directory = SqliteKeyDirectory(self._folder.metadata)
        keys = directory if is_loopback(self._settings.otlp_bind) else KeysRequired(directory)
        writer = PacedWriter(self._writer, backlog=self._writer.backlog_bytes)
        doors = otlp_doors(
            writer=writer,
            keys=keys,
            mask=lambda text: mask_text(text).text,
            host=self._settings.otlp_bind,
            http_socket=self._http_socket,
            grpc_port=self._settings.otlp_grpc_port,
            limits=door_limits(self._settings),
            grace_seconds=_DOOR_STOP_SECONDS,
        )
        try:
            async with doors as ports:
                telling = asyncio.create_task(ToldSpans(self._folder.root / FOLDER).keep_taking(writer))
                await self._supervise(ports, stop=stop)
                telling.cancel()
        finally:
            await writer.close()
            directory.close()
            self._folder.release()
        return 0

    async def _supervise(self, ports: OtlpPorts, *, stop: asyncio.Event) -> None:
        """Keep a core and a gateway running until `stop`, then end them; senders are still answered
        meanwhile."""
        settings = self._settings.model_copy(update={"otlp_grpc_port": ports.grpc})
        told = settings.model_dump_json()
        core = self._child("core", told, sock=self._rest_socket)
        gateway = self._child("gateway", told, sock=self._gateway_socket)
        supervising = asyncio.gather(core.run(), gateway.run())
        announcing = asyncio.create_task(self._announce(core, gateway, settings=settings))
        await stop.wait()
        announcing.cancel()
        await asyncio.gather(
            core.stop(grace_seconds=_CORE_STOP_SECONDS), gateway.stop(grace_seconds=_GATEWAY_STOP_SECONDS)
        )
        supervising.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await supervising
        self._rest_socket.close()
        self._gateway_socket.close()

    @staticmethod
    def _child(name: str, settings_json: str, *, sock: socket.socket) -> ChildProcess:
        sock.set_inheritable(True)
        return ChildProcess(
            name, module=f"roadworthy.app.{name}", settings_json=settings_json, socket_fd=sock.fileno()
        )

    async def _announce(self, core: ChildProcess, gateway: ChildProcess, *, settings: Settings) -> None:
        await core.ready.wait()
        await gateway.ready.wait()
        otlp = shown_host(settings.otlp_bind)
        self._out.write(
            f"Roadworthy is ready ({time.monotonic() - self._began:.1f} s)\n"
            f"  look    http://{shown_host(settings.host)}:{settings.port}\n"
            f"  send    export OTEL_EXPORTER_OTLP_ENDPOINT=http://{otlp}:{settings.otlp_http_port}\n"
            f"  gRPC    {otlp}:{settings.otlp_grpc_port}\n"
            f"  call    http://{shown_host(settings.gateway_bind)}:{settings.gateway_port}"
            "   (base URL of models and tools)\n"
            f"  data    {settings.data}\n"
        )
        self._out.flush()


def _intake_limits(settings: Settings) -> IntakeLimits:
    return IntakeLimits(
        queue_bytes=settings.intake_queue_bytes,
        backlog_bytes=settings.max_backlog_bytes,
        free_bytes_floor=settings.min_free_bytes,
    )


def door_limits(settings: Settings) -> DoorLimits:
    """What the settings say about the OTLP doors."""
    return DoorLimits(
        body_bytes=settings.max_body_bytes,
        body_seconds=settings.body_seconds,
        connections=settings.max_connections,
        cors_origins=tuple(settings.cors_origins),
        metrics_need_key=not is_loopback(settings.otlp_bind),
    )
