"""What is to be said about a call afterwards: the exchange, and the bytes that made it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from roadworthy.contracts.recorder import Recorder
from roadworthy.domain.exchange import Attempt, Dialect, Ending, Exchange, ExchangeKind
from roadworthy.domain.recording import RecordedMessage
from roadworthy.domain.typed_failure import TypedFailure
from roadworthy.doors.gateway.held_bytes import ONE_BYTES, HeldBytes
from roadworthy.doors.gateway.reply import Reply
from roadworthy.doors.gateway.request import GatewayRequest
from roadworthy.features.gateway.drills.injection import Injection
from roadworthy.features.gateway.keys.caller import Caller
from roadworthy.features.gateway.recording.binding import binding_of
from roadworthy.features.gateway.routes.call import Accounted, Admitted, CallFailed, ModelCall, Passing
from roadworthy.kit.ids import sortable_id

_NOTHING = Accounted()


class CallStory:
    """Gathers references to bytes that are at hand anyway; nothing is read, priced or masked here."""

    __slots__ = (
        "_accounted",
        "_admitted",
        "_attempts",
        "_began",
        "_binding",
        "_call",
        "_caller",
        "_chunks",
        "_ending",
        "_failure",
        "_first_ms",
        "_held",
        "_keeping",
        "_pinned",
        "_request",
        "_seen",
        "drill",
        "id",
        "injection",
        "passing",
        "started_ns",
    )

    def __init__(self, call: ModelCall, request: GatewayRequest, *, held: HeldBytes) -> None:
        self._held = held
        self._keeping = True
        self.started_ns = time.time_ns()
        self._began = time.perf_counter()
        self.id = sortable_id(self.started_ns)
        self._call = call
        self._request = request
        self._binding = binding_of(request.headers)
        self._admitted: Admitted | None = None
        self._caller: Caller | None = None
        self._attempts: Sequence[Attempt] = ()
        self._pinned = ""
        self._chunks: list[tuple[float, bytes]] = []
        self._seen = 0
        self._first_ms: float | None = None
        self._ending: Ending | None = None
        self._failure: TypedFailure | None = None
        self._accounted: Accounted | None = None
        self.passing: Passing | None = None
        self.injection: Injection | None = None
        self.drill = ""

    @property
    def dialect(self) -> Dialect:
        return self._call.dialect

    @property
    def run_key(self) -> str:
        """What tells this run from others: its id or trace, else the call's own id."""
        return self._binding.run_id or self._binding.trace_id or self.id

    def in_drill(self, drill: str, *, run_id: str = "") -> None:
        """A drill's token says which run it is, whatever the other headers do."""
        self.drill = drill
        if run_id:
            self._binding = replace(self._binding, run_id=run_id, by="drill")

    def admitted(self, admitted: Admitted) -> None:
        self._admitted, self._caller = admitted, admitted.caller

    def refused(self, failure: TypedFailure, *, caller: Caller | None) -> None:
        self._failure, self._ending, self._caller = failure, Ending.REFUSED, caller

    def failed(self, failed: CallFailed) -> None:
        self._failure, self._ending = failed.failure, Ending.FAILED
        self._attempts, self._pinned = failed.attempts, failed.pinned

    def broken(self, failure: TypedFailure) -> None:
        """The answer broke off."""
        self._failure = failure
        self.settle(Ending.CUT_OFF)
        self._ending = Ending.CUT_OFF

    def answer(self, data: bytes) -> None:
        """Some bytes of the answer came."""
        self.answers(((time.perf_counter(), data),))

    def answers(self, came: Sequence[tuple[float, bytes]]) -> None:
        """Each with when it came (`perf_counter`)."""
        began = self._began
        if self._first_ms is None:
            self._first_ms = (came[0][0] - began) * 1000
        size = sum([len(data) for _, data in came])
        self._seen += size
        if self._keeping:
            if self._seen <= ONE_BYTES and self._held.take(size):
                self._chunks += [((at - began) * 1000, data) for at, data in came]
            else:
                # Half a recording would be taken for the whole: none is kept, the exchange is listed.
                self._keeping = False
                self._let_go()

    def _let_go(self) -> None:
        self._held.give(sum([len(data) for _, data in self._chunks]))
        self._chunks = []

    def settle(self, ending: Ending) -> Accounted:
        """The call is over: what it came to. The first ending counts."""
        if self._accounted is None:
            self._ending = ending
            self._accounted = self.passing.finish(ending) if self.passing is not None else _NOTHING
        return self._accounted

    def headers(self, attempts: Sequence[Attempt], *, cached: bool = False) -> list[tuple[bytes, bytes]]:
        told = [(b"x-roadworthy-exchange", self.id.encode())]
        if self._admitted is not None:
            told.append((b"x-roadworthy-route", self._admitted.route.name.encode()))
            told.append((b"x-roadworthy-attempts", b"%d" % len(attempts)))
            if cached:
                told.append((b"x-roadworthy-cached", b"true"))
        return told

    def tell(self, recorder: Recorder | None, *, reply: Reply) -> Exchange:
        """Offer it to the recorder, unless a stranger called: nobody else may fill anybody's log."""
        exchange = self._exchange(reply)
        if recorder is not None and self._caller is not None:
            self._offer(recorder, exchange, reply=reply)
        # From here on the recorder counts them, if it took them.
        self._let_go()
        return exchange

    def _offer(self, recorder: Recorder, exchange: Exchange, *, reply: Reply) -> None:
        if not self._keeping:
            recorder.offer(exchange, request=None, answer=None)
            return
        recorder.offer(
            exchange,
            request=RecordedMessage(
                head=f"{self._request.method} {self._call.path}",
                headers=self._request.headers,
                chunks=((0.0, self._call.body),),
            ),
            answer=RecordedMessage(
                head=str(self.passing.status if self.passing is not None else reply.status),
                headers=self.passing.headers if self.passing is not None else (),
                chunks=self._chunks,
            ),
        )

    def _exchange(self, reply: Reply) -> Exchange:
        passing, admitted = self.passing, self._admitted
        given_up = admitted.given_up if admitted is not None else None
        accounted = self._accounted or given_up or _NOTHING
        caller = self._caller
        return Exchange(
            project=caller.project if caller is not None else "",
            id=self.id,
            kind=ExchangeKind.MODEL,
            dialect=self._call.dialect,
            agent=caller.agent if caller is not None else "",
            release=caller.release if caller is not None else "",
            key_id=caller.key.id if caller is not None else "",
            target=admitted.route.name if admitted is not None else self._call.model,
            asked=self._call.model,
            pinned=passing.pinned if passing is not None else self._pinned,
            answered=accounted.answered,
            upstream=passing.upstream if passing is not None else "",
            started_ns=self.started_ns,
            first_byte_ms=self._first_ms,
            elapsed_ms=(time.perf_counter() - self._began) * 1000,
            streamed=self._call.streamed,
            status=reply.status or None,
            # Nothing was settled: the agent went while no upstream had answered yet.
            ending=self._ending or Ending.ABORTED,
            failure=self._failure or (passing.failure if passing is not None else None),
            attempts=tuple(passing.attempts if passing is not None else self._attempts),
            cached=passing.cached if passing is not None else False,
            fault=self.injection.noted if self.injection is not None else "",
            drill=self.drill,
            tokens=accounted.tokens,
            cost_usd=accounted.cost_usd,
            response_id=accounted.response_id,
            binding=self._binding,
            request_bytes=len(self._call.body),
            response_bytes=self._seen,
        )
