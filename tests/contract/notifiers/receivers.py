"""Real servers on loopback, one for each protocol, that take what they are sent as strictly as the real ones,
or misbehave as a test's script says."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from standardwebhooks.webhooks import Webhook

from roadworthy.domain.notification import ChannelKind
from tests.product import free_ports

ROUTING_KEY = "r0ut1ngk3y0123456789abcdef012345"
SIGNING = "whsec_" + base64.b64encode(bytes(range(32))).decode()
TOKEN = "bearer-token-0123456789"
MAIL_PASSWORD = "correct-horse-battery"
Act = Callable[["Handler"], None]


@dataclass
class Taken:
    """`identity` is the same when it is sent again, `key` joins what belongs together."""

    identity: str
    key: str
    over: bool
    text: str
    """All of it, to look for words in."""
    raw: Any = None


@dataclass
class Receiver:
    kind: ChannelKind
    values: dict[str, str]
    taken: list[Taken] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    """Misdeeds, in order, before it behaves."""
    forever: Act | None = None
    """A misdeed without end."""
    requests: int = 0
    released: threading.Event = field(default_factory=threading.Event)
    secrets: tuple[str, ...] = ()


class Handler(BaseHTTPRequestHandler):
    receiver: Receiver
    take: Callable[[str, Mapping[str, str], bytes], tuple[int, bytes, Taken | None]]
    body: bytes

    def do_POST(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("content-length", "0")))
        receiver = self.receiver
        receiver.requests += 1
        with suppress(BrokenPipeError, ConnectionResetError):
            if receiver.forever is not None:
                receiver.forever(self)
            elif receiver.acts:
                receiver.acts.pop(0)(self)
            else:
                headers = {k.lower(): v for k, v in self.headers.items()}
                status, answer, taken = type(self).take(self.path, headers, self.body)
                if taken is not None:
                    receiver.taken.append(taken)
                self.answer(status, answer)

    def do_GET(self) -> None:
        """Redirects that are followed come here."""
        self.receiver.requests += 1
        self.answer(200, b"ok")

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its base class says so)
        pass


# --- protocols --------------------------------------------------------------------------------------------


def pagerduty(path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes, Taken | None]:
    """Checks what the Events API v2 checks."""
    event = json.loads(body)
    wrong = []
    if path != "/v2/enqueue" or headers["content-type"] != "application/json":
        wrong.append("path or content type")
    if event.get("routing_key") != ROUTING_KEY:
        wrong.append("Invalid routing key")
    if event.get("event_action") not in ("trigger", "acknowledge", "resolve"):
        wrong.append("event_action")
    if not 0 < len(event.get("dedup_key", "")) <= 255:
        wrong.append("dedup_key")
    payload = event.get("payload", {})
    if event["event_action"] == "trigger" and (
        not 0 < len(payload.get("summary", "")) <= 1024
        or payload.get("severity") not in ("critical", "error", "warning", "info")
        or not payload.get("source")
    ):
        wrong.append("payload")
    if wrong:
        return 400, json.dumps({"status": "invalid event", "errors": wrong}).encode(), None
    answer = {"status": "success", "message": "Event processed", "dedup_key": event["dedup_key"]}
    taken = Taken(
        identity=payload["custom_details"]["event"],
        key=event["dedup_key"],
        over=event["event_action"] == "resolve",
        text=body.decode(),
        raw=event,
    )
    return 202, json.dumps(answer).encode(), taken


def slack(path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes, Taken | None]:
    said = json.loads(body)
    blocks = said.get("blocks", [])
    fits = len(said.get("text", "")) > 0 and len(blocks) <= 50
    for block in blocks:
        texts = [block["text"], *block.get("fields", [])] if "text" in block else block["elements"]
        most = 150 if block["type"] == "header" else 3_000
        fits = fits and all(0 < len(one["text"]) <= most for one in texts)
    if not path.startswith("/services/") or not fits:
        return 400, b"invalid_blocks", None
    link = body.decode()
    return 200, b"ok", Taken(identity="", key="", over="Resolved" in said["text"], text=link, raw=said)


def alert_webhook(path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes, Taken | None]:
    said = json.loads(body)
    [alert] = said["alerts"]
    needed = {"version", "groupKey", "status", "receiver", "groupLabels", "commonLabels", "commonAnnotations"}
    assert needed <= said.keys()
    assert said["version"] == "4"
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert {"status", "labels", "annotations", "startsAt", "endsAt", "fingerprint"} <= alert.keys()
    taken = Taken(
        identity=alert["annotations"]["event"],
        key=alert["fingerprint"],
        over=said["status"] == "resolved",
        text=body.decode(),
        raw=said,
    )
    return 200, b"", taken


def alert_api(path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes, Taken | None]:
    """POST /api/v2/alerts of an Alertmanager: an array, times in RFC 3339, labels that name the alert."""
    [alert] = json.loads(body)
    if path != "/api/v2/alerts" or not alert["labels"].get("alertname"):
        return 400, b'"bad alert"', None
    # An alert is over when its end lies in the past.
    over = datetime.fromisoformat(alert["endsAt"]) <= datetime.now(UTC)
    taken = Taken(
        identity=alert["annotations"]["event"],
        key=json.dumps(alert["labels"], sort_keys=True),
        over=over,
        text=body.decode(),
        raw=alert,
    )
    return 200, b"", taken


def webhook(path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes, Taken | None]:
    """Verified by the reference implementation of Standard Webhooks."""
    said = Webhook(SIGNING).verify(body, dict(headers))
    assert headers["content-type"].startswith("application/cloudevents+json")
    assert said["specversion"] == "1.0" and said["id"] == headers["webhook-id"]
    assert said["source"] and said["type"]
    taken = Taken(
        identity=said["id"],
        key=said["data"]["key"],
        over=said["type"].endswith("resolved"),
        text=body.decode(),
        raw=said,
    )
    return 204, b"", taken


HTTP: dict[str, tuple[ChannelKind, Any, str, dict[str, str], tuple[str, ...]]] = {
    "pagerduty": (
        ChannelKind.PAGERDUTY,
        pagerduty,
        "/v2/enqueue",
        {"routing_key": ROUTING_KEY},
        (ROUTING_KEY,),
    ),
    "slack": (ChannelKind.SLACK, slack, "/services/T0/B0/s3cr3tp4th", {}, ("s3cr3tp4th",)),
    "alertmanager": (
        ChannelKind.ALERTMANAGER,
        alert_webhook,
        "/hook",
        {"shape": "webhook", "token": TOKEN},
        (TOKEN,),
    ),
    "alertmanager-api": (ChannelKind.ALERTMANAGER, alert_api, "", {"shape": "api"}, ()),
    "webhook": (ChannelKind.WEBHOOK, webhook, "/incidents", {"secret": SIGNING}, (SIGNING[6:],)),
}


@contextmanager
def http_receiver(name: str) -> Iterator[Receiver]:
    kind, take, path, values, secrets = HTTP[name]
    receiver = Receiver(kind=kind, values=dict(values), secrets=secrets)
    handler = type("Speaking", (Handler,), {"receiver": receiver, "take": staticmethod(take)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    receiver.values["url"] = f"http://127.0.0.1:{server.server_address[1]}{path}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.released.set()
        server.shutdown()
        server.server_close()


# --- misdeeds ---------------------------------------------------------------------------------------------


def says(status: int, body: bytes = b"", **headers: str) -> Act:
    return lambda handler: handler.answer(status, body, **headers)


def hang(handler: Handler) -> None:
    handler.receiver.released.wait(30)


def drip(handler: Handler) -> None:
    """A byte at a time, so that no single read times out, without end."""
    handler.send_response(200)
    handler.send_header("content-length", "100000")
    handler.end_headers()
    while not handler.receiver.released.wait(0.05):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def endless(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b"x" * 65_536)


def close_midway(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("content-length", "1000")
    handler.end_headers()
    handler.wfile.write(b"ok")


def parrot(handler: Handler) -> None:
    """Repeats all it was sent, secrets included."""
    words = handler.path.encode() + b" " + handler.body + str(handler.headers).encode()
    handler.answer(500, words[:250])


# --- mail -------------------------------------------------------------------------------------------------


class Postbox:
    """aiosmtpd's handler: keeps what comes, or refuses."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.refuse = ""
        self.encrypted: list[bool] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.receiver.requests += 1
        if self.refuse == "hang":
            await asyncio.sleep(30)
        if self.refuse:
            return self.refuse
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content)
        text = message.get_payload(decode=True)
        assert isinstance(text, bytes)
        self.encrypted.append(session.ssl is not None)
        self.receiver.taken.append(
            Taken(
                identity=message["Message-ID"],
                key=message["References"],
                over="Resolved" in message["Subject"],
                text=f"{message['Subject']}\n{message['To']}\n{text.decode()}",
                raw=message,
            )
        )
        return "250 Message accepted for delivery"


