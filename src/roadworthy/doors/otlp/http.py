"""OTLP over HTTP: /v1/traces, /v1/logs, /v1/metrics (https://opentelemetry.io/docs/specs/otlp/#otlphttp)."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from roadworthy.contracts.intake import Encoding, Signal
from roadworthy.doors.otlp import answers
from roadworthy.doors.otlp.body import BodyReader, SenderGone
from roadworthy.doors.otlp.compression import inflater
from roadworthy.doors.otlp.limits import DoorLimits
from roadworthy.doors.otlp.receiver import Receiver, Sender, refuse_key, unforeseen
from roadworthy.doors.otlp.refusal import Refused
from roadworthy.doors.otlp.sender import read_sender

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PATHS = {"/v1/traces": Signal.TRACES, "/v1/logs": Signal.LOGS, "/v1/metrics": Signal.METRICS}
_ENCODINGS = {
    "application/x-protobuf": Encoding.PROTOBUF,
    "application/protobuf": Encoding.PROTOBUF,
    "application/json": Encoding.JSON,
}


def build_http_app(*, receiver: Receiver) -> Starlette:
    """The HTTP door. Its `/metrics` tells about all that `receiver` answers, over gRPC too."""

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def metrics(request: Request) -> Response:
        peer = request.client.host if request.client else ""
        refused = receiver.refuse_watcher(read_sender(request.headers, door="http", peer=peer))
        if refused is not None:
            return _status_response(request, refused, headers=_refusal_headers(refused))
        return Response(
            generate_latest(receiver.metrics.registry), headers={"content-type": CONTENT_TYPE_LATEST}
        )

    routes = [Route("/healthz", healthz), Route("/metrics", metrics)]
    for path, signal in PATHS.items():
        endpoint = ExportEndpoint(receiver, signal=signal)
        routes += [Route(path, endpoint), Route(f"{path}/", endpoint)]
    return Starlette(
        routes=routes,
        middleware=_cors(receiver.limits),
        exception_handlers={404: _not_found, 405: _wrong_method},
    )


class ExportEndpoint:
    """One signal's address, as a raw ASGI application: no request object is made on the hot path."""

    def __init__(self, receiver: Receiver, *, signal: Signal) -> None:
        self._receiver = receiver
        self._signal = signal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await _answer_other_method(scope, send)
            return
        await _Export(self._receiver, signal=self._signal, scope=scope, receive=receive, send=send).run()


class _Export:
    """One request, from its headers to its answer."""

    def __init__(
        self, receiver: Receiver, *, signal: Signal, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._receiver = receiver
        self._signal = signal
        self._send = send
        self._headers = _headers(scope)
        self._body = BodyReader(receive, limits=receiver.limits)
        self._project = ""
        client = scope.get("client")
        self._sender: Sender = read_sender(self._headers, door="http", peer=client[0] if client else "")
        # Answers to bodies of no known type are JSON: those are mostly people with curl.
        self._encoding = _encoding(self._headers) or Encoding.JSON

    async def run(self) -> None:
        started = time.perf_counter()
        try:
            outcome = await self._accept()
        except SenderGone:
            outcome = "sender_gone"
        except Refused as refused:
            outcome = await self._refuse(refused)
        except Exception as error:  # noqa: BLE001 (no fault of ours may become a 500: exporters drop on it)
            outcome = await self._refuse(unforeseen(error))
        self._receiver.metrics.answered(
            door="http",
            signal=self._signal.name.lower(),
            outcome=outcome,
            seconds=time.perf_counter() - started,
        )

    async def _accept(self) -> str:
        decision = self._receiver.authorise(self._sender)
        self._project = decision.project
        if not decision.accepted:
            raise refuse_key(decision)
        if _encoding(self._headers) is None:
            given = self._headers.get("content-type", "none")
            raise Refused(
                "unsupported_type",
                f"Content-Type: expected application/x-protobuf or application/json, got {given[:80]!r}",
            )
        unpack = inflater(self._headers.get("content-encoding", ""))
        with self._receiver.budget.claim() as claim:
            body = await self._body.read(unpack, claim=claim, declared=self._headers.get("content-length"))
            acceptance = await self._receiver.accept(
                body,
                project=self._project,
                signal=self._signal,
                encoding=self._encoding,
                sender=self._sender,
            )
        await self._respond(
            200, answers.success(acceptance, signal=self._signal, encoding=self._encoding), headers={}
        )
        return "partial" if acceptance.rejected else "ok"

    async def _refuse(self, refused: Refused) -> str:
        self._receiver.note_refusal(
            refused,
            project=self._project,
            signal=self._signal,
            sender=self._sender,
            sample=self._body.head,
        )
        await self._respond(
            refused.http_status,
            answers.status(refused, encoding=self._encoding),
            headers=_refusal_headers(refused),
        )
        return refused.code

    async def _respond(self, status: int, body: bytes, *, headers: dict[str, str]) -> None:
        headers["content-type"] = answers.CONTENT_TYPES[self._encoding]
        headers["content-length"] = str(len(body))
        if not self._body.finished:
            headers["connection"] = "close"
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})
        # A sender that said "Expect: 100-continue" has sent nothing yet, and will not after this answer.
        waiting = not self._body.begun and "expect" in self._headers
        if not self._body.finished and not waiting:
            await self._send({"type": "http.response.body", "body": body, "more_body": True})
            await self._body.drain()
            body = b""
        await self._send({"type": "http.response.body", "body": body})


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _encoding(headers: dict[str, str]) -> Encoding | None:
    return _ENCODINGS.get(headers.get("content-type", "").partition(";")[0].strip().lower())


def _refusal_headers(refused: Refused) -> dict[str, str]:
    headers = {}
    if refused.retry_after is not None:
        headers["retry-after"] = str(max(1, math.ceil(refused.retry_after)))
    if refused.http_status == 401:
        headers["www-authenticate"] = "Bearer"
    return headers


async def _answer_other_method(scope: Scope, send: Send) -> None:
    allow = (b"allow", b"POST, OPTIONS")
    if scope["method"] == "OPTIONS":
        await send({"type": "http.response.start", "status": 204, "headers": [allow]})
        await send({"type": "http.response.body", "body": b""})
        return
    refused = Refused("wrong_method", f"Send with POST, not {scope['method']}.")
    encoding = _encoding(_headers(scope)) or Encoding.JSON
    body = answers.status(refused, encoding=encoding)
    headers = [
        allow,
        (b"content-type", answers.CONTENT_TYPES[encoding].encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": 405, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _not_found(request: Request, _: Exception) -> Response:
    known = ", ".join(PATHS)
    return _status_response(request, Refused("not_found", f"Nothing is here. OTLP goes to {known}."))


async def _wrong_method(request: Request, error: Exception) -> Response:
    response = _status_response(request, Refused("wrong_method", f"Not with {request.method}."))
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    return response


def _status_response(
    request: Request, refused: Refused, *, headers: dict[str, str] | None = None
) -> Response:
    encoding = _encoding(dict(request.headers)) or Encoding.JSON
    return Response(
        answers.status(refused, encoding=encoding),
        status_code=refused.http_status,
        headers=headers,
        media_type=answers.CONTENT_TYPES[encoding],
    )


def _cors(limits: DoorLimits) -> list[Middleware]:
    if not limits.cors_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(limits.cors_origins),
            allow_methods=["POST"],
            allow_headers=["*"],
            max_age=7200,
        )
    ]
