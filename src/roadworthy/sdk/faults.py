"""What the SDK does with its own faults: it tells the log, never the host.

`ROADWORTHY_STRICT=1` re-raises instead, which is for tests.
"""

from __future__ import annotations

import logging
import os
import threading
import time

LOG = logging.getLogger("roadworthy")

_REPEAT_AFTER_S = 60.0
_said: dict[str, float] = {}
_lock = threading.RLock()


def strict() -> bool:
    return os.environ.get("ROADWORTHY_STRICT", "") not in ("", "0")


def absorb(where: str, error: Exception) -> None:
    """Swallow a fault of our own, logging each kind once; raises `error` under ROADWORTHY_STRICT=1."""
    if strict():
        raise error
    warn(
        f"{where}:{type(error).__name__}",
        f"{where} failed ({type(error).__name__}: {error}); the agent goes on",
    )


def warn(kind: str, message: str) -> None:
    """Log `message` unless a warning of this kind was logged in the last minute."""
    now = time.monotonic()
    with _lock:
        if now - _said.get(kind, -_REPEAT_AFTER_S) < _REPEAT_AFTER_S:
            return
        if len(_said) > 1000:  # kinds are few; this only bounds what a bug of ours could do
            _said.clear()
        _said[kind] = now
    LOG.warning("roadworthy: %s", message)


def forget() -> None:
    """Say everything again from now on (a new `init`, a forked child, a test)."""
    global _lock
    _lock = threading.RLock()
    _said.clear()
