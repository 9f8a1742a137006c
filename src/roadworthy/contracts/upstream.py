"""What a transport promises: one HTTP exchange with an upstream, byte for byte, bounded in every wait.

Promises
- What comes is handed on as it comes; nothing is gathered, decompressed or changed.
- The address is checked where it is connected to (`kit.addresses`); redirects are not followed; no proxy of
  the environment is used. A name that resolves to a private address is refused unless `allow_private`.
- Every wait ends: `UpstreamFailed` says which, and whether the request may have reached the upstream.
- `abort` closes the connection at once, so that the upstream stops working for nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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

    client_certificate: str = ""
    client_key: str = ""
    authority: str = ""
    """Certificates of the authority to trust instead of the public ones."""
    proxy: str = ""


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


class UpstreamFailed(Exception):  # noqa: N818 (a condition, not a bug)
    """`sent`: whether any byte of the request may have reached the upstream: a retry may do it twice."""

    def __init__(self, code: FailureCode, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.code = code
        self.sent = sent


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


class Transport(Protocol):
    async def send(self, request: UpstreamRequest) -> UpstreamAnswer:
        """When the headers are there. Raises UpstreamFailed. Cancelling it closes the connection."""
        ...

    async def close(self) -> None: ...
