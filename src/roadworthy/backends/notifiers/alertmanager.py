"""Alertmanager, out: its own webhook message (version 4) to whatever reads that, or alerts into an
Alertmanager.

Source: Prometheus documentation, "webhook_config" (version "4"), and Alertmanager's OpenAPI, POST
/api/v2/alerts. An Alertmanager takes an alert that is not sent again for over after `endsAt`: it is set a
month ahead, and to now when the incident is resolved.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2
import orjson

from roadworthy.backends.notifiers.sending import checked_url, details, receipt, rfc3339, send_json
from roadworthy.contracts.notifier import ChannelField, Network, NotifierKind, Receipt
from roadworthy.domain.notification import ChannelKind, Happening, Notification

_WEBHOOK = "webhook"
_API = "api"
_AHEAD_NS = 30 * 86_400 * 1_000_000_000
_NEVER = "0001-01-01T00:00:00Z"
"""Go's zero time."""


class Alertmanager:
    def __init__(self, *, url: httpx2.URL, shape: str, token: str, network: Network) -> None:
        self._url = url
        self._shape = shape
        self._token = token
        self._network = network

    async def send(self, notification: Notification) -> Receipt:
        body: Any = _alerts(notification) if self._shape == _API else _message(notification)
        hide = (self._token,)
        headers = {"authorization": f"Bearer {self._token}"} if self._token else {}
        answer = await send_json(
            self._url, content=orjson.dumps(body), headers=headers, network=self._network, hide=hide
        )
        return receipt(answer, hide=hide)


def _labels(said: Notification) -> dict[str, str]:
    """Identity: they stay the same from the beginning to the end."""
    name = "RoadworthyTest" if said.happening is Happening.TEST else "RoadworthyIncident"
    labels = {"alertname": name, "project": said.project, "incident": said.incident_id or said.key}
    if len(said.agents) == 1:
        labels["agent"] = said.agents[0]
    return labels


def _annotations(said: Notification) -> dict[str, str]:
    found = {"summary": f"#{said.number} {said.title}" if said.number else said.title}
    found |= {"description": said.text} if said.text else {}
    found |= {"runbook_url": said.runbook} if said.runbook else {}
    found |= {"severity": said.severity.value, "event": said.id}
    return found | {f"roadworthy_{k.replace(' ', '_')}": v for k, v in details(said).items()}


def _ends(said: Notification) -> int:
    over = said.happening in (Happening.RESOLVE, Happening.TEST)
    return said.at_ns if over else said.at_ns + _AHEAD_NS


def _alerts(said: Notification) -> list[dict[str, Any]]:
    return [
        {
            "labels": _labels(said),
            "annotations": _annotations(said),
            "startsAt": rfc3339(said.began_ns or said.at_ns),
            "endsAt": rfc3339(_ends(said)),
            "generatorURL": said.link,
        }
    ]


def _message(said: Notification) -> dict[str, Any]:
    status = "resolved" if said.happening is Happening.RESOLVE else "firing"
    labels = _labels(said) | {"severity": said.severity.value}
    annotations = _annotations(said)
    alert = {
        "status": status,
        "labels": labels,
        "annotations": annotations,
        "startsAt": rfc3339(said.began_ns or said.at_ns),
        "endsAt": rfc3339(said.at_ns) if status == "resolved" else _NEVER,
        "generatorURL": said.link,
        "fingerprint": said.key,
    }
    return {
        "version": "4",
        "groupKey": said.key,
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "roadworthy",
        "groupLabels": {"incident": labels["incident"]},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": said.link,
        "alerts": [alert],
    }


def _open(values: Mapping[str, str], network: Network) -> Alertmanager:
    shape = values["shape"]
    example = "http://alertmanager:9093" if shape == _API else "https://example.com/alerts"
    url = checked_url(values["url"], field="settings.url", example=example)
    if shape == _API and not url.path.rstrip("/").endswith("/api/v2/alerts"):
        url = url.copy_with(path=url.path.rstrip("/") + "/api/v2/alerts")
    return Alertmanager(url=url, shape=shape, token=values.get("token", ""), network=network)


ALERTMANAGER = NotifierKind(
    kind=ChannelKind.ALERTMANAGER,
    title="Alertmanager",
    fields=(
        ChannelField(name="url", title="Address", required=True, address=True),
        ChannelField(
            name="shape",
            title="What it speaks",
            help="webhook: takes what an Alertmanager sends (version 4); api: is an Alertmanager",
            default=_WEBHOOK,
            choices=(_WEBHOOK, _API),
        ),
        ChannelField(name="token", title="Bearer token", secret=True),
    ),
    open=_open,
)
