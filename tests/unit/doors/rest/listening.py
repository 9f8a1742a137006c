"""The app of a desk behind a real socket, for what a test client in process cannot show: streams, MCP."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from tests.unit.doors.rest.desk import Desk


@dataclass(frozen=True)
class Listening:
    desk: Desk
    url: str


@contextmanager
def listening(desk: Desk) -> Iterator[Listening]:
    """On a free port of loopback, for as long as the block runs."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(desk.client.app, log_level="warning", timeout_graceful_shutdown=3))
    ready = threading.Event()

    async def serve() -> None:
        task = asyncio.create_task(server.serve(sockets=[sock]))
        while not server.started and not task.done():  # noqa: ASYNC110 (uvicorn has no event for it)
            await asyncio.sleep(0.01)
        ready.set()
        await task

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(60)
    try:
        yield Listening(desk=desk, url=f"http://127.0.0.1:{sock.getsockname()[1]}")
    finally:
        desk.events.close()
        server.should_exit = True
        thread.join(10)
        desk.metadata.close()
