"""One suite over every way of telling, against real servers that speak its protocol."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from roadworthy.backends.notifiers.sending import words
from roadworthy.backends.notifiers.slack import hidden
from roadworthy.backends.notifiers.table import NOTIFIERS
from roadworthy.contracts.notifier import Network, Notifier, NotSent, Receipt, SettingInvalid
from roadworthy.domain.alarm import Severity
from roadworthy.domain.notification import ChannelKind, Happening, Line, Notification
from roadworthy.kit.outbound import OutboundAnswer
from tests.contract.notifiers import receivers
from tests.contract.notifiers.receivers import HTTP, Receiver, http_receiver, mail_receiver, says

KINDS = {one.kind: one for one in NOTIFIERS}
LOOPBACK = Network(allowed=("127.0.0.0/8", "::1/128"), timeout_s=5.0)
SHORT = replace(LOOPBACK, timeout_s=0.5)
PROTOCOLS = [*HTTP, "email"]
HOSTILE = '<!channel> <https://evil.example|click> \x00 "quoted" \ud800 ümlaut'.encode(
    "utf-8", "replace"
).decode()


def notification(happening: Happening = Happening.TRIGGER, **changes: Any) -> Notification:
    plain = Notification(
        id=f"said-{happening.value}",
        key="roadworthy-default-abc",
        project="default",
        happening=happening,
        severity=Severity.CRITICAL,
        title="support: completion fell from 94.0 % to 81.2 % (n 412)",
        text="Expected 94 %, saw 81.2 %.\nChanged just before: release 2.1",
        incident_id="abc",
        number=12,
        state="resolved" if happening is Happening.RESOLVE else "open",
        agents=("support",),
        release="2.1",
        link="https://roadworthy.example/incidents/abc",
        runbook="https://runbooks.example/support",
        began_ns=time.time_ns() - 3_600_000_000_000,
        at_ns=time.time_ns(),
        facts={"team": "care"},
    )
    return replace(plain, **changes)


@contextmanager
def receiver_of(protocol: str) -> Iterator[Receiver]:
    if protocol == "email":
        with mail_receiver() as (receiver, _):
            yield receiver
    else:
        with http_receiver(protocol) as receiver:
            yield receiver


def opened(receiver: Receiver, network: Network = LOOPBACK) -> Notifier:
    kind = KINDS[receiver.kind]
    defaults = {field.name: field.default for field in kind.fields if field.default}
    return kind.open(defaults | receiver.values, network)


def sent(receiver: Receiver, said: Notification, network: Network = LOOPBACK) -> Receipt:
    return asyncio.run(opened(receiver, network).send(said))


def not_sent(receiver: Receiver, network: Network = SHORT, said: Notification | None = None) -> NotSent:
    with pytest.raises(NotSent) as caught:
        sent(receiver, said or notification(), network)
    return caught.value


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_receiver_takes_the_whole_course_of_an_incident(protocol: str) -> None:
    with receiver_of(protocol) as receiver:
        for happening in (Happening.TRIGGER, Happening.UPDATE, Happening.ACKNOWLEDGE, Happening.RESOLVE):
            receipt = sent(receiver, notification(happening))
            assert receipt.said
    assert len(receiver.taken) == 4
    assert len({one.key for one in receiver.taken}) == 1, "one key joins what is said of one incident"
    if protocol != "slack":
        assert len({one.identity for one in receiver.taken}) == 4
    assert receiver.taken[-1].over
    for part in ("completion fell", "2.1", "incidents/abc", "runbooks.example"):
        assert part in receiver.taken[0].text


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_is_sent_again_is_known_again(protocol: str) -> None:
    with receiver_of(protocol) as receiver:
        for _ in range(2):
            sent(receiver, notification())
    first, second = receiver.taken
    assert (first.identity, first.key) == (second.identity, second.key)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_test_and_a_digest_are_taken(protocol: str) -> None:
    lines = tuple(
        Line(
            incident_id=f"i{n}", number=n, title=f"agent {n}", severity=Severity.ERROR, link=f"https://r/{n}"
        )
        for n in range(481)
    )
    with receiver_of(protocol) as receiver:
        sent(receiver, notification(Happening.TEST, number=0, incident_id="", agents=()))
        sent(receiver, notification(digest=lines, title="481 incidents opened", number=0, incident_id=""))
    assert len(receiver.taken) == (3 if protocol == "pagerduty" else 2)
    assert "481 incidents" in receiver.taken[-1].text


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_agents_say_breaks_no_message(protocol: str) -> None:
    with receiver_of(protocol) as receiver:
        sent(
            receiver,
            notification(title=HOSTILE + "\n" + "x" * 5_000, text=HOSTILE * 2_000, agents=(HOSTILE,)),
        )
    [taken] = receiver.taken
    if protocol == "slack":
        assert "<!channel>" not in taken.text and "|click>" not in taken.text


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_private_addresses_are_refused_unless_the_operator_allows_them(protocol: str) -> None:
    with receiver_of(protocol) as receiver:
        failed = not_sent(receiver, Network(timeout_s=5.0))
        assert "private" in str(failed)
        failed = not_sent(receiver, Network(allowed=("10.0.0.0/8",), timeout_s=5.0))
        assert "private" in str(failed)
    assert receiver.requests == 0


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest",
        "http://[::ffff:127.0.0.1]:9/x",
        "http://0.0.0.0:9/x",
        "http://2130706433:9/x",
        "http://[fe80::1]/x",
        "http://[64:ff9b::7f00:1]/x",
        "http://127.1:9/x",
    ],
)
def test_disguised_addresses_are_seen_through(address: str) -> None:
    with http_receiver("webhook") as receiver:
        receiver.values["url"] = address
        failed = not_sent(receiver, Network(timeout_s=5.0))
    assert any(word in str(failed) for word in ("private", "nobody is to be sent to", "no address")), failed


@pytest.mark.parametrize("protocol", HTTP)
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(protocol: str, status: int) -> None:
    with http_receiver("webhook") as inside, http_receiver(protocol) as receiver:
        receiver.forever = says(status, location=inside.values["url"])
        failed = not_sent(receiver, LOOPBACK)
    assert "redirects are not followed" in str(failed)
    assert inside.requests == 0


@pytest.mark.parametrize("protocol", HTTP)
@pytest.mark.parametrize("act", [receivers.hang, receivers.drip], ids=["hangs", "drips"])
def test_an_endpoint_that_hangs_is_given_up(protocol: str, act: receivers.Act) -> None:
    with http_receiver(protocol) as receiver:
        receiver.forever = act
        failed = not_sent(receiver)
    assert "no answer within 0.5 s" in str(failed) and failed.again


@pytest.mark.parametrize("protocol", HTTP)
@pytest.mark.parametrize(
    ("act", "again"),
    [
        (says(500, b"oops"), True),
        (says(503), True),
        (says(429, retry_after="30"), True),
        (says(401, b"who are you"), True),
        (says(404, b"no_service"), True),
        (says(400, b"invalid"), False),
        (says(413), False),
        (receivers.close_midway, True),
        (receivers.endless, True),
    ],
    ids=["500", "503", "429", "401", "404", "400", "413", "midway", "endless"],
)
def test_failures_say_whether_to_try_again(protocol: str, act: receivers.Act, again: bool) -> None:
    with http_receiver(protocol) as receiver:
        receiver.forever = act
        failed = not_sent(receiver, LOOPBACK)
    assert failed.again is again, failed


def test_retry_after_is_handed_on() -> None:
    with http_receiver("webhook") as receiver:
        receiver.forever = says(429, retry_after="30")
        assert not_sent(receiver, LOOPBACK).after_s == 30


@pytest.mark.parametrize(
    ("protocol", "body"),
    [
        ("slack", b'{"ok": false, "error": "channel_not_found"}'),
        ("slack", b"no_text"),
        ("slack", b"<html>log in</html>"),
        ("slack", b""),
        ("pagerduty", b'{"status": "invalid event", "errors": ["routing_key"]}'),
        ("pagerduty", b"<html>log in</html>"),
        ("pagerduty", b"[]"),
        ("pagerduty", b""),
    ],
)
def test_200_with_an_error_in_the_body_is_a_failure(protocol: str, body: bytes) -> None:
    with http_receiver(protocol) as receiver:
        receiver.forever = says(200, body)
        failed = not_sent(receiver, LOOPBACK)
    assert "but not taken" in str(failed) and failed.again


@pytest.mark.parametrize("protocol", HTTP)
def test_no_secret_comes_back_in_what_a_receiver_said(protocol: str) -> None:
    with http_receiver(protocol) as receiver:
        receiver.forever = receivers.parrot
        failed = not_sent(receiver, LOOPBACK)
    assert not [one for one in receiver.secrets if one in str(failed)]
    assert not [one for one in receiver.secrets if one in repr(opened(receiver))]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_nobody_listening_is_a_failure_to_try_again(protocol: str) -> None:
    with receiver_of(protocol) as receiver:
        pass
    assert not_sent(receiver, LOOPBACK).again


@pytest.mark.parametrize(
    ("kind", "changed", "field"),
    [
        (ChannelKind.PAGERDUTY, {"routing_key": "no key!"}, "secrets.routing_key"),
        (ChannelKind.PAGERDUTY, {"url": "ftp://x"}, "settings.url"),
        (ChannelKind.SLACK, {"url": "hooks.slack.com/x"}, "secrets.url"),
        (ChannelKind.SLACK, {"url": "https://user:pass@hooks.slack.com/x"}, "secrets.url"),
        (ChannelKind.WEBHOOK, {"secret": "short"}, "secrets.secret"),
        (ChannelKind.WEBHOOK, {"secret": "whsec_!!!"}, "secrets.secret"),
        (ChannelKind.WEBHOOK, {"url": "http://"}, "settings.url"),
        (ChannelKind.ALERTMANAGER, {"url": "//am:9093"}, "settings.url"),
        (ChannelKind.EMAIL, {"from": "nobody"}, "settings.from"),
        (ChannelKind.EMAIL, {"to": "a@b, c"}, "settings.to"),
        (ChannelKind.EMAIL, {"port": "99999"}, "settings.port"),
        (ChannelKind.EMAIL, {"host": "https://smtp"}, "settings.host"),
        (ChannelKind.EMAIL, {"user": "ann"}, "secrets.password"),
        (ChannelKind.EMAIL, {"user": "a", "password": "b", "security": "none"}, "settings.security"),
    ],
)
def test_a_setting_that_cannot_be_names_its_field(
    kind: ChannelKind, changed: dict[str, str], field: str
) -> None:
    fine = {
        ChannelKind.PAGERDUTY: {"routing_key": receivers.ROUTING_KEY, "url": "https://events.example/v2"},
        ChannelKind.SLACK: {"url": "https://hooks.slack.com/services/a/b/c"},
        ChannelKind.WEBHOOK: {"secret": receivers.SIGNING, "url": "https://example.com/x"},
        ChannelKind.ALERTMANAGER: {"url": "https://am.example", "shape": "api"},
        ChannelKind.EMAIL: {"host": "smtp.example.com", "security": "starttls", "from": "a@example.com"},
    }[kind]
    KINDS[kind].open(fine, LOOPBACK)
    with pytest.raises(SettingInvalid) as caught:
        KINDS[kind].open(fine | changed, LOOPBACK)
    assert caught.value.field == field


def test_an_address_that_is_a_secret_is_hidden_however_it_is_repeated() -> None:
    hide = hidden(httpx2.URL("https://hooks.slack.com/services/T0123456789/B0/s3cr3tp4th?token=s3cr3tquery"))
    body = rb"no such hook: \/services\/T0123456789\/B0\/s3cr3tp4th, token=s3cr3tquery"
    said = words(OutboundAnswer(status=404, headers={}, body=body), hide=hide)
    assert "s3cr3t" not in said and "T0123456789" not in said and "no such hook" in said
    assert "services" in said, "words that everybody knows stay readable"
    assert hidden(httpx2.URL("https://example.com/")) == ("https://example.com/",), "a slash is no secret"
