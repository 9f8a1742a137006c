"""How spans leave: in the background, bounded, and told about when they cannot."""

from __future__ import annotations

import multiprocessing
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

import roadworthy
from tests.unit.sdk.collector import Collector

Start = Callable[..., None]


@pytest.fixture
def dead_endpoint() -> str:
    """An address nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def silent_endpoint() -> Iterator[str]:
    """An address that takes connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@roadworthy.tool
def small(number: int) -> int:
    return number


def test_spans_arrive_by_themselves(collector: Collector, start: Start) -> None:
    start(interval_s=0.05)
    small(1)
    assert [span.name for span in collector.wait_for(1)] == ["execute_tool small"]


def test_a_dead_endpoint_costs_the_host_nothing_and_is_told_once(
    dead_endpoint: str, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    start(endpoint=dead_endpoint, interval_s=0.01, exit_timeout_s=1.0)
    for number in range(200):
        assert small(number) == number
    assert not roadworthy.flush(timeout_s=0.5)
    assert roadworthy.export_stats().waiting == 200
    roadworthy.shutdown()
    told = [record.getMessage() for record in caplog.records if "cannot reach" in record.getMessage()]
    assert len(told) == 1


def test_spans_wait_for_a_server_that_comes_back(collector: Collector, start: Start) -> None:
    collector.answers = [(503, {}), (429, {"retry-after": "0"}), (502, {})]
    start(interval_s=0.01)
    small(1)
    assert roadworthy.flush(timeout_s=20)
    assert len(collector.spans) == 1
    assert len(collector.requests) == 4
    assert roadworthy.export_stats().sent == 1


def test_a_server_that_never_answers_does_not_hold_up_the_host(silent_endpoint: str, start: Start) -> None:
    start(endpoint=silent_endpoint, interval_s=0.01, timeout_s=60, exit_timeout_s=0.2)
    small(0)
    time.sleep(0.1)  # let the background thread get stuck in its post
    done = threading.Event()

    def call_often() -> None:
        for number in range(5_000):
            small(number)
        done.set()

    threading.Thread(target=call_often).start()
    assert done.wait(30), "the host must not wait for the network"
    roadworthy.shutdown()  # returns by itself though the post is stuck for a minute


@pytest.mark.parametrize("bound", ["spans", "bytes"])
def test_memory_is_bounded_and_drops_are_counted_and_told(
    bound: str, dead_endpoint: str, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    limits = {"max_queue_spans": 100} if bound == "spans" else {"max_queue_bytes": 200_000}
    start(endpoint=dead_endpoint, interval_s=3600, exit_timeout_s=0.2, **limits)
    write = roadworthy.tool("write")(lambda text: None)
    for _ in range(300):
        write("x" * 2_000)
    stats = roadworthy.export_stats()
    assert stats.waiting <= 100
    assert stats.waiting + stats.dropped == 300
    assert "queue is full" in caplog.text


@pytest.mark.parametrize(("status", "said"), [(400, "400"), (401, "API key"), (413, "413")])
def test_a_refusal_is_told_and_not_repeated(
    status: int, said: str, collector: Collector, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    collector.answers = [(status, {})]
    start()
    small(1)
    assert roadworthy.flush()
    assert len(collector.requests) == 1
    assert roadworthy.export_stats().dropped == 1
    assert said in caplog.text


def test_spans_refused_one_by_one_are_counted_and_told(
    collector: Collector, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    collector.reject = 2
    start()
    for number in range(5):
        small(number)
    roadworthy.flush()
    stats = roadworthy.export_stats()
    assert (stats.sent, stats.rejected, stats.dropped) == (3, 2, 0)
    assert "a span id is too short" in caplog.text


def test_a_span_that_cannot_be_encoded_takes_no_other_along(collector: Collector, start: Start) -> None:
    start()
    tracer = trace.get_tracer("framework")
    for name in ("before", "broken \ud800", "after"):
        tracer.start_span(name).end()
    roadworthy.flush()
    assert [span.name for span in collector.spans] == ["before", "after"]
    assert roadworthy.export_stats().dropped == 1


def test_keys_and_projects_go_with_each_post(collector: Collector, start: Start) -> None:
    start(api_key="rw_1_s", project="shop")
    small(1)
    roadworthy.flush()
    assert collector.requests[0]["authorization"] == "Bearer rw_1_s"
    assert collector.requests[0]["x-roadworthy-project"] == "shop"
    assert collector.requests[0]["path"] == "/v1/traces"


def test_many_spans_go_in_few_posts_and_all_arrive(collector: Collector, start: Start) -> None:
    start(interval_s=3600)
    threads = [
        threading.Thread(target=lambda: [small(n) for n in range(500)], name=f"host-{n}") for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert roadworthy.flush()
    assert len({span.span_id for span in collector.spans}) == 2_000
    assert len(collector.requests) <= 5


def test_a_provider_of_the_host_is_used_and_kept(
    collector: Collector, start: Start, own_provider: TracerProvider
) -> None:
    start(release="2.0")
    assert trace.get_tracer_provider() is own_provider
    own_provider.get_tracer("theirs").start_span("their span").end()
    small(1)
    roadworthy.flush()
    assert collector.named("their span").attributes["roadworthy.release"] == "2.0"
    assert collector.named("execute_tool small").scope == "roadworthy"


def test_a_resource_that_knows_its_release_is_not_repeated_on_spans(
    collector: Collector, start: Start
) -> None:
    known = {"service.version": "2.0", "roadworthy.release": "2.0"}
    trace.set_tracer_provider(TracerProvider(resource=Resource.create(known), shutdown_on_exit=False))
    start(release="2.0")
    small(1)
    roadworthy.flush()
    assert "roadworthy.release" not in collector.named("execute_tool small").attributes


def test_a_second_init_changes_nothing_and_one_after_shutdown_does(
    collector: Collector, start: Start, dead_endpoint: str, caplog: pytest.LogCaptureFixture
) -> None:
    start()
    start(endpoint=dead_endpoint)
    assert "init was called before" in caplog.text
    small(1)
    assert roadworthy.flush()
    roadworthy.shutdown()
    small(2)
    start()
    small(3)
    assert roadworthy.flush()
    arguments = [span.attributes["gen_ai.tool.call.arguments"] for span in collector.spans]
    assert arguments == ['{"number": 1}', '{"number": 3}']


@pytest.mark.parametrize("variable", ["ROADWORTHY_DISABLED", "OTEL_SDK_DISABLED"])
def test_it_can_be_switched_off(
    variable: str, collector: Collector, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "true")
    start()
    assert small(1) == 1
    roadworthy.flush()
    assert collector.requests == []


def test_a_wrong_setting_does_not_stop_the_host(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("ROADWORTHY_STRICT", "0")
    roadworthy.init(endpoint="not a url")
    assert "endpoint must be" in caplog.text
    assert small(1) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_sends_its_own_spans_and_not_its_parents(collector: Collector, start: Start) -> None:
    start(interval_s=3600)
    small(1)
    child = os.fork()
    if child == 0:
        try:
            small(2)
            roadworthy.flush(timeout_s=20)
        finally:
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert [span.attributes["gen_ai.tool.call.arguments"] for span in collector.spans] == ['{"number": 2}']
    roadworthy.flush()
    assert len(collector.spans) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_multiprocessing_child_flushes_as_it_ends(collector: Collector, start: Start) -> None:
    start(interval_s=3600)
    child = multiprocessing.get_context("fork").Process(target=small, args=(7,))
    child.start()
    child.join(30)
    assert child.exitcode == 0
    assert len(collector.spans) == 1


PROGRAM = """
import roadworthy
roadworthy.init(endpoint={endpoint!r}, agent="script", instrument=False, interval_s=3600, exit_timeout_s=1.0)

@roadworthy.agent
def run():
    return "done"

run()
print("ran")
{ending}
"""


@pytest.mark.parametrize("ending", ["", "raise SystemExit(3)", "raise ValueError('crash')"])
def test_the_end_of_the_process_sends_what_is_left(ending: str, collector: Collector) -> None:
    program = PROGRAM.format(endpoint=collector.url, ending=ending)
    subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, timeout=60)
    assert collector.named("invoke_agent run").resource["service.name"] == "script"


def test_the_end_of_the_process_does_not_wait_for_a_server_that_never_answers(silent_endpoint: str) -> None:
    program = PROGRAM.format(endpoint=silent_endpoint, ending="")
    ended = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60
    )
    assert ended.stdout == "ran\n"
    assert "could not be sent" in ended.stderr
