"""Failures of systems, in words that say what not to conclude. None holds what the system said: that may be
an injection, or a secret."""

from __future__ import annotations

from roadworthy.contracts.tool_system import ToolFailed
from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure

_LATER = frozenset(
    {
        FailureCode.TIMEOUT,
        FailureCode.UNREACHABLE,
        FailureCode.UPSTREAM_ERROR,
        FailureCode.RATE_LIMITED,
        FailureCode.OVERLOADED,
        FailureCode.STALE,
    }
)


def failed(
    code: FailureCode,
    what: str,
    *,
    about: str,
    may_repeat: bool = True,
    retry_after_s: float | None = None,
    **facts: str,
) -> ToolFailed:
    """`about`: the tool, as `crm.find_customer`. `may_repeat`: whether doing it twice is harmless, or
    nothing was done."""
    retry = Retry.NEVER
    if may_repeat and code in _LATER:
        retry = Retry.LATER
    conclude = f"This says nothing about the data that {about} would have given: not that there is none."
    if not may_repeat and code is not FailureCode.CONTRACT_REFUSED:
        conclude = f"This does not say whether {about} was carried out: it may have been."
    return ToolFailed(
        TypedFailure(
            code=code,
            what=what,
            retry=retry,
            do_not_conclude=conclude,
            retry_after_s=retry_after_s if retry is Retry.LATER else None,
            facts={key: value for key, value in facts.items() if value},
        )
    )


def no_such_tool(name: str, *, connector: str) -> ToolFailed:
    return failed(
        FailureCode.NOT_FOUND, f"{connector} has no tool of that name", about=f"{connector}.{name[:100]}"
    )
