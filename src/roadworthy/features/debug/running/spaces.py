"""Namespaces that an agent is started in: of the network, of mounts, of processes.

Part of the keeper. unshare(2) gives them, with the user namespace's help where we are not root; the agent
keeps its own uid.
"""

from __future__ import annotations

import _socket
import ctypes
import os
import struct

from roadworthy.features.debug.running.layer import Layer, Mount, NoLayer, mounts_here
from roadworthy.features.debug.running.sockets import Listening

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NEWNS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000
_SIOCSIFADDR, _SIOCGIFFLAGS, _SIOCSIFFLAGS = 0x8916, 0x8913, 0x8914
_IFF_UP = 1
_ALL_USERS = (0, 0, 0xFFFFFFFF)


class Refused(Exception):  # noqa: N818 (a condition, not a bug)
    """The kernel, or what guards it, does not let us; `what` is spaces, files or writes."""

    def __init__(self, why: str, *, what: str = "spaces") -> None:
        super().__init__(why)
        self.what = what


class Spaces:
    """`asked`: `pids`, whether its processes are to be in one; `network` (`addresses`, `listen`), None where
    it keeps this machine's; `layer` (`size`, `wanted`, `kept`), None where its files are not covered; `at`,
    an empty folder; `binds`. They hold for this process and all it starts. Raises Refused."""

    def __init__(self, libc: ctypes.CDLL, asked: dict[str, Any]) -> None:
        self._libc = libc
        self.listeners: list[_socket.socket] = []
        """Of its network, in the order asked for."""
        self.layer: Layer | None = None
        network = asked["network"]
        mounts, here = _mounts(), _here()
        self.sockets = Listening(mounts)
        layer = _planned(asked, here, mounts) if asked["layer"] is not None else None
        entered = (_NEWNET | _NEWIPC if network else 0) | _NEWNS | (_NEWPID if asked["pids"] else 0)
        root = self._enter(entered)
        must("mount private", libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None))
        if layer is not None:
            self._lay(layer, here, root=root, closed=bool(network))
        elif network:
            self.sockets.hide(libc, asked["at"], over=str)
        if network:
            _bring_up(network["addresses"])
            self.listeners = [_listening(*one) for one in network["listen"]]
        for source, over, needed in asked["binds"]:
            done = libc.mount(os.fsencode(source), os.fsencode(over), None, _MS_BIND, None)
            if needed:
                must(f"mount {over}", done)

    def _enter(self, spaces: int) -> bool:
        """Whether we are this machine's own root in them."""
        uid, gid = os.geteuid(), os.getegid()
        if self._libc.unshare(spaces) != 0:
            must("unshare", self._libc.unshare(_NEWUSER | spaces))
            for name, text in (
                ("setgroups", "deny"),
                ("uid_map", f"{uid} {uid} 1"),
                ("gid_map", f"{gid} {gid} 1"),
            ):
                _write(f"/proc/self/{name}", text)
            return False
        with open("/proc/self/uid_map") as file:  # noqa: PTH123
            return tuple(map(int, file.read().split())) == _ALL_USERS

    def _lay(self, layer: Layer, here: str, *, root: bool, closed: bool) -> None:
        try:
            if not closed:
                self.sockets.hold()
            layer.lay(self._libc, root=root)
            if closed:
                self.sockets.hide(self._libc, layer.folder, over=layer.over)
            else:
                self.sockets.show(self._libc, over=layer.over)
            layer.enter()
            # The folder we stand in is still the one below, which is read-only now.
            if here:
                os.chdir(here)
        except NoLayer as none:
            raise Refused(str(none), what="files") from None
        except (OSError, ValueError) as fault:
            raise Refused(f"files: {fault}", what="files") from None
        self.layer = layer


def _planned(asked: dict[str, Any], here: str, mounts: dict[str, Mount]) -> Layer:
    told = asked["layer"]
    wanted = [*told["wanted"], *([here] if here else [])]
    try:
        return Layer(asked["at"], size=told["size"], wanted=wanted, kept=told["kept"], mounts=mounts)
    except (OSError, ValueError) as fault:
        raise Refused(f"files: {fault}", what="files") from None


def must(what: str, done: int) -> None:
    """Raises Refused."""
    if done != 0:
        raise Refused(f"{what}: {os.strerror(ctypes.get_errno())}")


def _mounts() -> dict[str, Mount]:
    try:
        return mounts_here()
    except (OSError, ValueError) as fault:
        raise Refused(f"mounts: {fault}") from None


def _here() -> str:
    """ "" where we stand in a folder that is gone, or that we may not enter."""
    try:
        here = os.getcwd()  # noqa: PTH109 (pathlib costs as much start time as all else here)
    except OSError:
        return ""
    return here if os.access(here, os.X_OK) else ""


def _listening(kind: str, host: str, port: int) -> _socket.socket:
    family = _socket.AF_INET6 if ":" in host else _socket.AF_INET
    one = _socket.socket(family, _socket.SOCK_DGRAM if kind == "udp" else _socket.SOCK_STREAM)
    try:
        one.bind((host, port))
        if kind != "udp":
            one.listen(128)
    except OSError as fault:
        raise Refused(f"bind {host}:{port}: {fault.strerror}") from None
    return one


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
        raise Refused(f"loopback: {fault.strerror}") from None
    finally:
        any_socket.close()


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w") as file:  # noqa: PTH123
            file.write(text)
    except OSError as fault:
        raise Refused(f"{path}: {fault.strerror}") from None
