"""What a transport promises: one HTTP exchange with an upstream, byte for byte, bounded in every wait.

Promises
- What comes is handed on as it comes; nothing is gathered, decompressed or changed.
- The address is checked where it is connected to (`kit.addresses`); redirects are not followed; no proxy of
  the environment is used. A name that resolves to a private address is refused unless `allow_private`.
- Every wait ends: `UpstreamFailed` says which, and whether the request may have reached the upstream.
- `abort` closes the connection at once, so that the upstream stops working for nobody.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, runtime_checkable

from roadworthy.domain.typed_failure import FailureCode

Headers = Sequence[tuple[bytes, bytes]]
"""Names in lower case, in order, doubles kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Seconds. `total_s` None: a stream may last as long as bytes come."""

    connect_s: float = 5.0
    first_byte_s: float = 60.0
    """From the end of the request to the first byte of the answer's body (a stream's first token)."""
    between_s: float = 30.0
    total_s: float | None = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """How a system knows us, beyond headers: PEM texts, and an HTTP proxy (`http://user:password@host:port`)."""

    client_certificate: str = field(default="", repr=False)
    client_key: str = field(default="", repr=False)
    authority: str = field(default="", repr=False)
    """Certificates of the authority to trust instead of the public ones."""
    public_too: bool = False
    """Whether the public authorities are trusted beside it."""
    proxy: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamRequest:
    method: str
    url: str
    headers: Headers
    body: bytes
    waits: Waits
    allow_private: bool = False
    identity: Identity | None = None
    max_answer_bytes: int | None = None
    """Beyond it `UpstreamFailed(TOO_LARGE)`; None for no bound but what streams through."""


class Unreached(StrEnum):
    """Why no connection came about; words that a machine may branch on."""

    CERTIFICATE_UNTRUSTED = "certificate_untrusted"
    CERTIFICATE_EXPIRED = "certificate_expired"
    """Or is not valid yet."""
    CERTIFICATE_OTHER_NAME = "certificate_of_another_name"
    CLIENT_CERTIFICATE_REFUSED = "client_certificate_refused"
    """Ours was not taken, or is missing."""
    OWN_CERTIFICATES_UNUSABLE = "own_certificates_unusable"
    """What we were given (certificate, key, authority) cannot be read, or does not belong together."""
    PROXY_UNREACHABLE = "proxy_unreachable"
    PROXY_CREDENTIALS = "proxy_credentials"
    PROXY_REFUSED = "proxy_refused"
    PROXY_CANNOT_REACH = "proxy_cannot_reach_it"
    ADDRESS_REFUSED = "address_refused"
    NO_ADDRESS = "no_address"


class UpstreamFailed(Exception):  # noqa: N818 (a condition, not a bug)
    """`sent`: whether any byte of the request may have reached the upstream: a retry may do it twice.
    `reason`: where it is known why there was no connection; the next try meets the same."""

    def __init__(
        self, code: FailureCode, message: str, *, sent: bool, reason: Unreached | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.sent = sent
        self.reason = reason


class UpstreamAnswer(Protocol):
    status: int
    headers: Headers

    async def read(self) -> bytes:
        """The next bytes as they came, b"" at the end. Raises UpstreamFailed (INVALID_ANSWER where it was cut
        off)."""
        ...

    async def abort(self) -> None:
        """Idempotent; after the end it does nothing."""
        ...


@runtime_checkable
class Poured(Protocol):
    """What an answer may do besides: a transport that cannot is read."""

    async def pour(self, take: Callable[[bytes], bool]) -> bool:
        """Gives each piece to `take` in the moment it comes, without a turn of the event loop in between,
        which costs less. True at the end; False once `take` returned False: it takes no more now, and the
        rest waits. `take` must not raise. Raises as `read` does."""
        ...


def pour(answer: UpstreamAnswer, take: Callable[[bytes], bool]) -> Awaitable[bool]:
    """As `Poured.pour`, of any answer: one that cannot is read. (Asked for by name: `isinstance` with a
    protocol costs more than a dozen events.)"""
    poured = getattr(answer, "pour", None)
    return _read_into(answer, take) if poured is None else poured(take)


async def _read_into(answer: UpstreamAnswer, take: Callable[[bytes], bool]) -> bool:
    while data := await answer.read():
        if not take(data):
            return False
    return True


class Transport(Protocol):
    async def send(self, request: UpstreamRequest) -> UpstreamAnswer:
        """When the headers are there. Raises UpstreamFailed. Cancelling it closes the connection."""
        ...

    async def close(self) -> None: ...
