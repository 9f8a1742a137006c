"""API keys and tokens: made at random, kept as hashes only."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

_ID_BYTES = 6
_SECRET_BYTES = 32
_SHAPE = re.compile(r"rw_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSecret:
    """`text` is shown once (`rw_<id>_<secret>`); `id` and `hash` are kept."""

    id: str
    text: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedSecret:
    id: str
    secret: str


def new_api_key() -> NewSecret:
    """12 hex digits of id and 256 random bits of secret."""
    key_id = secrets.token_hex(_ID_BYTES)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    return NewSecret(id=key_id, text=f"rw_{key_id}_{secret}", hash=secret_hash(secret))


def split_api_key(text: str) -> PresentedSecret | None:
    """None where the text does not have the shape of a key."""
    found = _SHAPE.fullmatch(text.strip())
    return PresentedSecret(id=found[1], secret=found[2]) if found else None


def secret_hash(secret: str) -> str:
    """SHA-256, hex. Right for secrets of 256 random bits, which nobody can guess; wrong for passwords."""
    return hashlib.sha256(secret.encode()).hexdigest()


def same_hash(left: str, right: str) -> bool:
    """In constant time, so that the answer's time tells nothing about how much was right."""
    return hmac.compare_digest(left.encode(), right.encode())


def new_token() -> str:
    """256 random bits for a cookie."""
    return secrets.token_urlsafe(_SECRET_BYTES)
