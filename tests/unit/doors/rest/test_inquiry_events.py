"""Whoever looks at inquiries and resamplings is told of what happens to them, over a real connection."""

from __future__ import annotations

from typing import Any

import httpx2 as httpx

from tests.unit.doors.rest.desk import Desk
from tests.unit.doors.rest.listening import Listening, listening
from tests.unit.doors.rest.test_events import Stream, follow
from tests.unit.doors.rest.test_inquiries import BAD, COMMAND, desk_with_runs

__all__ = ["desk_with_runs"]


def _send(server: Listening, method: str, path: str, body: object = None) -> Any:
    answered = httpx.request(method, f"{server.url}/api/v1{path}", json=body, timeout=20)
    assert answered.status_code < 300, answered.text
    return answered.json() if answered.content else None


def test_each_thing_that_happens_to_an_inquiry_is_told(desk_with_runs: Desk) -> None:
    with listening(desk_with_runs) as server, follow(server) as answer:
        stream = Stream(answer)
        assert stream.next()["event"] == "hello"

        def told() -> dict[str, Any]:
            event = stream.next()
            return {event["event"]: event["data"]["ids"]}

        one = _send(server, "POST", f"/runs/{BAD}/replay", {"entry": COMMAND})
        assert told() == {"inquiries": [one["id"]]}
        path = f"/inquiries/{one['id']}"
        [start] = _send(server, "POST", f"{path}/take", {})["reruns"]
        assert told() == {"inquiries": [one["id"]]}
        assert _send(server, "GET", path)["reruns"][0]["state"] == "taken"
        ended = {"attempt": start["attempt"], "ending": "answered", "answer": "It is 41."}
        _send(server, "POST", f"{path}/reruns/1", ended)
        assert told() == {"inquiries": [one["id"]]}
        assert _send(server, "GET", path)["state"] == "done"
        _send(server, "DELETE", path)
        assert told() == {"inquiries": [one["id"]]}


def test_who_only_looks_makes_no_event(desk_with_runs: Desk) -> None:
    with listening(desk_with_runs) as server, follow(server) as answer:
        stream = Stream(answer)
        stream.next()
        one = _send(server, "POST", f"/runs/{BAD}/replay", {"entry": COMMAND})
        assert stream.next()["event"] == "inquiries"
        for path in (f"/inquiries/{one['id']}", "/inquiries", f"/runs/{BAD}/resample"):
            _send(server, "GET", path)
        server.desk.events.publish_runs("default", ["next"])
        assert stream.next()["event"] == "runs"


def test_a_resampling_is_told_of_by_its_run(desk_with_runs: Desk) -> None:
    with listening(desk_with_runs) as server, follow(server) as answer:
        stream = Stream(answer)
        stream.next()
        for path, body in (("", {"times": 1}), ("/cancel", None)):
            _send(server, "POST", f"/runs/{BAD}/resample{path}", body)
            event = stream.next()
            assert (event["event"], event["data"]["ids"]) == ("resamplings", [BAD]), path
