"""A webhook of one's own: CloudEvents 1.0, signed.

Source: CloudEvents 1.0.2, HTTP protocol binding, structured mode; Standard Webhooks 1.0.0, symmetric
signatures: the base64 of HMAC-SHA256 over "{id}.{timestamp}.{body}". The id stays the same however often it
is sent.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any

import httpx2
import orjson

from roadworthy.backends.notifiers.sending import checked_url, receipt, rfc3339, send_json
from roadworthy.contracts.notifier import ChannelField, Network, NotifierKind, Receipt, SettingInvalid
from roadworthy.domain.notification import ChannelKind, Happening, Notification

_TYPES = {
    Happening.TRIGGER: "roadworthy.incident.triggered",
    Happening.UPDATE: "roadworthy.incident.updated",
    Happening.ACKNOWLEDGE: "roadworthy.incident.acknowledged",
    Happening.RESOLVE: "roadworthy.incident.resolved",
    Happening.TEST: "roadworthy.channel.tested",
}


class Webhook:
    def __init__(self, *, url: httpx2.URL, secret: bytes, shown: str, network: Network) -> None:
        self._url = url
        self._secret = secret
        self._shown = shown
        self._network = network

    async def send(self, notification: Notification) -> Receipt:
        content = orjson.dumps(_event(notification))
        headers = {
            "content-type": "application/cloudevents+json; charset=UTF-8",
            **signed(content, said_id=notification.id, secret=self._secret, at_s=int(time.time())),
        }
        hide = (self._shown,)
        answer = await send_json(
            self._url, content=content, headers=headers, network=self._network, hide=hide
        )
        return receipt(answer, hide=hide)


def signed(content: bytes, *, said_id: str, secret: bytes, at_s: int) -> dict[str, str]:
    """Headers by which the receiver knows who sent it, and that it is fresh."""
    signature = hmac.new(secret, f"{said_id}.{at_s}.".encode() + content, hashlib.sha256).digest()
    return {
        "webhook-id": said_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }


def _event(said: Notification) -> dict[str, Any]:
    kind = "roadworthy.incidents.digest" if said.digest else _TYPES[said.happening]
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": said.id,
        "source": f"/roadworthy/projects/{said.project}",
        "type": kind,
        "time": rfc3339(said.at_ns),
        "datacontenttype": "application/json",
        "data": {
            "key": said.key,
            "project": said.project,
            "happening": said.happening.value,
            "severity": said.severity.value,
            "title": said.title,
            "text": said.text,
            "incident_id": said.incident_id or None,
            "number": said.number or None,
            "state": said.state or None,
            "agents": list(said.agents),
            "release": said.release or None,
            "link": said.link or None,
            "runbook": said.runbook or None,
            "began_at": rfc3339(said.began_ns) if said.began_ns else None,
            "facts": said.facts,
        },
    }
    if said.incident_id:
        event["subject"] = said.incident_id
    if said.digest:
        event["data"]["incidents"] = [
            {
                "incident_id": one.incident_id,
                "number": one.number,
                "title": one.title,
                "severity": one.severity.value,
                "link": one.link,
            }
            for one in said.digest
        ]
    return event


def _open(values: Mapping[str, str], network: Network) -> Webhook:
    shown = values["secret"].strip()
    try:
        secret = base64.b64decode(shown.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if not 24 <= len(secret) <= 64:
        raise SettingInvalid("secrets.secret", expected="whsec_ and the base64 of 24 to 64 random bytes")
    url = checked_url(values["url"], field="settings.url", example="https://example.com/incidents")
    return Webhook(url=url, secret=secret, shown=shown.removeprefix("whsec_"), network=network)


WEBHOOK = NotifierKind(
    kind=ChannelKind.WEBHOOK,
    title="Webhook (CloudEvents)",
    fields=(
        ChannelField(name="url", title="Address", required=True),
        ChannelField(
            name="secret",
            title="Signing secret",
            help="whsec_ and the base64 of 24 to 64 random bytes (Standard Webhooks)",
            required=True,
            secret=True,
        ),
    ),
    open=_open,
)