def _auth(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
) -> AuthResult:
    return AuthResult(success=data.password == MAIL_PASSWORD.encode(), handled=False)


@contextmanager
def mail_receiver(
    *, certificate: Path | None = None, login: bool = False
) -> Iterator[tuple[Receiver, Postbox]]:
    """With a certificate it wants STARTTLS."""
    receiver = Receiver(kind=ChannelKind.EMAIL, values={}, secrets=(MAIL_PASSWORD,) if login else ())
    postbox = Postbox(receiver)
    options: dict[str, Any] = {}
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        options |= {"tls_context": context, "require_starttls": True}
    if login:
        options |= {"authenticator": _auth, "auth_required": True}
    controller = Controller(postbox, hostname="127.0.0.1", port=free_ports(1)[0], **options)
    controller.start()
    receiver.values = {
        "host": "localhost",
        "port": str(controller.port),
        "security": "starttls" if certificate else "none",
        "from": "Roadworthy <roadworthy@example.com>",
        "to": "ops@example.com, second@example.com",
    }
    if login:
        receiver.values |= {"user": "roadworthy", "password": MAIL_PASSWORD}
    try:
        yield receiver, postbox
    finally:
        controller.stop()


def certificate_for_localhost(folder: Path) -> Path:
    """Key and self-signed certificate in one file."""
    key, made, both = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(key), "-out", str(made)),
        ],
        check=True,
        capture_output=True,
    )
    both.write_bytes(key.read_bytes() + made.read_bytes())
    return both
