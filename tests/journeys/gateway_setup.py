"""A provider, a route and a key, made as an operator makes them; a model that waits to be told to go on."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.product import Answer, Product, http, wait_until

EVENT = b'data: {"id":"r-1","model":"held-model","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
LAST = (
    b'data: {"id":"r-1","model":"held-model","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}\n\n',
    b"data: [DONE]\n\n",
)
PLAIN = json.dumps(
    {
        "id": "r-2",
        "object": "chat.completion",
        "model": "held-model",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    }
).encode()


def set_up(server: Product, model: str, *, agent: str = "support") -> str:
    """All models of the route go to `model` (a base URL without /v1); the agent's key, once the gateway knows
    it."""
    bases = {"openai": f"{model}/v1", "anthropic": model, "gemini": model}
    _made(server.post("/api/v1/gateway/providers", {"name": "scripted", "bases": bases, "key": "sk-real"}))
    route = {"name": "planner", "models": ["*"], "targets": [{"provider": "scripted"}]}
    _made(server.post("/api/v1/gateway/routes", route))
    return str(key_for(server, agent=agent)["secret"])


def key_for(server: Product, *, agent: str) -> dict[str, Any]:
    made: dict[str, Any] = _made(server.post("/api/v1/gateway/keys", {"name": f"{agent}'s", "agent": agent}))
    wait_until(lambda: models(server, made["secret"]).status == 200, seconds=20, what="a key that is known")
    return made


def models(server: Product, key: str) -> Answer:
    return http(f"{server.gateway_url}/v1/models", headers={"authorization": f"Bearer {key}"})


def ask(server: Product, key: str, *, content: str = "hello") -> Answer:
    body = {"model": "planner", "messages": [{"role": "user", "content": content}]}
    return http(
        f"{server.gateway_url}/v1/chat/completions",
        method="POST",
        body=json.dumps(body).encode(),
        headers={"authorization": f"Bearer {key}", "content-type": "application/json"},
    )


def _made(answer: Answer) -> Any:
    assert answer.status == 201, answer.body
    return answer.json()


class HeldModel(ThreadingHTTPServer):
    """Answers at once, or streams: one event, then nothing before `go_on` is set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Held)
        self.go_on = threading.Event()
        self.begun = threading.Semaphore(0)
        self.left = threading.Semaphore(0)
        """Released for each stream whose reader went away."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Readers that go away are what is tested."""


class _Held(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: HeldModel

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        if not asked.get("stream"):
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(PLAIN)))
            self.end_headers()
            self.wfile.write(PLAIN)
            return
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self._say(EVENT)
        self.server.begun.release()
        try:
            while not self.server.go_on.wait(0.05):
                self._say(b": still here\n\n")
            for event in LAST:
                self._say(event)
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.close_connection = True
            self.server.left.release()

    def _say(self, event: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(event), event))
        self.wfile.flush()

    def log_message(self, *args: object) -> None:
        """Tests read what failed, not every request."""


@contextmanager
def held_model() -> Iterator[HeldModel]:
    model = HeldModel()
    thread = threading.Thread(target=model.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield model
    finally:
        model.go_on.set()
        model.shutdown()
        model.server_close()
        thread.join()
