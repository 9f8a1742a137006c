"""The replay's token: which rerun of an inquiry a call belongs to, signed, so that nobody else can ask for a
recording's answers, nor be taken for a rerun.

It is told in the header `x-roadworthy-replay`, in the baggage (`roadworthy.replay`), or behind the gateway
key (`key.token`). It holds for one attempt of one rerun, and for as long as that may take; what the rerun is
to get stands in its plan (`tape/journal.py`). Its form is that of `kit.signed_token`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from roadworthy.kit.signed_token import BadToken, TokenKind, derived_key

HEADER = "x-roadworthy-replay"
BAGGAGE = "roadworthy.replay"
PREFIX = "rwr1"
_KIND = TokenKind(prefix=PREFIX, what="replay", baggage=BAGGAGE)

is_token = _KIND.is_token
split_presented = _KIND.behind_key
token_of_baggage = _KIND.of_baggage


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayToken:
    project: str
    agent: str
    inquiry: str
    number: int
    attempt: int
    run_id: str
    """The trace id that the rerun has: 32 hex digits."""
    expires_ns: int
    """Unix time; told to the second."""


def signing_key(key_file: Path) -> bytes:
    """Another than that of drills: neither token can be made of the other. Raises OSError."""
    return derived_key(key_file, salt=b"roadworthy replays")


def write_token(token: ReplayToken, *, key: bytes) -> str:
    claims = {
        "p": token.project,
        "a": token.agent,
        "i": token.inquiry,
        "n": token.number,
        "t": token.attempt,
        "r": token.run_id,
        "e": token.expires_ns // 1_000_000_000,
    }
    return _KIND.write(claims, key=key)


def read_token(text: str, *, key: bytes, now_ns: int) -> ReplayToken:
    """Raises BadToken: forged, damaged or over. Whose it is, is to be compared by who reads it."""
    claims = _KIND.claims(text, key=key)
    try:
        texts = {name: claims[short] for name, short in _TEXTS.items()}
        numbers = {name: claims[short] for name, short in _NUMBERS.items()}
    except KeyError as missing:
        raise BadToken(f"the replay token cannot be read: {missing} is missing") from None
    if not all(isinstance(one, str) for one in texts.values()) or not all(
        type(one) is int for one in (*numbers.values(), claims.get("e"))
    ):
        raise BadToken("the replay token cannot be read: a claim is of the wrong kind")
    expires_ns = claims["e"] * 1_000_000_000
    if expires_ns <= now_ns:
        raise BadToken("the replay token is over: it held for one rerun")
    return ReplayToken(**texts, **numbers, expires_ns=expires_ns)


_TEXTS = {"project": "p", "agent": "a", "inquiry": "i", "run_id": "r"}
_NUMBERS = {"number": "n", "attempt": "t"}

__all__ = [
    "BAGGAGE",
    "HEADER",
    "PREFIX",
    "BadToken",
    "ReplayToken",
    "is_token",
    "read_token",
    "signing_key",
    "split_presented",
    "token_of_baggage",
    "write_token",
]
