"""The outside of the sandbox: one process with one user's function in it, bounded in time, killed when in
doubt."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

GUEST = Path(__file__).with_name("guest.py")
ANSWER_BYTES = 100_000
START_S = 20.0
"""Until a new interpreter is ready; a machine under load may need seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    seconds: float = 2.0
    """Of one call, by the clock on the wall."""
    memory_bytes: int = 512 * 1024 * 1024
    """Address space, the interpreter included (about 60 MB)."""
    run_bytes: int = 20_000_000
    """Of one run as it is handed over."""
    calls: int = 500
    """After so many the process is replaced, with whatever it has gathered."""


class Ended(Exception):  # noqa: N818 (a condition, not a bug)
    """The process is gone; the message says why, for people."""


class Worker:
    """A process. Not safe to share between threads. After `Ended` it is of no more use."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._folder = tempfile.mkdtemp(prefix="roadworthy-evaluator-")
        read_end, write_end = os.pipe()
        guest_end, self._to = os.pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603 (our own interpreter and file)
                [sys.executable, "-I", "-S", "-B", "-X", "utf8", str(GUEST), str(write_end)],
                stdin=guest_end,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={},
                cwd=self._folder,
                pass_fds=(write_end,),
                start_new_session=True,
            )
        except OSError as refused:
            os.close(read_end)
            os.close(self._to)
            shutil.rmtree(self._folder, ignore_errors=True)
            raise Ended(f"no process could be started: {refused.strerror}") from None
        finally:
            os.close(write_end)
            os.close(guest_end)
        self._from = read_end
        os.set_blocking(self._to, False)
        os.set_blocking(self._from, False)
        self.calls = 0
        seconds = int(limits.calls * limits.seconds) + 60
        self.weak: str = str(self._ask({"memory": limits.memory_bytes, "seconds": seconds}, START_S)["weak"])
        """Why the kernel does not help to keep the code in; "" where it does."""

    def load(self, source: str) -> dict[str, Any]:
        return self._ask({"source": source, "limit": self._limits.seconds}, self._limits.seconds)

    def call(self, run: bytes) -> dict[str, Any]:
        """`run` is JSON."""
        self.calls += 1
        head = b'{"limit":' + orjson.dumps(self._limits.seconds) + b',"run":'
        return self._exchange(head + run + b"}", self._limits.seconds)

    def close(self) -> None:
        """Ends the process and all it may have started; may be called again."""
        if self._process.poll() is None:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                self._process.kill()
        self._process.wait()
        if self._from >= 0:
            os.close(self._from)
            os.close(self._to)
            self._from = -1
            shutil.rmtree(self._folder, ignore_errors=True)

    def _ask(self, said: dict[str, Any], seconds: float) -> dict[str, Any]:
        return self._exchange(orjson.dumps(said), seconds)

    def _exchange(self, body: bytes, seconds: float) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        try:
            self._write(struct.pack(">I", len(body)) + body, deadline)
            size = struct.unpack(">I", self._read(4, deadline))[0]
            if size > ANSWER_BYTES:
                raise Ended("it answered too much")
            said = json.loads(self._read(size, deadline))
        except TimeoutError:
            self.close()
            raise Ended(f"it took longer than {seconds:g} s") from None
        except (ValueError, RecursionError):
            self.close()
            raise Ended("it answered nonsense") from None
        except Ended:
            self.close()
            raise
        if not isinstance(said, dict):
            self.close()
            raise Ended("it answered nonsense")
        return said

    def _write(self, body: bytes, deadline: float) -> None:
        rest = memoryview(body)
        while rest:
            self._wait(self._to, select.POLLOUT, deadline)
            try:
                rest = rest[os.write(self._to, rest) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise Ended(self._death()) from None

    def _read(self, size: int, deadline: float) -> bytes:
        taken = bytearray()
        while len(taken) < size:
            self._wait(self._from, select.POLLIN, deadline)
            try:
                piece = os.read(self._from, size - len(taken))
            except BlockingIOError:
                continue
            if not piece:
                raise Ended(self._death())
            taken += piece
        return bytes(taken)

    def _wait(self, fd: int, what: int, deadline: float) -> None:
        left = deadline - time.monotonic()
        poll = select.poll()
        poll.register(fd, what)
        if left <= 0 or not poll.poll(left * 1000):
            raise TimeoutError

    def _death(self) -> str:
        try:
            code = self._process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            return "it closed its connection"
        if code >= 0:
            return f"it ended its process (exit code {code})"
        names = {-signal.SIGXCPU: "used too much processor time", -signal.SIGKILL: "was killed (memory?)"}
        return f"it {names.get(code, f'crashed (signal {-code})')}"
