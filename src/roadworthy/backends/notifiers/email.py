"""E-mail over SMTP, with STARTTLS or TLS from the start.

Source: RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 5322 (messages: References join what belongs together).
"""

from __future__ import annotations

import asyncio
import base64
import smtplib
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, getaddresses

from roadworthy.backends.notifiers.sending import SAID, details, headline
from roadworthy.contracts.notifier import (
    ChannelField,
    Network,
    NotifierKind,
    NotSent,
    Receipt,
    SettingInvalid,
)
from roadworthy.domain.notification import ChannelKind, Happening, Notification
from roadworthy.kit.addresses import TRIED, AddressRefused, NoAddress, addresses_of, check_address
from roadworthy.kit.outbound import trust

_STARTTLS, _TLS, _NONE = "starttls", "tls", "none"
_PORTS = {_STARTTLS: 587, _TLS: 465, _NONE: 25}


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A mail server and what is written on its letters."""

    host: str
    port: int
    security: str
    sender: str
    to: tuple[str, ...]
    user: str = ""
    password: str = ""


class Email:
    def __init__(self, post: Post, *, network: Network) -> None:
        self._post = post
        self._network = network

    async def send(self, notification: Notification) -> Receipt:
        post = self._post
        to = (notification.recipient,) if notification.recipient else post.to
        if not to:
            raise NotSent("to: the channel names nobody, and nobody was named for this", again=False)
        message = _message(notification, sender=post.sender, to=to)
        try:
            found = await asyncio.wait_for(addresses_of(post.host, post.port), self._network.timeout_s)
            for address in found:
                check_address(address, encrypted=post.security != _NONE, allowed=self._network.allowed)
        except (AddressRefused, NoAddress) as fault:
            raise NotSent(str(fault)) from None
        except TimeoutError:
            raise NotSent(
                f"the name {post.host!r} was not found within {self._network.timeout_s:g} s"
            ) from None
        letter = _Letter(post, found[:TRIED], message, to=to, timeout_s=self._network.timeout_s)
        return await letter.carry()


class _Letter:
    """One conversation with a mail server, in a thread. A server that drips a byte at a time is cut off from
    outside when the time is over."""

    def __init__(
        self,
        post: Post,
        addresses: tuple[str, ...],
        message: EmailMessage,
        /,
        *,
        to: tuple[str, ...],
        timeout_s: float,
    ) -> None:
        self._post = post
        self._addresses = addresses
        self._message = message
        self._to = to
        self._timeout_s = timeout_s
        self._socket: socket.socket | None = None

    async def carry(self) -> Receipt:
        task = asyncio.create_task(asyncio.to_thread(self._talk))
        done, _ = await asyncio.wait({task}, timeout=self._timeout_s)
        if not done:
            self._cut_off()
            await asyncio.wait({task}, timeout=1.0)
            task.add_done_callback(lambda over: over.exception())
            raise NotSent(f"the mail server did not finish within {self._timeout_s:g} s")
        return task.result()

    def _cut_off(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _talk(self) -> Receipt:
        post = self._post
        try:
            client = self._connected()
            try:
                if post.security == _STARTTLS:
                    client.starttls(context=trust())
                    self._socket = client.sock
                if post.user:
                    client.login(post.user, post.password)
                refused = client.send_message(self._message, from_addr=post.sender, to_addrs=list(self._to))
            finally:
                with suppress(smtplib.SMTPException, OSError):
                    client.quit()
        except smtplib.SMTPResponseException as fault:
            # 5xx is for good (RFC 5321, 4.2.1), but a password or a mailbox may be mended within the day.
            code, said = fault.smtp_code, fault.smtp_error
            again = code < 500 or code in (530, 534, 535, 538, 550, 551, 552)
            raise NotSent(self._said(f"SMTP {code}", said), again=again) from None
        except smtplib.SMTPRecipientsRefused as fault:
            code, said = next(iter(fault.recipients.values()))
            raise NotSent(self._said(f"SMTP {code}", said)) from None
        except (smtplib.SMTPException, OSError, ssl.SSLError, UnicodeError) as fault:
            raise NotSent(
                f"the mail server cannot be spoken to: {type(fault).__name__}: {fault}"[:SAID]
            ) from None
        if refused:
            names = ", ".join(sorted(refused))
            raise NotSent(f"taken, but not for {names}"[:SAID])
        return Receipt(said=f"taken by {post.host} for {', '.join(self._to)}"[:SAID])

    def _connected(self) -> smtplib.SMTP:
        """To one of the checked addresses; the name is for the certificate alone."""
        post = self._post
        fault: OSError = NoAddress(f"the name {post.host!r} has no address")
        for address in self._addresses:
            try:
                sock = socket.create_connection((address, post.port), timeout=self._timeout_s)
            except OSError as refused:
                fault = refused
                continue
            self._socket = sock
            if post.security == _TLS:
                sock = trust().wrap_socket(sock, server_hostname=post.host)
                self._socket = sock
            return _opened(sock, host=post.host, port=post.port, timeout_s=self._timeout_s)
        raise fault

    def _said(self, message: str, words: bytes | str) -> str:
        text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
        if self._post.password:
            for shown in _spellings(self._post.user, self._post.password):
                text = text.replace(shown, "[masked]")
        return f"{message}: {' '.join(text.split())}"[:SAID]


def _spellings(user: str, password: str) -> list[str]:
    """A password as a server may repeat it: as it is, and as AUTH LOGIN and AUTH PLAIN send it (RFC 4954, RFC
    4616). The longest first, so that none is masked in part."""
    plain = [f"\0{user}\0{password}", f"{user}\0{user}\0{password}", password]
    encoded = [base64.b64encode(one.encode()).decode() for one in plain]
    return sorted([*encoded, *(one.rstrip("=") for one in encoded), password], key=len, reverse=True)


def _opened(sock: socket.socket, *, host: str, port: int, timeout_s: float) -> smtplib.SMTP:
    """A client on a connection that is there already."""

    class Connected(smtplib.SMTP):
        def _get_socket(self, *_: object) -> socket.socket:
            return sock

    here = sock.getsockname()[0]
    client = Connected(local_hostname=f"[IPv6:{here}]" if ":" in here else f"[{here}]", timeout=timeout_s)
    # For starttls, which checks the certificate against it.
    client._host = host  # type: ignore[attr-defined]
    code, said = client.connect(host, port)
    if code != 220:
        raise smtplib.SMTPConnectError(code, said)
    return client


def _message(said: Notification, *, sender: str, to: tuple[str, ...]) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = ", ".join(to)
    message["Subject"] = " ".join(headline(said).split())[:200]
    message["Date"] = formatdate(said.at_ns // 1_000_000_000)
    domain = getaddresses([sender])[0][1].rpartition("@")[2] or "roadworthy.invalid"
    message["Message-ID"] = f"<{_token(said.id)}@{domain}>"
    thread = f"<{_token(said.key)}@{domain}>"
    message["References"] = thread
    message["In-Reply-To"] = thread
    message["Auto-Submitted"] = "auto-generated"
    urgent = said.happening is Happening.TRIGGER and said.severity.value in ("critical", "error")
    message["Importance"] = "high" if urgent else "normal"
    parts = [headline(said), said.text]
    if said.digest:
        parts = [
            headline(said),
            "\n".join(
                f"#{one.number} {one.severity.value}: {one.title}\n  {one.link}" for one in said.digest
            ),
        ]
    parts.append("\n".join(f"{name}: {value}" for name, value in details(said).items()))
    if said.link:
        parts.append(f"Open and acknowledge: {said.link}")
    message.set_content("\n\n".join(part for part in parts if part) + "\n")
    return message


def _token(text: str) -> str:
    """Fit for a Message-ID."""
    return "".join(one if one.isalnum() or one in "-_." else "." for one in text)[:200]


def _open(values: Mapping[str, str], network: Network) -> Email:
    security = values["security"]
    try:
        port = int(values.get("port") or _PORTS[security])
    except ValueError:
        port = 0
    if not 1 <= port <= 65_535:
        raise SettingInvalid("settings.port", expected="a port from 1 to 65535")
    sender = _addresses(values["from"], field="settings.from")
    if len(sender) != 1:
        raise SettingInvalid("settings.from", expected="one address like roadworthy@example.com")
    user, password = values.get("user", ""), values.get("password", "")
    if bool(user) != bool(password):
        raise SettingInvalid("secrets.password", expected="a user and a password, or neither")
    if password and security == _NONE:
        raise SettingInvalid(
            "settings.security", expected="starttls or tls: a password is not sent in the clear"
        )
    host = values["host"].strip()
    if not host or (any(one in host for one in "/@ :") and host.count(":") < 2):
        raise SettingInvalid("settings.host", expected="a name like smtp.example.com")
    post = Post(
        host=host,
        port=port,
        security=security,
        sender=sender[0],
        to=_addresses(values.get("to", ""), field="settings.to"),
        user=user,
        password=password,
    )
    return Email(post, network=network)


def _addresses(text: str, *, field: str) -> tuple[str, ...]:
    found = [address for _, address in getaddresses([text]) if address]
    for one in found:
        name, at, domain = one.rpartition("@")
        if not at or not name or not domain or any(c.isspace() for c in one):
            raise SettingInvalid(
                field, expected=f"addresses like ann@example.com, with commas between, not {one!r}"
            )
    return tuple(found)


EMAIL = NotifierKind(
    kind=ChannelKind.EMAIL,
    title="E-mail",
    fields=(
        ChannelField(name="host", title="Mail server", required=True, address=True),
        ChannelField(name="port", title="Port", help="587 for STARTTLS, 465 for TLS, 25 without"),
        ChannelField(
            name="security", title="Encryption", default=_STARTTLS, choices=(_STARTTLS, _TLS, _NONE)
        ),
        ChannelField(name="from", title="Sender", required=True),
        ChannelField(
            name="to",
            title="To",
            help="With commas between; people on call are written to at their own address",
        ),
        ChannelField(name="user", title="User"),
        ChannelField(name="password", title="Password", secret=True),
    ),
    open=_open,
)
