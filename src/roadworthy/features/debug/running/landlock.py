"""Refusing an agent to write, but to folders of its own: for where the kernel gives no throw-away layer.

Part of the keeper. By Landlock (Linux 5.13 and later, docs.kernel.org/userspace-api/landlock.html), which
takes no namespaces and no privileges, and holds for everything the agent starts.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
import sys

_CREATE, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION, _PATH_BENEATH = 1, 1
_PR_SET_NO_NEW_PRIVS = 38
_WRITE_FILE, _TRUNCATE, _REFER = 1 << 1, 1 << 14, 1 << 13
_MAKE_AND_REMOVE = sum(1 << bit for bit in range(4, 13))
_NODES = ("/dev", "/proc")
"""Writing to what is there stays allowed: they are no files."""
_WHOLE = ("/dev/shm",)  # noqa: S108 (semaphores and memory that processes of one program share)


def refusal(libc: ctypes.CDLL) -> str:
    """Why there is no Landlock here; "" where there is."""
    if not sys.platform.startswith("linux"):
        return "Landlock is of Linux"
    if libc.syscall(_CREATE, None, 0, _VERSION) < 1:
        return f"landlock: {os.strerror(ctypes.get_errno())}"
    return ""


def refuse_writes(libc: ctypes.CDLL, *, but: list[str]) -> None:
    """For this process and all it starts, for good. `but` are folders and files. Raises OSError."""
    version = libc.syscall(_CREATE, None, 0, _VERSION)
    files = _WRITE_FILE | (_TRUNCATE if version >= 3 else 0)
    every = files | _MAKE_AND_REMOVE | (_REFER if version >= 2 else 0)
    ruleset = _done(libc.syscall(_CREATE, struct.pack("Q", every), 8, 0))
    for path in (*but, *_WHOLE, *_NODES):
        try:
            one = os.open(path, os.O_PATH)
        except OSError:
            continue
        is_folder = stat.S_ISDIR(os.fstat(one).st_mode)
        given = every if is_folder and path not in _NODES else files
        _done(libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", given, one), 0))
        os.close(one)
    _done(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _done(libc.syscall(_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _done(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"landlock: {os.strerror(code)}")
    return result
