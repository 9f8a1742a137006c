"""Live events, over a real connection and through the bus itself."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from roadworthy.doors.rest.events import EventBus, lines
from roadworthy.doors.rest.settings import RestSettings
from tests.unit.doors.rest.desk import open_desk
from tests.unit.doors.rest.listening import Listening, listening


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Listening]:
    with listening(open_desk(tmp_path, RestSettings(version="test"))) as opened:
        yield opened


class Stream:
    """Events of one connection, one at a time."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.iter_lines()

    def next(self) -> dict[str, Any]:
        event: dict[str, Any] = {}
        for line in self._lines:
            name, _, value = line.partition(": ")
            if not line and "event" in event:
                return event
            event[name] = json.loads(value) if name == "data" else value
        raise AssertionError("the stream ended")

    def ended(self) -> bool:
        return not any(line.startswith("event") for line in self._lines)


def follow(server: Listening, **headers: str) -> Any:
    return httpx.stream("GET", f"{server.url}/api/v1/events", headers=headers, timeout=20)


def test_changed_runs_arrive_gathered(server: Listening) -> None:
    with follow(server) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        stream = Stream(answer)
        assert stream.next()["event"] == "hello"
        for run_id in ("a", "b", "a"):
            server.desk.events.publish_runs("default", [run_id])
        server.desk.events.publish_runs("other", ["c"])
        event = stream.next()
        assert (event["event"], event["data"]) == ("runs", {"ids": ["a", "b"]})


def test_who_comes_back_gets_what_was_missed(server: Listening) -> None:
    with follow(server) as answer:
        stream = Stream(answer)
        stream.next()
        server.desk.events.publish_runs("default", ["a"])
        last = stream.next()["id"]
    server.desk.events.publish_runs("default", ["b"])
    with follow(server, **{"Last-Event-ID": last}) as answer:
        stream = Stream(answer)
        assert stream.next()["event"] == "hello"
        assert stream.next()["data"] == {"ids": ["b"]}


@pytest.mark.parametrize("last", ["0000-5", "nonsense", "-"])
def test_who_comes_back_after_a_restart_is_told_to_read_anew(server: Listening, last: str) -> None:
    with follow(server, **{"Last-Event-ID": last}) as answer:
        stream = Stream(answer)
        assert [stream.next()["event"], stream.next()["event"]] == ["hello", "resync"]


def test_streams_end_when_the_server_stops(server: Listening) -> None:
    with follow(server) as answer:
        stream = Stream(answer)
        stream.next()
        server.desk.events.close()
        assert stream.ended()


def test_a_listener_who_is_gone_is_forgotten(server: Listening) -> None:
    with follow(server) as answer:
        stream = Stream(answer)  # kept: dropping it hangs up
        stream.next()
        assert server.desk.events.listeners == 1
    for _ in range(100):
        if server.desk.events.listeners == 0:
            break
        threading.Event().wait(0.1)
    assert server.desk.events.listeners == 0


def test_a_slow_listener_loses_the_oldest_and_is_told() -> None:
    async def slow() -> list[bytes]:
        bus = EventBus()
        stream = lines(bus, project="default", last_event_id=None, gather_s=0)
        got = [await anext(stream)]
        for number in range(1000):
            bus.publish_runs("default", [str(number)])
        got += [await anext(stream), await anext(stream)]
        await stream.aclose()
        return got

    _, resync, runs = asyncio.run(slow())
    assert b"event: resync" in resync
    assert b'"999"' in runs
    assert b'"0"' not in runs


def test_what_was_missed_beyond_memory_is_a_resync() -> None:
    async def late() -> list[bytes]:
        bus = EventBus()
        for number in range(2000):
            bus.publish_runs("default", [str(number)])
        stream = lines(bus, project="default", last_event_id=f"{bus.epoch}-1", gather_s=0)
        got = [await anext(stream), await anext(stream)]
        await stream.aclose()
        return got

    assert b"event: resync" in asyncio.run(late())[1]


def test_silence_is_kept_alive() -> None:
    async def quiet() -> bytes:
        stream = lines(EventBus(), project="default", last_event_id=None, heartbeat_s=0.01)
        await anext(stream)
        beat = await anext(stream)
        await stream.aclose()
        return beat

    assert asyncio.run(quiet()).startswith(b":")


def test_publishing_from_many_threads_loses_nothing() -> None:
    async def main() -> set[str]:
        bus = EventBus()
        subscription = bus.subscribe("default", after=None)

        def publish(start: int) -> None:
            for number in range(start, start + 50):
                bus.publish_runs("default", [str(number)])

        threads = [threading.Thread(target=publish, args=(n * 50,)) for n in range(4)]
        for thread in threads:
            thread.start()
        seen: set[str] = set()
        while len(seen) < 200:
            events = await subscription.next(timeout=60)
            assert events, "nothing came for 10 s"
            seen.update(run_id for event in events for run_id in event.ids)
        for thread in threads:
            thread.join()
        return seen

    assert asyncio.run(main()) == {str(n) for n in range(200)}
