"""A throw-away layer over this machine's files: an agent reads them as they are, and what it writes is gone
with it.

Part of the keeper, loaded before an agent is started: on modules of C alone. Everything is made read-only
(mount_setattr(2), Linux 5.12), and over each place that may be written to lies an overlay (overlayfs, also in
user namespaces since Linux 5.11) whose upper side is in memory that goes with the namespace; where that keeps
no attributes for whoever is not root (before Linux 6.6), in the rerun's own folder. What stands there when
the agent is over is what it wrote, whatever language it is in.

The machine's own root has one overlay for each file system, the first of them as its new root folder. In a
user namespace the kernel covers nothing that has other mounts below, so it is folder by folder there.
"""

# pathlib costs as much start time as all that is done here.
# ruff: noqa: PTH101, PTH102, PTH112, PTH114, PTH116, PTH118, PTH120, PTH123, PTH208

from __future__ import annotations

import ctypes
import os
import stat
import struct

from roadworthy.features.debug.running.written import Found, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MS_BIND, _MS_REC, _MNT_DETACH = 0x1000, 0x4000, 2
_SYS_MOUNT_SETATTR = 442
_AT_FDCWD, _AT_EMPTY_PATH, _AT_RECURSIVE = -100, 0x1000, 0x8000
_READ_ONLY = 1
_PSEUDO = (
    *("autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs"),
    *("efivarfs", "fusectl", "hugetlbfs", "mqueue", "nsfs", "proc", "pstore", "ramfs", "securityfs"),
    *("selinuxfs", "sysfs", "tracefs"),
)
_NEVER = ("/proc", "/sys", "/dev")
"""But /dev/shm: device files under an overlay would not be."""
_ALSO = ("/tmp", "/var/tmp", "/dev/shm", "/run/lock")  # noqa: S108 (theirs, not ours)
"""Where everybody writes."""
_MOST_PLACES = 48
_MOST_SPLIT = 64


class NoLayer(Exception):  # noqa: N818 (a condition, not a bug)
    """The kernel, or what guards it, does not give one."""


