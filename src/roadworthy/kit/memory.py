"""Giving memory back to the system that was needed once."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any


def give_back() -> None:
    """Return freed memory to the system; blocks for some milliseconds, and other threads can go on.

    glibc keeps what native libraries freed in small pieces (gRPC, parsers): a few large requests at once
    leave a process at ten times its size for good. Does nothing where the C library is another.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Any:
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL("libc.so.6").malloc_trim
    except (OSError, AttributeError):
        return None
