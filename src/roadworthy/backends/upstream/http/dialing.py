"""A new connection to an upstream: name, address, check, TCP, proxy, TLS; all within one bound."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from roadworthy.backends.upstream.http.connection import Connection
from roadworthy.backends.upstream.http.origin import Origin
from roadworthy.backends.upstream.http.tls import refuses_us, tls_context, why_untrusted
from roadworthy.backends.upstream.http.tunnel import ProxyFailed, open_tunnel
from roadworthy.contracts.upstream import Identity, Unreached, UpstreamFailed
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.kit.addresses import TRIED, AddressRefused, NoAddress, addresses_of, check_address

_TELLS_S = 1.0
"""How long an upstream may take to say that it does not know us."""


class Way(NamedTuple):
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
    except AddressRefused as refused:
        raise _unreachable(str(refused), reason=Unreached.ADDRESS_REFUSED) from None
    except NoAddress as none:
        raise _unreachable(str(none), reason=Unreached.NO_ADDRESS) from None
    except ssl.SSLCertVerificationError as odd:
        raise _unreachable(
            f"the certificate of {way.origin.authority} is not trusted: {odd.verify_message}",
            reason=why_untrusted(odd),
        ) from None
    except ProxyFailed as odd:
        raise _unreachable(
            f"cannot connect to {way.origin.authority}: {odd.strerror}", reason=odd.reason
        ) from None
    except ssl.SSLError as odd:
        raise _unreachable(
            f"no TLS with {way.origin.authority}: {odd.reason}",
            reason=Unreached.CLIENT_CERTIFICATE_REFUSED if refuses_us(odd) else None,
        ) from None
    except (OSError, UnicodeError) as odd:
        reason = getattr(odd, "strerror", None) or type(odd).__name__
        raise _unreachable(f"cannot connect to {way.origin.authority}: {reason}") from None


async def is_refused(way: Way, *, seconds: float) -> bool:
    """Whether the upstream ends a connection, over which nothing is sent, because of our certificate. With
    TLS 1.3 it says so only after the handshake, and what it says is lost where it closes on unread bytes."""
    ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def closed(connection: Connection) -> None:
        if not ended.done():
            ended.set_result(connection.refused)

    try:
        connection = await dial(way, seconds=seconds, on_closed=closed)
    except UpstreamFailed as failed:
        return failed.reason is Unreached.CLIENT_CERTIFICATE_REFUSED
    try:
        return await asyncio.wait_for(ended, _TELLS_S)
    except TimeoutError:
        return False
    finally:
        connection.abort()


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
    """By CONNECT. The proxy looks the name up for itself."""
    origin = way.origin
    await _check_behind_proxy(origin, allow_private=way.allow_private)
    parts = urlsplit(proxy)
    if parts.scheme != "http" or not parts.hostname:
        raise _unreachable("the proxy's address must be like http://user:password@host:port")
    its = Origin(encrypted=False, host=parts.hostname, port=parts.port or 3128)
    # What goes through it has TLS of its own, so a public proxy may be spoken to in the clear.
    try:
        found = await _checked(its, encrypted=True, allow_private=way.allow_private)
    except NoAddress as none:
        raise ProxyFailed(str(none), reason=Unreached.PROXY_UNREACHABLE) from None
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


async def _check_behind_proxy(origin: Origin, *, allow_private: bool) -> None:
    """A name that has an address here is held to it. One that only the proxy knows is the proxy's to judge,
    and is spoken to in TLS unless private addresses are allowed. Raises AddressRefused."""
    try:
        await _checked(origin, encrypted=origin.encrypted, allow_private=allow_private)
    except NoAddress:
        if not origin.encrypted and not allow_private:
            raise AddressRefused("http would send secrets in the clear; expected https") from None


async def _checked(origin: Origin, *, encrypted: bool, allow_private: bool) -> tuple[str, ...]:
    """Addresses that may be connected to: those that were checked, and not the name again (DNS rebinding)."""
    found = (origin.host,) if origin.literal else await addresses_of(origin.host, origin.port)
    for address in found:
        check_address(address, encrypted=encrypted, allowed=None if allow_private else ())
    return found[:TRIED]


def _unreachable(
    message: str, *, code: FailureCode = FailureCode.UNREACHABLE, reason: Unreached | None = None
) -> UpstreamFailed:
    return UpstreamFailed(code, message[:300], sent=False, reason=reason)
