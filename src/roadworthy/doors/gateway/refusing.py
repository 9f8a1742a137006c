"""What is answered where no call came about: no key, no such path, too much, a mistake of ours."""

from __future__ import annotations

from roadworthy.contracts.upstream import Headers
from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure
from roadworthy.doors.gateway.failures import failure_body, failure_headers, status_of
from roadworthy.doors.gateway.paths import dialect_at
from roadworthy.doors.gateway.reply import Reply

_NOTHING = "No upstream was asked."
_CODES = {
    401: FailureCode.NOT_ALLOWED,
    403: FailureCode.NOT_ALLOWED,
    404: FailureCode.NOT_FOUND,
    413: FailureCode.TOO_LARGE,
    429: FailureCode.RATE_LIMITED,
    500: FailureCode.GATEWAY_ERROR,
    503: FailureCode.OVERLOADED,
}
_LATER_S = 1.0


def refuse(reply: Reply, *, path: str, status: int, message: str) -> None:
    """In the words of the dialect that is spoken at `path`."""
    later = status in (429, 503)
    failure = TypedFailure(
        code=_CODES.get(status, FailureCode.CONTRACT_REFUSED),
        what=message,
        retry=Retry.LATER if later else Retry.NEVER,
        retry_after_s=_LATER_S if later else None,
        do_not_conclude=_NOTHING,
    )
    tell(reply, path=path, failure=failure, status=status)


def tell(
    reply: Reply,
    *,
    path: str,
    failure: TypedFailure,
    status: int | None = None,
    headers: Headers = (),
) -> None:
    """`status` None: that of the failure's code."""
    told = status or status_of(failure)
    body = failure_body(failure, dialect=dialect_at(path), status=told)
    reply.send(told, [*failure_headers(failure), *headers], body)
