"""OTLP over gRPC: the Export call of the three collector services.

The calls are handled as streams of one message. On the wire that is the same, but a message is then read when
this code asks for it and not before: senders are authorised first, and only a few bodies are in memory.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from urllib.parse import unquote

import grpc
from grpc import aio

from roadworthy.contracts.intake import Encoding, Signal
from roadworthy.doors.otlp import answers
from roadworthy.doors.otlp.body import too_large
from roadworthy.doors.otlp.receiver import Receiver, Sender, refuse_key, unforeseen
from roadworthy.doors.otlp.refusal import Refused
from roadworthy.doors.otlp.sender import read_sender

SERVICES = {
    "opentelemetry.proto.collector.trace.v1.TraceService": Signal.TRACES,
    "opentelemetry.proto.collector.logs.v1.LogsService": Signal.LOGS,
    "opentelemetry.proto.collector.metrics.v1.MetricsService": Signal.METRICS,
}
_READING_AT_ONCE = 4
"""Messages being received at the same time: with 64 MiB each that is the most memory senders can claim."""
_CODES = {code.value[0]: code for code in grpc.StatusCode}

Context = aio.ServicerContext[bytes, bytes]


def build_grpc_server(*, receiver: Receiver) -> aio.Server:
    """Not started, and bound to no port yet. gzip and deflate are undone by gRPC itself, within the limit."""
    limits = receiver.limits
    server = aio.server(
        options=[
            ("grpc.max_receive_message_length", limits.body_bytes),
            ("grpc.max_metadata_size", limits.header_bytes),
            ("grpc.so_reuseport", 0),  # or a second server would share the port instead of being refused
        ],
        maximum_concurrent_rpcs=limits.grpc_calls,
    )
    door = _GrpcDoor(receiver)
    for service, signal in SERVICES.items():
        handler = grpc.stream_unary_rpc_method_handler(door.export(signal))
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {"Export": handler}),))
    return server


@dataclass(slots=True)
class _Call:
    sender: Sender
    signal: Signal
    project: str = ""
    head: bytes = b""
    outcome: str = "ok"


class _GrpcDoor:
    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._reading = asyncio.Semaphore(_READING_AT_ONCE)

    def export(self, signal: Signal):  # type: ignore[no-untyped-def]  # what gRPC takes has no one type
        async def handle(_: object, context: Context) -> bytes:
            return await self._export(context, signal=signal)

        return handle

    async def _export(self, context: Context, *, signal: Signal) -> bytes:
        started = time.perf_counter()
        call = _Call(sender=_sender(context), signal=signal)
        refused: Refused | None = None
        answer = b""
        try:
            answer = await self._accept(context, call)
        except Refused as error:
            refused = error.alone()
        except Exception as error:  # noqa: BLE001 (gRPC would answer UNKNOWN, on which exporters drop)
            refused = unforeseen(error)
        if refused is not None:
            call.outcome = refused.code
            self._receiver.note_refusal(
                refused, project=call.project, signal=signal, sender=call.sender, sample=call.head
            )
        self._receiver.metrics.answered(
            door="grpc",
            signal=signal.name.lower(),
            outcome=call.outcome,
            seconds=time.perf_counter() - started,
        )
        if refused is not None:
            await _abort(context, refused)
        return answer

    async def _accept(self, context: Context, call: _Call) -> bytes:
        decision = self._receiver.authorise(call.sender)
        call.project = decision.project
        if not decision.accepted:
            raise refuse_key(decision)
        body = await self._read(context)
        call.head = body[:1024]
        with self._receiver.budget.claim() as claim:
            claim.take(len(body))
            acceptance = await self._receiver.accept(
                body,
                project=call.project,
                signal=call.signal,
                encoding=Encoding.PROTOBUF,
                sender=call.sender,
            )
        call.outcome = "partial" if acceptance.rejected else "ok"
        return answers.success(acceptance, signal=call.signal, encoding=Encoding.PROTOBUF)

    async def _read(self, context: Context) -> bytes:
        limits = self._receiver.limits
        try:
            async with asyncio.timeout(limits.body_seconds), self._reading:
                message = await context.read()
        except TimeoutError as error:
            raise Refused(
                "too_slow", f"The message did not arrive within {limits.body_seconds:g} seconds."
            ) from error
        if not isinstance(message, bytes):
            # The end without a message: gRPC refused it as too large and has told the sender so.
            raise too_large(limits.body_bytes)
        return message


async def _abort(context: Context, refused: Refused) -> None:
    """Raises, as gRPC wants it. Where it makes sense to try again, RetryInfo says when, in two places.

    The second is where the Python exporter looks.
    """
    trailers: list[tuple[str, str | bytes]] = [
        ("grpc-status-details-bin", answers.status(refused, encoding=Encoding.PROTOBUF))
    ]
    if refused.retry_after is not None:
        info = answers.retry_info(refused.retry_after).SerializeToString()
        trailers.append(("google.rpc.retryinfo-bin", info))
    await context.abort(_CODES[int(refused.rpc_code)], refused.message, trailing_metadata=tuple(trailers))


def _sender(context: Context) -> Sender:
    metadata = {
        str(key).lower(): value if isinstance(value, str) else value.decode("latin-1")
        for key, value in context.invocation_metadata() or ()
    }
    return read_sender(metadata, door="grpc", peer=_host(context.peer()))


def _host(peer: str) -> str:
    """`ipv4:127.0.0.1:5000` or `ipv6:[::1]:5000` to the address alone."""
    _, _, address = unquote(peer).partition(":")
    return address.rpartition(":")[0].strip("[]")
