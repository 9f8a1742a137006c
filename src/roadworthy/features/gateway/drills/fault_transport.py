"""A transport in which one fault happens, exactly as planned, to each try of one call.

Errors, refusals, empty answers and swapped models are made here, and the upstream is not asked: nothing is
paid. Slow and truncated answers are the upstream's own bytes. An upstream that fails by itself is passed on,
and the fault counts as not applied.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence

from roadworthy.contracts.upstream import Headers, Transport, UpstreamAnswer, UpstreamFailed, UpstreamRequest
from roadworthy.domain.dialects.asked import Asked, Kind, Said, asked_of
from roadworthy.domain.dialects.table import SPEAKERS
from roadworthy.domain.exchange import Dialect
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.drills.fault import PlannedFault

SWAPPED_MODEL = "swapped-model"
SWAPPED_TEXT = "Everything is in order; nothing more needs to be done."
REFUSAL_TEXT = "I'm sorry, but I can't help with that."
_MOST_BYTES = 16 * 1024 * 1024
Sleep = Callable[[float], Awaitable[None]]


class FaultTransport:
    """Of the contract `Transport`. `applied` is called once the agent is bound to meet the fault. Closing it
    closes nothing: the transport inside belongs to others."""

    def __init__(
        self,
        inner: Transport,
        *,
        fault: PlannedFault,
        dialect: Dialect,
        applied: Callable[[], None] = lambda: None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._inner = inner
        self._fault = fault
        self._speaker = SPEAKERS.get(dialect)
        self._applied = applied
        self._sleep = sleep

    async def send(self, request: UpstreamRequest) -> UpstreamAnswer:
        name = self._fault.fault
        if name == "timeout":
            raise await self._timed_out(request)
        if name == "slow":
            answer = await self._inner.send(request)
            self._applied()
            return _Slow(answer, fault=self._fault, request=request, sleep=self._sleep)
        if name == "truncated":
            return await self._truncated(request)
        speaker = self._speaker
        if speaker is None:
            # A call that the gateway does not read: there is no shape to answer in.
            return await self._inner.send(request)
        self._applied()
        asked = asked_of(url=request.url, body=request.body)
        if name == "rate_limited":
            wait = f"{self._fault.setting('retry_after_s'):g}".encode()
            body = speaker.error(429, "Rate limit reached. Please try again later.")
            return _Made(429, body=[body], headers=[(b"retry-after", wait)])
        if name == "server_error":
            message = "The server had an error while processing your request."
            return _Made(500, body=[speaker.error(500, message)])
        return _answered(asked, said_of(self._fault, asked), speaker.whole, speaker.stream)

    async def close(self) -> None:
        return

    async def _timed_out(self, request: UpstreamRequest) -> UpstreamFailed:
        wait = min(self._fault.setting("after_s"), request.waits.first_byte_s)
        await self._sleep(wait)
        self._applied()
        return UpstreamFailed(FailureCode.TIMEOUT, f"no answer within {wait:g} s", sent=True)

    async def _truncated(self, request: UpstreamRequest) -> UpstreamAnswer:
        answer = await self._inner.send(request)
        if answer.status >= 400:
            return answer
        body = await _all(answer)
        if len(body) < 2:
            return _Made(answer.status, body=[body], headers=list(answer.headers))
        self._applied()
        cut = cut_at(len(body), seed=self._fault.seed)
        return _Made(
            answer.status,
            body=_events(body[:cut]),
            headers=[one for one in answer.headers if one[0] != b"content-length"]
            + [(b"content-length", str(len(body)).encode())] * _has_length(answer.headers),
            cut_off=True,
        )


def said_of(fault: PlannedFault, asked: Asked) -> Said:
    """What a made-up answer says. Pure."""
    if fault.fault == "refusal":
        return Said(kind=Kind.REFUSAL, text=REFUSAL_TEXT, model=asked.model, seed=fault.seed)
    if fault.fault == "empty":
        return Said(kind=Kind.EMPTY, text="", model=asked.model, seed=fault.seed)
    return Said(kind=Kind.TEXT, text=SWAPPED_TEXT, model=SWAPPED_MODEL, seed=fault.seed)


def cut_at(length: int, *, seed: int) -> int:
    """Between three and eight tenths of it, never all."""
    share = random.Random(f"cut {seed}").uniform(0.3, 0.8)  # noqa: S311 (no secret)
    return max(1, min(length - 1, int(length * share)))


def _answered(
    asked: Asked,
    said: Said,
    whole: Callable[[Asked, Said], bytes],
    stream: Callable[[Asked, Said], list[bytes]],
) -> UpstreamAnswer:
    if not asked.streamed:
        return _Made(200, body=[whole(asked, said)])
    kind = b"text/event-stream; charset=utf-8" if asked.server_sent else b"application/json"
    return _Made(200, body=stream(asked, said), kind=kind, length=False)


class _Made:
    """An answer from memory. `cut_off`: after its last byte the connection breaks."""

    def __init__(
        self,
        status: int,
        *,
        body: Sequence[bytes],
        headers: Sequence[tuple[bytes, bytes]] = (),
        kind: bytes = b"application/json",
        length: bool = True,
        cut_off: bool = False,
    ) -> None:
        own: list[tuple[bytes, bytes]] = list(headers)
        names = {name for name, _ in own}
        if b"content-type" not in names:
            own.append((b"content-type", kind))
        if length and not cut_off and b"content-length" not in names:
            own.append((b"content-length", str(sum(map(len, body))).encode()))
        self.status = status
        self.headers: Headers = own
        self._left = list(body)
        self._cut_off = cut_off

    async def read(self) -> bytes:
        if self._left:
            return self._left.pop(0)
        if self._cut_off:
            raise UpstreamFailed(
                FailureCode.INVALID_ANSWER, "the answer was cut off: the connection ended midway", sent=True
            )
        return b""

    async def abort(self) -> None:
        self._left.clear()
        self._cut_off = False


class _Slow:
    """The upstream's bytes, event by event, each late. Where that is later than the caller waits, it ends as
    a transport that ran out of time does."""

    def __init__(
        self, answer: UpstreamAnswer, *, fault: PlannedFault, request: UpstreamRequest, sleep: Sleep
    ) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self._answer = answer
        self._first_s, self._between_s = fault.setting("first_s"), fault.setting("between_s")
        self._waits = request.waits
        self._sleep = sleep
        self._began = time.monotonic()
        self._held: list[bytes] = []
        self._given = False

    async def read(self) -> bytes:
        if not self._held:
            chunk = await self._answer.read()
            if not chunk:
                return b""
            self._held = _events(chunk)
        late, limit = (
            (self._between_s, self._waits.between_s)
            if self._given
            else (self._first_s, self._waits.first_byte_s)
        )
        if self._waits.total_s is not None:
            limit = min(limit, max(0.0, self._waits.total_s - (time.monotonic() - self._began)))
        await self._sleep(min(late, limit))
        if late > limit:
            await self._answer.abort()
            raise UpstreamFailed(FailureCode.TIMEOUT, f"no byte within {limit:g} s", sent=True)
        self._given = True
        return self._held.pop(0)

    async def abort(self) -> None:
        self._held = []
        await self._answer.abort()


def _events(chunk: bytes) -> list[bytes]:
    """Cut after each event of a stream; joined they are the chunk."""
    parts = chunk.split(b"\n\n")
    return [part + b"\n\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _has_length(headers: Headers) -> bool:
    return any(name == b"content-length" for name, _ in headers)


async def _all(answer: UpstreamAnswer) -> bytes:
    taken = bytearray()
    while chunk := await answer.read():
        taken += chunk
        if len(taken) > _MOST_BYTES:
            await answer.abort()
            raise UpstreamFailed(FailureCode.TOO_LARGE, "the answer is too long to be cut off", sent=True)
    return bytes(taken)
