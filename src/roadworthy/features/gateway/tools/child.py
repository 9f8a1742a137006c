"""A child process that speaks lines of JSON: started, watched, killed with all it started, begun anew.

It is somebody else's program: it gets no variable of ours but those it needs to run, it dies with us (Linux,
prctl(2)), what it writes to standard error is masked and kept only as far as a person can read it, and lines
on its standard output are bounded.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from roadworthy.kit.masking import mask_text

log = logging.getLogger(__name__)

PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "SYSTEMROOT")
"""All that a child gets of our environment."""
LOG_LINES = 200
LOG_LINE = 500
LAST_WORDS_S = 0.5
_CHUNK = 64 * 1024
_LAUNCH = (
    "import ctypes,os,signal,sys\n"
    "ctypes.CDLL(None).prctl(1,signal.SIGKILL,0,0,0)\n"
    "if os.getppid()!=int(sys.argv[1]): sys.exit(0)\n"
    "try: os.execvp(sys.argv[2],sys.argv[2:])\n"
    "except OSError as e: sys.exit(f'{sys.argv[2]}: {e.strerror}')\n"
)
"""The kernel is asked by the child itself: nothing of ours runs between fork and exec."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildCommand:
    """`environment` is added to `PASSED_ON`."""

    command: str
    arguments: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""
    most_line_bytes: int = 8 << 20


class ChildGone(Exception):  # noqa: N818 (a condition, not a bug)
    """It is not running, or ended meanwhile."""


class Child:
    """One life of one child. `on_line` gets each whole line of its standard output; `on_end` is called once,
    when nothing more will come."""

    def __init__(
        self,
        command: ChildCommand,
        *,
        on_line: Callable[[bytes], None],
        on_end: Callable[[], None],
        said: deque[str] | None = None,
    ) -> None:
        self._command = command
        self._on_line = on_line
        self._on_end = on_end
        self.said: deque[str] = said if said is not None else deque(maxlen=LOG_LINES)
        """What it wrote to standard error, masked; the newest last."""
        self._process: asyncio.subprocess.Process | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.started = time.monotonic()

    async def start(self) -> None:
        """Raises ChildGone where it cannot be started."""
        command = self._command
        launched = [command.command, *command.arguments]
        if sys.platform == "linux":
            launched = [sys.executable, "-I", "-S", "-c", _LAUNCH, str(os.getpid()), *launched]
        environment = {name: value for name in PASSED_ON if (value := os.environ.get(name)) is not None}
        try:
            self._process = await asyncio.create_subprocess_exec(
                *launched,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={**environment, **command.environment},
                cwd=command.folder or None,
                start_new_session=True,
                limit=_CHUNK,
            )
        except (OSError, ValueError) as fault:
            raise ChildGone(f"it cannot be started: {getattr(fault, 'strerror', None) or fault}") from None
        self._tasks = [
            asyncio.create_task(self._read_lines(), name="child-stdout"),
            asyncio.create_task(self._read_errors(), name="child-stderr"),
        ]

    @property
    def pid(self) -> int:
        return self._process.pid if self._process is not None else 0

    async def write(self, line: bytes) -> None:
        """Raises ChildGone. Waits while it reads nothing."""
        process = self._process
        if process is None or process.stdin is None or process.returncode is not None:
            raise ChildGone("it is not running")
        try:
            process.stdin.write(line + b"\n")
            await process.stdin.drain()
        except (OSError, RuntimeError):
            raise ChildGone("it ended") from None

    async def stop(self, *, patience_s: float = 2.0) -> None:
        """It is told by the end of its input, then killed with all that it started. Idempotent."""
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        if patience_s > 0 and process.returncode is None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), patience_s)
        self._kill_group()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 5.0)
        if self._tasks:
            # Its last words say why it ended.
            await asyncio.wait(self._tasks, timeout=LAST_WORDS_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _kill_group(self) -> None:
        # Its group outlives it: what it started may still hold the pipes.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    async def _read_lines(self) -> None:
        process = self._process
        assert process is not None and process.stdout is not None  # noqa: S101
        buffer = bytearray()
        skipping = False
        try:
            while chunk := await process.stdout.read(_CHUNK):
                *lines, rest = chunk.split(b"\n")
                for line in lines:
                    if not skipping:
                        self._on_line(bytes(buffer + line))
                    buffer.clear()
                    skipping = False
                buffer += rest
                if len(buffer) > self._command.most_line_bytes:
                    self.said.append(
                        f"[a line of more than {self._command.most_line_bytes} bytes was dropped]"
                    )
                    buffer.clear()
                    skipping = True
        finally:
            self._on_end()

    async def _read_errors(self) -> None:
        process = self._process
        assert process is not None and process.stderr is not None  # noqa: S101
        rest = b""
        while chunk := await process.stderr.read(_CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines[-LOG_LINES:]:
                self._note(line)
            if len(rest) > _CHUNK:
                self._note(rest)
                rest = b""
        if rest:
            self._note(rest)

    def _note(self, line: bytes) -> None:
        text = line[: 4 * LOG_LINE].decode("utf-8", "replace").rstrip()
        shown = "".join(c if c.isprintable() else "\ufffd" for c in mask_text(text).text)
        self.said.append(shown[:LOG_LINE])
