"""A small process between us and an agent: it starts it, and ends it with everything it started.

Begun by `start_keeper.py`, on modules of C and our own alone: those of Python over them, and JSON, take
longer to load than all that is done here. A socket carries, once, what to start (eight bytes of length, then
`marshal`: `argv`, `env`, `folder`, `grace_s`, `linger_s`, `spaces` as of `spaces.Spaces` or None, and
`writes`, the only places it may write to, or None); then from here lines of Python literals: `refused` (why
there can be no such spaces, and of `what`; nothing was started), `ready` (with the listeners of its network,
in the order asked for), `cannot_start`, and at last `over` with the exit code, how many processes had been
left behind, which sockets it `tried` and what it wrote (`files`, as of `layer.Layer.told`). A byte from the
other side, or its end, ends the agent.

In a namespace of processes its first process is this keeper, and the kernel ends all others with it. Without
one, orphans come to us (PR_SET_CHILD_SUBREAPER), and are ended until none is left.
"""

from __future__ import annotations

import _socket
import ctypes
import marshal
import os
import select
import struct
import sys
import time

from roadworthy.features.debug.running import landlock
from roadworthy.features.debug.running.sockets import hang_up
from roadworthy.features.debug.running.spaces import Refused, Spaces, must

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from roadworthy.features.debug.running.layer import Layer

_signal: Any = __import__("_signal")


class suppress:  # noqa: N801 (as contextlib has it)
    def __init__(self, kind: type[BaseException]) -> None:
        self._kind = kind

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, self._kind)


_MS_NOSUID_NODEV_NOEXEC = 0x2 | 0x4 | 0x8
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_UNKILLABLE_S = 5.0


class _Family:
    """The agent and everything it started."""

    def __init__(self, control: _socket.socket, agent: int, sockets: dict[_socket.socket, str]) -> None:
        self._control, self._agent, self._sockets = control, agent, sockets
        self.tried: dict[str, int] = {}
        """Sockets in the file system that were called, and how often."""
        self._woken, waker = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(waker, False)
        _signal.signal(_signal.SIGCHLD, lambda *_: None)
        _signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        self.code: int | None = None
        self.gone = False
        """Nobody is left."""
        self.asked = False
        """Whether we were told to end it."""

    def wait(self, seconds: float | None, *, until: Callable[[], bool]) -> None:
        ends = None if seconds is None else time.monotonic() + seconds
        while True:
            self._reap()
            left = None if ends is None else ends - time.monotonic()
            if until() or (left is not None and left <= 0):
                return
            watched: list[Any] = [self._woken, *self._sockets]
            if not self.asked:
                watched.append(self._control)
            ready, _, _ = select.select(watched, [], [], left)
            if self._woken in ready:
                with suppress(BlockingIOError):
                    os.read(self._woken, 4096)
            if self._control in ready:
                self.asked = True
            self._hang_up(ready)

    def _hang_up(self, ready: list[Any]) -> None:
        for one in ready:
            path = self._sockets.get(one)
            if path is not None and hang_up(one):
                self.tried[path] = self.tried.get(path, 0) + 1

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                self.gone = True
                return
            if pid == 0:
                return
            if pid == self._agent:
                self.code = os.waitstatus_to_exitcode(status)

    def ask_to_end(self) -> None:
        with suppress(OSError):
            os.killpg(self._agent, _signal.SIGTERM)

    def end(self) -> int:
        """Until nobody is left. How many there were beside the agent."""
        left: set[int] = set()
        ends = time.monotonic() + _UNKILLABLE_S
        self._reap()
        while not self.gone and time.monotonic() < ends:
            found = _descendants()
            left |= found - {self._agent}
            for pid in found:
                with suppress(OSError):
                    os.kill(pid, _signal.SIGKILL)
            self.wait(0.02, until=lambda: self.gone)
        if not sys.platform.startswith("linux"):
            with suppress(OSError):
                os.killpg(self._agent, _signal.SIGKILL)
        return len(left)


def _descendants() -> set[int]:
    """Of this process, living ones. Read off /proc: nobody leaves this tree, orphans come back to us."""
    parents: dict[int, int] = {}
    try:
        names = os.listdir("/proc")  # noqa: PTH208 (pathlib costs as much start time as all else here)
    except OSError:
        return set()
    for name in names:
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                state, parent = file.read().rpartition(b")")[2].split()[:2]
        except (OSError, ValueError):
            continue
        if state != b"Z":
            parents[int(name)] = int(parent)
    found: set[int] = set()
    newer = {os.getpid()}
    while newer:
        newer = {pid for pid, parent in parents.items() if parent in newer and pid not in found}
        found |= newer
    return found


