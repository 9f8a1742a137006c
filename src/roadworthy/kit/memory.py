"""Giving memory back to the system that was needed once."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from pathlib import Path
from typing import Any

_DONT_NEED = 4
"""MADV_DONTNEED of madvise(2), on Linux."""
_CODE = "r-xp"


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


def let_go_of_code(library: str) -> int:
    """Unmap the pages of a large library's code; `library` is a part of its file's name.

    A third of what such a library takes was needed by its start alone. What is called again is mapped again,
    from the system's page cache. The bytes that were looked through; 0 where this is not Linux.
    """
    try:
        maps = Path("/proc/self/maps").read_text().splitlines()
        madvise = ctypes.CDLL("libc.so.6").madvise
    except (OSError, AttributeError):
        return 0
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    found = 0
    for line in maps:
        span, access, *rest = line.split(maxsplit=5)
        # Code is never written to, so that nothing is lost; what else is mapped may hold what was changed.
        if access == _CODE and len(rest) == 4 and library in rest[3].rpartition("/")[2]:
            start, end = (int(address, 16) for address in span.split("-"))
            if madvise(start, end - start, _DONT_NEED) == 0:
                found += end - start
    return found
