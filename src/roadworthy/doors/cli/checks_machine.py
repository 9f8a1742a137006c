"""What doctor looks at on the machine: versions, clock, disk, data folder, page."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from roadworthy.doors.cli.findings import Finding, bad, ok, warn

_PYTHON = (3, 11)
_SQLITE = (3, 35, 0)
_NEEDED = ("chdb", "clickhouse-connect", "fastapi", "grpcio", "pyarrow", "sqlalchemy", "uvicorn")
_BUILT = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
"""No clock that is right shows a time before this version was made."""
_GIB = 1024**3
_SET_CLOCK = "set the clock; run an NTP client"


def versions() -> Iterable[Finding]:
    python = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] < _PYTHON:
        yield bad("python", f"{python} is too old", mend="install Python 3.11 or later")
    else:
        yield ok("python", python)
    missing = [name for name in _NEEDED if _version(name) is None]
    if missing:
        yield bad(
            "packages",
            f"not installed: {', '.join(missing)}",
            mend='pip install "roadworthy[server]"',
        )
    else:
        yield ok("packages", ", ".join(f"{name} {_version(name)}" for name in ("roadworthy", *_NEEDED)))
    if sqlite3.sqlite_version_info < _SQLITE:
        yield bad(
            "sqlite", f"{sqlite3.sqlite_version} is too old", mend="use a Python with SQLite 3.35 or later"
        )
    else:
        yield ok("sqlite", sqlite3.sqlite_version)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def own_python() -> Finding:
    """Whether people's own evaluators can be kept in: tried, not guessed."""
    # Here, because no other command needs it.
    from roadworthy.features.judge.evaluators.python_function import isolation

    found = isolation()
    if found.kernel:
        return ok("own evaluators", found.detail)
    return warn(
        "own evaluators",
        f"evaluators in Python will not run: {found.detail}",
        mend="run the server on Linux (x86-64 or ARM64) with seccomp; all other evaluators work",
    )


def clock(data: Path, *, now: float | None = None) -> Finding:
    """Without another clock to ask: against the time this version was made, and what was written before."""
    at = time.time() if now is None else now
    shown = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    if at < _BUILT:
        return bad(
            "clock", f"{shown} is before this version was made", mend="set the clock; run an NTP client"
        )
    newest = max((_mtime(path) for path in (data, *_files(data))), default=0.0)
    if newest > at + 60:
        ahead = round(newest - at)
        return bad(
            "clock",
            f"{shown} is {ahead} s before the newest file in the data folder: it was set back",
            mend=_SET_CLOCK,
        )
    return ok("clock", shown)


def _files(data: Path) -> list[Path]:
    names = ("roadworthy.db", "roadworthy.db-wal", "intake", "telemetry", "lock")
    return [data / name for name in names if (data / name).exists()]


def _mtime(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def disk(data: Path, *, min_free_bytes: int) -> Finding:
    folder = _nearest(data)
    usage = shutil.disk_usage(folder)
    free = f"{usage.free / _GIB:.1f} GiB free of {usage.total / _GIB:.1f} at {folder}"
    mend = "make room, set a retention per project, or choose another --data folder"
    if usage.free < min_free_bytes:
        return bad("disk", f"{free}: agents are refused below {min_free_bytes / _GIB:.2f} GiB", mend=mend)
    if usage.free < max(4 * min_free_bytes, 2 * _GIB):
        return warn("disk", f"{free}: little", mend=mend)
    return ok("disk", free)


def _nearest(path: Path) -> Path:
    """The folder, or the first one above it that is there."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def data_folder(data: Path) -> Iterable[Finding]:
    if not data.exists():
        above = _nearest(data)
        if os.access(above, os.W_OK | os.X_OK):
            yield ok("data folder", f"{data} will be made on the first start")
        else:
            yield bad(
                "data folder",
                f"{data} is not there and {above} cannot be written",
                mend="choose another with --data, or give this user the right to write there",
            )
        return
    if not data.is_dir():
        yield bad("data folder", f"{data} is a file", mend="choose another with --data")
        return
    if not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        yield bad(
            "data folder", f"{data} cannot be written", mend=f"chown -R $(id -un) {data}, or choose another"
        )
        return
    mode = stat.S_IMODE(data.stat().st_mode)
    if mode & 0o077:
        yield warn(
            "data folder",
            f"{data} has rights {mode:o}: other users of this machine can reach what agents said",
            mend=f"chmod 700 {data}",
        )
    else:
        yield ok("data folder", str(data))


def used_by_the_server(data: Path) -> Finding | None:
    """Whether somebody at all has the folder open; None where somebody has. For where a server was found."""
    try:
        os.kill(int((data / "lock").read_text()), 0)
    except PermissionError:
        return None  # it lives, and is another user's
    except (OSError, ValueError):
        return warn(
            "server's data",
            f"the server that runs keeps its data elsewhere, not in {data}",
            mend="name its folder with --data or ROADWORTHY_DATA; after make up it is data in the checkout",
        )
    return None


def web_page(folder: Path) -> Finding:
    if (folder / "index.html").is_file():
        return ok("web page", "built")
    return warn("web page", "not built; the API works without it", mend="make web, or install the wheel")
