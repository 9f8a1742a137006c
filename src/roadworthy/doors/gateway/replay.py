"""The door of reruns: who shows a replay's token is answered from a recording, before anything else is asked.

What the plan lets go on goes through the usual door. Every call is written in the rerun's journal, and
recorded as an exchange of the rerun.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from roadworthy.contracts.upstream import Headers
from roadworthy.domain.exchange import Dialect, Ending, Exchange, ExchangeKind
from roadworthy.domain.recording import RecordedMessage
from roadworthy.domain.typed_failure import TypedFailure
from roadworthy.doors.gateway.connect import ConnectDoor
from roadworthy.doors.gateway.connection import Handler
from roadworthy.doors.gateway.event_edge import EventEdge
from roadworthy.doors.gateway.failures import JSON, failure_body, failure_event, failure_headers, status_of
from roadworthy.doors.gateway.mcp import McpDoor
from roadworthy.doors.gateway.model_list import model_list
from roadworthy.doors.gateway.paths import ModelPath, model_path, without_key
from roadworthy.doors.gateway.refusing import refuse, tell
from roadworthy.doors.gateway.replay_live import pass_on
from roadworthy.doors.gateway.replay_room import ReplayRoom
from roadworthy.doors.gateway.replay_seat import PlayedCall, ReplaySeat
from roadworthy.doors.gateway.reply import ClientGone, Reply
from roadworthy.doors.gateway.request import GatewayRequest
from roadworthy.features.debug.tape.asked import Asked, How
from roadworthy.features.gateway.keys.presenting import UNAUTHENTICATED, WHY
from roadworthy.features.gateway.routes.unpacking import RequestInvalid, unpacked

Seats = Callable[[GatewayRequest], Awaitable[ReplaySeat | TypedFailure | None]]
"""None for a call that is in no replay; a failure where its token is no good."""
_NOT_REPLAYED = frozenset({b"content-encoding", b"content-length", b"date", b"server", b"set-cookie"})
_NO_WAIT = (b"retry-after-ms", b"1")
"""SDKs that try again do so at once: nobody waits in a replay."""
_LOOKED_AT = ("/healthz", "/readyz", "/metrics")


class ReplayDoor:
    """A `Handler` before all others. `usual` None: nothing but recordings is there."""

    def __init__(self, seats: Seats, *, usual: Handler | None) -> None:
        self._seats = seats
        self._usual = usual

    async def __call__(self, request: GatewayRequest, reply: Reply) -> None:
        seat = await self._seats(request)
        if isinstance(seat, ReplaySeat):
            await self._replayed(request, reply, seat)
        elif seat is not None:
            unknown = seat.facts.get(WHY) == UNAUTHENTICATED
            tell(reply, path=request.path, failure=seat, status=401 if unknown else None)
        elif self._usual is not None:
            await self._usual(request, reply)

    async def _replayed(self, request: GatewayRequest, reply: Reply, seat: ReplaySeat) -> None:
        path = request.path
        end = path.find("/", 1)
        first = path if end < 0 else path[:end]
        if first == "/mcp":
            await McpDoor(ReplayRoom(seat, usual=self._usual))(request, reply)
        elif first == "/connect":
            await ConnectDoor(ReplayRoom(seat, usual=self._usual))(request, reply)
        elif path in ("/v1/models", "/models") and request.method == "GET":
            anthropic = request.header(b"anthropic-version") is not None
            reply.send(200, [JSON], model_list(seat.player.models, anthropic=anthropic))
        elif (found := model_path(path)) is None:
            if first in _LOOKED_AT and self._usual is not None:
                await self._usual(request, reply)
            else:
                refuse(reply, path=path, status=404, message=f"There is nothing at {path[:200]}.")
        elif request.method != "POST":
            refuse(reply, path=path, status=405, message=f"{path[:200]} takes POST alone.")
        else:
            await self._model(request, reply, seat, at=found)

    async def _model(self, request: GatewayRequest, reply: Reply, seat: ReplaySeat, *, at: ModelPath) -> None:
        try:
            plain = unpacked(request.headers, request.body)
        except RequestInvalid as odd:
            refuse(reply, path=request.path, status=400, message=str(odd))
            return
        query = without_key(request.query)
        path = f"{at.path}?{query}" if query else at.path
        body = request.body if plain is None else plain
        asked = Asked(kind=ExchangeKind.MODEL, path=path, body=body, dialect=at.dialect)
        call = PlayedCall(seat, request, asked)
        played = call.played
        if played.how is How.LIVE:
            await pass_on(call, request, reply, asked=asked, usual=self._usual)
        elif played.failure is not None or played.answer is None:
            failure = played.failure or (played.exchange.failure if played.exchange is not None else None)
            assert failure is not None  # noqa: S101 - of a call without an answer it is known why
            _Playing(call, reply, at.dialect).fail(failure)
        else:
            await _Playing(call, reply, at.dialect).play(played.answer, played.exchange)


class _Playing:
    """One answer of a model, told as it was told then."""

    def __init__(self, call: PlayedCall, reply: Reply, dialect: Dialect) -> None:
        self._call = call
        self._reply = reply
        self._dialect = dialect

    def fail(
        self, failure: TypedFailure, *, status: int | None = None, ending: Ending = Ending.FAILED
    ) -> None:
        status = status or status_of(failure)
        body = failure_body(failure, dialect=self._dialect, status=status)
        headers = [*failure_headers(failure), *_at_once(failure), *self._call.headers()]
        self._reply.send(status, headers, body)
        self._call.told(status=status, headers=(JSON,), chunks=(body,), ending=ending, failure=failure)

    async def play(self, answer: RecordedMessage, recorded: Exchange | None) -> None:
        failure = recorded.failure if recorded is not None else None
        ending = recorded.ending if recorded is not None else Ending.COMPLETE
        streamed = _is_stream(answer.headers)
        if failure is not None and not answer.headers:
            # The gateway's own words then, which are its own now.
            self.fail(failure, status=recorded.status if recorded is not None else None, ending=ending)
        elif failure is not None and ending is Ending.CUT_OFF and not streamed:
            self.fail(failure, ending=ending)
        elif streamed:
            await self._stream(answer, ending=ending, failure=failure)
        else:
            await self._whole(answer, ending=ending, failure=failure)

    async def _whole(self, answer: RecordedMessage, *, ending: Ending, failure: TypedFailure | None) -> None:
        status = int(answer.head)
        body = answer.body
        headers = [*_kept(answer.headers), *self._call.headers()]
        if status in (408, 409, 429) or status >= 500:
            headers.append(_NO_WAIT)
        if ending is Ending.ABORTED:
            # Nobody took more of it: what is missing was not recorded.
            self._reply.start(status, headers, length=len(body) + 1)
            self._reply.put(body)
            self._reply.break_off()
        else:
            self._reply.send(status, headers, body)
        self._call.told(status=status, headers=answer.headers, chunks=(body,), ending=ending, failure=failure)

    async def _stream(self, answer: RecordedMessage, *, ending: Ending, failure: TypedFailure | None) -> None:
        """Chunk by chunk, each as soon as the agent takes it; what broke off breaks off at the same place."""
        reply, status = self._reply, int(answer.head)
        edge = EventEdge()
        chunks = [chunk for _, chunk in answer.chunks]
        took: list[bytes] = []
        reply.start(status, [*_kept(answer.headers), *self._call.headers()])
        try:
            for chunk in chunks:
                whole = edge.take(chunk)
                took.append(chunk)
                await reply.write(whole)
            if ending is Ending.ABORTED:
                reply.break_off()
            elif failure is not None and ending is Ending.CUT_OFF:
                if edge.clean:
                    reply.put(failure_event(failure, dialect=self._dialect, status=status_of(failure)))
                    reply.end()
                else:
                    reply.break_off()
            else:
                await reply.write(edge.rest())
                reply.end()
        except ClientGone:
            ending = Ending.ABORTED
            raise
        finally:
            self._call.told(
                status=status,
                headers=answer.headers,
                chunks=took,
                ending=ending,
                failure=failure,
                streamed=True,
            )


def _kept(headers: Headers) -> list[tuple[bytes, bytes]]:
    """What is told of the recorded headers: nothing of a connection or a packing, nor what a mask took."""
    return [
        (name, value)
        for name, value in headers
        if name not in _NOT_REPLAYED and not name.startswith(b"x-roadworthy-") and b"[masked" not in value
    ]


def _at_once(failure: TypedFailure) -> list[tuple[bytes, bytes]]:
    return [_NO_WAIT] if failure.retry_after_s is not None else []


def _is_stream(headers: Headers) -> bool:
    return any(name == b"content-type" and b"event-stream" in value.lower() for name, value in headers)
