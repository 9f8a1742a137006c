"""A call to a model, from its first byte to its last: admitted, tried, streamed, accounted, recorded.

Nothing here waits for a file or a database, and nobody waits for what is written about the call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter

from roadworthy.contracts.recorder import Recorder
from roadworthy.contracts.upstream import Transport, UpstreamFailed
from roadworthy.domain.exchange import Dialect, Ending
from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure
from roadworthy.doors.gateway.call_story import CallStory
from roadworthy.doors.gateway.event_edge import ENDS, EventEdge
from roadworthy.doors.gateway.failures import (
    JSON,
    failure_body,
    failure_event,
    failure_headers,
    status_of,
)
from roadworthy.doors.gateway.held_bytes import HeldBytes
from roadworthy.doors.gateway.model_list import model_list
from roadworthy.doors.gateway.paths import ModelPath, model_path, without_key
from roadworthy.doors.gateway.presented import key_of
from roadworthy.doors.gateway.refusing import refuse, tell
from roadworthy.doors.gateway.reply import ClientGone, Reply
from roadworthy.doors.gateway.request import GatewayRequest
from roadworthy.features.gateway.keys.caller import Caller
from roadworthy.features.gateway.keys.presenting import UNAUTHENTICATED, WHY, refused
from roadworthy.features.gateway.routes.call import Admitted, CallFailed, ModelCall, Passing
from roadworthy.features.gateway.routes.forwarding import content_type
from roadworthy.features.gateway.routes.gate import ModelGate
from roadworthy.features.gateway.routes.request_body import read_call
from roadworthy.features.gateway.routes.unpacking import RequestInvalid
from roadworthy.kit.signed_token import BadToken

Faults = Callable[[GatewayRequest, Admitted, CallStory], Transport | None]
"""The transport to use in place of the usual one, where a drill has a fault for it. Raises BadToken."""
GATHERED_BYTES = 1 << 20
"""An answer that is no stream is passed on once it is whole, up to this size: then one that breaks off can be
told as a failure. A longer one goes through as it comes."""
_EVENTS = b"text/event-stream"
_DONE = b"data: [DONE]\n\n"
_LAST_EVENTS = (b"event: message_stop", b"event: response.completed", b"event: response.incomplete", _DONE)
_DRAIN_SECONDS = 2.0
_TOLD_BYTES = 8 << 10
"""So much of a stream is passed on before it is read and recorded."""


class ModelDoor:
    """`callers` says whose a refused call was; `recorder` None records nothing; `faults` None injects
    nothing; `on_told` hears how each call ended."""

    def __init__(
        self,
        gate: ModelGate,
        *,
        callers: Callable[[GatewayRequest], Caller | TypedFailure],
        recorder: Recorder | None = None,
        faults: Faults | None = None,
        on_told: Callable[[Ending, str], None] = lambda _ending, _failure: None,
        held: HeldBytes | None = None,
    ) -> None:
        self._gate = gate
        self._callers = callers
        self._recorder = recorder
        self._faults = faults
        self._on_told = on_told
        self._held = held or HeldBytes()

    def __call__(self, request: GatewayRequest, reply: Reply) -> Awaitable[None]:
        found = model_path(request.path)
        if found is not None and request.method == "POST":
            return self._call(request, reply, at=found)
        return self._other(request, reply, known=found is not None)

    async def _other(self, request: GatewayRequest, reply: Reply, *, known: bool) -> None:
        path = request.path
        if path in ("/v1/models", "/models") and request.method == "GET":
            self._list_models(request, reply)
        elif known:
            refuse(reply, path=path, status=405, message=f"{path[:200]} takes POST alone.")
        else:
            refuse(reply, path=path, status=404, message=f"There is nothing at {path[:200]}.")

    async def _call(self, request: GatewayRequest, reply: Reply, *, at: ModelPath) -> None:
        path = f"{at.path}?{without_key(request.query)}" if request.query else at.path
        try:
            call = read_call(at.dialect, path, headers=request.headers, body=request.body)
        except RequestInvalid as odd:
            refuse(reply, path=request.path, status=400, message=str(odd))
            return
        story = CallStory(call, request, held=self._held)
        release = request.header(b"x-roadworthy-release") or b""
        admitted = self._gate.admit(
            call, presented=key_of(request), release=release.decode("utf-8", "replace")[:200]
        )
        if isinstance(admitted, TypedFailure):
            self._tell_refused(request, reply, story, admitted)
            return
        story.admitted(admitted)
        try:
            await self._pass_on(request, reply, story, admitted, call)
        finally:
            self._tell(story, reply)

    async def _pass_on(
        self, request: GatewayRequest, reply: Reply, story: CallStory, admitted: Admitted, call: ModelCall
    ) -> None:
        try:
            transport = self._faults(request, admitted, story) if self._faults is not None else None
        except BadToken as bad:
            # It was meant for a drill, and must not be taken for a usual call.
            self._gate.release(admitted)
            failure = refused(f"{admitted.route.name} was not asked: {bad}.", why="drill")
            story.refused(failure, caller=admitted.caller)
            tell(
                reply,
                path=request.path,
                failure=failure,
                status=status_of(failure),
                headers=story.headers(()),
            )
            return
        passing = await self._gate.attempts(admitted, call, transport=transport)
        if isinstance(passing, CallFailed):
            story.failed(passing)
            failure = passing.failure
            status = status_of(failure)
            body = failure_body(failure, dialect=call.dialect, status=status)
            story.answer(body)
            reply.send(status, [*failure_headers(failure), *story.headers(passing.attempts)], body)
            return
        story.passing = passing
        stream = _Stream(passing, reply, story, dialect=call.dialect)
        try:
            if content_type(passing.headers).lower().startswith(_EVENTS):
                await stream.events()
            else:
                await stream.whole()
        except (ClientGone, asyncio.CancelledError):
            # Who goes once the last event was there has all of it.
            story.settle(Ending.COMPLETE if stream.over else Ending.ABORTED)
            await passing.abort()
            raise
        except BaseException:
            story.settle(Ending.CUT_OFF)
            await passing.abort()
            raise

    def _tell_refused(
        self, request: GatewayRequest, reply: Reply, story: CallStory, failure: TypedFailure
    ) -> None:
        status = 401 if failure.facts.get(WHY) == UNAUTHENTICATED else status_of(failure)
        caller = self._callers(request)
        story.refused(failure, caller=caller if isinstance(caller, Caller) else None)
        tell(reply, path=request.path, failure=failure, status=status, headers=story.headers(()))
        self._tell(story, reply)

    def _tell(self, story: CallStory, reply: Reply) -> None:
        exchange = story.tell(self._recorder, reply=reply)
        failure = exchange.failure
        self._on_told(exchange.ending, failure.code.value if failure is not None else "")

    def _list_models(self, request: GatewayRequest, reply: Reply) -> None:
        anthropic = request.header(b"anthropic-version") is not None
        dialect = Dialect.ANTHROPIC_MESSAGES if anthropic else Dialect.OPENAI_CHAT
        names = self._gate.dialect_models(presented=key_of(request), dialect=dialect)
        if isinstance(names, TypedFailure):
            status = 401 if names.facts.get(WHY) == UNAUTHENTICATED else status_of(names)
            tell(reply, path="/v1/messages" if anthropic else request.path, failure=names, status=status)
            return
        reply.send(200, [JSON], model_list(names, anthropic=anthropic))


class _Stream:
    """Hands on what comes."""

    def __init__(self, passing: Passing, reply: Reply, story: CallStory, *, dialect: Dialect) -> None:
        self._passing = passing
        self._reply = reply
        self._story = story
        self._dialect = dialect
        self._last = b""
        self._edge = EventEdge()
        self._done = False
        self._came: list[tuple[float, bytes]] = []
        """And when: not told of yet."""
        self._waiting = 0
        """Bytes of it."""

    @property
    def over(self) -> bool:
        """Whether the event that ends a stream of this dialect was handed on."""
        return any(mark in self._last for mark in _LAST_EVENTS)

    async def events(self) -> None:
        """Server-sent events: each as soon as it is whole, and ours where they break off."""
        passing, reply, story = self._passing, self._reply, self._story
        reply.start(passing.status, self._headers())
        try:
            going = not passing.first or self._first(passing.first)
            while not self._done:
                await reply.drained()
                if going and await passing.pour(self._event):
                    break
                going = True
        except UpstreamFailed as odd:
            failure = _broken(odd, passing)
            story.broken(failure)
            if self._edge.clean:
                reply.put(failure_event(failure, dialect=self._dialect, status=status_of(failure)))
                reply.end()
            return
        finally:
            self._tell()
        if self._done:
            await self._drain()
            return
        reply.put(self._edge.rest())
        if story.settle(Ending.COMPLETE).cut_off:
            failure = _unfinished(passing)
            story.broken(failure)
            reply.put(failure_event(failure, dialect=self._dialect, status=status_of(failure)))
        reply.end()

    def _event(self, data: bytes) -> bool:
        """Hand on what came; False where no more is to come now. Called in the moment it comes, so it does
        nothing else: between two sleeps each step costs many times what it does elsewhere."""
        self._came.append((perf_counter(), data))
        waiting = self._waiting = self._waiting + len(data)
        if waiting > _TOLD_BYTES:
            self._tell()
        edge = self._edge
        if not edge.even or not data.endswith(ENDS):
            data = edge.take(data)
            if not data:
                return True
        try:
            going = self._reply.put(data)
        except ClientGone:
            return False
        self._last = data
        if data.endswith(_DONE):
            # Clients go on as soon as they read this: what ends the answer must be there by then, or they
            # close the connection instead of keeping it.
            self._done = True
            self._reply.end()
            return False
        return going

    def _first(self, data: bytes) -> bool:
        """Of the answer, which `passing` knows: however long it is, it is not told again."""
        self._waiting = -len(data)
        going = self._event(data)
        self._story.answers(self._came)
        self._came, self._waiting = [], 0
        return going

    def _tell(self) -> None:
        """What came is told to those who read and record it, many events in one go."""
        came = self._came
        if came:
            self._came, self._waiting = [], 0
            self._story.answers(came)
            self._passing.passed([data for _, data in came])

    async def _drain(self) -> None:
        """The rest, which is no more than the end: the upstream's connection can be kept then."""
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                while data := await self._passing.read():
                    self._story.answer(data)
        except (UpstreamFailed, TimeoutError):
            await self._passing.abort()
        self._story.settle(Ending.COMPLETE)

    async def whole(self) -> None:
        """Anything else: gathered while it is short, so that what breaks off is told as a failure."""
        passing, reply, story = self._passing, self._reply, self._story
        parts: list[bytes] = []
        size = 0
        data = passing.first
        try:
            while data:
                story.answer(data)
                parts.append(data)
                size += len(data)
                if size > GATHERED_BYTES:
                    await self._rest(parts)
                    return
                data = await passing.read()
        except UpstreamFailed as odd:
            failure = _broken(odd, passing)
            story.broken(failure)
            if not reply.started:
                status = status_of(failure)
                body = failure_body(failure, dialect=self._dialect, status=status)
                reply.send(status, [*failure_headers(failure), *story.headers(passing.attempts)], body)
            return
        headers = self._headers()
        reply.send(passing.status, headers, b"".join(parts))
        story.settle(Ending.FAILED if passing.failure is not None else Ending.COMPLETE)

    async def _rest(self, parts: Sequence[bytes]) -> None:
        passing, reply, story = self._passing, self._reply, self._story
        reply.start(passing.status, self._headers(), length=_length(passing))
        for part in parts:
            await reply.write(part)
        while data := await passing.read():
            story.answer(data)
            await reply.write(data)
        reply.end()
        story.settle(Ending.FAILED if passing.failure is not None else Ending.COMPLETE)

    def _headers(self) -> list[tuple[bytes, bytes]]:
        passing = self._passing
        return [
            *(pair for pair in passing.headers if not pair[0].startswith(b"x-roadworthy-")),
            *self._story.headers(passing.attempts, cached=passing.cached),
        ]


def _length(passing: Passing) -> int | None:
    said = next((value for name, value in passing.headers if name == b"content-length"), None)
    return int(said) if said is not None and said.isdigit() else None


def _broken(odd: UpstreamFailed, passing: Passing) -> TypedFailure:
    return TypedFailure(
        code=odd.code,
        what=f"{passing.upstream} broke off in the middle of its answer: {odd}.",
        retry=Retry.NOW,
        do_not_conclude="What came before is not the whole answer: do not act on it.",
        facts={"upstream": passing.upstream},
    )


def _unfinished(passing: Passing) -> TypedFailure:
    return TypedFailure(
        code=FailureCode.INVALID_ANSWER,
        what=f"{passing.upstream} ended its stream without saying that it was done.",
        retry=Retry.NOW,
        do_not_conclude="What came before may not be the whole answer: do not act on it.",
        facts={"upstream": passing.upstream},
    )
