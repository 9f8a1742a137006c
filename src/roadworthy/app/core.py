"""The core process: owns the telemetry store, keeps a worker that reads the intake log, serves the page, the
API and MCP.

Started by the front as `python -m roadworthy.app.core PARENT_PID REST_FD`; prints "ready" when it answers.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.app.child_process import SETTINGS_VARIABLE
from roadworthy.app.folder import DataFolder
from roadworthy.app.logs import set_up_logging
from roadworthy.app.serving import EmbeddedServer, embedded
from roadworthy.app.settings import Settings
from roadworthy.contracts.telemetry import StoreUnavailable
from roadworthy.kit.absent import keep_out
from roadworthy.kit.memory import let_go_of_code
from roadworthy.kit.parent import die_with_parent

if TYPE_CHECKING:
    from roadworthy.app.core_room import CoreRoom

log = logging.getLogger(__name__)

ENGINE_LIBRARY = "_chdb"
EXIT_STORE = 75
EXIT_WORKER = 70


def main() -> int:
    keep_out("pandas")
    parent_pid, rest_fd = int(sys.argv[1]), int(sys.argv[2])
    die_with_parent(parent_pid)
    settings = Settings.model_validate_json(os.environ.pop(SETTINGS_VARIABLE))
    set_up_logging(settings.log_level, role="core")
    _use_own_temporary_folder(DataFolder(settings.data).temporary)
    # A request takes the interpreter a dozen times from whatever else computes here, and would wait up to
    # 5 ms for it each time.
    sys.setswitchinterval(0.001)
    # Nothing that is loaded is garbage, and looking for some took a fifth of the time of a start.
    gc.disable()
    from roadworthy.app.core_room import CoreRoom

    try:
        room = CoreRoom(settings)
    except StoreUnavailable as fault:
        log.error("the telemetry store cannot be opened: %s", fault)
        return EXIT_STORE
    gc.freeze()
    gc.enable()
    import uvloop

    return uvloop.run(_serve(room, settings=settings, sock=socket.socket(fileno=rest_fd)))


def _use_own_temporary_folder(folder: Path) -> None:
    """Inserts go through temporary files; those a killed core left behind go at the next start."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    tempfile.tempdir = str(folder)


async def _serve(room: CoreRoom, *, settings: Settings, sock: socket.socket) -> int:
    server = embedded(room.rest_app, log_level=settings.log_level, trusted_proxies=settings.trusted_proxies)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    room.start()
    serving = asyncio.create_task(server.serve(sockets=[sock]))
    announcing = asyncio.create_task(_announce(server))
    watching = asyncio.create_task(_watch(room, stop=stop))
    await asyncio.wait({serving, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
    room.events.close()
    server.should_exit = True
    healthy = room.worker.watched
    await serving
    announcing.cancel()
    watching.cancel()
    await asyncio.to_thread(room.stop)
    return 0 if healthy else EXIT_WORKER


async def _announce(server: EmbeddedServer) -> None:
    await server.answering.wait()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    let_go_of_code(ENGINE_LIBRARY)


async def _watch(room: CoreRoom, *, stop: asyncio.Event) -> None:
    """Without the thread that watches the worker the log would stay unread: end the process, the front starts
    anew."""
    while room.worker.watched:  # noqa: ASYNC110 - threads set no asyncio event
        await asyncio.sleep(1.0)
    log.critical("nobody watches the worker any more; ending the core so that it starts anew")
    stop.set()


if __name__ == "__main__":
    sys.exit(main())
