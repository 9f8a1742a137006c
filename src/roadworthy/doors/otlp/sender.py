"""Who sends: read from HTTP headers or gRPC metadata, which say it the same way."""

from __future__ import annotations

from collections.abc import Mapping

from roadworthy.doors.otlp.receiver import Sender

_LONGEST = 200


def read_sender(headers: Mapping[str, str], *, door: str, peer: str) -> Sender:
    """`headers` by lower-case name."""
    return Sender(
        door=door,
        key=_presented_key(headers),
        project=headers.get("x-roadworthy-project") or None,
        peer=peer,
        user_agent=headers.get("user-agent", "")[:_LONGEST],
    )


def _presented_key(headers: Mapping[str, str]) -> str | None:
    """`Authorization: Bearer KEY` or `x-api-key: KEY`; None where neither is there.

    An Authorization of another scheme counts as a key that is wrong: whoever sends one believes it matters.
    """
    authorization = headers.get("authorization", "").strip()
    if authorization:
        scheme, _, key = authorization.partition(" ")
        return key.strip() if scheme.lower() == "bearer" else authorization
    return headers.get("x-api-key", "").strip() or None
