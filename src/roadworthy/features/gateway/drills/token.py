"""The drill's token: which faults a run is to meet, signed, so that nobody else can ask for any.

`rwd1.<claims>.<signature>`: base64url of JSON, and HMAC-SHA256 over both parts before it with a key that is
derived from the installation's own (HKDF, RFC 5869). It is told in the header `x-roadworthy-drill`, in the
baggage (`roadworthy.drill`), or behind the gateway key (`key.token`), which SDKs send without being told how.
A gateway needs no database to read it. It holds for one run of one agent, and for as long as that may take.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import orjson

from roadworthy.domain.exchange import ExchangeKind
from roadworthy.features.gateway.drills.fault import BadFault, PlannedFault, check

HEADER = "x-roadworthy-drill"
BAGGAGE = "roadworthy.drill"
_PREFIX = "rwd1"
_MOST_BYTES = 8_192


class BadToken(ValueError):  # noqa: N818 (a condition, not a bug)
    """Not one of ours, not for this agent, or over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillToken:
    project: str
    agent: str
    drill: str
    run_id: str
    """The trace id that the run has: 32 hex digits."""
    number: int
    faults: tuple[PlannedFault, ...]
    expires_ns: int


def signing_key(key_file: Path) -> bytes:
    """Derived from the installation's key file, so that nothing sealed with that one is told by a token.
    Raises OSError."""
    secret = key_file.read_bytes().strip()
    extracted = hmac.digest(b"roadworthy drills", secret, hashlib.sha256)
    return hmac.digest(extracted, b"token\x01", hashlib.sha256)


def write_token(token: DrillToken, *, key: bytes) -> str:
    claims = {
        "p": token.project,
        "a": token.agent,
        "d": token.drill,
        "r": token.run_id,
        "n": token.number,
        "e": token.expires_ns // 1_000_000_000,
        "f": [
            [one.fault, one.kind.value, one.target, one.occurrence, one.times, one.seed, dict(one.settings)]
            for one in token.faults
        ],
    }
    signed = f"{_PREFIX}.{_text(orjson.dumps(claims))}"
    return f"{signed}.{_text(hmac.digest(key, signed.encode(), hashlib.sha256))}"


def is_token(text: str) -> bool:
    """Whether it looks like one: it may still be forged."""
    return text.startswith(f"{_PREFIX}.")


def split_presented(presented: str) -> tuple[str, str]:
    """(gateway key, drill token) of what was shown as a key: `rw_...` or `rw_....rwd1.<...>.<...>`."""
    key, dot, token = presented.partition(".")
    return (key, token) if dot and is_token(token) else (presented, "")


def token_of_baggage(baggage: str) -> str:
    """Source: W3C Baggage, 3.3.1; properties behind a semicolon are passed over."""
    for member in baggage.split(","):
        name, _, value = member.partition("=")
        if name.strip() == BAGGAGE:
            return unquote(value.partition(";")[0].strip())
    return ""


def read_token(text: str, *, key: bytes, now_ns: int) -> DrillToken:
    """Raises BadToken. Nothing of it is believed before its signature is."""
    parts = text.strip().split(".")
    if len(text) > _MOST_BYTES or len(parts) != 3 or parts[0] != _PREFIX:
        raise BadToken("no drill token; expected one as the drill gave it to the agent")
    signature = hmac.digest(key, f"{parts[0]}.{parts[1]}".encode(), hashlib.sha256)
    if not hmac.compare_digest(_bytes(parts[2]), signature):
        raise BadToken("the drill token was not made by this installation")
    try:
        claims = orjson.loads(_bytes(parts[1]))
        token = _token(claims)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as odd:
        raise BadToken(f"the drill token cannot be read: {odd}") from None
    if token.expires_ns <= now_ns:
        raise BadToken("the drill token is over: it held for one run")
    return token


def _token(claims: dict[str, Any]) -> DrillToken:
    faults = tuple(
        PlannedFault(
            fault=fault,
            kind=ExchangeKind(kind),
            target=target,
            occurrence=occurrence,
            times=times,
            seed=seed,
            settings=tuple(settings.items()),
        )
        for fault, kind, target, occurrence, times, seed, settings in claims["f"]
    )
    for one in faults:
        try:
            check(one)
        except BadFault as wrong:
            raise BadToken(str(wrong)) from None
    return DrillToken(
        project=claims["p"],
        agent=claims["a"],
        drill=claims["d"],
        run_id=claims["r"],
        number=claims["n"],
        faults=faults,
        expires_ns=claims["e"] * 1_000_000_000,
    )


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadToken("the drill token is damaged") from None
