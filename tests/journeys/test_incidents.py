"""The whole product: an alarm comes in, a receiver hears of it, kill -9, acknowledged, resolved."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.notifiers.receivers import ROUTING_KEY, http_receiver
from tests.product import http, product_in, running, wait_until

ALARM = {
    "id": "fell",
    "source": "nightly check",
    "agent": "support",
    "release": "2.1",
    "title": "support: completion fell from 94.0 % to 81.2 % (n 412)",
}


@pytest.mark.slow
def test_from_the_alarm_to_the_end_with_a_kill_in_between(tmp_path: Path) -> None:
    product = product_in(
        tmp_path, extra=("--channel-networks=127.0.0.0/8", "--public-url=https://agents.example")
    )
    with http_receiver("pagerduty") as receiver, running(product):
        channel = {
            "name": "pager",
            "kind": "pagerduty",
            "default": True,
            "settings": {"url": receiver.values["url"]},
            "secrets": {"routing_key": ROUTING_KEY},
        }
        made = product.post("/api/v1/channels", channel)
        assert made.status == 201, made.body
        raised = product.post("/api/v1/alarms", ALARM)
        assert raised.status == 201, raised.body
        wait_until(lambda: len(receiver.taken) == 1, seconds=10, what="the first notification")
        [trigger] = receiver.taken
        assert trigger.raw["payload"]["summary"] == f"#1 {ALARM['title']}"
        assert trigger.raw["client_url"].startswith("https://agents.example/incidents/")

        def noted() -> bool:
            log = product.json("/api/v1/deliveries")["items"]
            return bool(log) and all(one["state"] == "delivered" for one in log)

        # One that is killed before it has noted that somebody was told tells them again.
        wait_until(noted, seconds=10, what="the log says that it was delivered")
        product.kill()
        product.start()

        incident = product.json("/api/v1/incidents/1")
        assert (incident["state"], incident["agents"], incident["alarms"]) == ("open", ["support"], 1)
        assert product.post("/api/v1/alarms", ALARM).status == 201
        assert product.json("/api/v1/incidents/1")["alarms"] == 1, "the same alarm, known after the start"
        assert product.post("/api/v1/incidents/1/acknowledge", {"note": "mine"}).status == 200
        # What was not said yet when an incident is over is not said any more.
        wait_until(lambda: len(receiver.taken) == 2, seconds=10, what="acknowledged")
        assert product.post("/api/v1/alarms", {**ALARM, "cleared_at": "now"}).status == 201
        wait_until(lambda: len(receiver.taken) >= 3, seconds=10, what="resolved")
        kinds = [entry["kind"] for entry in product.json("/api/v1/incidents/1/timeline")["items"]]
        assert [one for one in kinds if one in ("opened", "notified", "acknowledged", "resolved")] == [
            *("opened", "notified", "acknowledged", "resolved")
        ]

        wait_until(noted, seconds=10, what="the log says that all was delivered")
        page = http(f"{product.url}/api/v1/incidents/1/postmortem").json()["markdown"]
        assert "Acknowledged after" in page and "release 2.1" in page
    assert [one.raw["event_action"] for one in receiver.taken] == ["trigger", "acknowledge", "resolve"]
    assert len({one.key for one in receiver.taken}) == 1
    assert ROUTING_KEY not in product.output() and "cannot be looked up" not in product.output()
