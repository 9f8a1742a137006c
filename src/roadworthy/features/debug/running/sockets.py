"""Sockets in the file system that somebody listens on: a database, D-Bus, a container engine, ssh-agent.

Part of the keeper. Over each lies, where nothing is to be reached, a socket of ours that hangs up and tells
it; where the agent goes on live, the socket itself, which the overlay of its folder would hide.
"""

# pathlib costs as much start time as all that is done here.
# ruff: noqa: PTH101, PTH123

from __future__ import annotations

import _socket
import ctypes
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_MS_BIND = 0x1000
_HARMLESS = ("/var/lib/sss/pipes/", "/run/systemd/userdb/")
"""They tell names of users, and nothing else."""
_KNOWN = (
    "/run/systemd/resolve/io.systemd.Resolve",
    "/run/nscd/socket",
    "/run/avahi-daemon/socket",
    "/run/dbus/system_bus_socket",
    "/run/docker.sock",
    "/run/podman/podman.sock",
    "/run/containerd/containerd.sock",
)
"""Of services that speak to the world for whoever asks: one that listens outside of a container, in another
network, is in no list."""
_MOST = 400
"""select(2) takes 1,024."""


class Listening:
    """To be made before the namespaces are entered: a new network has none of its own. `mounts` are paths; a
    socket may have been given to a container that way."""

    def __init__(self, mounts: Iterable[str]) -> None:
        self._found: dict[str, int] = {}
        """Path → kind."""
        self._held: dict[str, int] = {}
        self.ours: dict[_socket.socket, str] = {}
        """Over what each lies."""
        for path, kind in {**dict.fromkeys((*_KNOWN, *mounts), _socket.SOCK_STREAM), **_bound()}.items():
            if len(self._found) < _MOST and not path.startswith(_HARMLESS):
                try:
                    if stat.S_ISSOCK(os.lstat(path).st_mode):
                        self._found[path] = kind
                except OSError:
                    continue

    def hide(self, libc: ctypes.CDLL, folder: str, *, over: Callable[[str], str]) -> None:
        """`folder` is for files of ours; `over` as of `layer.Layer`. Where one cannot be had, /dev/null lies
        over it."""
        for number, (path, kind) in enumerate(self._found.items()):
            one, own = _ours(kind, f"{folder}/s{number}")
            done = libc.mount(os.fsencode(own), os.fsencode(over(path)), None, _MS_BIND, None)
            if one is not None and done == 0:
                self.ours[one] = path

    def hold(self) -> None:
        """As they are now, so that `show` can lay them over what covers them by then."""
        for path in self._found:
            try:
                self._held[path] = os.open(path, os.O_PATH)
            except OSError:
                continue

    def show(self, libc: ctypes.CDLL, *, over: Callable[[str], str]) -> None:
        for path, descriptor in self._held.items():
            libc.mount(f"/proc/self/fd/{descriptor}".encode(), os.fsencode(over(path)), None, _MS_BIND, None)
            os.close(descriptor)


def hang_up(one: _socket.socket) -> bool:
    """On whoever called; whether somebody did."""
    try:
        if one.type == _socket.SOCK_DGRAM:
            one.recv(1)
        else:
            descriptor, _ = one._accept()  # type: ignore[attr-defined]
            os.close(descriptor)
    except OSError:
        return False
    return True


def _ours(kind: int, path: str) -> tuple[_socket.socket | None, str]:
    """And where it stands."""
    one = _socket.socket(_socket.AF_UNIX, kind)
    try:
        one.bind(path)
        os.chmod(path, 0o777)  # noqa: S103 (who may reach it is the business of its folder)
        if kind != _socket.SOCK_DGRAM:
            one.listen(16)
        os.set_blocking(one.fileno(), False)
    except OSError:
        one.close()
        return None, "/dev/null"
    return one, path


def _bound() -> dict[str, int]:
    """Path → kind, of this network; proc(5), "net/unix"."""
    found: dict[str, int] = {}
    try:
        with open("/proc/net/unix", "rb") as file:
            lines = file.read().split(b"\n")[1:]
    except OSError:
        return found
    for line in lines:
        fields = line.split(None, 7)
        # Those without a "/" are abstract (a network of its own has none), or told from a folder that is not.
        if len(fields) == 8 and fields[7].startswith(b"/"):
            found[os.fsdecode(fields[7])] = int(fields[4], 16)
    return found
