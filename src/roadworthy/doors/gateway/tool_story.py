"""What is to be said about a tool call afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from roadworthy.contracts.recorder import Recorder
from roadworthy.domain.exchange import Binding, Dialect, Ending, Exchange, ExchangeKind
from roadworthy.domain.recording import RecordedMessage
from roadworthy.doors.gateway.request import GatewayRequest
from roadworthy.features.gateway.drills.injection import Injection, Seat
from roadworthy.features.gateway.keys.caller import Caller
from roadworthy.features.gateway.recording.binding import binding_of
from roadworthy.features.gateway.tools.desk import ToolCallDone
from roadworthy.kit.ids import sortable_id

Told = Callable[[Ending, str], None]
RECORDED_BYTES = 16 << 20


class ToolFaults(Protocol):
    """`app/gateway_faults`. `seat` raises BadToken, a ValueError."""

    def seat(self, request: GatewayRequest, *, project: str, agent: str) -> Seat | None: ...
    def next(
        self,
        seat: Seat | None,
        *,
        project: str,
        agent: str,
        run_key: str,
        kind: ExchangeKind,
        target: str,
    ) -> Injection | None: ...


class ToolStory:
    """One call. `told` is called once, however it ends."""

    __slots__ = (
        "_binding",
        "_caller",
        "_dialect",
        "_request",
        "began",
        "drill",
        "id",
        "injection",
        "started_ns",
    )

    def __init__(
        self, request: GatewayRequest, caller: Caller, *, dialect: Dialect, traceparent: str = ""
    ) -> None:
        self.started_ns = time.time_ns()
        self.began = time.perf_counter()
        self.id = sortable_id(self.started_ns)
        self._request = request
        self._caller = caller
        self._dialect = dialect
        headers = request.headers
        if traceparent:
            headers = [*headers, (b"traceparent", traceparent.encode("ascii", "ignore"))]
        self._binding: Binding = binding_of(headers)
        self.injection: Injection | None = None
        self.drill = ""

    @property
    def run_key(self) -> str:
        return self._binding.run_id or self._binding.trace_id or self.id

    @property
    def traceparent(self) -> str:
        """Of the caller, for the system: as it came."""
        if not self._binding.trace_id:
            return ""
        return f"00-{self._binding.trace_id}-{self._binding.span_id}-01"

    def in_drill(self, seat: Seat) -> None:
        self.drill = seat.drill
        if seat.run_id:
            bound = self._binding
            self._binding = Binding(
                trace_id=bound.trace_id,
                span_id=bound.span_id,
                run_id=seat.run_id,
                session_id=bound.session_id,
                by="header",
            )

    def tell(
        self,
        recorder: Recorder | None,
        done: ToolCallDone,
        *,
        asked: str,
        status: int,
        body: bytes,
        ending: Ending | None = None,
    ) -> None:
        if recorder is None:
            return
        elapsed_ms = (time.perf_counter() - self.began) * 1000
        caller, injection = self._caller, self.injection
        exchange = Exchange(
            project=caller.project,
            id=self.id,
            kind=ExchangeKind.TOOL,
            dialect=self._dialect,
            agent=caller.agent,
            release=caller.release,
            key_id=caller.key.id,
            target=done.target,
            asked=asked,
            upstream=done.attempts[-1].upstream if done.attempts else "",
            started_ns=self.started_ns,
            first_byte_ms=elapsed_ms,
            elapsed_ms=elapsed_ms,
            status=status or None,
            ending=ending or done.ending,
            failure=done.failure,
            attempts=done.attempts,
            fault=injection.noted if injection is not None else "",
            drill=injection.drill if injection is not None else self.drill,
            binding=self._binding,
            request_bytes=len(self._request.body),
            response_bytes=len(body),
            contract_findings=done.findings,
        )
        recorder.offer(
            exchange,
            request=RecordedMessage(
                head=f"{self._request.method} {self._request.path}",
                headers=self._request.headers,
                chunks=((0.0, self._request.body),),
            ),
            answer=RecordedMessage(
                head=str(status),
                headers=((b"content-type", b"application/json"),),
                chunks=((elapsed_ms, body[:RECORDED_BYTES]),) if body else (),
            ),
        )
