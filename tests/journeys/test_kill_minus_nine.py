"""kill -9 of the whole product under load: what was acknowledged is there afterwards, exactly once.

The benchmarks do this a hundred times; here it is a few times, at random moments, to each of the processes.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import product
from tests.journeys import traffic
from tests.product import Product, kill_process, wait_until

SENDERS = 3
RUNS_PER_BODY = 4
QUICK = {"limit_ms": 3_600_000}

pytestmark = pytest.mark.slow


class Senders:
    """Agents that go on sending, and remember which runs they were told are safe."""

    def __init__(self, to: Product) -> None:
        self._to = to
        self._over = threading.Event()
        self._lock = threading.Lock()
        self.acknowledged: list[str] = []

    def send_until_over(self) -> None:
        while not self._over.is_set():
            tasks = [traffic.task(f"Where is order {n}?") for n in range(RUNS_PER_BODY)]
            try:
                status = self._to.send(traffic.body(*tasks)).status
            except OSError:
                time.sleep(0.05)
                continue
            assert status in {200, 429, 503}, status
            if status == 200:
                with self._lock:
                    self.acknowledged += [task.id for task in tasks]
            time.sleep(0.01)

    @contextmanager
    def sending(self) -> Iterator[None]:
        threads = [threading.Thread(target=self.send_until_over, daemon=True) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join(40)


def assert_all_there_once(server: Product, acknowledged: list[str]) -> None:
    server.wait_drained(seconds=60)
    expected = set(acknowledged)
    runs: list[dict[str, Any]] = []

    def complete() -> bool:
        runs[:] = server.all_runs()
        return expected <= {run["id"] for run in runs}

    wait_until(complete, seconds=20, what="every acknowledged run in the list")
    assert [run_id for run_id, times in Counter(run["id"] for run in runs).items() if times > 1] == []
    for run in runs:
        if run["id"] in expected:
            counts = (run["model_calls"], run["tool_calls"], run["input_tokens"])
            assert counts == (1, 1, 120), run
    for run_id in random.sample(sorted(expected), min(40, len(expected))):
        spans = server.json(f"/api/v1/runs/{run_id}/spans")["items"]
        assert len({span["span_id"] for span in spans}) == len(spans) == traffic.SPANS_PER_RUN


def assert_all_judged_once(server: Product, acknowledged: list[str]) -> None:
    expected = set(acknowledged)

    def judged() -> bool:
        # Only what is left is asked for: reading thousands of runs for a minute keeps a processor busy.
        return expected.isdisjoint(run["id"] for run in server.all_runs("&filter=judged:missing"))

    # A run that was written and not judged when the process ended is found by the first look round.
    wait_until(judged, seconds=120, what="every acknowledged run judged")
    for run_id in random.sample(sorted(expected), min(40, len(expected))):
        scores = server.json(f"/api/v1/runs/{run_id}/scores")["items"]
        # Where the trial takes long, what is asked of the agent is learned by its end, and scored as well.
        said = [(score["name"], score["value"]) for score in scores if score["name"] != "tail_input"]
        assert said == [("quick", 1.0)], run_id


@pytest.mark.parametrize("victim", ["front", "core", "worker", "both"])
def test_nothing_acknowledged_is_lost_doubled_or_left_unjudged(tmp_path: Path, victim: str) -> None:
    chance = random.Random(f"kill {victim}")  # the same moments each time, as far as a machine allows
    with product.running(product.product_in(tmp_path)) as server:
        server.post("/api/v1/evaluators", {"name": "quick", "kind": "latency", "config": QUICK})
        senders = Senders(server)
        with senders.sending():
            for _ in range(3):
                time.sleep(chance.uniform(0.2, 1.5))
                core, front = server.core(), server.pid
                if victim == "worker":
                    kill_process(server.worker())
                if victim in {"core", "both"}:
                    kill_process(core)
                if victim in {"front", "both"}:
                    kill_process(front)
                    assert server.process is not None
                    server.process.wait(60)
                    wait_gone(core)
                    server.launch()
                server.wait_ready()
        assert len(senders.acknowledged) > 50
        assert_all_there_once(server, senders.acknowledged)
        assert_all_judged_once(server, senders.acknowledged)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """For those that take one of its processes away and wait until it is back."""
    with product.running(product.product_in(tmp_path_factory.mktemp("away"))) as ready:
        yield ready


def test_agents_are_answered_while_the_core_is_away(server: Product) -> None:
    before = len(server.all_runs())
    kill_process(server.core())

    away = [traffic.task("sent while the core is away") for _ in range(20)]
    statuses = [server.send(traffic.body(each)).status for each in away]

    assert statuses == [200] * 20
    server.wait_ready()
    assert_all_there_once(server, [each.id for each in away])
    assert len(server.all_runs()) == before + 20


def test_people_are_answered_while_the_worker_is_away(server: Product) -> None:
    known = traffic.task("known before the worker ends")
    assert server.send(traffic.body(known)).status == 200
    wait_until(lambda: server.get(f"/api/v1/runs/{known.id}").status == 200, seconds=20, what="the run")
    core, worker = server.core(), server.worker()

    kill_process(worker)
    later = [traffic.task("sent while the worker is away") for _ in range(5)]
    statuses = [server.send(traffic.body(each)).status for each in later]
    answer = server.get(f"/api/v1/runs/{known.id}")

    assert (statuses, answer.status) == ([200] * 5, 200)
    server.wait_ready()
    assert_all_there_once(server, [known.id, *(each.id for each in later)])
    assert server.core() == core, "the core stayed"
    assert server.worker() != worker


def test_no_process_outlives_the_front(tmp_path: Path) -> None:
    with product.running(product.product_in(tmp_path)) as server:
        left = [server.core(), server.worker(), server.gateway()]
        kill_process(server.pid)
        for pid in left:
            wait_gone(pid)


def wait_gone(pid: int) -> None:
    def gone() -> bool:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return True
        return state in "ZX"

    wait_until(gone, seconds=5, what=f"process {pid} ended with its front")
