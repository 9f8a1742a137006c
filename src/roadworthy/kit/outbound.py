"""HTTP to an address that a user gave: one exchange, bounded in time and bytes, with no way into our network.

No redirect is followed, no proxy of the environment used, and the connection goes to an address that was
checked (`kit.addresses`).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from functools import cache

import httpx2

from roadworthy.kit.addresses import TRIED, AddressRefused, NoAddress, addresses_of, check_address


class Fault(StrEnum):
    ADDRESS = "address"
    """The URL is none, or leads where it may not."""
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    BROKEN = "broken"
    """The connection ended midway, or what came is no HTTP."""
    TOO_LARGE = "too_large"
    ENCODED = "encoded"
    """Compressed, which was not asked for."""


class OutboundFailed(Exception):  # noqa: N818 (a condition, not a bug)
    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundAnswer:
    """Any status, redirects included. Names of `headers` in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A checked URL with the addresses it may be reached at."""

    url: httpx2.URL
    addresses: tuple[str, ...]


def parse_url(url: str, *, example: str, query: bool = False) -> httpx2.URL:
    """Raises AddressRefused for what is no plain http or https URL. `query`: whether it may have one."""
    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, TypeError, ValueError):
        raise AddressRefused(f"the URL cannot be read; expected like {example}") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise AddressRefused("the URL must begin with https:// or http:// and name a host")
    if parsed.userinfo:
        raise AddressRefused("the URL must not hold a user or password")
    if parsed.fragment or (parsed.query and not query):
        raise AddressRefused("the URL must not have a query or a fragment" if not query else "no fragment")
    return parsed


async def resolve(url: httpx2.URL, *, allowed: Sequence[str] | None) -> Target:
    """Raises AddressRefused, or NoAddress. Every address of the name must be one that may be connected to."""
    port = url.port or (443 if url.scheme == "https" else 80)
    found = await addresses_of(url.host, port)
    for address in found:
        check_address(address, encrypted=url.scheme == "https", allowed=allowed)
    return Target(url=url, addresses=found[:TRIED])


async def post(
    url: httpx2.URL,
    *,
    content: bytes,
    headers: Mapping[str, str],
    timeout_s: float,
    max_bytes: int,
    allowed: Sequence[str] | None,
) -> OutboundAnswer:
    """One POST. `timeout_s` is from the name look-up to the last byte. Raises OutboundFailed, and nothing
    else."""
    try:
        async with asyncio.timeout(timeout_s):
            target = await resolve(url, allowed=allowed)
            return await _exchange(target, content=content, headers=headers, max_bytes=max_bytes)
    except AddressRefused as refused:
        raise OutboundFailed(Fault.ADDRESS, str(refused)) from None
    except NoAddress as nowhere:
        raise OutboundFailed(Fault.UNREACHABLE, str(nowhere)) from None
    except (TimeoutError, httpx2.TimeoutException):
        raise OutboundFailed(Fault.TIMEOUT, f"no answer within {timeout_s:g} s") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError, ValueError, OSError) as odd:
        raise OutboundFailed(Fault.BROKEN, f"the connection failed: {type(odd).__name__}") from None


async def _exchange(
    target: Target, *, content: bytes, headers: Mapping[str, str], max_bytes: int
) -> OutboundAnswer:
    own = {
        # Uncompressed, so that the bound on bytes bounds memory, too.
        "accept-encoding": "identity",
        "host": target.url.netloc.decode("ascii"),
        **headers,
    }
    transport = httpx2.AsyncHTTPTransport(verify=trust(), trust_env=False)
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
                raise OutboundFailed(Fault.UNREACHABLE, message[:300]) from None
            try:
                return OutboundAnswer(
                    status=response.status_code,
                    headers={name.lower(): value for name, value in response.headers.items()},
                    body=await _read(response, max_bytes=max_bytes),
                )
            finally:
                await response.aclose()
    raise OutboundFailed(Fault.UNREACHABLE, f"the name {target.url.host!r} has no address")


async def _read(response: httpx2.Response, *, max_bytes: int) -> bytes:
    if response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
        raise OutboundFailed(Fault.ENCODED, "the answer is compressed, which was not asked for")
    taken = bytearray()
    async for chunk in response.aiter_raw():
        taken += chunk
        if len(taken) > max_bytes:
            raise OutboundFailed(Fault.TOO_LARGE, f"the answer is longer than {max_bytes} bytes")
    return bytes(taken)


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


@cache
def trust() -> ssl.SSLContext:
    """Read once: it takes some ten milliseconds. Certificates of a company's own come by SSL_CERT_FILE."""
    return httpx2.create_ssl_context(trust_env=True)
