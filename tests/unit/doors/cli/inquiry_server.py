"""The server as far as the command line asks it for reruns: it hands out what it was given, and remembers
what it was told. The gateway is at the same address."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

RUN = "ab" * 16
STEPS = [
    {"step": 1, "kind": "model", "target": "planner"},
    {"step": 2, "kind": "tool", "target": "crm.order"},
    {"step": 3, "kind": "model", "target": "planner"},
]


@dataclass
class Inquiries:
    """One inquiry at a time. `reruns` are how many are to be made."""

    reruns: int = 1
    kind: str = "replay"
    check: dict[str, str] | None = None
    isolate: bool = True
    finding: dict[str, Any] | None = None
    usd: float | None = None
    """Its budget."""
    calls: list[dict[str, Any]] = field(default_factory=list)
    refuses: tuple[int, str] | None = None
    asked: dict[str, Any] = field(default_factory=dict)
    entry: dict[str, Any] = field(default_factory=dict)
    registered: dict[str, Any] | None = None
    told: list[dict[str, Any]] = field(default_factory=list)
    takes: list[dict[str, Any]] = field(default_factory=list)
    handed: int = 0
    resampled: str = "running"
    """The state of its resampling, which goes on by a call each time that somebody asks, up to two."""
    samples: int = 0
    held: str = ""
    """By whom, where somebody else makes its reruns."""
    started: bool = False
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        with self.lock:
            return self._answer(method, path, body)

    def _answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        if path == "/v1/models":
            return 200, {"data": []}
        path = path.removeprefix("/api/v1").partition("?")[0]
        if found := re.fullmatch(r"/runs/\w+/(replay|fork|bisect)", path):
            if self.refuses:
                return self.refuses[0], {"title": "Not as expected", "detail": self.refuses[1]}
            self.kind, self.asked, self.started = found[1], body, True
            self.entry = body.get("entry") or self.registered or {}
            return 201, self.view()
        if path.endswith("/tape"):
            return 200, {"steps": STEPS}
        if path.endswith("/entry-point"):
            if method == "PUT":
                self.registered = body
            return 200, self.registered
        if path.endswith("/take"):
            self.takes.append(body)
            if self.held and body["alone"]:
                return 409, {"title": "Others make them", "detail": self.held}
            return 200, self._taken(body["most"])
        if path.endswith("/calls"):
            return 200, {"items": self.calls}
        if "/reruns/" in path:
            self.told.append({"number": int(path.rpartition("/")[2]), **body})
            return 200, {}
        if path == "/inquiries":
            return 200, {"items": [self.view()] if self.started and not self.over else []}
        if path.startswith("/inquiries/"):
            return 200, {**self.view(), "reruns": [self._rerun(one) for one in self.told]}
        if "/resample" in path:
            self.resampled = "cancelled" if path.endswith("/cancel") else self.resampled
            self.samples = min(2, self.samples + (method == "GET"))
            return 200, self._resampling()
        if path.endswith("/suspicious-steps"):
            return 200, {"items": [], "sure": "Nothing is.", "notes": []}
        if path.endswith("/why"):
            return 200, {"grounds": "ranking"}
        if path.startswith("/runs/"):
            return 200, {"started_at": "2026-01-01T00:00:00Z"}
        return 404, {"title": "No such path"}

    @property
    def over(self) -> bool:
        return len(self.told) >= self.reruns

    def view(self) -> dict[str, Any]:
        return {
            "id": "i1",
            "kind": self.kind,
            "agent": "support",
            "run_id": RUN,
            "output": "42",
            "state": "done" if self.over else "running",
            "entry": {"timeout_s": 30.0, **self.entry},
            "check": self.check,
            "concurrency": self.asked.get("concurrency", 1),
            "server_runs": False,
            "progress": {"done": len(self.told), "planned": self.reruns, "running": 0},
            "finding": self.finding,
            "budget": {"reruns": 40, "calls": None, "usd": self.usd, "seconds": None},
            "spent": {"reruns": len(self.told), "calls": 0, "usd": 0.0, "seconds": 1.5},
            "created_at": "2026-11-23T03:00:00Z",
        }

    def _resampling(self) -> dict[str, Any]:
        return {
            "run_id": RUN,
            "state": self.resampled,
            "done": self.samples,
            "planned": 15,
            "cost_usd": self.samples * 0.0001,
            "items": [],
            "opinion": None,
            "notes": [],
        }

    def _taken(self, most: int) -> dict[str, Any]:
        numbers = list(range(self.handed + 1, min(self.handed + most, self.reruns) + 1))
        self.handed += len(numbers)
        view = self.view()
        return {
            **{
                name: view[name]
                for name in ("agent", "run_id", "kind", "state", "progress", "entry", "check")
            },
            "gateway_url": self.url,
            "otlp_url": "",
            "gateway_key": "rw_key",
            "reruns": [
                {
                    "number": number,
                    "attempt": 1,
                    "switch": None,
                    "only": False,
                    "input": "What is it?",
                    "token": f"rwr1.{number}.x",
                    "trace_id": f"{number:032x}",
                    "traceparent": f"00-{number:032x}-{number:016x}-01",
                    "isolate": self.isolate,
                }
                for number in numbers
            ],
        }

    def _rerun(self, told: dict[str, Any]) -> dict[str, Any]:
        return {
            **told,
            "state": "done",
            "run_id": f"{told['number']:032x}",
            "same": told["answer"] == "42",
            "diverged_at": None,
            "diff": None,
        }


@contextmanager
def inquiry_server(inquiries: Inquiries) -> Iterator[Inquiries]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            status, told = inquiries.answer(self.command, self.path, json.loads(body or b"{}"))
            said = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = do_PUT = _do

        def log_message(self, *args: object) -> None:
            """Tests read what failed, not every request."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    inquiries.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield inquiries
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
