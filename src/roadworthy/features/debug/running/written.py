"""Reading what an agent wrote out of the upper side of an overlay.

Part of the keeper: on modules of C alone. What was deleted is a device 0/0 there, a folder that was renamed
or made anew carries an attribute (docs.kernel.org/filesystems/overlayfs.html).
"""

# pathlib costs as much start time as all that is done here.
# ruff: noqa: PTH120, PTH208

from __future__ import annotations

import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MOST_READ = 20_000
_SHOWN = 8


class Found:
    def __init__(self) -> None:
        self._names: dict[str, list[str]] = {"created": [], "changed": [], "deleted": [], "renamed": []}
        self.read = 0

    def add(self, what: str, name: str) -> None:
        self._names[what].append(name)

    def told(self) -> dict[str, Any]:
        deleted = self._names["deleted"]
        for one in self._names["renamed"]:
            old = one.partition(" to ")[0]
            if old in deleted:
                deleted.remove(old)
        count = sum(len(names) for names in self._names.values())
        shown, left = {}, _SHOWN
        for what, names in self._names.items():
            shown[what] = sorted(names)[:left]
            left -= len(shown[what])
        return {**shown, "count": count, "all_read": self.read < _MOST_READ}


def read(found: Found, upper: str, lower: str, *, shown: str) -> None:
    """`lower` "" is for a folder of which nothing was there before."""
    with os.scandir(upper) as entries:
        for one in sorted(entries, key=lambda entry: entry.name):
            found.read += 1
            if one.name == "__pycache__":
                continue
            if found.read >= _MOST_READ:
                return
            path, seen = f"{shown}/{one.name}", one.stat(follow_symlinks=False)
            before = _seen(f"{lower}/{one.name}") if lower else None
            if stat.S_ISCHR(seen.st_mode) and seen.st_rdev == 0:
                found.add("deleted", path)
            elif stat.S_ISDIR(seen.st_mode):
                _read_folder(found, one.path, f"{lower}/{one.name}" if lower else "", path, before)
            elif before is None:
                found.add("created", path)
            elif _marks(before) != _marks(seen):
                found.add("changed", path)


def _read_folder(found: Found, upper: str, lower: str, path: str, before: os.stat_result | None) -> None:
    if redirect := _attribute(upper, "redirect"):
        # Absolute within its place, or a bare name beside it.
        place = path[: -len(upper.partition("/u")[2].partition("/")[2]) - 1]
        old = f"{place}{redirect}" if redirect.startswith("/") else f"{os.path.dirname(path)}/{redirect}"
        found.add("renamed", f"{old} to {path}")
        return
    if before is None or not stat.S_ISDIR(before.st_mode):
        if not os.listdir(upper):
            found.add("created", path + "/")
        read(found, upper, "", shown=path)
        return
    replaced = _attribute(upper, "opaque") == "y"
    if replaced:
        found.add("changed", path + "/")
    read(found, upper, "" if replaced else lower, shown=path)


def _attribute(path: str, name: str) -> str:
    for space in ("trusted", "user"):
        try:
            return os.fsdecode(os.getxattr(path, f"{space}.overlay.{name}", follow_symlinks=False))
        except OSError:
            continue
    return ""


def _marks(seen: os.stat_result) -> tuple[int, int, int]:
    """What copying a file up leaves as it was, and writing to it does not."""
    return seen.st_mode, seen.st_size, seen.st_mtime_ns


def _seen(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except OSError:
        return None
