"""What the gateway's door takes from one caller and from all together."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayLimits:
    """Sizes in bytes, times in seconds."""

    body_bytes: int = 64 * MIB
    """One request: pictures and documents travel inside."""
    inflight_bytes: int = 192 * MIB
    """All request bodies from their first byte to their answer. Above it: 503."""
    header_seconds: float = 15.0
    """From the first byte of a request (or the connection) to the end of its headers."""
    header_bytes: int = 64 << 10
    body_seconds: float = 120.0
    """From the end of the headers to the end of the body."""
    keep_alive_seconds: float = 75.0
    """How long a connection is kept that asks nothing: longer than clients keep theirs."""
    linger_seconds: float = 2.0
    """How long the rest of a refused request is thrown away, so that its sender gets to the answer."""
    stall_seconds: float = 60.0
    """How long a client may take nothing of what waits for it."""
    buffered_bytes: int = 128 << 10
    """What waits for a slow client before the upstream is not read any further."""
    connections: int = 4096
    """Open connections. Above it: 503."""
    waiting_requests: int = 16
    """Requests that one connection may send ahead of their answers."""
