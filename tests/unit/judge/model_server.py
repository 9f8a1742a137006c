"""A model endpoint on loopback that does what a test's script says, good or bad, one act a request."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Act = Callable[["Handler"], None]


@dataclass
class Seen:
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Script:
    """The acts, in order; the last one is done again and again."""

    acts: list[Act]
    seen: list[Seen] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    """Set at the end: those that hang need not hang any longer."""
    port: int = 0

    @property
    def openai(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def anthropic(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class Handler(BaseHTTPRequestHandler):
    script: Script
    body: dict[str, Any]

    def do_POST(self) -> None:
        size = int(self.headers.get("content-length", "0"))
        self.body = json.loads(self.rfile.read(size))
        script = self.script
        number = len(script.seen)
        script.seen.append(Seen(self.path, {k.lower(): v for k, v in self.headers.items()}, self.body))
        with suppress(BrokenPipeError, ConnectionResetError):
            script.acts[min(number, len(script.acts) - 1)](self)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its base class says so)
        pass

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"content-type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving(*acts: Act) -> Iterator[Script]:
    script = Script(list(acts))
    handler = type("Scripted", (Handler,), {"script": script})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    script.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        script.released.set()
        server.shutdown()
        server.server_close()


# --- good behaviour ---------------------------------------------------------------------------------------


def chat(text: str, *, finish: str = "stop", tokens: tuple[int, int] | None = (100, 20)) -> Act:
    """OpenAI's shape."""
    usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]} if tokens else None
    body = {
        "model": "small-2026",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}],
        "usage": usage,
    }
    return answer(200, body)


def message(*blocks: dict[str, Any], stop: str = "end_turn") -> Act:
    """Anthropic's shape."""
    usage = {"input_tokens": 60, "cache_read_input_tokens": 40, "output_tokens": 20}
    body = {"type": "message", "model": "small", "content": list(blocks), "stop_reason": stop, "usage": usage}
    return answer(200, body)


def verdict(label: str, explanation: str = "because", evidence: str = "") -> str:
    return json.dumps({"explanation": explanation, "evidence": evidence, "label": label})


def answer(status: int, body: Any, **headers: str) -> Act:
    return lambda handler: handler.send(status, json.dumps(body).encode(), **headers)


def raw(status: int, body: bytes, **headers: str) -> Act:
    return lambda handler: handler.send(status, body, **headers)


# --- bad behaviour ----------------------------------------------------------------------------------------


def hang(handler: Handler) -> None:
    handler.script.released.wait(30)


def drip(handler: Handler) -> None:
    """A byte at a time, so that no single read times out, without end."""
    handler.send_response(200)
    handler.send_header("content-length", "100000")
    handler.end_headers()
    while not handler.script.released.wait(0.05):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def drip_headers(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
    while not handler.script.released.wait(0.05):
        handler.wfile.write(b"a")
        handler.wfile.flush()


def close_midway(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("content-length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')


def garbage(handler: Handler) -> None:
    handler.wfile.write(b"\x00\xffnot http at all\r\n\r\n")


def endless(handler: Handler) -> None:
    """More bytes than anybody wants."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(2_000):
        handler.wfile.write(b"x" * 65_536)
