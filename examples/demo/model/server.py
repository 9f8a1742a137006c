"""A model that costs nothing: speaks four providers' APIs on loopback and follows a script."""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from examples.demo.model import chat, gemini, messages, responses
from examples.demo.model.ids import Ids
from examples.demo.model.script import Conversation, Turn, next_turn

APIS = {"/v1/chat/completions": chat, "/v1/responses": responses, "/v1/messages": messages}
_GEMINI = re.compile(r"/v1(?:beta)?/models/([^/:]+):(generateContent|streamGenerateContent)")
_STREAM_PAUSE_S = 0.01


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    ids: Ids
    slow: bool
    script: Callable[[Conversation], Turn]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        path = self.path.partition("?")[0]
        named = _GEMINI.fullmatch(path)
        api = gemini if named else APIS.get(path)
        if api is None:
            self._answer(404, {"error": {"message": f"no such path: {self.path}", "type": "not_found"}})
            return
        request = json.loads(body)
        if named:
            # Gemini says both in the path.
            request |= {"model": named[1], "stream": named[2] == "streamGenerateContent"}
        talk = api.read(request)
        turn = type(self).script(talk)
        if self.slow:
            time.sleep(self.ids.delay_s())
        if turn.error:
            told = {
                "message": "This model's maximum context length is 128000 tokens.",
                "code": "context_length_exceeded",
            }
            self._answer(turn.error, {"type": "error", "error": {"type": "invalid_request_error", **told}})
        elif request.get("stream"):
            self._stream(api.events(request, talk, turn, self.ids))
        else:
            self._answer(200, api.whole(request, talk, turn, self.ids))

    def _answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.send_header("x-request-id", self.ids.make("req_"))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, events: Iterator[str]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("x-request-id", self.ids.make("req_"))
        self.send_header("connection", "close")
        self.end_headers()
        for event in events:
            self.wfile.write(event.encode())
            self.wfile.flush()
            if self.slow:
                time.sleep(_STREAM_PAUSE_S)
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Says nothing: the demo's terminal is for the demo."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """An agent that was stopped in the middle of an answer is no error of the model."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@contextmanager
def running_model(
    *, seed: int = 7, slow: bool = True, script: Callable[[Conversation], Turn] = next_turn
) -> Iterator[str]:
    """The address to give to a provider's SDK, without /v1; `slow` thinks as long as a model would."""
    handler = type("Handler", (_Handler,), {"ids": Ids(seed), "slow": slow, "script": staticmethod(script)})
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
