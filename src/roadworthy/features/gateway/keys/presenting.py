"""The key that a call shows, and what is said where it is no good."""

from __future__ import annotations

from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure

WHY = "why"
"""The fact that tells apart what NOT_ALLOWED stands for."""
UNAUTHENTICATED = "unauthenticated"
"""No key, or none that is live: HTTP 401."""
FORBIDDEN = "forbidden"
"""A live key that may not do this: HTTP 403."""


def refused(what: str, *, why: str) -> TypedFailure:
    return TypedFailure(
        code=FailureCode.NOT_ALLOWED,
        what=what,
        retry=Retry.NEVER,
        do_not_conclude="Nothing was asked: this says nothing about what the answer would have been.",
        facts={WHY: why},
    )


def presented_key(*, authorization: str, x_api_key: str, x_goog_api_key: str) -> str:
    """As the SDKs send it; "" where there is none."""
    kind, _, value = authorization.partition(" ")
    bearer = value.strip() if kind.lower() == "bearer" else ""
    return bearer or x_api_key.strip() or x_goog_api_key.strip()
