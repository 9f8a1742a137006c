"""Which addresses a URL that comes from a user may lead to: the server must not be their way into the network
it stands in (server-side request forgery).

A name is looked up once, every address found is checked, and the connection goes to a checked address and not
to the name again: so a name cannot lead elsewhere between the check and the connection (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
TRIED = 4
"""Addresses of a name that are tried, one after the other."""
_TELL_SECRETS = frozenset(
    ipaddress.ip_address(one)
    for one in ("169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "168.63.129.16")
)
"""Where clouds tell their machines' credentials (AWS, GCP, Azure, Alibaba)."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SHARED = ipaddress.ip_network("100.64.0.0/10")


class AddressRefused(ValueError):  # noqa: N818 (a condition, not a bug)
    """The address may not be connected to; the message says why."""


class NoAddress(OSError):  # noqa: N818
    """The name has no address."""


async def addresses_of(host: str, port: int) -> tuple[str, ...]:
    """All of them, unchecked. Raises NoAddress."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NoAddress(f"the name {host!r} has no address") from None
    return tuple(dict.fromkeys(str(info[4][0]) for info in found))


def check_address(address: str, *, encrypted: bool, allowed: Sequence[str] | None = ()) -> None:
    """Raises AddressRefused. `allowed` are private networks (CIDR) that may be connected to, None for every
    private one. Link-local addresses and those where clouds tell secrets never may. Without encryption only
    private ones: what is sent holds secrets."""
    ip = _inner(ipaddress.ip_address(address.partition("%")[0]))
    if ip in _TELL_SECRETS or ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        raise AddressRefused(f"{address} is an address that nobody is to be sent to")
    private = not ip.is_global
    if private and not (ip.is_loopback or ip.is_private or (ip.version == 4 and ip in _SHARED)):
        raise AddressRefused(f"{address} is a reserved address")
    if private and not _is_allowed(ip, allowed):
        raise AddressRefused(f"{address} is a private address, which the operator has not allowed")
    if not encrypted and not private:
        raise AddressRefused("http would send secrets in the clear; expected https")


def _is_allowed(ip: Address, allowed: Sequence[str] | None) -> bool:
    if allowed is None:
        return True
    networks = [ipaddress.ip_network(one, strict=False) for one in allowed]
    return any(ip.version == one.version and ip in one for one in networks)


def _inner(ip: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for."""
    if isinstance(ip, ipaddress.IPv6Address):
        mapped = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if mapped is not None:
            return mapped
        if ip in _NAT64:
            return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip
