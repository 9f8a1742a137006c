"""A JSON-RPC request over streamable HTTP: answered as JSON, or by a stream that may break and be resumed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from roadworthy.contracts.tool_system import ToolFailed
from roadworthy.contracts.upstream import (
    Headers,
    Identity,
    Transport,
    UpstreamAnswer,
    UpstreamFailed,
    UpstreamRequest,
    Waits,
)
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.connectors.access.oauth import TokenSource
from roadworthy.features.gateway.connectors.failing import failed
from roadworthy.features.gateway.tools.events import EventReader
from roadworthy.features.gateway.tools.reading import (
    NotAnAnswer,
    RpcFailed,
    read_answer,
    read_message,
    result_of,
)
from roadworthy.kit.outbound import retry_after

MOST_RESUMED = 2
LISTEN_SILENCE_S = 300.0
_ROOM = 64 * 1024
_SMALL = 64 * 1024
_END_S = 0.5
_ACCEPT = (
    (b"accept", b"application/json, text/event-stream"),
    (b"content-type", b"application/json"),
    (b"accept-encoding", b"identity"),
    (b"user-agent", b"roadworthy"),
)


class Endpoint(Protocol):
    """What is needed of `McpEndpoint`."""

    @property
    def url(self) -> str: ...
    @property
    def headers(self) -> Headers: ...
    @property
    def tokens(self) -> TokenSource | None: ...
    @property
    def identity(self) -> Identity | None: ...
    @property
    def allow_private(self) -> bool: ...
    @property
    def timeout_s(self) -> float: ...
    @property
    def max_result_bytes(self) -> int: ...


class SessionLost(Exception):  # noqa: N818 (a condition, not a bug)
    """The server does not know the session: a new handshake is due."""


class HttpStatus(Exception):  # noqa: N818
    """The server answered with this status and no JSON-RPC."""

    def __init__(self, status: int, *, retry_after_s: float | None = None) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.retry_after_s = retry_after_s

    def failure(self, about: str, *, may_repeat: bool) -> ToolFailed:
        if self.status == 429:
            code, said, repeat = FailureCode.RATE_LIMITED, "is asked too often", True
        elif self.status >= 500:
            code, said, repeat = FailureCode.UPSTREAM_ERROR, "answered that it failed", may_repeat
        elif 300 <= self.status < 400:
            code, said, repeat = (
                FailureCode.INVALID_ANSWER,
                "points somewhere else, which is not followed",
                False,
            )
        elif self.status in (401, 403):
            code, said, repeat = FailureCode.UPSTREAM_REFUSED, "does not let this gateway in", False
        else:
            code, said, repeat = FailureCode.UPSTREAM_REFUSED, "refused the call", False
        return failed(
            code,
            f"{about} {said} (HTTP {self.status})",
            about=about,
            may_repeat=repeat,
            retry_after_s=self.retry_after_s,
            status=str(self.status),
        )


class HttpExchange:
    """`session` is what the server last named. `on_notification` gets messages that are no answer."""

    def __init__(
        self, endpoint: Endpoint, transport: Transport, *, on_notification: Callable[[dict[str, Any]], None]
    ) -> None:
        self._endpoint = endpoint
        self._transport = transport
        self._on_notification = on_notification
        self._fixed = [*_ACCEPT, *endpoint.headers]
        self.session = ""
        self._ending: set[asyncio.Task[None]] = set()

    async def ask(
        self, body: bytes, headers: Headers, *, request_id: int, silence_s: float | None = None
    ) -> dict[str, Any]:
        """`silence_s`: of a request whose answer is a stream that lasts. Raises UpstreamFailed, HttpStatus,
        SessionLost, RpcFailed, NotAnAnswer."""
        answer = await self._sent("POST", body, headers, silence_s=silence_s)
        try:
            if answer.status >= 300:
                raise await self._refused(answer, headers, request_id=request_id)
            self.session = _header(answer.headers, b"mcp-session-id") or self.session
            if _is_stream(answer.headers):
                return await self._streamed(answer, headers, request_id=request_id)
            return read_answer(await _whole(answer), request_id=request_id)
        except BaseException:
            await answer.abort()
            raise

    async def say(self, method: str, body: bytes, headers: Headers) -> None:
        """A notification, an answer of ours, or DELETE: the reply is dropped. Raises UpstreamFailed."""
        answer = await self._sent(method, body, headers)
        await answer.abort() if answer.status >= 300 or _is_stream(answer.headers) else await _drain(answer)

    async def listen(self, headers: Headers) -> None:
        """Until the stream ends. Raises UpstreamFailed, HttpStatus."""
        answer = await self._sent("GET", b"", headers, silence_s=LISTEN_SILENCE_S)
        try:
            if answer.status >= 300 or not _is_stream(answer.headers):
                raise HttpStatus(answer.status if answer.status >= 300 else 406)
            events = EventReader()
            while data := await answer.read():
                for event in events.feed(data):
                    self._hear(event.data)
        finally:
            await answer.abort()

    async def _streamed(self, answer: UpstreamAnswer, headers: Headers, *, request_id: int) -> dict[str, Any]:
        resumed = 0
        last_id: bytes | None = None
        while True:
            events = EventReader()
            try:
                while data := await answer.read():
                    for event in events.feed(data):
                        last_id = event.id if event.id is not None else last_id
                        found = self._message(event.data, request_id=request_id)
                        if found is not None:
                            self._let_end(answer)
                            return found
                await answer.abort()
            except UpstreamFailed as broken:
                if last_id is None or broken.code is FailureCode.TOO_LARGE:
                    raise
            if last_id is None or resumed == MOST_RESUMED:
                raise NotAnAnswer("a stream that ended without the answer")
            resumed += 1
            await asyncio.sleep(min(events.retry_ms if events.retry_ms is not None else 200, 5000) / 1000)
            answer = await self._sent("GET", b"", [*headers, (b"last-event-id", last_id)])
            if answer.status >= 300 or not _is_stream(answer.headers):
                await answer.abort()
                raise NotAnAnswer("a stream that broke off and cannot be taken up again")

    def _let_end(self, answer: UpstreamAnswer) -> None:
        """Nothing more is owed. A stream that ends now leaves a connection that can be used again; one that
        stays open is closed."""

        async def end() -> None:
            try:
                async with asyncio.timeout(_END_S):
                    await _drain(answer)
            except (TimeoutError, UpstreamFailed):
                await answer.abort()

        task = asyncio.create_task(end())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    def _message(self, data: bytes, *, request_id: int) -> dict[str, Any] | None:
        if not data:
            return None
        message = read_message(data)
        if not isinstance(message, dict):
            raise NotAnAnswer("a stream of something else than messages")
        if "method" in message:
            self._on_notification(message)
            return None
        if message.get("id") != request_id:
            return None  # an answer to nobody
        return result_of(message, request_id=request_id)

    def _hear(self, data: bytes) -> None:
        try:
            message = read_message(data) if data else None
        except NotAnAnswer:
            return
        if isinstance(message, dict) and "method" in message:
            self._on_notification(message)

    async def _sent(
        self, method: str, body: bytes, headers: Headers, *, silence_s: float | None = None
    ) -> UpstreamAnswer:
        """Once more with a new access token, where the one that was shown is not taken: nothing was done."""
        tokens = self._endpoint.tokens
        if tokens is None:
            return await self._transport.send(self._request(method, body, headers, silence_s=silence_s))
        for last in (False, True):
            token = await tokens.token()
            shown = [*headers, (b"authorization", b"Bearer " + token.encode())]
            answer = await self._transport.send(self._request(method, body, shown, silence_s=silence_s))
            if answer.status != 401 or last:
                break
            await answer.abort()
            tokens.refused(token)
        return answer

    def _request(
        self, method: str, body: bytes, headers: Headers, *, silence_s: float | None
    ) -> UpstreamRequest:
        endpoint = self._endpoint
        wait_s = silence_s or endpoint.timeout_s
        return UpstreamRequest(
            method=method,
            url=endpoint.url,
            headers=[*self._fixed, *headers],
            body=body,
            # The caller's own deadline is at most this.
            waits=Waits(
                first_byte_s=wait_s, between_s=wait_s, total_s=None if silence_s else endpoint.timeout_s
            ),
            allow_private=endpoint.allow_private,
            identity=endpoint.identity,
            max_answer_bytes=None if silence_s else endpoint.max_result_bytes + _ROOM,
        )

    async def _refused(self, answer: UpstreamAnswer, headers: Headers, *, request_id: int) -> Exception:
        """What a status of 300 and more stands for: the stateless revision sends JSON-RPC errors with it."""
        body = await _whole(answer, most=_SMALL)
        try:
            read_answer(body, request_id=request_id)
        except RpcFailed as error:
            if not (answer.status == 404 and _has(headers, b"mcp-session-id")):
                return error
        except NotAnAnswer:
            pass
        if answer.status == 404 and _has(headers, b"mcp-session-id"):
            return SessionLost()
        wait = _header(answer.headers, b"retry-after")
        return HttpStatus(answer.status, retry_after_s=retry_after(wait) if wait else None)


async def _whole(answer: UpstreamAnswer, *, most: int | None = None) -> bytes:
    first = await answer.read()
    second = await answer.read() if first else b""
    if not second:
        return first
    parts = [first, second]
    size = len(first) + len(second)
    while data := await answer.read():
        parts.append(data)
        size += len(data)
        if most is not None and size > most:
            await answer.abort()
            break
    return b"".join(parts)


async def _drain(answer: UpstreamAnswer) -> None:
    await _whole(answer, most=_SMALL)


def _is_stream(headers: Headers) -> bool:
    return _header(headers, b"content-type").partition(";")[0].strip().lower() == "text/event-stream"


def _header(headers: Headers, name: bytes) -> str:
    for each, value in headers:
        if each == name:
            return value.decode("latin-1")
    return ""


def _has(headers: Headers, name: bytes) -> bool:
    return any(each == name for each, _ in headers)
