"""Slack's incoming webhooks, and what speaks as they do (Mattermost, Rocket.Chat, Discord's /slack).

Source: Slack developer documentation, "Sending messages using incoming webhooks": answered 200 with the text
"ok"; errors are words in the body, some with status 200 where a proxy or an imitation stands in between.
Block texts hold 3,000 characters, headers 150.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2
import orjson

from roadworthy.backends.notifiers.sending import (
    checked_url,
    details,
    headline,
    receipt,
    send_json,
    words,
)
from roadworthy.contracts.notifier import ChannelField, Network, NotifierKind, NotSent, Receipt
from roadworthy.domain.alarm import Severity
from roadworthy.domain.notification import ChannelKind, Happening, Notification
from roadworthy.kit.outbound import OutboundAnswer

_EXAMPLE = "https://hooks.slack.com/services/T000/B000/XXXX"
_MARKS = {
    Severity.CRITICAL: ":red_circle:",
    Severity.ERROR: ":large_orange_circle:",
    Severity.WARNING: ":large_yellow_circle:",
    Severity.INFO: ":large_blue_circle:",
}
LINES_SHOWN = 30
_SHORT = len("services")


class Slack:
    def __init__(self, *, url: httpx2.URL, network: Network) -> None:
        self._url = url
        self._network = network

    async def send(self, notification: Notification) -> Receipt:
        hide = hidden(self._url)
        answer = await send_json(
            self._url,
            content=orjson.dumps(_message(notification)),
            headers={},
            network=self._network,
            hide=hide,
        )
        if not _taken(answer):
            raise NotSent(f"HTTP {answer.status}, but not taken{words(answer, hide=hide)}")
        return receipt(answer, hide=hide)


def hidden(url: httpx2.URL) -> tuple[str, ...]:
    """The path of the address is its secret; long parts of it are one in whatever way they are repeated (JSON
    may write slashes as "\\/"), and so is what stands behind the question mark."""
    parts = (*url.path.split("/"), url.query.decode("ascii", "replace"))
    return (str(url), *(one for one in parts if len(one) > _SHORT))


def _taken(answer: OutboundAnswer) -> bool:
    """ "ok", an empty 204, or JSON that says ok."""
    text = answer.body.decode("utf-8", "replace").strip()
    if text.lower() == "ok" or (answer.status == 204 and not text):
        return True
    try:
        said = orjson.loads(text)
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("ok") is True


def _message(said: Notification) -> dict[str, Any]:
    over = said.happening in (Happening.RESOLVE, Happening.ACKNOWLEDGE)
    mark = ":white_check_mark:" if over else _MARKS[said.severity]
    head = headline(said)
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(_escaped(head), 150), "emoji": True}}
    ]
    if said.text:
        blocks.append(_section(_escaped(said.text)))
    if said.digest:
        lines = [
            f"{_MARKS[line.severity]} <{line.link}|#{line.number}> {_escaped(line.title)}"
            if line.link
            else f"{_MARKS[line.severity]} #{line.number} {_escaped(line.title)}"
            for line in said.digest[:LINES_SHOWN]
        ]
        more = len(said.digest) - len(lines)
        blocks[1:] = [_section("\n".join(lines) + (f"\nand {more} more" if more > 0 else ""))]
    rows = [f"*{_escaped(name)}* {_escaped(value)}" for name, value in details(said).items()]
    if rows:
        elements = [{"type": "mrkdwn", "text": _cut(" · ".join(rows), 3_000)}]
        blocks.append({"type": "context", "elements": elements})
    if said.link:
        label = "Open" if over or said.happening is Happening.TEST else "Open and acknowledge"
        blocks.append(_section(f"<{said.link}|{label}>"))
    return {"text": _cut(f"{mark} {_escaped(head)}", 3_000), "blocks": blocks}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": _cut(text, 3_000)}}


def _escaped(text: str) -> str:
    """What agents said must not become links or mentions of ours ("<!channel>")."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _open(values: Mapping[str, str], network: Network) -> Slack:
    return Slack(url=checked_url(values["url"], field="secrets.url", example=_EXAMPLE), network=network)


SLACK = NotifierKind(
    kind=ChannelKind.SLACK,
    title="Slack",
    fields=(
        ChannelField(
            name="url",
            title="Webhook URL",
            help="Of an incoming webhook; Mattermost, Rocket.Chat and Discord (/slack) take the same",
            required=True,
            secret=True,
        ),
    ),
    open=_open,
)
