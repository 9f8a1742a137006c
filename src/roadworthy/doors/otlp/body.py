"""Reading the body of an HTTP request within its limits of size, time and memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from roadworthy.doors.otlp.budget import BodyClaim
from roadworthy.doors.otlp.compression import Inflater
from roadworthy.doors.otlp.limits import DoorLimits
from roadworthy.doors.otlp.refusal import Refused

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class SenderGone(Exception):  # noqa: N818 (their choice, not a fault)
    """The connection ended before the body did: nobody is there to answer."""


def too_large(limit: int) -> Refused:
    return Refused(
        "too_large", f"The body is larger than {limit} bytes after decompression. Send less at once."
    )


class BodyReader:
    """The body of one request. `head` is its first bytes, unpacked.

    `begun` says that some of it was asked for, `finished` that none is left.
    """

    def __init__(self, receive: Receive, *, limits: DoorLimits) -> None:
        self._receive = receive
        self._limits = limits
        self.finished = False
        self.begun = False
        self.head = b""

    async def read(self, inflater: Inflater, *, claim: BodyClaim, declared: str | None) -> bytes:
        """All of it, unpacked. Raises Refused or SenderGone. `declared` is the Content-Length, if any."""
        if declared is not None and declared.isdigit() and int(declared) > self._limits.body_bytes:
            raise too_large(self._limits.body_bytes)
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                return await self._read(inflater, claim)
        except TimeoutError as error:
            raise Refused(
                "too_slow", f"The body did not arrive within {self._limits.body_seconds:g} seconds."
            ) from error

    async def drain(self) -> None:
        """Read and forget what is left, for a while: a sender that still writes does not see the answer."""
        end = time.monotonic() + self._limits.linger_seconds
        try:
            async with asyncio.timeout(self._limits.linger_seconds):
                while not self.finished and time.monotonic() < end:
                    await self._next()
        except (TimeoutError, SenderGone):
            pass

    async def _read(self, inflater: Inflater, claim: BodyClaim) -> bytes:
        pieces: list[bytes] = []
        size = 0
        while not self.finished:
            chunk = await self._next()
            for piece in inflater.feed(chunk):
                size += len(piece)
                if size > self._limits.body_bytes:
                    raise too_large(self._limits.body_bytes)
                claim.take(len(piece))
                if not pieces:
                    self.head = piece[:1024]
                elif len(piece) >= len(chunk):
                    await asyncio.sleep(0)  # a chunk that unpacks to many pieces must not hold up the others
                pieces.append(piece)
        inflater.finish()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def _next(self) -> bytes:
        self.begun = True
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise SenderGone
        self.finished = not message.get("more_body", False)
        return bytes(message.get("body", b""))
