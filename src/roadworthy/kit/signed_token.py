"""Claims that only this installation can have written: `prefix.<claims>.<signature>`.

base64url of JSON, and HMAC-SHA256 over both parts before it, with a key that is derived from the
installation's own (HKDF, RFC 5869). To read one needs no database.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import orjson

MOST_BYTES = 8_192


class BadToken(ValueError):  # noqa: N818 (a condition, not a bug)
    """Not one of ours, not for this agent, or over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKind:
    """`what` names it in messages: `drill`, `replay`. `baggage` is its member of W3C Baggage."""

    prefix: str
    what: str
    baggage: str

    def write(self, claims: Mapping[str, Any], *, key: bytes) -> str:
        signed = f"{self.prefix}.{_text(orjson.dumps(dict(claims)))}"
        return f"{signed}.{_text(hmac.digest(key, signed.encode(), hashlib.sha256))}"

    def is_token(self, text: str) -> bool:
        """Whether it looks like one: it may still be forged."""
        return text.startswith(f"{self.prefix}.")

    def claims(self, text: str, *, key: bytes) -> dict[str, Any]:
        """Raises BadToken. Nothing of it is believed before its signature is."""
        parts = text.strip().split(".")
        if len(text) > MOST_BYTES or len(parts) != 3 or parts[0] != self.prefix:
            raise BadToken(f"no {self.what} token; expected one as the {self.what} gave it to the agent")
        signature = hmac.digest(key, f"{parts[0]}.{parts[1]}".encode(), hashlib.sha256)
        if not hmac.compare_digest(self._bytes(parts[2]), signature):
            raise BadToken(f"the {self.what} token was not made by this installation")
        try:
            claims = orjson.loads(self._bytes(parts[1]))
        except orjson.JSONDecodeError as odd:
            raise BadToken(f"the {self.what} token cannot be read: {odd}") from None
        if not isinstance(claims, dict):
            raise BadToken(f"the {self.what} token cannot be read: it holds no claims")
        return claims

    def behind_key(self, presented: str) -> tuple[str, str]:
        """(gateway key, token) of what was shown as a key: `rw_...` or `rw_....<token>`."""
        key, dot, token = presented.partition(".")
        return (key, token) if dot and self.is_token(token) else (presented, "")

    def of_baggage(self, baggage: str) -> str:
        """Source: W3C Baggage, 3.3.1; properties behind a semicolon are passed over."""
        for member in baggage.split(","):
            name, _, value = member.partition("=")
            if name.strip() == self.baggage:
                return unquote(value.partition(";")[0].strip())
        return ""

    def _bytes(self, text: str) -> bytes:
        try:
            return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise BadToken(f"the {self.what} token is damaged") from None


def derived_key(key_file: Path, *, salt: bytes) -> bytes:
    """Of the installation's key file, so that nothing sealed with that one is told by a token. Another salt
    is another key. Raises OSError."""
    extracted = hmac.digest(salt, key_file.read_bytes().strip(), hashlib.sha256)
    return hmac.digest(extracted, b"token\x01", hashlib.sha256)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
