"""Links by which somebody without a log-in says whether a run did its job: signed, nothing is kept of them.

A token holds what is judged and until when, and a signature with its project's secret. It names no project:
whoever holds it learns nothing but the id it was made for.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Literal

import orjson

from roadworthy.contracts.metadata import MetadataStore, Record
from roadworthy.domain.project import DEFAULT_PROJECT

KIND = "feedback-secret"
DAY_S = 86_400
LONGEST_S = 365 * DAY_S
_ID = "1"
_PURPOSE = b"roadworthy feedback link 1\n"
_MOST_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackTarget:
    project: str
    kind: Literal["run", "session"]
    id: str
    expires_s: int
    """Unix seconds."""


class BadLink(ValueError):  # noqa: N818
    """Not a link of this server. Why is not said: a forger would learn from it."""


class ExpiredLink(BadLink):
    """It was one."""


class FeedbackLinks:
    """Safe to call from several threads."""

    def __init__(self, metadata: MetadataStore) -> None:
        self._metadata = metadata
        self._lock = threading.Lock()  # protects the making of a secret against being done twice
        self._known: tuple[int, dict[str, bytes]] = (-1, {})

    def token(self, target: FeedbackTarget) -> str:
        secret = self._secret(target.project)
        payload = orjson.dumps([target.kind, target.id, target.expires_s])
        return f"{_encoded(payload)}.{_encoded(_signature(payload, secret))}"

    def read(self, token: str, *, now_s: float | None = None) -> FeedbackTarget:
        """Raises BadLink. Every project's secret is tried, in the same time whichever it was."""
        payload, signature = _parts(token)
        project = None
        for name, secret in self._secrets().items():
            if hmac.compare_digest(_signature(payload, secret), signature):
                project = name
        if project is None:
            raise BadLink("not a link of this server")
        kind, target, expires_s = orjson.loads(payload)
        if expires_s <= (time.time() if now_s is None else now_s):
            raise ExpiredLink("the link is no longer valid")
        return FeedbackTarget(project=project, kind=kind, id=target, expires_s=expires_s)

    def revoke_all(self, project: str) -> None:
        """Every link of the project that was given out is dead."""
        with self._lock:
            self._metadata.delete_record(project, KIND, _ID)

    def _secrets(self) -> dict[str, bytes]:
        """By project; read again when anything in the metadata changed."""
        counter = self._metadata.change_counter()
        known = self._known
        if known[0] != counter:
            known = self._known = (counter, self._read_secrets())
        return known[1]

    def _read_secrets(self) -> dict[str, bytes]:
        names = dict.fromkeys([DEFAULT_PROJECT, *(project.id for project in self._metadata.projects())])
        found = {name: self._metadata.record(name, KIND, _ID) for name in names}
        return {name: bytes.fromhex(record.body) for name, record in found.items() if record is not None}

    def _secret(self, project: str) -> bytes:
        with self._lock:
            record = self._metadata.record(project, KIND, _ID)
            if record is None:
                record = Record(
                    project=project,
                    kind=KIND,
                    id=_ID,
                    body=secrets.token_hex(32),
                    updated_ns=time.time_ns(),
                )
                self._metadata.save_records([record])
            return bytes.fromhex(record.body)


def _signature(payload: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, _PURPOSE + payload, hashlib.sha256)


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _parts(token: str) -> tuple[bytes, bytes]:
    body, _, signature = token.partition(".")
    if len(token) > _MOST_CHARACTERS or not signature:
        raise BadLink("not a link of this server")
    try:
        return _decoded(body), _decoded(signature)
    except (ValueError, binascii.Error):
        raise BadLink("not a link of this server") from None


def _decoded(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
