"""PagerDuty, Events API v2.

Source: PagerDuty developer documentation, "Send an Event": POST to /v2/enqueue, answered 202 with {"status":
"success"}; `dedup_key` joins what is said of one alert, at most 255 characters, `summary` at most 1024.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2
import orjson

from roadworthy.backends.notifiers.sending import (
    checked_url,
    details,
    receipt,
    rfc3339,
    send_json,
    words,
)
from roadworthy.contracts.notifier import (
    ChannelField,
    Network,
    NotifierKind,
    NotSent,
    Receipt,
    SettingInvalid,
)
from roadworthy.domain.notification import ChannelKind, Happening, Notification

_EXAMPLE = "https://events.pagerduty.com/v2/enqueue"
_ACTIONS = {
    Happening.TRIGGER: "trigger",
    Happening.UPDATE: "trigger",
    Happening.ACKNOWLEDGE: "acknowledge",
    Happening.RESOLVE: "resolve",
    Happening.TEST: "trigger",
}


class PagerDuty:
    def __init__(self, *, url: httpx2.URL, routing_key: str, network: Network) -> None:
        self._url = url
        self._key = routing_key
        self._network = network

    async def send(self, notification: Notification) -> Receipt:
        said = await self._post(_event(notification, self._key))
        if notification.happening is Happening.TEST:
            # A test must leave nothing behind that wakes people.
            await self._post({**_event(notification, self._key), "event_action": "resolve"})
        return said

    async def _post(self, event: Mapping[str, Any]) -> Receipt:
        hide = (self._key,)
        answer = await send_json(
            self._url, content=orjson.dumps(event), headers={}, network=self._network, hide=hide
        )
        try:
            status = orjson.loads(answer.body).get("status")
        except (ValueError, AttributeError):
            status = None
        if status != "success":
            raise NotSent(f"HTTP {answer.status}, but not taken{words(answer, hide=hide)}")
        return receipt(answer, hide=hide)


def _event(said: Notification, routing_key: str) -> dict[str, Any]:
    event: dict[str, Any] = {
        "routing_key": routing_key,
        "event_action": _ACTIONS[said.happening],
        "dedup_key": said.key[:255],
        "client": "Roadworthy",
    }
    if said.link:
        event |= {"client_url": said.link, "links": [{"href": said.link, "text": "Open in Roadworthy"}]}
    if said.runbook:
        event["links"] = [*event.get("links", []), {"href": said.runbook, "text": "Runbook"}]
    event["payload"] = {
        "summary": (f"#{said.number} {said.title}" if said.number else said.title)[:1024],
        "source": said.agents[0] if len(said.agents) == 1 else f"roadworthy/{said.project}",
        "severity": said.severity.value,
        "timestamp": rfc3339(said.at_ns),
        "component": ", ".join(said.agents)[:255] or said.project,
        "group": said.project,
        "class": "agent incident",
        "custom_details": {**details(said), "what": said.text[:20_000], "event": said.id},
    }
    return event


def _open(values: Mapping[str, str], network: Network) -> PagerDuty:
    key = values["routing_key"].strip()
    if not key.isalnum() or not 16 <= len(key) <= 64:
        raise SettingInvalid("secrets.routing_key", expected="an integration key of 32 letters and digits")
    url = checked_url(values["url"], field="settings.url", example=_EXAMPLE)
    return PagerDuty(url=url, routing_key=key, network=network)


PAGERDUTY = NotifierKind(
    kind=ChannelKind.PAGERDUTY,
    title="PagerDuty",
    fields=(
        ChannelField(
            name="routing_key",
            title="Integration key",
            help="Of an integration of the kind Events API v2",
            required=True,
            secret=True,
        ),
        ChannelField(
            name="url",
            title="Address",
            help="In the EU: https://events.eu.pagerduty.com/v2/enqueue",
            default=_EXAMPLE,
            address=True,
        ),
    ),
    open=_open,
)
