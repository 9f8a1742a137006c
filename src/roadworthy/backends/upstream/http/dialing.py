"""A new connection to an upstream: name, address, check, TCP, proxy, TLS; all within one bound."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from roadworthy.backends.upstream.http.connection import Connection
from roadworthy.backends.upstream.http.origin import Origin
from roadworthy.backends.upstream.http.tls import tls_context
from roadworthy.backends.upstream.http.tunnel import open_tunnel
from roadworthy.contracts.upstream import Identity, UpstreamFailed
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.kit.addresses import TRIED, AddressRefused, NoAddress, addresses_of, check_address


@dataclass(frozen=True, slots=True)
class Way:
    """What connections must have in common so that one may serve the other's request."""

    origin: Origin
    allow_private: bool
    identity: Identity | None


async def dial(
    way: Way, *, seconds: float, on_closed: Callable[[Connection], None] | None = None
) -> Connection:
    """An open connection. Raises UpstreamFailed, nothing sent."""
    try:
        async with asyncio.timeout(seconds):
            if way.identity is not None and way.identity.proxy:
                return await _through_proxy(way, proxy=way.identity.proxy, on_closed=on_closed)
            return await _direct(way, on_closed=on_closed)
    except TimeoutError:
        raise _unreachable(
            f"no connection to {way.origin.authority} within {seconds:g} s", code=FailureCode.TIMEOUT
        ) from None
    except (AddressRefused, NoAddress) as refused:
        raise _unreachable(str(refused)) from None
    except ssl.SSLCertVerificationError as odd:
        raise _unreachable(
            f"the certificate of {way.origin.authority} is not trusted: {odd.verify_message}"
        ) from None
    except (OSError, UnicodeError) as odd:
        reason = getattr(odd, "strerror", None) or type(odd).__name__
        raise _unreachable(f"cannot connect to {way.origin.authority}: {reason}") from None


async def _direct(way: Way, *, on_closed: Callable[[Connection], None] | None) -> Connection:
    origin = way.origin
    loop = asyncio.get_running_loop()
    context = tls_context(way.identity) if origin.encrypted else None
    found = await _checked(origin, encrypted=origin.encrypted, allow_private=way.allow_private)
    for place, address in enumerate(found, 1):
        try:
            _, connection = await loop.create_connection(
                lambda: Connection(loop, on_closed=on_closed),
                address,
                origin.port,
                ssl=context,
                server_hostname=origin.host if context else None,
            )
        except ssl.SSLError:
            raise
        except OSError:
            if place == len(found):
                raise
        else:
            return connection
    raise NoAddress(f"the name {origin.host!r} has no address")


async def _through_proxy(
    way: Way, *, proxy: str, on_closed: Callable[[Connection], None] | None
) -> Connection:
    """By CONNECT. The proxy looks the name up, so only an address that stands in the URL can be checked."""
    origin = way.origin
    if origin.literal:
        check_address(origin.host, encrypted=origin.encrypted, allowed=None if way.allow_private else ())
    parts = urlsplit(proxy)
    if parts.scheme != "http" or not parts.hostname:
        raise _unreachable("the proxy's address must be like http://user:password@host:port")
    its = Origin(encrypted=False, host=parts.hostname, port=parts.port or 3128)
    # What goes through it has TLS of its own, so a public proxy may be spoken to in the clear.
    found = await _checked(its, encrypted=True, allow_private=way.allow_private)
    credentials = b""
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        credentials = base64.b64encode(pair.encode())
    return await open_tunnel(
        found,
        port=its.port,
        to=origin.authority,
        credentials=credentials,
        context=tls_context(way.identity) if origin.encrypted else None,
        host=origin.host,
        make=lambda loop: Connection(loop, on_closed=on_closed),
    )


async def _checked(origin: Origin, *, encrypted: bool, allow_private: bool) -> tuple[str, ...]:
    """Addresses that may be connected to: those that were checked, and not the name again (DNS rebinding)."""
    found = (origin.host,) if origin.literal else await addresses_of(origin.host, origin.port)
    for address in found:
        check_address(address, encrypted=encrypted, allowed=None if allow_private else ())
    return found[:TRIED]


def _unreachable(message: str, *, code: FailureCode = FailureCode.UNREACHABLE) -> UpstreamFailed:
    return UpstreamFailed(code, message[:300], sent=False)
