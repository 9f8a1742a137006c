"""An agent under its keeper, as seen from outside: started, told to end, and what the keeper says of it."""

from __future__ import annotations

import marshal
import socket
import struct
import subprocess
import sys
import time
from ast import literal_eval
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

_KEEPER = Path(__file__).with_name("start_keeper.py")
GRACE_S = 2.0
"""Between asking an agent to end and ending it."""
_LINGER_S = 1.0
"""For what it left behind to end by itself."""
_BACKUP_S = 10.0


class Refused(Exception):  # noqa: N818 (a condition, not a bug)
    """The kernel does not give what was asked for; nothing was started. `what` is spaces, files or writes."""

    def __init__(self, why: str, *, what: str = "spaces") -> None:
        super().__init__(why)
        self.what = what


class CannotStart(Exception):  # noqa: N818 (a condition, not a bug)
    """No such program, no such folder."""


_ready: list[tuple[subprocess.Popen[bytes], socket.socket]] = []
"""Keepers that nobody has told yet what to start; they end with us."""


def make_ready() -> None:
    """Begins the keeper of the next agent, so that it loads while we get the rest ready: a fifth of what a
    case costs beside its agent. Raises OSError."""
    _ready.append(_begun_keeper())


def _a_keeper() -> tuple[subprocess.Popen[bytes], socket.socket]:
    try:
        process, control = _ready.pop()
    except IndexError:
        return _begun_keeper()
    if process.poll() is None:
        return process, control
    control.close()
    return _begun_keeper()


def _begun_keeper() -> tuple[subprocess.Popen[bytes], socket.socket]:
    control, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, "-I", "-S", str(_KEEPER), str(theirs.fileno())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    return process, control


class Kept:
    """Raises OSError, Refused or CannotStart. `spaces` and `writes` as of the keeper. `listeners` are those
    of its network, in the order asked for; they are the caller's to close."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: str = "",
        spaces: Mapping[str, Any] | None = None,
        writes: Sequence[str] | None = None,
    ) -> None:
        self.listeners: list[socket.socket] = []
        self.code: int | None = None
        self.left = 0
        """Processes it had left behind, which were ended."""
        self.gone = True
        """Whether every process of it is known to be."""
        self.tried: dict[str, int] = {}
        """Sockets in the file system that it called, and how often."""
        self.files: dict[str, Any] | None = None
        """What it wrote, as of `layer.Layer.told`; None where it had no layer, or nothing is known."""
        self._lines = bytearray()
        setup = {
            "argv": list(arguments),
            "env": dict(environment),
            "folder": folder,
            "spaces": spaces,
            "writes": None if writes is None else list(writes),
            "grace_s": GRACE_S,
            "linger_s": _LINGER_S,
        }
        self._process, self._control = _a_keeper()
        try:
            # Read by the same Python; JSON would cost it more time than all else it does.
            told = marshal.dumps(setup)
            with suppress(ConnectionError):  # whoever cannot take it is heard below
                self._control.sendall(struct.pack(">Q", len(told)) + told)
            network = spaces["network"] if spaces else None
            self._begun(asked=len(network["listen"]) if network else 0)
        except BaseException:
            self.kill()
            raise

    @property
    def pipes(self) -> tuple[IO[bytes] | None, IO[bytes] | None, IO[bytes] | None]:
        return self._process.stdin, self._process.stdout, self._process.stderr

    def over(self, *, within_s: float) -> bool:
        """Waits; whether the agent, and all it started, is over. Raises CannotStart."""
        line = self._line(within_s)
        if line is None:
            return False
        if "cannot_start" in line:
            raise CannotStart(line["cannot_start"])
        self.code, self.left, self.gone = line["over"], line["left"], line["gone"]
        self.tried, self.files = line.get("tried", {}), line.get("files")
        return True

    def end(self) -> None:
        """Asks it to end, and ends it with all it started when it does not."""
        with suppress(OSError):
            self._control.settimeout(_BACKUP_S)
            self._control.sendall(b"e")
        if not self.over(within_s=GRACE_S + _BACKUP_S):
            self.gone = False

    def kill(self) -> None:
        """The keeper; and with it the agent, where that has a namespace. After `over`, nothing is left to."""
        self._control.close()
        if self.code is None:
            self._process.kill()
        self._process.wait()

    def _begun(self, *, asked: int) -> None:
        line = self._line(_BACKUP_S, passed=asked)
        if line is None:
            raise Refused("its keeper did not begin in time")
        if "over" in line and self._process.stderr is not None:
            words = self._process.stderr.read().decode(errors="replace").strip()
            raise Refused(f"{line['refused']}: {words.rpartition(chr(10))[2]}")
        if "refused" in line:
            raise Refused(line["refused"], what=line["what"])

    def _line(self, within_s: float, *, passed: int = 0) -> dict[str, Any] | None:
        ends = time.monotonic() + within_s
        while b"\n" not in self._lines:
            self._control.settimeout(max(0.001, ends - time.monotonic()))
            try:
                part, fds, _, _ = socket.recv_fds(self._control, 65_536, passed)
            except TimeoutError:
                return None
            except ConnectionError:
                part, fds = b"", []
            self.listeners += [socket.socket(fileno=fd) for fd in fds]
            if not part:
                # It was killed, by the kernel or by somebody, or could not begin.
                code = self._process.wait()
                return {"over": code, "left": 0, "gone": False, "refused": f"its keeper ended with {code}"}
            self._lines += part
        line, _, rest = bytes(self._lines).partition(b"\n")
        self._lines = bytearray(rest)
        found: dict[str, Any] = literal_eval(line.decode())
        return found
