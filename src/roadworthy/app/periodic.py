"""Runs the flows that time starts, one after the other, on a thread of their own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence

from roadworthy.flows.table import Periodic

log = logging.getLogger(__name__)


class PeriodicRunner:
    def __init__(self, flows: Sequence[Periodic]) -> None:
        self._flows = flows
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="periodic", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, timeout: float) -> None:
        self._stopping.set()
        self._thread.join(timeout)

    def _loop(self) -> None:
        # The first run waits a little: a start should be quick, and a crash loop should not work hard.
        due = {flow.name: time.monotonic() + min(60.0, flow.every_seconds) for flow in self._flows}
        while not self._stopping.wait(1.0):
            for flow in self._flows:
                if time.monotonic() >= due[flow.name]:
                    self._run(flow)
                    due[flow.name] = time.monotonic() + flow.every_seconds

    def _run(self, flow: Periodic) -> None:
        try:
            flow.run()
        except Exception:
            # A flow that fails is tried again at its next turn; the others go on.
            log.exception("the flow %s failed", flow.name)
