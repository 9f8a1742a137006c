"""Loaded by every Python of a rerun, before anything else: the runner puts this folder on PYTHONPATH.

Sets the clock to the time of the recorded run (it goes on from there), seeds `random`, and tells what is
opened for writing and where it connects to. Of the standard library alone, for any Python from 3.8 on; what
goes wrong here is no matter of the agent's. Then the next `sitecustomize`, if there is one, has its turn.
"""

# Loaded by every Python that an agent starts: pathlib would cost more than all of this, and `datetime.UTC` is
# of Python 3.11.
# ruff: noqa: PTH100, PTH116, PTH120, PTH123, UP017

from __future__ import annotations

import json
import os
import sys
from typing import Any

_SETUP: dict[str, Any] = json.loads(os.environ.get("ROADWORTHY_RERUN", "{}"))
_REAL = ("opentelemetry", "logfire", "ddtrace", "langsmith", "langfuse", "sentry_sdk")
"""What tells telemetry goes by the real clock: its spans belong to the rerun, which is now."""
_MOST = 40
_told: set[str] = set()


def _tell(**what: object) -> None:
    line = json.dumps(what, sort_keys=True)
    path = _SETUP.get("notes")
    if path is None or line in _told or len(_told) >= _MOST:
        return
    _told.add(line)
    try:
        # Opened anew each time: programs close what they do not know.
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            os.write(file, line.encode() + b"\n")
        finally:
            os.close(file)
    except OSError:
        pass


def _real(frame: Any) -> bool:
    name: str = frame.f_globals.get("__name__") or ""
    return name.startswith(_REAL)


def _set_clock(offset_ns: int) -> bool:
    import datetime as module
    import gc
    import time

    offset = offset_ns / 1e9
    names = ("time", "time_ns", "localtime", "gmtime", "strftime", "ctime", "asctime")
    real: dict[str, Any] = {name: getattr(time, name) for name in names}
    kind: Any = module.datetime
    from_stamp, utc = kind.fromtimestamp, module.timezone.utc
    frame = sys._getframe

    def now_s() -> float:
        return float(real["time"]() + offset)

    def fake_time() -> float:
        return float(real["time"]() + (0 if _real(frame(1)) else offset))

    def fake_time_ns() -> int:
        return int(real["time_ns"]() + (0 if _real(frame(1)) else offset_ns))

    def fake_localtime(secs: Any = None) -> Any:
        return real["localtime"](now_s() if secs is None else secs)

    def fake_gmtime(secs: Any = None) -> Any:
        return real["gmtime"](now_s() if secs is None else secs)

    def fake_strftime(form: Any, when: Any = None) -> Any:
        return real["strftime"](form, fake_localtime() if when is None else when)

    def fake_ctime(secs: Any = None) -> Any:
        return real["ctime"](now_s() if secs is None else secs)

    def fake_asctime(when: Any = None) -> Any:
        return real["asctime"](fake_localtime() if when is None else when)

    def now(cls: Any, tz: Any = None) -> Any:
        return cls.fromtimestamp(real["time"]() if _real(frame(1)) else now_s(), tz)

    def utcnow(cls: Any) -> Any:
        moment = from_stamp(real["time"]() if _real(frame(1)) else now_s(), utc)
        return cls(*moment.timetuple()[:6], moment.microsecond)

    def today(cls: Any) -> Any:
        return cls.fromtimestamp(now_s())

    # `datetime` is written in C and cannot be given methods; its dictionary can. A class of its own instead
    # would be no `datetime` to whoever asks for its type.
    (methods,) = gc.get_referents(kind.__dict__)
    methods.update(now=classmethod(now), utcnow=classmethod(utcnow), today=classmethod(today))
    fakes = (fake_time, fake_time_ns, fake_localtime, fake_gmtime, fake_strftime, fake_ctime, fake_asctime)
    for name, fake in zip(names, fakes):  # noqa: B905 (`strict` is of Python 3.10)
        setattr(time, name, fake)
    return bool(abs((kind.now(utc) - from_stamp(now_s(), utc)).total_seconds()) < 1)


def _listens(port: int) -> bool:
    """Whether somebody in this network does."""
    for name in ("tcp", "tcp6"):
        try:
            with open(f"/proc/self/net/{name}") as file:
                rows = [line.split() for line in file][1:]
        except OSError:
            return True
        if any(int(row[1].rpartition(":")[2], 16) == port and row[3] == "0A" for row in rows):
            return True
    return False


def _look_on() -> None:
    guarded = "reach" in _SETUP
    reach = {tuple(one) for one in _SETUP.get("reach", [])}
    alone = _SETUP.get("alone", False)
    loopback = ("localhost", "::1", "")

    def connects(host: Any, port: Any) -> None:
        if isinstance(host, bytes):
            host = host.decode("ascii", "replace")
        if not isinstance(host, str) or (host, port) in reach:
            return
        shown = f"{host}:{port}"
        if host in loopback or host.startswith("127."):
            if not alone:
                _tell(nearby=shown)
            elif not _listens(port):
                _tell(reach=shown)
            return
        _tell(reach=shown)
        if not alone:
            raise ConnectionRefusedError(111, f"this is a replay: nothing leaves the machine, {shown}")

    def calls(path: Any) -> None:
        """A socket in the file system; with a network of its own, whoever keeps it tells."""
        path = os.path.abspath(os.fsdecode(path)) if path and path[0] not in ("\0", 0) else ""
        try:
            if path and not alone and os.stat(path).st_ctime_ns < _SETUP.get("began_ns", 0):
                _tell(nearby=path)
        except OSError:
            pass

    def opened(path: Any, mode: Any, flags: Any) -> None:
        writes = any(one in "wax+" for one in mode) if isinstance(mode, str) else bool(flags & 3)
        if not writes or not isinstance(path, (str, bytes)):
            return
        text = os.path.abspath(os.fsdecode(path))
        if text == _SETUP.get("notes") or text.startswith(("/dev/", "/proc/")) or "__pycache__" in text:
            return
        _tell(wrote=text)

    def looked(event: str, given: Any) -> None:
        if event == "open":
            opened(*given)
        elif not guarded:
            return
        elif event in ("socket.connect", "socket.sendto") and isinstance(given[1], tuple):
            connects(given[1][0], given[1][1])
        elif event in ("socket.connect", "socket.sendto") and isinstance(given[1], (str, bytes)):
            calls(given[1])
        elif event == "socket.getaddrinfo" and given[0] and given[1]:
            name, port = given[0], given[1]
            if isinstance(name, str) and name.replace(".", "").isdigit():
                return
            if isinstance(port, str) and port.isdigit():
                port = int(port)
            connects(name, port)

    sys.addaudithook(looked)


def _begin() -> None:
    import random

    if "offset_ns" in _SETUP:
        try:
            _tell(clock=bool(_set_clock(_SETUP["offset_ns"])))
        except Exception as fault:  # noqa: BLE001 (an interpreter that keeps no such dictionary)
            _tell(clock=False, why=repr(fault))
    if "seed" in _SETUP:
        random.seed(_SETUP["seed"])
    _look_on()


def _next() -> None:
    """Of whoever had one before us."""
    import importlib.machinery

    here = os.path.dirname(os.path.abspath(__file__))
    others = [one for one in sys.path if os.path.abspath(one or ".") != here]
    found = importlib.machinery.PathFinder.find_spec("sitecustomize", others)
    if found is not None and found.loader is not None:
        import importlib.util

        module = importlib.util.module_from_spec(found)
        sys.modules["sitecustomize"] = module
        found.loader.exec_module(module)


if _SETUP:
    _begin()
_next()
