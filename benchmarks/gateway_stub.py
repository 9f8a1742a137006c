"""The upstream that gateways are measured with: an OpenAI-shaped answer at once, or a stream of 35 events.

`python -m benchmarks.gateway_stub PORT`. A stream's events are 2 ms apart, as a fast model's are; with `HELD`
in the request it begins and then says an event a second, for as long as its reader stays.
"""

from __future__ import annotations

import asyncio
import json
import sys

import httptools
import uvloop

EVENTS = 35
_GAP_SECONDS = 0.002
_USAGE = {"prompt_tokens": 400, "completion_tokens": 33, "total_tokens": 433}


def _chunk(delta: dict[str, object], *, reason: str | None, usage: dict[str, int] | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
    said = {
        "id": "chatcmpl-stub",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-stub-2026",
        "choices": [choice],
        **({"usage": usage} if usage else {}),
    }
    return b"data: %b\n\n" % json.dumps(said).encode()


_STREAM = [
    *(_chunk({"content": f" word{number}"}, reason=None) for number in range(EVENTS - 2)),
    _chunk({}, reason="stop", usage=_USAGE),
    b"data: [DONE]\n\n",
]
_PLAIN = json.dumps(
    {
        "id": "chatcmpl-stub",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-stub-2026",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": " word" * 100},
                "finish_reason": "stop",
            }
        ],
        "usage": _USAGE,
    }
).encode()
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(_PLAIN)
_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"
)


class Stub(asyncio.Protocol):
    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._body = b""
        self._transport: asyncio.Transport = None  # type: ignore[assignment]
        self._streaming: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._streaming is not None:
            self._streaming.cancel()

    def on_message_begin(self) -> None:
        self._body = b""

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if not json.loads(self._body or b"{}").get("stream"):
            self._transport.write(_HEAD + _PLAIN)
            return
        self._streaming = asyncio.get_running_loop().create_task(self._stream(held=b"HELD" in self._body))

    async def _stream(self, *, held: bool) -> None:
        self._transport.write(_STREAM_HEAD)
        while held:
            self._say(_STREAM[0])
            await asyncio.sleep(1)
        for event in _STREAM:
            self._say(event)
            await asyncio.sleep(_GAP_SECONDS)
        self._transport.write(b"0\r\n\r\n")

    def _say(self, event: bytes) -> None:
        self._transport.write(b"%x\r\n%b\r\n" % (len(event), event))


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Stub, "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
