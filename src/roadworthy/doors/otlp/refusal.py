"""Why something was not accepted: one family, with its answer over HTTP and over gRPC in one table.

Exporters retry on HTTP 429, 502, 503, 504 and drop on everything else, so only what the sender should not try
again gets another status. The same over gRPC: the Python exporter retries RESOURCE_EXHAUSTED whatever its
details say, so a body that is too large is INVALID_ARGUMENT there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class RpcCode(IntEnum):
    """google.rpc.Code, as far as it is used (googleapis, google/rpc/code.proto)."""

    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    UNIMPLEMENTED = 12
    UNAVAILABLE = 14
    UNAUTHENTICATED = 16


@dataclass(frozen=True, slots=True)
class _Answer:
    http: int
    rpc: RpcCode


ANSWERS = {
    "bad_protobuf": _Answer(400, RpcCode.INVALID_ARGUMENT),
    "bad_json": _Answer(400, RpcCode.INVALID_ARGUMENT),
    "bad_compression": _Answer(400, RpcCode.INVALID_ARGUMENT),
    "bad_request": _Answer(400, RpcCode.INVALID_ARGUMENT),
    "unauthorized": _Answer(401, RpcCode.UNAUTHENTICATED),
    "forbidden": _Answer(403, RpcCode.PERMISSION_DENIED),
    "not_found": _Answer(404, RpcCode.NOT_FOUND),
    "wrong_method": _Answer(405, RpcCode.UNIMPLEMENTED),
    "too_slow": _Answer(408, RpcCode.DEADLINE_EXCEEDED),
    "too_large": _Answer(413, RpcCode.INVALID_ARGUMENT),
    "too_many_parts": _Answer(413, RpcCode.INVALID_ARGUMENT),
    "unsupported_type": _Answer(415, RpcCode.INVALID_ARGUMENT),
    "unsupported_encoding": _Answer(415, RpcCode.INVALID_ARGUMENT),
    "busy": _Answer(429, RpcCode.RESOURCE_EXHAUSTED),
    "disk_full": _Answer(503, RpcCode.UNAVAILABLE),
    "unavailable": _Answer(503, RpcCode.UNAVAILABLE),
}
"""By `Refused.code`; a code that is not here is a bad body (400)."""


class Refused(Exception):  # noqa: N818 (an answer, not a fault of ours)
    """Nothing of the request was kept. `retry_after` is seconds; None means that trying again is no use."""

    def __init__(self, code: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after = retry_after

    def alone(self) -> Refused:
        """The same without its traceback, whose frames hold the body: a refusal that is kept in a variable of
        one of them would keep 64 MiB until the garbage collector comes by."""
        return Refused(self.code, self.message, retry_after=self.retry_after)

    @property
    def http_status(self) -> int:
        return ANSWERS.get(self.code, ANSWERS["bad_request"]).http

    @property
    def rpc_code(self) -> RpcCode:
        return ANSWERS.get(self.code, ANSWERS["bad_request"]).rpc
