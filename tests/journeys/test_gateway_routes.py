"""Routes as an operator lives with them: made, used by an agent, failing, spending, killed, revoked."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.product import Answer, Product, kill_process, product_in, running, wait_until
from tests.product import http as ask

MESSAGES = [{"role": "user", "content": "x" * 4_000}]


class Models(http.server.ThreadingHTTPServer):
    """An OpenAI-shaped server: `bad` fails, `slow` answers when it is let go."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers_as = "m-2026-01"
        self.let_go = threading.Event()
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Models

    def do_POST(self) -> None:
        model = json.loads(self.rfile.read(int(self.headers["content-length"])))["model"]
        self.server.asked.append(model)
        if model == "slow":
            self.server.let_go.wait(60)
        answer = {
            "id": "r1",
            "model": self.server.answers_as,
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "OK"}}],
            "usage": {"prompt_tokens": 1000, "completion_tokens": 500, "total_tokens": 1500},
        }
        body = json.dumps({"error": {"message": "down"}} if model == "bad" else answer).encode()
        self.send_response(500 if model == "bad" else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def models() -> Iterator[Models]:
    server = Models()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.let_go.set()
        server.shutdown()
        server.server_close()


class Operator:
    def __init__(self, product: Product) -> None:
        self.product = product

    def api(self, method: str, path: str, body: object = None) -> Any:
        answer = ask(
            f"http://127.0.0.1:{self.product.port}/api/v1{path}",
            method=method,
            body=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json"},
        )
        assert answer.status < 300, answer.body
        return answer.json() if answer.body else None

    def call(self, key: str, *, model: str = "planner", max_tokens: int = 500) -> Answer:
        return ask(
            f"{self.product.gateway_url}/v1/chat/completions",
            method="POST",
            body=json.dumps({"model": model, "max_tokens": max_tokens, "messages": MESSAGES}).encode(),
            headers={"authorization": f"Bearer {key}", "content-type": "application/json"},
        )

    def key(self, **more: object) -> Any:
        return self.api("POST", "/gateway/keys", {"name": "k", "agent": "support", **more})

    def spent(self) -> Any:
        return self.api("GET", "/gateway/budgets")["items"][0]


def test_a_route_from_its_making_to_its_end(tmp_path: Path) -> None:
    with models() as upstream, running(product_in(tmp_path)) as product:
        operator = Operator(product)
        operator.api("POST", "/gateway/providers", {"name": "box", "base_url": upstream.url})
        targets = [{"provider": "box", "model": "bad"}, {"provider": "box", "model": "m"}]
        planner = {"name": "planner", "models": ["gpt-*"], "targets": targets, "retries": {"most": 0}}
        operator.api("POST", "/gateway/routes", planner)
        slow = {"name": "slow", "targets": [{"provider": "box", "model": "slow"}]}
        operator.api("POST", "/gateway/routes", slow)
        operator.api(
            "POST",
            "/prices",
            {"model": "*", "from_day": "2020-01-01", "input_usd_per_mtok": 10, "output_usd_per_mtok": 20},
        )
        budget = {"name": "all", "scope": "agent", "subject": "support", "period": "total", "usd": 0.1}
        operator.api("POST", "/gateway/budgets", budget)
        key = operator.key()

        wait_until(lambda: operator.call(key["secret"]).status == 200, seconds=15, what="the route holds")
        assert operator.call(key["secret"], model="gpt-4o").status == 200  # the name that an agent has anyway
        assert {"bad", "m"} <= set(upstream.asked)
        upstream.answers_as = "m-2026-09"
        assert operator.call(key["secret"]).status == 200
        wait_until(lambda: operator.spent()["spent_usd"] >= 0.06 - 1e-9, seconds=15, what="it is written")
        wait_until(
            lambda: "m-2026-09" in {one["answered"] for one in operator.api("GET", "/exchanges")["items"]},
            seconds=15,
            what="it is recorded: what a killed gateway still held is not",
        )

        # In the middle of a call, the gateway is killed: what it had reserved is spent.
        with ThreadPoolExecutor(1) as pool:
            broken = pool.submit(operator.call, key["secret"], model="slow")
            wait_until(lambda: operator.spent()["reserved_usd"] > 0, seconds=15, what="it is reserved")
            reserved = operator.spent()["reserved_usd"]
            before = operator.spent()["spent_usd"]
            kill_process(product.gateway())
            upstream.let_go.set()
            assert isinstance(broken.exception(60), OSError)
        wait_until(
            lambda: operator.spent()["reserved_usd"] == 0, seconds=30, what="a new gateway has read it"
        )
        assert abs(operator.spent()["spent_usd"] - before - reserved) < 1e-9

        refused = operator.call(key["secret"], max_tokens=5_000)
        assert refused.status == 402
        assert refused.json()["error"]["code"] == "budget_exhausted"

        again = operator.api("POST", f"/gateway/keys/{key['id']}/rotate", {"overlap_s": 0})["secret"]
        wait_until(lambda: operator.call(key["secret"]).status == 401, seconds=15, what="the old one ended")
        assert operator.call(again, max_tokens=5_000).status == 402
        operator.api("DELETE", f"/gateway/keys/{key['id']}")
        wait_until(lambda: operator.call(again).status == 401, seconds=15, what="the key is refused")

        def alarms() -> set[str]:
            return {one["kind"] for one in operator.api("GET", "/incident-alarms")["items"]}

        wait_until(lambda: {"budget", "model_change"} <= alarms(), seconds=60, what="both alarms")