class Layer:
    """`at` is an empty folder; `size` is how much the layer takes at most, as of a tmpfs, and what goes
    beyond is told to the agent as a full disk; `wanted` are folders that it will write to, `kept` files that
    stay outside. To be made before the namespaces are entered: within, files of others have no owner."""

    _libc: ctypes.CDLL

    def __init__(
        self, at: str, *, size: str, wanted: list[str], kept: list[str], mounts: dict[str, Mount]
    ) -> None:
        self._at, self._size, self._kept = at, size, kept
        self._root = False
        self._mounts = mounts
        self._wanted = [os.path.realpath(one) for one in (*wanted, *_ALSO) if os.path.isdir(one)]
        self._ours = {one for path in self._wanted for one in _around(path) if _is_ours(one)}
        self._lowers: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        self._read_only: list[str] = []
        self._open = -1
        self._new_root = ""

    def lay(self, libc: ctypes.CDLL, *, root: bool) -> None:
        """`root` is whether we are the machine's own, with no user namespace. To be followed by `enter`.
        Raises NoLayer, OSError."""
        self._libc, self._root = libc, root
        places = self._places()
        self._lowers = {path: os.open(path, os.O_PATH | os.O_DIRECTORY) for path in places}
        covered = self._covered_mounts(places)
        outside = [(path, os.open(path, os.O_PATH)) for path in self._kept]
        upper = self._upper()
        _set_read_only(self._libc, b"/", on=True, below=True)
        _set_read_only(self._libc, upper, on=False)
        if places[:1] == ["/"]:
            self._new_root = f"{self.folder}/root"
            os.mkdir(self._new_root)
        for number, path in enumerate(places):
            self._overlay(number, path)
            for below, descriptor in covered.get(path, ()):
                self._bind(f"/proc/self/fd/{descriptor}", below, _MS_BIND | _MS_REC)
        if places and not self._numbers:
            raise NoLayer("; ".join(self._read_only[:3]))
        for path, descriptor in outside:
            if self._bind(f"/proc/self/fd/{descriptor}", path, _MS_BIND):
                _set_read_only(self._libc, os.fsencode(self.over(path)), on=False)

    def over(self, path: str) -> str:
        """Where what is to lie over `path` is mounted, before it is entered."""
        return self._new_root + path

    def enter(self) -> None:
        """For this process and those it starts. The folder they stand in is still one below: see to that."""
        if not self._new_root:
            return
        os.chdir(self._new_root)
        # pivot_root(2): the old one lies over the new, until it is taken away.
        if self._libc.pivot_root(b".", b".") != 0 or self._libc.umount2(b".", _MNT_DETACH) != 0:
            raise NoLayer(f"pivot_root: {_why()}")
        os.chdir("/")

    @property
    def folder(self) -> str:
        """Where whoever keeps the agent may write, out of its sight."""
        return f"/proc/self/fd/{self._open}"

    def told(self) -> dict[str, Any]:
        """What stands in it: up to eight names of what was `created`, `changed`, `deleted`, `renamed` in all
        `count`; which places could only be made `read_only`, and why; whether it was `full`."""
        found = Found()
        for path, number in self._numbers.items():
            lower = f"/proc/self/fd/{self._lowers[path]}"
            read(found, f"{self.folder}/u{number}", lower, shown=path.rstrip("/"))
        room = os.statvfs(self.folder)
        return {**found.told(), "read_only": self._read_only, "full": room.f_bavail == 0}

    def _places(self) -> list[str]:
        """Outer ones first. Those that may be written to, and are no part of another."""
        if self._root:
            real = [path for path, mount in self._mounts.items() if mount.real]
            return sorted(one for one in real if _may_be_written(one))[:_MOST_PLACES]
        found: dict[str, None] = {}
        own = filter(None, map(self._own_place, self._wanted))
        for path in (*own, *(path for path, mount in self._mounts.items() if mount.real)):
            found |= dict.fromkeys(self._split(path) if self._has_to_be_split(path) else [path])
        writable = [one for one in found if _may_be_written(one)][:_MOST_PLACES]
        return sorted(one for one in writable if not self._is_part(one, writable))

    def _own_place(self, path: str) -> str:
        """The outermost folder around it that is ours; "" where there is none. In a user namespace the kernel
        copies no folder up that belongs to somebody else."""
        if _is_special(path):
            return ""
        while path not in self._mounts:
            parent = os.path.dirname(path)
            if self._has_to_be_split(parent) or parent not in self._ours:
                break
            path = parent
        return "" if path == "/" else path

    def _has_to_be_split(self, path: str) -> bool:
        return any(_is_below(one, path) for one in self._mounts)

    def _split(self, path: str, depth: int = 0) -> list[str]:
        try:
            names = sorted(os.listdir(path))
        except OSError:
            return []
        found = []
        for one in (os.path.join(path, name) for name in names[:_MOST_SPLIT]):
            if one in self._mounts or os.path.islink(one) or not os.path.isdir(one) or _is_special(one):
                continue
            found += self._split(one, depth + 1) if self._has_to_be_split(one) and depth < 4 else [one]
        return found

    def _is_part(self, path: str, places: list[str]) -> bool:
        """Of another place, so that the kernel copies up what is between them."""
        return path not in self._mounts and os.path.dirname(path) in places

    def _covered_mounts(self, places: list[str]) -> dict[str, list[tuple[str, int]]]:
        """Place → mounts that its overlay would hide, innermost place alone; they are put back over it."""
        found: dict[str, list[tuple[str, int]]] = {}
        for path in sorted(self._mounts):
            around = [one for one in places if _is_below(path, one)]
            if around:
                try:
                    one = (path, os.open(path, os.O_PATH))
                except OSError:
                    continue
                mounts = found.setdefault(max(around, key=len), [])
                # One below another comes with it.
                if not any(_is_below(path, outer) for outer, _ in mounts):
                    mounts.append(one)
        return found

    def _upper(self) -> bytes:
        """A mount of its own, opened."""
        at = os.fsencode(self._at)
        in_memory = self._libc.mount(b"tmpfs", at, b"tmpfs", 0, f"mode=700,size={self._size}".encode()) == 0
        if in_memory and not self._root and not _keeps_attributes(self._at):
            self._libc.umount2(at, 0)
            in_memory = False
        if not in_memory and self._libc.mount(at, at, None, _MS_BIND, None) != 0:
            raise NoLayer(f"mount {self._at}: {_why()}")
        self._open = os.open(self._at, os.O_RDONLY | os.O_DIRECTORY)
        return at

    def _overlay(self, number: int, path: str) -> None:
        lower, upper, work = self._lowers[path], f"{self.folder}/u{number}", f"{self.folder}/w{number}"
        seen = os.stat(f"/proc/self/fd/{lower}")
        os.mkdir(upper, 0o700)
        os.mkdir(work, 0o700)
        if self._root:
            os.chown(upper, seen.st_uid, seen.st_gid)
        os.chmod(upper, stat.S_IMODE(seen.st_mode))
        kind = "redirect_dir=on" if self._root else "userxattr"
        told = f"lowerdir=/proc/self/fd/{lower},upperdir={upper},workdir={work},{kind},volatile"
        if self._libc.mount(b"overlay", os.fsencode(self.over(path)), b"overlay", 0, told.encode()) == 0:
            self._numbers[path] = number
        else:
            self._read_only.append(f"{path} ({_why()})")

    def _bind(self, source: str, over: str, how: int) -> bool:
        return bool(self._libc.mount(source.encode(), os.fsencode(self.over(over)), None, how, None) == 0)


