"""The tokens of a connector as they stand now, in one sealed file that all processes share.

A server that rotates refresh tokens takes each of them once: who shows an old one is taken for a thief, and
all are revoked. So one process at a time renews, under a lock that the kernel gives back when it dies, and
what it got is on disk before anybody uses it.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson

_LOOK_S = 0.05


class LockBusy(Exception):  # noqa: N818 (a condition, not a bug)
    """Another process renews, and does not end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTokens:
    """`until`: seconds since 1970 to which the access token is taken for good."""

    refresh: str = field(repr=False)
    access: str = field(default="", repr=False)
    until: float = 0.0


class TokenFile:
    """`entered` is the refresh token that a person gave: where that is another one, what is kept counts no
    more. `asked` is what an access token was asked for."""

    def __init__(
        self,
        path: Path,
        *,
        seal: Callable[[str], str],
        unseal: Callable[[str], str],
        entered: str,
        asked: Sequence[str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = path
        self._seal = seal
        self._unseal = unseal
        self._entered = entered
        self._asked = list(asked)
        self._clock = clock

    @contextlib.asynccontextmanager
    async def locked(self, *, seconds: float) -> AsyncIterator[None]:
        """Alone among all processes of this machine. Raises LockBusy."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        by = time.monotonic() + seconds
        handle = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > by:
                        raise LockBusy from None
                    await asyncio.sleep(_LOOK_S)
            yield
        finally:
            os.close(handle)

    def read(self) -> KeptTokens:
        """What was entered, where nothing is kept or it cannot be read: half a file, another key."""
        try:
            said = orjson.loads(self._unseal(self._path.read_text()))
            if said["entered"] != self._entered:
                return KeptTokens(refresh=self._entered)
            kept = KeptTokens(**said["tokens"])
            good = said["asked"] == self._asked and self._clock() < kept.until
            return kept if good else KeptTokens(refresh=kept.refresh)
        except Exception:  # noqa: BLE001 (the sealer's own kinds; what a person entered holds)
            return KeptTokens(refresh=self._entered)

    def write(self, tokens: KeptTokens) -> None:
        """Whole and on disk when it returns. Raises OSError and CannotOpen."""
        text = orjson.dumps({"entered": self._entered, "asked": self._asked, "tokens": asdict(tokens)})
        draft = self._path.with_suffix(".new")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(self._seal(text.decode()))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
