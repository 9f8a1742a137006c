"""Where a URL leads to, and the part of it that goes into the request line."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from roadworthy.contracts.upstream import UpstreamFailed
from roadworthy.domain.typed_failure import FailureCode


class Origin(NamedTuple):
    encrypted: bool
    host: str
    """In ASCII, without brackets."""
    port: int

    @property
    def literal(self) -> bool:
        """Whether the host is an address, so that no name is looked up."""
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return False
        return True

    @property
    def authority(self) -> str:
        """`host:port`, an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    origin: Origin
    target: bytes
    """Path and query of the request line."""
    host_header: bytes


@lru_cache(maxsize=2048)
def place_of(url: str) -> Place:
    """Raises UpstreamFailed for what is no http or https URL, or would change the request's lines."""
    if not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        raise _odd("has characters that must be percent-encoded")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _odd("cannot be read") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _odd("must begin with https:// or http:// and name a host")
    if parts.username is not None or parts.password is not None:
        raise _odd("must not hold a user or password")
    encrypted = parts.scheme == "https"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    origin = Origin(encrypted=encrypted, host=parts.hostname, port=port or (443 if encrypted else 80))
    shown = origin.authority if port else origin.authority.rpartition(":")[0]
    return Place(origin=origin, target=target.encode(), host_header=shown.encode())


def _odd(what: str) -> UpstreamFailed:
    return UpstreamFailed(FailureCode.UNREACHABLE, f"the upstream's URL {what}", sent=False)
