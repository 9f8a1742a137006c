"""One try at one upstream: from its place in the queue to the first bytes of an answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from roadworthy.contracts.upstream import Transport, UpstreamAnswer, UpstreamFailed, Waits
from roadworthy.domain.exchange import Attempt
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.resilience.breaker import BreakerState
from roadworthy.features.gateway.resilience.places import QueueFull, WaitedTooLong
from roadworthy.features.gateway.routes.call import ModelCall, PlannedTarget
from roadworthy.features.gateway.routes.forwarding import STREAM_TYPE, content_type, upstream_request
from roadworthy.features.gateway.routes.unpacking import RequestInvalid
from roadworthy.features.gateway.routes.upstreams import Upstream
from roadworthy.kit.outbound import retry_after

_ERROR_BYTES = 1 << 20
_AGAIN = frozenset({408, 409, 425, 429})
_ELSEWHERE = frozenset({401, 402, 403, 404, 405, 501})
"""The provider's key or model is wrong: the same call will not do better, another target may."""
_BROKEN = frozenset({FailureCode.TIMEOUT, FailureCode.UNREACHABLE, FailureCode.INVALID_ANSWER})
_STREAM_ERRORS = (
    b"event: error",
    b"event:error",
    b'data: {"error"',
    b'data:{"error"',
    b'data: {"type":"error"',
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorAnswer:
    """An upstream's own error, whole."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class TryFailed(Exception):  # noqa: N818 (a condition, not a bug)
    def __init__(
        self,
        code: FailureCode,
        message: str,
        *,
        again: bool,
        elsewhere: bool,
        after_s: float | None = None,
        error: ErrorAnswer | None = None,
    ) -> None:
        """`again`: the same upstream may do better; `elsewhere`: another may. `after_s` as it asked."""
        super().__init__(message)
        self.code = code
        self.again = again
        self.elsewhere = elsewhere
        self.after_s = after_s
        self.error = error


class Opened:
    """An answer that has begun. Holds a place of its upstream, and a ticket of its breaker, until `over`."""

    __slots__ = ("_closed", "answer", "elapsed_ms", "first", "now", "planned", "proven", "ticket", "upstream")

    def __init__(
        self,
        *,
        upstream: Upstream,
        planned: PlannedTarget,
        answer: UpstreamAnswer,
        first: bytes,
        ticket: int,
        now: Callable[[], float],
        elapsed_ms: float,
        proven: bool,
    ) -> None:
        """`proven`: as a probe it has told the breaker already, which does not wait for a stream to end."""
        self.proven = proven
        self.upstream = upstream
        self.planned = planned
        self.answer = answer
        self.first = first
        self.ticket = ticket
        self.now = now
        self.elapsed_ms = elapsed_ms
        self._closed = False

    def over(self, good: bool | None) -> None:  # noqa: FBT001 - what it says about the upstream; None: nothing
        """Idempotent."""
        if self._closed:
            return
        self._closed = True
        leave(self.upstream, self.planned)
        if not self.proven:
            judge(self.upstream, self.ticket, good, now=self.now())

    async def drop(self) -> None:
        """It lost against another try."""
        self.over(None)
        await self.answer.abort()


def leave(upstream: Upstream, planned: PlannedTarget) -> None:
    upstream.in_flight -= 1
    upstream.places.give(at_once=planned.provider.provider.at_once)


def judge(upstream: Upstream, ticket: int, good: bool | None, *, now: float) -> None:  # noqa: FBT001
    if good is None:
        upstream.breaker.forgotten(ticket)
    elif good:
        upstream.breaker.succeeded(ticket, now)
    else:
        upstream.failures += 1
        upstream.breaker.failed(ticket, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trying:
    """What the tries of one call share. A try that was given up has neither status nor failure in `tried`."""

    call: ModelCall
    agent: str
    transport: Transport
    now: Callable[[], float]
    tried: list[Attempt]
    asked: list[PlannedTarget]
    """Those that a request was sent to."""

    async def once(self, upstream: Upstream, planned: PlannedTarget, *, waits: Waits, hedge: bool) -> Opened:
        """Raises TryFailed; cancelled, it closes what is open."""
        started_ns, began = time.time_ns(), self.now()
        status: int | None = None
        failure = ""
        try:
            opened = await self._open(upstream, planned, waits=waits)
            status = opened.answer.status
            return opened
        except TryFailed as failed:
            failure = failed.code.value
            status = failed.error.status if failed.error else None
            raise
        finally:
            attempt = Attempt(
                upstream=upstream.name,
                started_ns=started_ns,
                elapsed_ms=(self.now() - began) * 1000,
                status=status,
                failure=failure,
                hedge=hedge,
            )
            self.tried.append(attempt)

    async def _open(self, upstream: Upstream, planned: PlannedTarget, *, waits: Waits) -> Opened:
        provider = planned.provider.provider
        try:
            request = upstream_request(self.call, planned, waits=waits)
        except RequestInvalid as odd:
            raise TryFailed(FailureCode.UPSTREAM_REFUSED, str(odd), again=False, elsewhere=False) from None
        wait_s = min(provider.queue_wait_s, waits.total_s or provider.queue_wait_s)
        try:
            await upstream.places.take(
                self.agent, at_once=provider.at_once, queue=provider.queue, wait_s=wait_s
            )
        except (QueueFull, WaitedTooLong):
            raise TryFailed(FailureCode.OVERLOADED, "no place", again=False, elsewhere=True) from None
        upstream.in_flight += 1
        ticket = upstream.breaker.admit(self.now())
        if ticket is None:
            leave(upstream, planned)
            raise TryFailed(
                FailureCode.BREAKER_OPEN,
                "its breaker is open",
                again=False,
                elsewhere=True,
                after_s=max(0.1, upstream.breaker.reopens_in(self.now())),
            )
        good: bool | None = None
        opened = False
        answer: UpstreamAnswer | None = None
        began = self.now()
        upstream.calls += 1
        self.asked.append(planned)
        try:
            answer = await self.transport.send(request)
            first = await self._first(answer)
            elapsed_ms = (self.now() - began) * 1000
            upstream.latency.add(elapsed_ms)
            proven = upstream.breaker.state(self.now()) is BreakerState.HALF_OPEN
            if proven:
                upstream.breaker.succeeded(ticket, self.now())
            opened = True
            return Opened(
                upstream=upstream,
                planned=planned,
                answer=answer,
                first=first,
                ticket=ticket,
                now=self.now,
                elapsed_ms=elapsed_ms,
                proven=proven,
            )
        except UpstreamFailed as fault:
            good = False if fault.code in _BROKEN else None
            refused = fault.code not in _BROKEN
            raise TryFailed(fault.code, str(fault), again=not refused, elsewhere=True) from None
        except TryFailed as failed:
            good = _says(failed)
            raise
        finally:
            if not opened:
                leave(upstream, planned)
                judge(upstream, ticket, good, now=self.now())
                if answer is not None:
                    await answer.abort()

    async def _first(self, answer: UpstreamAnswer) -> bytes:
        """Raises TryFailed where the upstream says that it failed."""
        if answer.status >= 400:
            raise await _error(answer)
        if 300 <= answer.status < 400:
            # Following it could lead anywhere.
            raise TryFailed(FailureCode.INVALID_ANSWER, "a redirect", again=False, elsewhere=True)
        first = await answer.read()
        if content_type(answer.headers).startswith(STREAM_TYPE):
            if not first:
                raise TryFailed(FailureCode.INVALID_ANSWER, "an empty stream", again=True, elsewhere=True)
            if first.lstrip().startswith(_STREAM_ERRORS):
                # Nothing was passed on yet, so this is a failure like any other.
                raise TryFailed(FailureCode.UPSTREAM_ERROR, "an error event", again=True, elsewhere=True)
        return first


def _says(failed: TryFailed) -> bool | None:
    """What a failed try says about the upstream: too many calls or a wrong one say nothing bad."""
    if failed.error is None:
        return False
    if failed.error.status >= 500:
        return False
    return None if failed.code is FailureCode.RATE_LIMITED else True


async def _error(answer: UpstreamAnswer) -> TryFailed:
    body = bytearray()
    while (chunk := await answer.read()) and len(body) <= _ERROR_BYTES:
        body += chunk
    status = answer.status
    held = {name.decode("latin-1"): value.decode("latin-1") for name, value in answer.headers}
    said = held.get("x-should-retry", "").lower()
    if status == 429:
        code = FailureCode.RATE_LIMITED
    else:
        code = FailureCode.UPSTREAM_ERROR if status >= 500 else FailureCode.UPSTREAM_REFUSED
    again = status in _AGAIN or (status >= 500 and status not in _ELSEWHERE)
    return TryFailed(
        code,
        f"HTTP {status}",
        again=said == "true" or (again and said != "false"),
        elsewhere=again or status in _ELSEWHERE,
        after_s=_after(held),
        error=ErrorAnswer(status=status, headers=tuple(answer.headers), body=bytes(body)),
    )


def _after(headers: dict[str, str]) -> float | None:
    try:
        milliseconds = float(headers.get("retry-after-ms", ""))
    except ValueError:
        return retry_after(headers.get("retry-after", ""))
    return max(0.0, milliseconds / 1000) if milliseconds < float("inf") else None
