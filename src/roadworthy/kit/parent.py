"""Ties the life of a child process to its parent's."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent_pid: int) -> None:
    """Have the kernel kill this process when its parent ends, however it ends (Linux, prctl(2)).

    Strictly, when the thread ends that started it. A core without its front would hold the store's folder
    against the next one, a child of a pool would wait for ever for work that nobody gives. Killing them
    outright loses nothing: what a core had not written is in the intake log, and who asked the pool is gone.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        # The parent went before the kernel was asked.
        sys.exit(0)
