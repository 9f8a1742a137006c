"""Work that can wait makes way for work that somebody waits for, where both want the processor.

The kernel shares time out by niceness: with ten steps more a thread gets a tenth of what others get, and all
it can use where nobody else wants any.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_STEPS = 10
_LOWEST = 19
_THREADS = Path("/proc/self/task")


def make_way() -> None:
    """This process, and what it starts from now on."""
    with contextlib.suppress(OSError):
        os.nice(_STEPS)


def make_threads_way(name: str) -> int:
    """The threads of this process that the kernel knows under `name`; how many there are. On Linux alone."""
    niceness = min(_LOWEST, os.getpriority(os.PRIO_PROCESS, 0) + _STEPS)
    found = 0
    for thread in _THREADS.glob("*"):
        with contextlib.suppress(OSError):  # it may have ended by now
            if (thread / "comm").read_text().strip() == name:
                os.setpriority(os.PRIO_PROCESS, int(thread.name), niceness)
                found += 1
    return found
