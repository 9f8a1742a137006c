"""One JSON request to an endpoint, bounded in time, bytes and tries."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import orjson

from roadworthy.backends.models.address import parse
from roadworthy.contracts.models import Endpoint, ModelFailed, Trouble
from roadworthy.kit import outbound
from roadworthy.kit.outbound import Fault, OutboundAnswer, OutboundFailed, retry_after

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 20.0
SAID = 300
"""Characters of an endpoint's own words that an error repeats."""
_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`body` is a JSON object that is no error."""

    body: dict[str, Any]
    tries: int
    duration_ns: int


@dataclass(eq=False, kw_only=True)
class _Again(Exception):  # noqa: N818 (a condition, not a bug)
    failed: ModelFailed
    pause_s: float | None = None
    """What the endpoint asked for."""


async def post(
    endpoint: Endpoint, path: str, *, body: Mapping[str, Any], headers: Mapping[str, str]
) -> Answer:
    """Raises `ModelFailed`. Pauses are drawn at random up to a bound that doubles ("full jitter"), or are
    what Retry-After asks for."""
    began = time.monotonic_ns()
    url = parse(endpoint.base_url.rstrip("/") + path)
    # What UTF-8 cannot hold (lone surrogates) was replaced by whoever made the body.
    content = orjson.dumps(body)
    deadline = time.monotonic() + endpoint.patience_s
    for number in range(1, endpoint.tries + 1):
        try:
            said = await _once(endpoint, url, content=content, headers=headers, deadline=deadline)
            return Answer(body=said, tries=number, duration_ns=time.monotonic_ns() - began)
        except _Again as again:
            pause = again.pause_s
            if pause is None:
                bound = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** (number - 1))
                pause = random.uniform(0, bound)  # noqa: S311 (no secret)
            again.failed.tries = number
            if number == endpoint.tries or time.monotonic() + pause >= deadline:
                raise again.failed from None
            await asyncio.sleep(pause)
        except ModelFailed as failed:
            failed.tries = number
            raise
    raise ModelFailed(Trouble.REFUSED, "tries: expected at least 1")


async def _once(
    endpoint: Endpoint, url: httpx2.URL, *, content: bytes, headers: Mapping[str, str], deadline: float
) -> dict[str, Any]:
    own = {"content-type": "application/json", "accept": "application/json", **headers}
    try:
        answer = await outbound.post(
            url,
            content=content,
            headers=own,
            timeout_s=min(endpoint.timeout_s, deadline - time.monotonic()),
            max_bytes=endpoint.max_bytes,
            allowed=None if endpoint.allow_private else (),
        )
    except OutboundFailed as failed:
        raise _failed(endpoint, failed) from None
    return _judge(endpoint, answer)


def _failed(endpoint: Endpoint, failed: OutboundFailed) -> Exception:
    """What did not come through, in the words of model endpoints; what may pass is tried again."""
    if failed.fault is Fault.TIMEOUT:
        message = f"no answer within {endpoint.timeout_s:g} s"
        return _Again(failed=ModelFailed(Trouble.TIMEOUT, message, may_cost=True))
    if failed.fault is Fault.BROKEN:
        return _Again(failed=ModelFailed(Trouble.BROKEN, str(failed), may_cost=True))
    if failed.fault is Fault.UNREACHABLE:
        return _Again(failed=ModelFailed(Trouble.UNREACHABLE, str(failed)))
    if failed.fault is Fault.ADDRESS:
        return ModelFailed(Trouble.ADDRESS, f"base_url: {failed}")
    trouble = Trouble.TOO_LARGE if failed.fault is Fault.TOO_LARGE else Trouble.NONSENSE
    return ModelFailed(trouble, str(failed), may_cost=True)


def _judge(endpoint: Endpoint, answer: OutboundAnswer) -> dict[str, Any]:
    """The object that the endpoint answered, if it is a success."""
    status, body = answer.status, answer.body
    try:
        said: Any = orjson.loads(body)
    except ValueError:
        said = None
    if status == 200:
        if not isinstance(said, dict):
            raise ModelFailed(
                Trouble.NONSENSE, _quoted(endpoint, "the answer is no JSON object", body), may_cost=True
            )
        if said.get("error") or said.get("type") == "error":
            failed = ModelFailed(
                Trouble.BROKEN, _quoted(endpoint, "an error that came with status 200", body)
            )
            raise _Again(failed=failed)
        return said
    if 300 <= status < 400:
        raise ModelFailed(
            Trouble.BROKEN, f"HTTP {status}: redirects are not followed; give the final address"
        )
    trouble = {401: Trouble.DENIED, 403: Trouble.DENIED, 429: Trouble.LIMITED}.get(
        status, Trouble.REFUSED if 400 <= status < 500 else Trouble.BROKEN
    )
    failed = ModelFailed(trouble, _quoted(endpoint, f"HTTP {status}", body), may_cost=status >= 500)
    if status in _AGAIN:
        raise _Again(failed=failed, pause_s=retry_after(answer.headers.get("retry-after", "")))
    raise failed


def _quoted(endpoint: Endpoint, message: str, body: bytes) -> str:
    """The message with the endpoint's own words, which may repeat the key back."""
    words = body[: SAID * 8].decode("utf-8", "replace")
    if endpoint.api_key:
        words = words.replace(endpoint.api_key, "[masked:api_key]")
    words = " ".join(words.split())[:SAID]
    return f"{message}: {words}" if words else message
