"""What the gateway itself says when a call to a model cannot be made or failed."""

from __future__ import annotations

from collections.abc import Sequence

from roadworthy.domain.exchange import Attempt
from roadworthy.domain.model_route import SpendBudget
from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure

NOTHING_ASKED = "No model was asked: this says nothing about what the answer would have been."
NO_ANSWER = "There is no answer: do not go on as if the model had said something, or nothing."


def no_route(asked: str, *, names: Sequence[str]) -> TypedFailure:
    known = ", ".join(names[:10]) or "none"
    return TypedFailure(
        code=FailureCode.NOT_FOUND,
        what=f"No route answers to the model {asked[:100]!r}; this key may ask for: {known}.",
        retry=Retry.NEVER,
        do_not_conclude=NOTHING_ASKED,
    )


def no_target(route: str, *, family: str) -> TypedFailure:
    return TypedFailure(
        code=FailureCode.NOT_FOUND,
        what=f"Route {route} has no target whose provider speaks the {family} dialects.",
        retry=Retry.NEVER,
        do_not_conclude=NOTHING_ASKED,
        facts={"route": route},
    )


def too_fast(what: str, *, wait_s: float, route: str) -> TypedFailure:
    return TypedFailure(
        code=FailureCode.RATE_LIMITED,
        what=f"The limit of {what} is reached; it has room again in {wait_s:.1f} s.",
        retry=Retry.LATER,
        retry_after_s=max(0.1, round(wait_s, 1)),
        do_not_conclude=NOTHING_ASKED,
        facts={"route": route, "limit": what},
    )


def exhausted(
    budget: SpendBudget, *, spent: str, limit: str, again_s: float | None, in_flight: bool
) -> TypedFailure:
    held = " together with what calls in flight may cost" if in_flight else ""
    return TypedFailure(
        code=FailureCode.BUDGET_EXHAUSTED,
        what=f"The budget {budget.name} ({limit} a {budget.period.value}) is used up{held}: {spent}.",
        # An SDK that tries again by itself would only be refused again.
        retry=Retry.LATER if in_flight else Retry.NEVER,
        retry_after_s=again_s,
        do_not_conclude=NOTHING_ASKED,
        facts={"budget": budget.name, "budget_id": budget.id, "spent": spent, "limit": limit},
    )


def mistaken(what: str, *, route: str) -> TypedFailure:
    return TypedFailure(
        code=FailureCode.GATEWAY_ERROR,
        what=what,
        retry=Retry.NEVER,
        do_not_conclude=NOTHING_ASKED,
        facts={"route": route},
    )


_SENTENCES = {
    FailureCode.TIMEOUT: "did not answer in time",
    FailureCode.UNREACHABLE: "cannot be reached",
    FailureCode.BREAKER_OPEN: "failed so often lately that it is not asked now",
    FailureCode.UPSTREAM_ERROR: "answered that it failed",
    FailureCode.UPSTREAM_REFUSED: "refused the call",
    FailureCode.RATE_LIMITED: "takes no more calls now",
    FailureCode.OVERLOADED: "has no place, and the call waited for as long as it may",
    FailureCode.INVALID_ANSWER: "answered with what is no answer",
    FailureCode.TOO_LARGE: "answered with more than may pass",
}
_LATER = frozenset({FailureCode.RATE_LIMITED, FailureCode.BREAKER_OPEN, FailureCode.OVERLOADED})
_NEVER = frozenset({FailureCode.UPSTREAM_REFUSED, FailureCode.TOO_LARGE, FailureCode.GATEWAY_ERROR})


def no_upstream(
    code: FailureCode, *, route: str, upstream: str, attempts: Sequence[Attempt], retry_after_s: float | None
) -> TypedFailure:
    asked = {one.upstream for one in attempts}
    last = f" (the last of {len(asked)} targets)" if len(asked) > 1 else ""
    sentence = _SENTENCES.get(code, "failed")
    after = retry_after_s if retry_after_s is not None else (1.0 if code in _LATER else None)
    return TypedFailure(
        code=code,
        what=f"{route}: {upstream} {sentence}{last}.",
        retry=Retry.NEVER if code in _NEVER else Retry.LATER if after is not None else Retry.NOW,
        retry_after_s=after,
        do_not_conclude=NO_ANSWER,
        facts={
            "route": route,
            "upstream": upstream,
            "attempts": str(len(attempts)),
            "elapsed_s": f"{sum(one.elapsed_ms for one in attempts) / 1000:.2f}",
        },
    )
