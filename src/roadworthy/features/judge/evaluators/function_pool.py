"""The users' functions that are running now: a process each, the least recently asked ended first."""

from __future__ import annotations

import atexit
import threading
from collections import OrderedDict

from roadworthy.features.judge.evaluators.python_function import PythonFunction
from roadworthy.kit.masking import mask_text

PROCESSES = 12
"""About 20 MB each."""


class FunctionPool:
    """Safe to share between threads. The same source is the same function: projects share nothing but what a
    source remembers of runs, so the project is part of the key."""

    def __init__(self, size: int = PROCESSES) -> None:
        self._size = size
        self._running: OrderedDict[tuple[str, str], PythonFunction] = OrderedDict()
        self._lock = threading.Lock()  # protects the order

    def get(self, source: str, *, project: str = "") -> PythonFunction:
        dropped: list[PythonFunction] = []
        with self._lock:
            found = self._running.get((project, source))
            if found is None:
                found = PythonFunction(source, mask=lambda text: mask_text(text).text)
                self._running[project, source] = found
            self._running.move_to_end((project, source))
            while len(self._running) > self._size:
                dropped.append(self._running.popitem(last=False)[1])
        for one in dropped:
            # One that is being asked ends when it has answered, and starts again if asked again.
            one.close()
        return found

    def close(self) -> None:
        with self._lock:
            running, self._running = list(self._running.values()), OrderedDict()
        for one in running:
            one.close()


POOL = FunctionPool()
"""Of this process."""
atexit.register(POOL.close)
