"""One JSON request to an endpoint, bounded in time, bytes and tries."""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import httpx2
import orjson

from roadworthy.backends.models.address import Target, parse, resolve
from roadworthy.contracts.models import Endpoint, ModelFailed, Trouble

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
    left = min(endpoint.timeout_s, deadline - time.monotonic())
    try:
        async with asyncio.timeout(left):
            target = await resolve(url, allow_private=endpoint.allow_private)
            return await _exchange(endpoint, target, content=content, headers=headers)
    except (TimeoutError, httpx2.TimeoutException):
        message = f"no answer within {endpoint.timeout_s:g} s"
        raise _Again(failed=ModelFailed(Trouble.TIMEOUT, message, may_cost=True)) from None
    except httpx2.TransportError as lost:
        failed = ModelFailed(Trouble.BROKEN, f"the connection failed: {type(lost).__name__}", may_cost=True)
        raise _Again(failed=failed) from None
    except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError, ValueError) as odd:
        raise ModelFailed(Trouble.BROKEN, f"the exchange failed: {type(odd).__name__}") from None


async def _exchange(
    endpoint: Endpoint, target: Target, *, content: bytes, headers: Mapping[str, str]
) -> dict[str, Any]:
    own = {
        "content-type": "application/json",
        "accept": "application/json",
        # Uncompressed, so that the bound on bytes bounds memory, too.
        "accept-encoding": "identity",
        "host": target.url.netloc.decode("ascii"),
        **headers,
    }
    transport = httpx2.AsyncHTTPTransport(verify=_trust(), trust_env=False)
    async with httpx2.AsyncClient(transport=transport, timeout=None, follow_redirects=False) as client:
        for place, address in enumerate(target.addresses, 1):
            request = client.build_request(
                "POST",
                target.url.copy_with(host=address),
                content=content,
                headers=own,
                extensions={"sni_hostname": target.url.host},
            )
            try:
                response = await client.send(request, stream=True)
            except httpx2.ConnectError as closed:
                if place < len(target.addresses):
                    continue
                message = f"cannot connect to {target.url.host}: {closed}"
                raise _Again(failed=ModelFailed(Trouble.UNREACHABLE, message[:SAID])) from None
            try:
                return _judge(endpoint, response, body=await _read(endpoint, response))
            finally:
                await response.aclose()
    raise ModelFailed(Trouble.UNREACHABLE, f"the name {target.url.host!r} has no address")


async def _read(endpoint: Endpoint, response: httpx2.Response) -> bytes:
    if response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
        raise ModelFailed(
            Trouble.NONSENSE, "the answer is compressed, which was not asked for", may_cost=True
        )
    taken = bytearray()
    async for chunk in response.aiter_raw():
        taken += chunk
        if len(taken) > endpoint.max_bytes:
            message = f"the answer is longer than {endpoint.max_bytes} bytes"
            raise ModelFailed(Trouble.TOO_LARGE, message, may_cost=True)
    return bytes(taken)


def _judge(endpoint: Endpoint, response: httpx2.Response, *, body: bytes) -> dict[str, Any]:
    """The object that the endpoint answered, if it is a success."""
    status = response.status_code
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
        raise _Again(failed=failed, pause_s=retry_after(response.headers.get("retry-after", "")))
    raise failed


def retry_after(said: str) -> float | None:
    """Seconds that a Retry-After header asks to wait (a number or a date; RFC 9110, 10.2.3)."""
    said = said.strip()
    if not said:
        return None
    try:
        seconds = float(said)
    except ValueError:
        try:
            at = parsedate_to_datetime(said)
        except (ValueError, TypeError, IndexError):
            return None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        seconds = (at - datetime.now(UTC)).total_seconds()
    return max(0.0, seconds) if seconds < float("inf") else None


def _quoted(endpoint: Endpoint, message: str, body: bytes) -> str:
    """The message with the endpoint's own words, which may repeat the key back."""
    words = body[: SAID * 8].decode("utf-8", "replace")
    if endpoint.api_key:
        words = words.replace(endpoint.api_key, "[masked:api_key]")
    words = " ".join(words.split())[:SAID]
    return f"{message}: {words}" if words else message


@cache
def _trust() -> ssl.SSLContext:
    """Read once: it takes some ten milliseconds. Certificates of a company's own come by SSL_CERT_FILE."""
    return httpx2.create_ssl_context(trust_env=True)
