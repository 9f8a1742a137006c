"""One request at the gateway's door, whole."""

from __future__ import annotations

from dataclasses import dataclass

from roadworthy.contracts.upstream import Headers


@dataclass(slots=True, kw_only=True)
class GatewayRequest:
    method: str
    path: str
    """Without the query, percent-encoded as it came."""
    query: str
    headers: Headers
    body: bytes
    keep_alive: bool = True
    chunked: bool = True
    """Whether an answer of unknown length can be told in chunks (HTTP/1.1)."""
    client: str = ""
    """Address of the peer."""

    def header(self, name: bytes) -> bytes | None:
        """The first of that name (lower case)."""
        for each, value in self.headers:
            if each == name:
                return value
        return None
