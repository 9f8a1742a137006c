"""What only a mail server can do: encryption, log-in, refusals, silence."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from roadworthy.kit import outbound
from tests.contract.notifiers.receivers import certificate_for_localhost, mail_receiver
from tests.contract.notifiers.test_notifiers import LOOPBACK, SHORT, not_sent, notification, opened, sent


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate_for_localhost(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusting(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A company's own certificates come by SSL_CERT_FILE, which is read once."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    outbound.trust.cache_clear()
    yield
    outbound.trust.cache_clear()


def test_starttls_and_log_in(certificate: Path, trusting: None) -> None:
    with mail_receiver(certificate=certificate, login=True) as (receiver, postbox):
        receipt = sent(receiver, notification())
    assert postbox.encrypted == [True]
    assert "taken by localhost" in receipt.said
    [taken] = receiver.taken
    assert taken.raw["Importance"] == "high" and taken.raw["Auto-Submitted"] == "auto-generated"
    assert taken.raw["To"] == "ops@example.com, second@example.com"


def test_a_certificate_nobody_vouches_for_is_refused(certificate: Path) -> None:
    outbound.trust.cache_clear()
    with mail_receiver(certificate=certificate) as (receiver, _):
        failed = not_sent(receiver, LOOPBACK)
    assert "SSL" in str(failed) and receiver.taken == []


def test_a_wrong_password_is_said_without_the_password(certificate: Path, trusting: None) -> None:
    with mail_receiver(certificate=certificate, login=True) as (receiver, _):
        receiver.values["password"] = "wrong-password"
        failed = not_sent(receiver, LOOPBACK)
    assert "535" in str(failed) and "wrong-password" not in str(failed) and failed.again


@pytest.mark.parametrize(
    ("refusal", "again"),
    [("451 try later", True), ("554 this looks like spam", False), ("552 mailbox full", True)],
)
def test_refusals_say_whether_to_try_again(refusal: str, again: bool) -> None:
    with mail_receiver() as (receiver, postbox):
        postbox.refuse = refusal
        failed = not_sent(receiver, LOOPBACK)
    assert refusal[:3] in str(failed) and failed.again is again


def test_a_mail_server_that_hangs_is_given_up() -> None:
    with mail_receiver() as (receiver, postbox):
        postbox.refuse = "hang"
        failed = not_sent(receiver, SHORT)
    # Whichever is first: the bound on one wait or that on all of them.
    assert re.search(r"did not finish within 0\.5 s|timed out", str(failed)) and failed.again


def test_a_mail_server_that_drips_is_cut_off() -> None:
    """A greeting without end: no single read times out."""
    stop = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = listening.accept()
        with connection:
            while not stop.wait(0.05):
                try:
                    connection.sendall(b"220-")
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    with mail_receiver() as (receiver, _):
        receiver.values["port"] = str(listening.getsockname()[1])
        failed = not_sent(receiver, SHORT)
    thread.join(5)
    assert not thread.is_alive(), "the connection was cut"
    stop.set()
    listening.close()
    assert "did not finish" in str(failed)


def test_one_person_can_be_written_to() -> None:
    with mail_receiver() as (receiver, _):
        sent(receiver, notification(recipient="ann@example.com"))
    [taken] = receiver.taken
    assert taken.raw["To"] == "ann@example.com"


def test_nobody_to_write_to_is_no_reason_to_try_again() -> None:
    with mail_receiver() as (receiver, _):
        receiver.values["to"] = ""
        assert not not_sent(receiver, LOOPBACK).again


def test_a_notifier_is_used_from_several_tasks_at_once() -> None:
    async def all_at_once() -> None:
        notifier = opened(receiver)
        await asyncio.gather(*(notifier.send(notification(id=f"said-{n}")) for n in range(8)))

    with mail_receiver() as (receiver, _):
        asyncio.run(all_at_once())
    assert len({one.identity for one in receiver.taken}) == 8