def _keep(control: _socket.socket, libc: ctypes.CDLL, setup: dict[str, Any], spaces: Spaces | None) -> None:
    agent = _started(setup, libc)
    if isinstance(agent, str):
        _say(control, {"cannot_start": agent})
        return
    # The agent alone holds its pipes: who reads them sees their end when it ends.
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    family = _Family(control, agent, spaces.sockets.ours if spaces else {})
    family.wait(None, until=lambda: family.code is not None or family.asked)
    if family.asked:
        family.ask_to_end()
        family.wait(setup["grace_s"], until=lambda: family.gone)
    else:
        family.wait(setup["linger_s"], until=lambda: family.gone or family.asked)
    asked = family.asked
    left = family.end()
    layer = spaces.layer if spaces else None
    told = {"over": family.code, "left": left, "asked": asked, "gone": family.gone}
    _say(control, {**told, "tried": family.tried, "files": _wrote(layer) if layer else None})


def _wrote(layer: Layer) -> dict[str, Any]:
    try:
        return layer.told()
    except OSError as fault:
        return {"unread": str(fault)}


def _started(setup: dict[str, Any], libc: ctypes.CDLL) -> int | str:
    """Its process id, or why it could not be started."""
    failed, fails = os.pipe()
    pid = os.fork()
    if pid == 0:
        at = setup["folder"]
        try:
            os.setsid()
            for number in (_signal.SIGPIPE, _signal.SIGXFSZ):
                _signal.signal(number, _signal.SIG_DFL)
            if at:
                os.chdir(at)
            if setup["writes"] is not None:
                at = "Landlock"
                landlock.refuse_writes(libc, but=setup["writes"])
            at = setup["argv"][0]
            os.execvpe(at, setup["argv"], setup["env"])  # noqa: S606 (as it was given)
        except OSError as fault:
            os.write(fails, f"{at!r}: {fault.strerror}".encode(errors="replace"))
        except ValueError as odd:
            os.write(fails, f"{at!r}: {odd}".encode(errors="replace"))
        os._exit(127)
    os.close(fails)
    with open(failed, "rb") as pipe:  # noqa: PTH123
        why = pipe.read().decode()
    if why:
        os.waitpid(pid, 0)
    return why or pid


def _say(control: _socket.socket, told: dict[str, Any], passed: list[_socket.socket] | None = None) -> None:
    line = repr(told).encode() + b"\n"
    # Whoever started us may be gone.
    with suppress(OSError):
        if passed:
            fds = struct.pack(f"{len(passed)}i", *(one.fileno() for one in passed))
            control.sendmsg([line], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, fds)])
        else:
            control.sendall(line)


def _told(control: _socket.socket) -> dict[str, Any]:
    size = struct.unpack(">Q", _exactly(control, 8))[0]
    setup: dict[str, Any] = marshal.loads(_exactly(control, size))  # noqa: S302 (whoever started us)
    return setup


def _exactly(control: _socket.socket, size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        part = control.recv(min(size - len(found), 1 << 20))
        if not part:
            os._exit(1)
        found += part
    return bytes(found)


def _first_process(libc: ctypes.CDLL) -> None:
    """In the new namespace of processes, as its number 1."""
    libc.prctl(_PR_SET_PDEATHSIG, _signal.SIGKILL, 0, 0, 0)
    # A /proc of the other processes would tell programs somebody else's state as their own.
    must("mount /proc", libc.mount(b"proc", b"/proc", b"proc", _MS_NOSUID_NODEV_NOEXEC, None))


def _entered(control: _socket.socket, libc: ctypes.CDLL, setup: dict[str, Any]) -> Spaces | None:
    """In a namespace of processes only its first process comes back. Raises Refused."""
    asked = setup["spaces"]
    if asked and not sys.platform.startswith("linux"):
        raise Refused("namespaces are of Linux")
    if setup["writes"] is not None and (why := landlock.refusal(libc)):
        raise Refused(why, what="writes")
    spaces = Spaces(libc, asked) if asked else None
    if asked and asked["pids"]:
        inner = os.fork()
        if inner:
            control.close()
            os.waitpid(inner, 0)
            os._exit(0)
        _first_process(libc)
    elif sys.platform.startswith("linux"):
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    return spaces


def main(descriptor: int) -> NoReturn:
    control = _socket.socket(fileno=descriptor)
    setup = _told(control)
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        spaces = _entered(control, libc, setup)
    except Refused as refused:
        _say(control, {"refused": str(refused), "what": refused.what})
        os._exit(0)
    listeners = spaces.listeners if spaces else []
    _say(control, {"ready": len(listeners)}, listeners)
    for one in listeners:
        one.close()
    _keep(control, libc, setup, spaces)
    os._exit(0)
