"""A small process between us and an agent: it starts it, and ends it with everything it started.

Run by its path (`python -I -S keeper.py FD`), on modules of C alone: those of Python over them, and JSON,
take longer to load than all that is done here. The socket FD carries, once, what to start (eight bytes of
length, then `marshal`: `argv`, `env`, `folder`, `grace_s`, `linger_s` and, where the agent is to have a
network of its own, `network`); then from here lines of Python literals: `refused` (why there can be no such
network; nothing was started), `ready` (with the listeners of that network, in the order asked for),
`cannot_start`, and at last `over` with the exit code and how many processes had been left behind. A byte
from the other side, or its end, ends the agent.

With a network: unshare(2) gives namespaces of network, mounts and processes, with the user namespace's help
where we are not root; the agent keeps its own uid. In a namespace of processes its first process is this
keeper, and the kernel ends all others with it. Without one, orphans come to us (PR_SET_CHILD_SUBREAPER), and
are ended until none is left.
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

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

_signal: Any = __import__("_signal")


class suppress:  # noqa: N801 (as contextlib has it)
    def __init__(self, kind: type[BaseException]) -> None:
        self._kind = kind

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, self._kind)


_NEWNS, _NEWUSER, _NEWPID, _NEWNET = 0x20000, 0x10000000, 0x20000000, 0x40000000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000
_MS_NOSUID_NODEV_NOEXEC = 0x2 | 0x4 | 0x8
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_SIOCSIFADDR, _SIOCGIFFLAGS, _SIOCSIFFLAGS = 0x8916, 0x8913, 0x8914
_IFF_UP = 1
_UNKILLABLE_S = 5.0


class _Refused(Exception):  # noqa: N818 (a condition, not a bug)
    """The kernel, or what guards it, does not let us."""


class _Family:
    """The agent and everything it started."""

    def __init__(self, control: _socket.socket, agent: int) -> None:
        self._control, self._agent = control, agent
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
            watched: list[Any] = [self._woken] if self.asked else [self._woken, self._control]
            ready, _, _ = select.select(watched, [], [], left)
            if self._woken in ready:
                with suppress(BlockingIOError):
                    os.read(self._woken, 4096)
            if self._control in ready:
                self.asked = True

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


def _keep(control: _socket.socket, setup: dict[str, Any]) -> None:
    agent = _started(setup)
    if isinstance(agent, str):
        _say(control, {"cannot_start": agent})
        return
    # The agent alone holds its pipes: who reads them sees their end when it ends.
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    family = _Family(control, agent)
    family.wait(None, until=lambda: family.code is not None or family.asked)
    if family.asked:
        family.ask_to_end()
        family.wait(setup["grace_s"], until=lambda: family.gone)
    else:
        family.wait(setup["linger_s"], until=lambda: family.gone or family.asked)
    asked = family.asked
    left = family.end()
    _say(control, {"over": family.code, "left": left, "asked": asked, "gone": family.gone})


def _started(setup: dict[str, Any]) -> int | str:
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


def _isolated(libc: ctypes.CDLL, network: dict[str, Any]) -> list[_socket.socket]:
    """Listeners inside. Raises _Refused."""
    spaces = _NEWNET | _NEWNS | (_NEWPID if network["pids"] else 0)
    uid, gid = os.geteuid(), os.getegid()
    if libc.unshare(spaces) != 0:
        _must("unshare", libc.unshare(_NEWUSER | spaces))
        for file, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{uid} {uid} 1"),
            ("gid_map", f"{gid} {gid} 1"),
        ):
            _write(f"/proc/self/{file}", text)
    _must("mount private", libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None))
    _bring_up(network["addresses"])
    listeners = []
    for kind, host, port in network["listen"]:
        family = _socket.AF_INET6 if ":" in host else _socket.AF_INET
        one = _socket.socket(family, _socket.SOCK_DGRAM if kind == "udp" else _socket.SOCK_STREAM)
        try:
            one.bind((host, port))
            if kind != "udp":
                one.listen(128)
        except OSError as fault:
            raise _Refused(f"bind {host}:{port}: {fault.strerror}") from None
        listeners.append(one)
    for source, over, needed in network["binds"]:
        done = libc.mount(os.fsencode(source), os.fsencode(over), None, _MS_BIND, None)
        if needed:
            _must(f"mount {over}", done)
    return listeners


def _bring_up(addresses: list[str]) -> None:
    """`lo`, and with it the addresses that the gateway is known by."""
    import fcntl

    any_socket = _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM)
    try:
        asked = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, asked))[1]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | _IFF_UP))
        for place, one in enumerate(addresses):
            told = struct.pack("=16sHH4s8x", b"lo:%d" % place, _socket.AF_INET, 0, _socket.inet_aton(one))
            fcntl.ioctl(any_socket, _SIOCSIFADDR, told)
    except OSError as fault:
        raise _Refused(f"loopback: {fault.strerror}") from None
    finally:
        any_socket.close()


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w") as file:  # noqa: PTH123
            file.write(text)
    except OSError as fault:
        raise _Refused(f"{path}: {fault.strerror}") from None


def _must(what: str, done: int) -> None:
    if done != 0:
        raise _Refused(f"{what}: {os.strerror(ctypes.get_errno())}")


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


def _first_process(control: _socket.socket, libc: ctypes.CDLL, setup: dict[str, Any]) -> None:
    """In the new namespace of processes, as its number 1."""
    libc.prctl(_PR_SET_PDEATHSIG, _signal.SIGKILL, 0, 0, 0)
    # A /proc of the other processes would tell programs somebody else's state as their own.
    _must("mount /proc", libc.mount(b"proc", b"/proc", b"proc", _MS_NOSUID_NODEV_NOEXEC, None))


def main() -> NoReturn:
    control = _socket.socket(fileno=int(sys.argv[1]))
    setup = _told(control)
    libc = ctypes.CDLL(None, use_errno=True)
    network = setup.get("network")
    try:
        listeners = _isolated(libc, network) if network else []
        if network and network["pids"]:
            inner = os.fork()
            if inner:
                control.close()
                os.waitpid(inner, 0)
                os._exit(0)
            _first_process(control, libc, setup)
        elif sys.platform.startswith("linux"):
            libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except _Refused as refused:
        _say(control, {"refused": str(refused)})
        os._exit(0)
    _say(control, {"ready": len(listeners)}, listeners)
    for one in listeners:
        one.close()
    _keep(control, setup)
    os._exit(0)


if __name__ == "__main__":
    main()
