"""The gateway process: what agents call goes through it (docs/adr/0017-the-gateway-is-a-process.md).

Started by the front as `python -m roadworthy.app.gateway PARENT_PID SOCKET_FD`; prints "ready" when it
answers. It loads no telemetry engine and waits for no database.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING

from roadworthy.app.child_process import SETTINGS_VARIABLE
from roadworthy.app.logs import set_up_logging
from roadworthy.app.settings import Settings
from roadworthy.doors.gateway.serve import gateway_door
from roadworthy.kit.parent import die_with_parent

if TYPE_CHECKING:
    from roadworthy.app.gateway_room import GatewayRoom

log = logging.getLogger(__name__)

_GRACE_SECONDS = 5.0
_STATE_SECONDS = 1.0


def main() -> int:
    parent_pid, fd = int(sys.argv[1]), int(sys.argv[2])
    die_with_parent(parent_pid)
    settings = Settings.model_validate_json(os.environ.pop(SETTINGS_VARIABLE))
    set_up_logging(settings.log_level, role="gateway")
    # A call takes the interpreter from the thread that writes recordings, and would wait up to 5 ms for it.
    sys.setswitchinterval(0.0005)
    gc.disable()  # nothing that is loaded is garbage
    from roadworthy.app.gateway_room import GatewayRoom

    room = GatewayRoom(settings)
    gc.collect()
    gc.freeze()
    gc.enable()
    import uvloop

    return uvloop.run(_serve(room, sock=socket.socket(fileno=fd)))


async def _serve(room: GatewayRoom, *, sock: socket.socket) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    room.start()
    async with gateway_door(
        room.handler, sock=sock, limits=room.limits, grace_seconds=_GRACE_SECONDS
    ) as desk:
        room.state.desk = desk
        telling = asyncio.create_task(_tell(room))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await stop.wait()
    telling.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await telling
    await room.stop()
    return 0


async def _tell(room: GatewayRoom) -> None:
    while True:
        try:
            room.state.write()
        except Exception:
            # What the gateway says about itself is worth less than that it goes on.
            log.exception("the gateway's state cannot be told")
        await asyncio.sleep(_STATE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
