"""The worker process: reads the intake log and hands the core finished tables.

Started by the core as `python -m roadworthy.app.worker PARENT_PID READS_FD WRITES_FD`. It imports neither the
engine nor the web: it is there for its interpreter, which nothing else is to hold.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING

from roadworthy.app.logs import set_up_logging
from roadworthy.app.worker_orders import ORDERS_VARIABLE, WorkerOrders
from roadworthy.backends.telemetry.handed.calls import PeerGone
from roadworthy.kit.absent import keep_out
from roadworthy.kit.parent import die_with_parent
from roadworthy.kit.priority import make_way

if TYPE_CHECKING:
    from roadworthy.app.worker_room import WorkerRoom

log = logging.getLogger(__name__)

EXIT_CONSUMER = 70
_TELL_SECONDS = 0.5
_GARBAGE_SECONDS = 600.0
"""Between collections of everything."""


def main() -> int:
    keep_out("pandas")
    parent_pid, reads_fd, writes_fd = map(int, sys.argv[1:4])
    die_with_parent(parent_pid)
    orders = WorkerOrders.from_json(os.environ.pop(ORDERS_VARIABLE))
    set_up_logging(orders.log_level, role="worker")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    # Spans come by the hundred thousand and hold no cycles: looking for some as they come costs a tenth of
    # the work, and looking through all that are held stops everything for most of a second.
    gc.set_threshold(300_000, 1_000, 1_000)
    gc.disable()  # nothing that is loaded is garbage
    from roadworthy.app.worker_room import WorkerRoom

    room = WorkerRoom(orders, reads=socket.socket(fileno=reads_fd), writes=socket.socket(fileno=writes_fd))
    gc.freeze()
    gc.enable()
    make_way()  # for readers, and for what agents call
    room.start()
    try:
        _work(room, stop=stop)
    except PeerGone:
        # Where the kernel does not end children with their parents.
        log.error("the core is gone; ending with it")
        return 0
    healthy = room.consumer.alive
    room.stop()
    return 0 if healthy else EXIT_CONSUMER


def _work(room: WorkerRoom, *, stop: threading.Event) -> None:
    collected = time.monotonic()
    while room.consumer.alive:
        room.tell()
        if stop.wait(_TELL_SECONDS):
            return
        if time.monotonic() - collected > _GARBAGE_SECONDS:
            gc.collect()
            collected = time.monotonic()
    # A thread that died would leave the log unread: the core starts another worker.
    log.critical("the consumer of the intake log ended; ending the worker so that it starts anew")


if __name__ == "__main__":
    sys.exit(main())
