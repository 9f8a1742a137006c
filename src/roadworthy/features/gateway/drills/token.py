"""The drill's token: which faults a run is to meet, signed, so that nobody else can ask for any.

It is told in the header `x-roadworthy-drill`, in the baggage (`roadworthy.drill`), or behind the gateway key
(`key.token`), which SDKs send without being told how. It holds for one run of one agent, and for as long as
that may take. Its form is that of `kit.signed_token`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roadworthy.domain.exchange import ExchangeKind
from roadworthy.features.gateway.drills.fault import BadFault, PlannedFault, check
from roadworthy.kit.signed_token import BadToken, TokenKind, derived_key

HEADER = "x-roadworthy-drill"
BAGGAGE = "roadworthy.drill"
_KIND = TokenKind(prefix="rwd1", what="drill", baggage=BAGGAGE)

is_token = _KIND.is_token
split_presented = _KIND.behind_key
token_of_baggage = _KIND.of_baggage


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
    """Raises OSError."""
    return derived_key(key_file, salt=b"roadworthy drills")


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
    return _KIND.write(claims, key=key)


def read_token(text: str, *, key: bytes, now_ns: int) -> DrillToken:
    """Raises BadToken. Nothing of it is believed before its signature is."""
    claims = _KIND.claims(text, key=key)
    try:
        token = _token(claims)
    except BadToken:
        raise
    except (KeyError, TypeError, ValueError) as odd:
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


__all__ = [
    "BAGGAGE",
    "HEADER",
    "BadToken",
    "DrillToken",
    "is_token",
    "read_token",
    "signing_key",
    "split_presented",
    "token_of_baggage",
    "write_token",
]
