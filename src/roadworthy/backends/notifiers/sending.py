"""What notifiers over HTTP share: one JSON request, and what it means that it was answered as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import httpx2

from roadworthy.contracts.notifier import Network, NotSent, Receipt, SettingInvalid
from roadworthy.domain.notification import Happening, Notification
from roadworthy.kit.addresses import AddressRefused
from roadworthy.kit.outbound import Fault, OutboundAnswer, OutboundFailed, parse_url, post, retry_after

SAID = 300
"""Characters of a receiver's own words that are kept."""
MAX_BYTES = 64_000
_AGAIN_4XX = frozenset({401, 403, 404, 408, 409, 410, 423, 425, 429})
"""Refusals that pass by themselves, or that an operator mends within the day (a key, a channel that was
archived). The others say that this message will never be taken."""


def checked_url(text: str, *, field: str, example: str) -> httpx2.URL:
    """Raises SettingInvalid. Where it leads is checked when it is connected to."""
    try:
        return parse_url(text, example=example, query=True)
    except AddressRefused as refused:
        raise SettingInvalid(field, expected=f"a URL like {example}: {refused}") from None


async def send_json(
    url: httpx2.URL,
    *,
    content: bytes,
    headers: Mapping[str, str],
    network: Network,
    hide: Sequence[str],
) -> OutboundAnswer:
    """The answer, of any status below 300. Raises NotSent; `hide` are secrets that a receiver may repeat."""
    own = {"content-type": "application/json", "accept": "application/json, text/plain", **headers}
    try:
        answer = await post(
            url,
            content=content,
            headers={"user-agent": "roadworthy", **own},
            timeout_s=network.timeout_s,
            max_bytes=MAX_BYTES,
            allowed=network.allowed,
        )
    except OutboundFailed as failed:
        if failed.fault in (Fault.TOO_LARGE, Fault.ENCODED):
            raise NotSent(f"the answer cannot be read: {failed}") from None
        raise NotSent(str(failed)) from None
    if answer.status < 300:
        return answer
    said = f"HTTP {answer.status}{words(answer, hide=hide)}"
    if answer.status < 400:
        raise NotSent(f"HTTP {answer.status}: redirects are not followed; give the final address")
    again = answer.status >= 500 or answer.status in _AGAIN_4XX
    raise NotSent(said, again=again, after_s=retry_after(answer.headers.get("retry-after", "")))


def words(answer: OutboundAnswer, *, hide: Sequence[str]) -> str:
    """What the receiver said, as ": words", without secrets."""
    text = answer.body[: SAID * 8].decode("utf-8", "replace")
    for secret in hide:
        if secret:
            text = text.replace(secret, "[masked]")
    text = " ".join(text.split())[:SAID]
    return f": {text}" if text else ""


def receipt(answer: OutboundAnswer, *, hide: Sequence[str]) -> Receipt:
    return Receipt(said=f"HTTP {answer.status}{words(answer, hide=hide)}")


def rfc3339(ns: int) -> str:
    moment = datetime.fromtimestamp(ns // 1_000_000_000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def headline(said: Notification) -> str:
    """One line for a lock screen."""
    number = f"#{said.number} " if said.number else ""
    word = {
        Happening.TRIGGER: said.severity.value.upper(),
        Happening.UPDATE: f"{said.severity.value.upper()}, changed",
        Happening.ACKNOWLEDGE: said.state.capitalize() or "Acknowledged",
        Happening.RESOLVE: "Resolved",
        Happening.TEST: "Test",
    }[said.happening]
    return f"[{word}] {number}{said.title}"


def details(said: Notification) -> dict[str, str]:
    """What belongs to it, in the order people read it."""
    rows = {
        "agents": ", ".join(said.agents),
        "release": said.release,
        "probably began": rfc3339(said.began_ns) if said.began_ns else "",
        **said.facts,
        "runbook": said.runbook,
    }
    return {name: value for name, value in rows.items() if value}
