"""What the OTLP doors take from one sender and from all together."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorLimits:
    """Sizes in bytes, times in seconds."""

    body_bytes: int = 64 * MIB
    """One body, after decompression: what OTLP says a receiver should take."""
    inflight_bytes: int = 192 * MIB
    """All bodies from their first byte to their answer, after decompression. Above it: 429. A body in many
    pieces takes twice its size for the moment in which they are joined."""
    header_seconds: float = 10.0
    """From the first byte of a request (or the connection) to the end of its headers."""
    header_bytes: int = 64 << 10
    body_seconds: float = 30.0
    """From the end of the headers to the end of the body."""
    linger_seconds: float = 5.0
    """How long the rest of a refused body is read and thrown away, so that its sender gets to the answer."""
    connections: int = 1000
    """Open HTTP connections. Above it: 503."""
    grpc_calls: int = 256
    """gRPC calls at once. Above it: RESOURCE_EXHAUSTED."""
    cors_origins: tuple[str, ...] = ()
    """Web pages that may send from a browser; none by default, "*" for all."""
    metrics_need_key: bool = False
    """Whether `/metrics` wants a live key, of any scope: where others can reach it."""
