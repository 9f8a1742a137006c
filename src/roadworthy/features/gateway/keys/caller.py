"""Who calls: the gateway key that was shown, from the snapshot."""

from __future__ import annotations

from dataclasses import dataclass

from roadworthy.domain.model_route import GatewayKey
from roadworthy.domain.typed_failure import TypedFailure
from roadworthy.features.gateway.keys.presenting import FORBIDDEN, UNAUTHENTICATED, refused
from roadworthy.features.gateway.snapshot.model import GatewaySnapshot
from roadworthy.kit.secrets import same_hash, secret_hash, split_api_key

_NO_HASH = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    project: str
    agent: str
    release: str
    """Of the key, else the one the call named."""
    key: GatewayKey


def caller_of(
    snapshot: GatewaySnapshot, presented: str, *, now_ns: int, release: str = ""
) -> Caller | TypedFailure:
    """`now_ns` is Unix time. The time it takes tells nothing about how much of a secret was right."""
    parts = split_api_key(presented) if presented else None
    known = snapshot.keys.get(parts.id) if parts else None
    right = same_hash(secret_hash(parts.secret if parts else presented), known[1].hash if known else _NO_HASH)
    if known is None or not right:
        what = (
            "No live gateway key is that one: it was never made, was revoked, or is mistyped."
            if presented
            else "The gateway wants a key: send Authorization: Bearer rw_..., x-api-key or x-goog-api-key."
        )
        return refused(what, why=UNAUTHENTICATED)
    key, secret = known
    if secret.expires_ns and now_ns >= secret.expires_ns:
        return refused("This secret of the key was replaced, and its overlap is over.", why=UNAUTHENTICATED)
    if key.release and release and release != key.release:
        return refused(
            f"This key belongs to release {key.release} of {key.agent}, not to {release[:100]}.",
            why=FORBIDDEN,
        )
    return Caller(project=key.project, agent=key.agent, release=key.release or release, key=key)
