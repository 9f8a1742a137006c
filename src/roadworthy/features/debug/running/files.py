"""What a rerun may do to this machine's files, and what is said of it.

Best is a throw-away layer (`layer`): the agent writes as ever, and nothing of it is left. Where the kernel
gives none, writing is refused (`landlock`) but to a temporary folder; where it cannot do that either, the
files are the agent's to change, and the rerun says so.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

LAYER_SIZE = "25%"
"""Of this machine's memory, that a throw-away layer takes at most."""
_PREFIX = "roadworthy-rerun-"
_SHOWN = 8
_STALE_S = 60.0
_swept: list[str] = []


class Files(StrEnum):
    THROWAWAY = "throwaway"
    """What is written is gone when the rerun is over."""
    KEEP = "keep"
    """The agent changes this machine's files as it would in any run."""


class Way(StrEnum):
    """How it came out."""

    LAYER = "layer"
    REFUSED = "refused"
    OPEN = "open"


NEXT = {Way.LAYER: Way.REFUSED, Way.REFUSED: Way.OPEN}


def said_of_files(
    way: Way, *, asked: Files, why: Sequence[str], told: Mapping[str, Any] | None, wrote: Sequence[str]
) -> list[str]:
    """A sentence each. `why` the better ways could not be had, `told` as of `layer.Layer.told`, `wrote` what
    Pythons opened for writing."""
    reason = "; ".join(why)
    if way is Way.LAYER:
        return _said_of_layer(told)
    if way is Way.REFUSED:
        tried = f" It tried to write {listed(wrote)}." if wrote else ""
        return [
            f"This machine gives it no throw-away layer of files ({reason}): writing was refused, but to a "
            f"temporary folder that is gone.{tried}"
        ]
    said = []
    if asked is Files.THROWAWAY:
        said.append(f"This machine could not keep it from changing files ({reason}).")
    if wrote:
        said.append(f"It opened files for writing, which a replay does not undo: {listed(wrote)}.")
    return said


def _said_of_layer(told: Mapping[str, Any] | None) -> list[str]:
    if told is None or "unread" in told:
        return ["What it wrote is gone with its throw-away layer of files; what that was is not known."]
    count, at_least = told["count"], "" if told["all_read"] else "at least "
    kinds = ("created", "changed", "deleted", "renamed")
    named = [f"{what} {', '.join(told[what])}" for what in kinds if told[what]]
    said = []
    if count:
        many = "1 file" if count == 1 else f"{count:,} files"
        more = f", and {count - _SHOWN:,} more" if count > _SHOWN else ""
        said.append(f"It wrote to {at_least}{many}, which is undone: {'; '.join(named)}{more}.")
    else:
        said.append("It changed no file; had it, that would be undone.")
    if told["full"]:
        said.append("Its throw-away layer of files was full: that takes a quarter of this machine's memory.")
    if told["read_only"]:
        said.append(f"Places that could only be made read-only: {listed(told['read_only'])}.")
    return said


def listed(names: Sequence[str]) -> str:
    shown = list(dict.fromkeys(names))
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more


class RerunFolder:
    """Of one rerun: what it is given, and what Pythons tell. Gone when closed, and when whoever made it was
    killed, once the next one is made on this machine."""

    def __init__(self) -> None:
        if not _swept:
            _swept.append(tempfile.gettempdir())
            _sweep(Path(tempfile.gettempdir()))
        self._folder = tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True)
        self.path = Path(self._folder.name)
        # Held for as long as we live: whoever sweeps leaves it alone.
        self._held = os.open(self.path, os.O_RDONLY)
        fcntl.flock(self._held, fcntl.LOCK_SH)

    def file(self, name: str, text: str = "") -> str:
        path = self.path / name
        path.write_text(text)
        # Whoever the agent becomes has to read it.
        path.chmod(0o644)
        return str(path)

    def folder(self, name: str) -> str:
        path = self.path / name
        path.mkdir(exist_ok=True)
        return str(path)

    def close(self) -> None:
        os.close(self._held)
        self._folder.cleanup()


def _sweep(where: Path) -> None:
    """Folders that nobody holds any more. Those of others cannot be opened, and stay."""
    for path in where.glob(f"{_PREFIX}*"):
        try:
            if time.time() - path.stat().st_mtime < _STALE_S:
                continue
            held = os.open(path, os.O_RDONLY)
        except OSError:
            continue
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for one in path.rglob("work"):
                # overlayfs leaves it without any rights.
                one.chmod(0o700)
            shutil.rmtree(path, ignore_errors=True)
        except OSError:
            continue
        finally:
            os.close(held)