class Mount:
    def __init__(self, kind: str, options: list[str]) -> None:
        self.kind = kind
        self.real = kind not in _PSEUDO and "ro" not in options


def mounts_here() -> dict[str, Mount]:
    """By where they are; proc(5), "mountinfo"."""
    found: dict[str, Mount] = {}
    with open("/proc/self/mountinfo", "rb") as file:
        for line in file:
            first, _, rest = line.partition(b" - ")
            fields, (kind, _, more) = first.split(b" "), rest.split(b" ")[:3]
            path = os.fsdecode(fields[4])
            for told, meant in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
                path = path.replace(told, meant)
            options = [*fields[5].decode().split(","), *more.decode(errors="replace").strip().split(",")]
            one = Mount(kind.decode(), options)
            one.real = one.real and not _is_special(path)
            found[path] = one
    return found


def _around(path: str) -> list[str]:
    """The folders that it is in, itself the first."""
    found = [path]
    while path != "/":
        path = os.path.dirname(path)
        found.append(path)
    return found


def _is_ours(path: str) -> bool:
    return os.stat(path).st_uid == os.geteuid()


def _is_below(path: str, outer: str) -> bool:
    return path != outer and (outer == "/" or path.startswith(outer + "/"))


def _is_special(path: str) -> bool:
    if path == "/dev/shm" or path.startswith("/dev/shm/"):  # noqa: S108
        return False
    return path in _NEVER or path.startswith(tuple(f"{one}/" for one in _NEVER))


def _may_be_written(path: str) -> bool:
    return os.path.isdir(path) and os.access(path, os.W_OK)


def _keeps_attributes(path: str) -> bool:
    try:
        os.setxattr(path, b"user.roadworthy", b"1")
    except OSError:
        return False
    return True


def _set_read_only(libc: ctypes.CDLL, path: bytes, *, on: bool, below: bool = False) -> None:
    asked = struct.pack("4Q", *((_READ_ONLY, 0) if on else (0, _READ_ONLY)), 0, 0)
    flags = _AT_RECURSIVE if below else 0
    if libc.syscall(_SYS_MOUNT_SETATTR, _AT_FDCWD, path, flags, asked, len(asked)) != 0:
        raise NoLayer(f"mount_setattr {os.fsdecode(path)}: {_why()}")


def _why() -> str:
    return os.strerror(ctypes.get_errno())
