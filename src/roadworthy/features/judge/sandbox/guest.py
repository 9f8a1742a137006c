"""The inside of the sandbox: a program of its own, started as `python -I -S guest.py FD`; imports the
standard library only, and nothing imports it.

It gives away what it could do before it looks at a line of the user's code. Walls, from the outside in:
1. resource limits: memory, processor time, no files, no processes;
2. seccomp: system calls that compute are allowed, all others fail. Code that gets past Python's own walls can
   still not open, connect, start or signal anything;
3. an audit hook that refuses the same with words, and an import that knows harmless modules only.
Frames both ways are JSON with four bytes of length before it.
"""

from __future__ import annotations

import builtins
import contextlib
import ctypes
import errno
import importlib
import json
import os
import platform
import resource
import signal
import struct
import sys
import types
from typing import Any

MODULES = (
    "abc", "base64", "binascii", "bisect", "cmath", "collections", "collections.abc", "copy",
    "dataclasses", "datetime", "decimal", "difflib", "enum", "fractions", "functools", "hashlib",
    "heapq", "html", "itertools", "json", "math", "numbers", "operator", "random", "re",
    "statistics", "string", "textwrap", "time", "typing", "unicodedata", "urllib.parse",
)  # fmt: skip
"""What a user's code may import."""
_NEEDED_LATER = (
    "_strptime",
    "encodings.idna",
    "encodings.ascii",
    "encodings.latin_1",
    "encodings.utf_16",
    "_pydecimal",
)
"""What those modules import when they first need it: no file can be opened then."""
_IMPORTABLE = frozenset((*MODULES, *_NEEDED_LATER)) | {name.partition(".")[0] for name in MODULES}
PRINTED = 4_000
RESULT = 65_536
ERROR = 1_000
NOBODY = 65_534

# Numbers of the system calls that only compute, by machine.
_CALLS: dict[str, tuple[int, tuple[int, ...]]] = {
    "x86_64": (
        0xC000003E,
        (
            0, 1, 3, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 28, 35, 36, 38, 39, 60, 96, 98,
            100, 131, 186, 201, 202, 219, 228, 229, 230, 231, 318, 324, 334,
        ),
    ),
    "aarch64": (
        0xC00000B7,
        (
            57, 62, 63, 64, 73, 80, 93, 94, 98, 101, 102, 103, 113, 114, 115, 124, 128, 132, 134,
            135, 139, 153, 165, 169, 172, 178, 214, 215, 216, 222, 226, 233, 278, 283, 293,
        ),
    ),
}  # fmt: skip
"""Machine → (audit architecture, calls): read, write, close, fstat, poll, lseek, memory (mmap, mprotect,
munmap, brk, mremap, madvise), signals' own bookkeeping, time, sleep, getpid, gettid, futex, getrandom, exit,
rseq."""


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_ushort),
        ("jt", ctypes.c_ubyte),
        ("jf", ctypes.c_ubyte),
        ("k", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction)))


def allow_only_computing() -> str:
    """Installs the filter of system calls; "" where it holds, else why it does not."""
    known = _CALLS.get(platform.machine())
    if not sys.platform.startswith("linux") or known is None:
        return f"no filter of system calls for {sys.platform} on {platform.machine()}"
    architecture, calls = known
    load, equal, give = 0x20, 0x15, 0x06
    allow, refuse, kill = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000
    rows = [(load, 0, 0, 4), (equal, 1, 0, architecture), (give, 0, 0, kill), (load, 0, 0, 0)]
    for left, number in zip(range(len(calls), 0, -1), calls, strict=True):
        rows.append((equal, left, 0, number))
    rows += [(give, 0, 0, refuse), (give, 0, 0, allow)]
    body = (_Instruction * len(rows))(*(_Instruction(*row) for row in rows))
    program = _Program(len(rows), body)
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    no_new_privileges, dumpable, seccomp, filtering = 38, 4, 22, 2
    prctl(dumpable, 0, 0, 0, 0)
    if prctl(no_new_privileges, 1, 0, 0, 0) != 0:
        return f"prctl: {os.strerror(ctypes.get_errno())}"
    if prctl(seccomp, filtering, ctypes.byref(program), 0, 0) != 0:
        return f"seccomp: {os.strerror(ctypes.get_errno())}"
    return ""


def limit(memory: int, seconds: int) -> None:
    for which, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 8),
    ):
        with contextlib.suppress(ValueError, OSError):  # a lower bound holds already
            resource.setrlimit(which, (value, value))


def drop_root() -> None:
    if os.geteuid() == 0:
        with contextlib.suppress(OSError):
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)


_REFUSED = (
    "os.", "socket.", "subprocess.", "ctypes.", "shutil.", "tempfile.", "mmap.", "fcntl.", "pty.",
    "gc.", "glob.", "ftplib.", "http.", "smtplib.", "urllib.", "sqlite3.", "winreg.", "msvcrt.",
    "resource.", "signal.pthread_kill", "syslog.", "sys.addaudithook", "sys.settrace",
    "sys.setprofile",
)  # fmt: skip


def wall(event: str, _: tuple[Any, ...]) -> None:
    if event == "open":
        raise PermissionError("an evaluator may not open files")
    if event.startswith("socket."):
        raise PermissionError("an evaluator may not use the network")
    if event.startswith(_REFUSED):
        raise PermissionError(f"an evaluator may not do this ({event})")


