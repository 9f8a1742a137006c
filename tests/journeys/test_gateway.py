"""The gateway of the whole product: what happens to a call when the rest of the world fails around it."""

from __future__ import annotations

import json
import shutil
import socket
import struct
from collections.abc import Iterator
from http.client import HTTPConnection, IncompleteRead
from pathlib import Path
from typing import Any

import pytest

from tests import product
from tests.journeys.gateway_setup import EVENT, LAST, HeldModel, ask, held_model, key_for, models, set_up
from tests.product import Product, http, kill_process, wait_until

ASKED = {"model": "planner", "stream": True, "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture(scope="module")
def model() -> Iterator[HeldModel]:
    with held_model() as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, model: HeldModel) -> Iterator[Product]:
    with product.running(product.product_in(tmp_path_factory.mktemp("gateway"))) as ready:
        yield ready


@pytest.fixture(scope="module")
def key(server: Product, model: HeldModel) -> str:
    return set_up(server, model.url)


@pytest.fixture(autouse=True)
def _held(model: HeldModel) -> Iterator[None]:
    model.go_on.clear()
    yield
    model.go_on.set()


class Stream:
    """A streamed call that has begun: its first event is here."""

    def __init__(self, server: Product, key: str, model: HeldModel) -> None:
        self.connection = HTTPConnection("127.0.0.1", server.gateway_port, timeout=60)
        headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        self.connection.request("POST", "/v1/chat/completions", json.dumps(ASKED), headers)
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200
        self.exchange = self.answer.headers["x-roadworthy-exchange"]
        assert self.answer.read(len(EVENT)) == EVENT
        assert model.begun.acquire(timeout=60)

    def vanish(self) -> None:
        """As a machine does that was switched off."""
        sock = self.connection.sock
        assert sock is not None
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.answer.close()
        self.connection.close()


def readiness(server: Product) -> dict[str, Any]:
    found: dict[str, Any] = http(f"{server.gateway_url}/readyz").json()
    return found


def exchange(server: Product, exchange_id: str) -> dict[str, Any]:
    """Once it can be read."""
    path = f"/api/v1/exchanges/{exchange_id}"
    wait_until(lambda: server.get(path).status == 200, seconds=30, what="the exchange")
    found: dict[str, Any] = server.json(path)
    return found


def test_a_call_is_answered_recorded_and_counted(server: Product, key: str) -> None:
    answer = ask(server, key)
    assert answer.status == 200
    assert answer.json()["choices"][0]["message"]["content"] == "yes"

    kept = exchange(server, answer.headers["x-roadworthy-exchange"])
    assert (kept["agent"], kept["target"], kept["ending"]) == ("support", "planner", "complete")
    told = http(f"{server.gateway_url}/metrics").body.decode()
    assert 'roadworthy_gateway_calls_total{ending="complete",failure=""}' in told
    state = server.data / "gateway" / "state.json"
    wait_until(
        lambda: state.exists() and bool(json.loads(state.read_text())["calls"]), seconds=15, what="state"
    )


def test_a_client_that_vanishes_ends_the_call_upstream(server: Product, key: str, model: HeldModel) -> None:
    stream = Stream(server, key, model)
    stream.vanish()

    assert model.left.acquire(timeout=60), "the upstream works for nobody"
    assert exchange(server, stream.exchange)["ending"] == "aborted"


def test_a_key_revoked_in_the_middle_of_a_stream(server: Product, key: str, model: HeldModel) -> None:
    """What was let in may end: the next call is refused."""
    made = key_for(server, agent="leaving")
    stream = Stream(server, made["secret"], model)

    gone = http(f"{server.url}/api/v1/gateway/keys/{made['id']}", method="DELETE")
    assert gone.status == 204
    wait_until(
        lambda: models(server, made["secret"]).status == 401, seconds=15, what="a key that is known no more"
    )
    model.go_on.set()
    assert stream.answer.read().endswith(b"".join(LAST))
    assert ask(server, made["secret"]).status == 401


def test_the_metadata_database_is_away(server: Product, key: str, tmp_path: Path) -> None:
    names = [path.name for path in server.data.glob("roadworthy.db*")]
    for name in names:
        shutil.move(server.data / name, tmp_path / name)
    try:
        wait_until(lambda: readiness(server)["degraded"], seconds=20, what="the gateway says so")
        said = readiness(server)
        assert said["ready"]
        assert said["problems"]
        assert ask(server, key).status == 200

        # A gateway that starts meanwhile has the last snapshot in a file.
        before = server.gateway()
        kill_process(before)
        wait_until(lambda: server.gateway() != before, seconds=20, what="another gateway")
        wait_until(lambda: models(server, key).status == 200, seconds=20, what="the key")
        assert ask(server, key).status == 200
        assert readiness(server)["snapshot"]["from_file"]
    finally:
        for name in names:
            shutil.move(tmp_path / name, server.data / name)
    wait_until(lambda: not readiness(server)["degraded"], seconds=20, what="well again")


def test_kill_minus_nine_in_the_middle_of_a_stream(server: Product, key: str, model: HeldModel) -> None:
    budget = {"name": "all", "scope": "project", "period": "total", "tokens": 1_000_000}
    assert server.post("/api/v1/gateway/budgets", budget).status == 201
    wait_until(lambda: readiness(server)["snapshot"]["version"] > 0, seconds=15, what="a snapshot")

    def spent() -> int:
        (found,) = server.json("/api/v1/gateway/budgets")["items"]
        return int(found["spent_tokens"]) + int(found["reserved_tokens"])

    def counted() -> bool:
        assert ask(server, key).status == 200
        return spent() > 0

    wait_until(counted, seconds=20, what="the budget is known to the gateway")
    whole = ask(server, key)
    exchange(server, whole.headers["x-roadworthy-exchange"])
    settled = spent()
    stream = Stream(server, key, model)
    wait_until(lambda: spent() > settled, seconds=15, what="what the stream reserved")
    reserved = spent()

    before = server.gateway()
    kill_process(before)
    with pytest.raises((IncompleteRead, OSError)):
        stream.answer.read()
    wait_until(lambda: server.gateway() != before, seconds=20, what="another gateway")
    wait_until(lambda: models(server, key).status == 200, seconds=20, what="an answer")

    assert ask(server, key).status == 200
    assert spent() >= reserved, "what the killed gateway had not settled counts as spent"
    assert exchange(server, whole.headers["x-roadworthy-exchange"])["ending"] == "complete"
    recording = server.get(f"/api/v1/exchanges/{whole.headers['x-roadworthy-exchange']}/recording")
    assert recording.status == 200
    assert model.left.acquire(timeout=60)


def test_calls_go_through_while_the_core_is_away(server: Product, key: str) -> None:
    kill_process(server.core())
    assert ask(server, key).status == 200
    server.wait_ready()
