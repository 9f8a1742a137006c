"""The gateway's door: listening, answering, stopped in order."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

from roadworthy.doors.gateway.connection import CallerConnection, Desk, Handler
from roadworthy.doors.gateway.limits import GatewayLimits

_BACKLOG = 1024


@contextlib.asynccontextmanager
async def gateway_door(
    handler: Handler, *, sock: socket.socket, limits: GatewayLimits | None = None, grace_seconds: float = 5.0
) -> AsyncIterator[Desk]:
    """Answer on `sock`, which is bound and stays open for the next process, while the context is entered.

    When it is left no new request is taken; those begun may end within `grace_seconds`, then they are cut
    off.
    """
    loop = asyncio.get_running_loop()
    desk = Desk(handler=handler, limits=limits or GatewayLimits(), loop=loop)
    # A socket of its own: closing the server closes it, and the parent's goes on taking connections.
    server = await loop.create_server(lambda: CallerConnection(desk), sock=sock.dup(), backlog=_BACKLOG)
    try:
        yield desk
    finally:
        desk.stopping = True
        server.close()
        for connection in tuple(desk.connections):
            connection.stop()
        if desk.tasks:
            await asyncio.wait(tuple(desk.tasks), timeout=grace_seconds)
        for task in tuple(desk.tasks):
            task.cancel()
        if desk.tasks:
            await asyncio.wait(tuple(desk.tasks), timeout=1.0)