class Printed:
    """What the user's code prints, as far as it is kept."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.size = 0

    def write(self, text: str) -> int:
        if self.size < PRINTED:
            piece = str(text)[: PRINTED - self.size]
            self.kept.append(piece)
            self.size += len(piece)
        return len(text)

    def flush(self) -> None:
        pass

    def take(self) -> str:
        said = "".join(self.kept)
        self.kept, self.size = [], 0
        return said


def _harmless_import(
    name: str, scope: Any = None, local: Any = None, fromlist: Any = (), level: int = 0
) -> Any:
    if level or name not in _IMPORTABLE:
        raise ImportError(f"an evaluator may not import {name!r}; it may import {', '.join(MODULES)}")
    return importlib.__import__(name, scope, local, fromlist, level)


def load(source: str) -> Any:
    """The user's `evaluate`; whatever its module raises comes out."""
    module = types.ModuleType("evaluator")
    without = {"open", "input", "breakpoint", "exit", "quit", "help", "copyright", "credits", "license"}
    names = {name: value for name, value in vars(builtins).items() if name not in without}
    module.__dict__["__builtins__"] = {**names, "__import__": _harmless_import}
    sys.modules["evaluator"] = module  # dataclasses look their module up
    exec(compile(source, "evaluator.py", "exec", dont_inherit=True), module.__dict__)  # noqa: S102
    evaluate = module.__dict__.get("evaluate")
    if not callable(evaluate):
        raise TypeError("there is no function evaluate(run)")
    return evaluate


def plain(said: Any) -> Any:
    """What a function may return, as JSON can tell it; raises TypeError for anything else."""
    if isinstance(said, bool | str):
        return said
    if isinstance(said, int | float):
        return float(said)
    if isinstance(said, dict):
        known = {"value", "label", "explanation", "evidence"}
        strangers = [str(key)[:60] for key in said if key not in known]
        if strangers:
            raise TypeError(
                f"evaluate returned a dict with {strangers[0]!r}; expected {', '.join(sorted(known))}"
            )
        return {key: None if value is None else plain_field(key, value) for key, value in said.items()}
    raise TypeError(f"evaluate returned {type(said).__name__}; expected a number, a bool, a text or a dict")


def plain_field(key: str, value: Any) -> Any:
    if key == "value":
        if isinstance(value, int | float):
            return float(value)
        raise TypeError(f"evaluate returned a value of type {type(value).__name__}; expected a number")
    if isinstance(value, str):
        return value[: ERROR * 2]
    raise TypeError(f"evaluate returned a {key} of type {type(value).__name__}; expected a text")


def told(error: BaseException) -> dict[str, Any]:
    """The error with the line of the user's code it came from, 0 where it came from none."""
    line = 0
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "evaluator.py":
            line = trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, SyntaxError):
        line = error.lineno or 0
    try:
        said = str(error)[:ERROR]
    except BaseException:  # noqa: BLE001 (the user's own class may do anything)
        said = ""
    return {"error": type(error).__name__[:100], "said": said, "line": line}


def receive() -> dict[str, Any] | None:
    head = take(4)
    if head is None:
        return None
    body = take(struct.unpack(">I", head)[0])
    return None if body is None else json.loads(body)


def take(size: int) -> bytes | None:
    taken = bytearray()
    while len(taken) < size:
        piece = os.read(0, min(1 << 20, size - len(taken)))
        if not piece:
            return None
        taken += piece
    return bytes(taken)


def answer(fd: int, said: dict[str, Any]) -> None:
    body = json.dumps(said).encode("utf-8", "replace")
    if len(body) > RESULT:
        body = json.dumps({"error": "TypeError", "said": "evaluate returned too much", "line": 0}).encode()
    frame = memoryview(struct.pack(">I", len(body)) + body)
    while frame:
        frame = frame[os.write(fd, frame) :]


def main(fd: int) -> None:
    settings = receive()
    if settings is None:
        return
    for name in (*MODULES, *_NEEDED_LATER):
        importlib.import_module(name)
    printed = Printed()
    sys.stdin, sys.stdout, sys.stderr = None, printed, printed
    limit(settings["memory"], settings["seconds"])
    drop_root()
    weak = allow_only_computing()
    for name in ("ctypes", "_ctypes", "subprocess", "socket", "_socket", "resource"):
        sys.modules.pop(name, None)
    sys.path.clear()
    sys.addaudithook(wall)
    answer(fd, {"weak": weak})
    serve(fd, printed)


def serve(fd: int, printed: Printed) -> None:
    evaluate: Any = None
    while (asked := receive()) is not None:
        # Should whoever started this be gone: SIGALRM ends what goes on for ever.
        signal.setitimer(signal.ITIMER_REAL, asked["limit"] + 5.0)
        try:
            if "source" in asked:
                evaluate = load(asked["source"])
                said: dict[str, Any] = {"loaded": True}
            else:
                said = {"returned": plain(evaluate(asked["run"]))}
        except BaseException as error:  # noqa: BLE001 (SystemExit and MemoryError, too)
            said = told(error)
        signal.setitimer(signal.ITIMER_REAL, 0)
        answer(fd, {**said, "printed": printed.take()})


if __name__ == "__main__":
    main(int(sys.argv[1]))
