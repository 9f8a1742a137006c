"""A typed failure in the words of each dialect, so that every SDK raises what it raises for its own provider.

The machine-readable code is the same everywhere. Sources: OpenAI API reference (error codes, streaming
events), Anthropic API reference (errors, streaming), google.rpc.Status and ErrorInfo (AIP-193), JSON-RPC 2.0.
"""

from __future__ import annotations

import math
from typing import Any

import orjson

from roadworthy.domain.exchange import Dialect
from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure

_STATUS = {
    FailureCode.TIMEOUT: 504,
    FailureCode.UNREACHABLE: 502,
    FailureCode.BREAKER_OPEN: 503,
    FailureCode.UPSTREAM_ERROR: 502,
    FailureCode.UPSTREAM_REFUSED: 400,
    FailureCode.RATE_LIMITED: 429,
    FailureCode.OVERLOADED: 503,
    FailureCode.INVALID_ANSWER: 502,
    FailureCode.TOO_LARGE: 502,
    FailureCode.CONTRACT_BROKEN: 502,
    FailureCode.CONTRACT_REFUSED: 400,
    FailureCode.STALE: 503,
    FailureCode.NOT_ALLOWED: 403,
    FailureCode.BUDGET_EXHAUSTED: 402,
    FailureCode.NOT_FOUND: 404,
    FailureCode.NOT_RECORDED: 422,
    FailureCode.GATEWAY_ERROR: 500,
}
"""No SDK tries 402 again, and to try again is no use before somebody raises the budget; nor 422."""
_OPENAI_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "insufficient_quota",
    403: "permission_error",
    404: "not_found_error",
    413: "invalid_request_error",
    422: "invalid_request_error",
    429: "rate_limit_error",
}
_ANTHROPIC_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    422: "invalid_request_error",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
}
_GOOGLE_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "FAILED_PRECONDITION",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    413: "INVALID_ARGUMENT",
    422: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
JSON = (b"content-type", b"application/json")


def status_of(failure: TypedFailure) -> int:
    return _STATUS[failure.code]


def failure_headers(failure: TypedFailure) -> list[tuple[bytes, bytes]]:
    """What tells an SDK whether to try again: `x-should-retry` wins over its own table."""
    headers = [
        JSON,
        (b"x-should-retry", b"false" if failure.retry is Retry.NEVER else b"true"),
        (b"x-roadworthy-failure", failure.code.value.encode()),
    ]
    if failure.retry_after_s is not None:
        headers.append((b"retry-after", b"%d" % max(1, math.ceil(failure.retry_after_s))))
    return headers


def failure_body(failure: TypedFailure, *, dialect: Dialect, status: int) -> bytes:
    """The body of the answer where nothing has been streamed yet."""
    if dialect is Dialect.ANTHROPIC_MESSAGES:
        return orjson.dumps({"type": "error", "error": _anthropic(failure, status=status)})
    if dialect is Dialect.GEMINI:
        return orjson.dumps({"error": _google(failure, status=status)})
    if dialect is Dialect.MCP:
        return orjson.dumps({"jsonrpc": "2.0", "id": None, "error": _rpc(failure)})
    return orjson.dumps({"error": _openai(failure, status=status)})


def failure_event(failure: TypedFailure, *, dialect: Dialect, status: int) -> bytes:
    """The event that ends a stream which had begun."""
    if dialect is Dialect.ANTHROPIC_MESSAGES:
        told = {"type": "error", "error": _anthropic(failure, status=status)}
        return b"event: error\ndata: %b\n\n" % orjson.dumps(told)
    if dialect is Dialect.OPENAI_RESPONSES:
        error = _openai(failure, status=status)
        said: dict[str, Any] = {
            "type": "error",
            "code": error["code"],
            "message": error["message"],
            "param": None,
            "sequence_number": 0,
            "error": error,
        }
        return b"event: error\ndata: %b\n\n" % orjson.dumps(said)
    return b"data: %b\n\n" % failure_body(failure, dialect=dialect, status=status)


def message_of(failure: TypedFailure) -> str:
    return f"{failure.what} {failure.do_not_conclude}".strip()


def _details(failure: TypedFailure) -> dict[str, Any]:
    return {
        "code": failure.code.value,
        "retry": failure.retry.value,
        "retry_after_s": failure.retry_after_s,
        "do_not_conclude": failure.do_not_conclude,
        "facts": failure.facts,
    }


def _openai(failure: TypedFailure, *, status: int) -> dict[str, Any]:
    return {
        "message": message_of(failure),
        "type": _OPENAI_TYPES.get(status, "server_error"),
        "param": None,
        "code": failure.code.value,
        "roadworthy": _details(failure),
    }


def _anthropic(failure: TypedFailure, *, status: int) -> dict[str, Any]:
    return {
        "type": _ANTHROPIC_TYPES.get(status, "api_error"),
        "message": message_of(failure),
        "code": failure.code.value,
        "roadworthy": _details(failure),
    }


def _google(failure: TypedFailure, *, status: int) -> dict[str, Any]:
    metadata = {"retry": failure.retry.value, "do_not_conclude": failure.do_not_conclude, **failure.facts}
    details: list[dict[str, Any]] = [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": failure.code.value.upper(),
            "domain": "roadworthy",
            "metadata": metadata,
        }
    ]
    if failure.retry_after_s is not None:
        delay = f"{max(1, math.ceil(failure.retry_after_s))}s"
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay})
    return {
        "code": status,
        "message": message_of(failure),
        "status": _GOOGLE_STATUSES.get(status, "UNKNOWN"),
        "details": details,
    }


def _rpc(failure: TypedFailure) -> dict[str, Any]:
    return {"code": -32000, "message": message_of(failure), "data": _details(failure)}
