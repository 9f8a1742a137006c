"""Which addresses a model endpoint may have: a URL comes from a user, and the server must not be their way
into the network it stands in (server-side request forgery)."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from dataclasses import dataclass

import httpx2

from roadworthy.contracts.models import ModelFailed, Trouble

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A checked URL with the addresses it may be reached at. Connecting to these, and not to the name again,
    keeps a name from leading elsewhere between the check and the connection."""

    url: httpx2.URL
    addresses: tuple[str, ...]


def parse(url: str) -> httpx2.URL:
    """Raises `ModelFailed` for what is no plain http or https URL."""
    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, TypeError, ValueError):
        raise _refuse("the URL cannot be read; expected like https://api.openai.com/v1") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise _refuse("the URL must begin with https:// or http:// and name a host")
    if parsed.userinfo:
        raise _refuse("the URL must not hold a user or password; give the key as api_key")
    if parsed.query or parsed.fragment:
        raise _refuse("the URL must not have a query or a fragment")
    return parsed


async def resolve(url: httpx2.URL, *, allow_private: bool) -> Target:
    """Raises `ModelFailed` where the name has no address, or one that may not be connected to."""
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ModelFailed(Trouble.UNREACHABLE, f"the name {url.host!r} has no address") from None
    addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
    for address in addresses:
        check(address, scheme=url.scheme, allow_private=allow_private)
    return Target(url=url, addresses=tuple(addresses[:TRIED]))


def check(address: str, *, scheme: str, allow_private: bool) -> None:
    """Raises `ModelFailed` where the address may not be connected to."""
    ip = _inner(ipaddress.ip_address(address.partition("%")[0]))
    if ip in _TELL_SECRETS or ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        raise _refuse(f"{address} is an address that no model endpoint has")
    private = not ip.is_global
    if private and not (ip.is_loopback or ip.is_private or (ip.version == 4 and ip in _SHARED)):
        raise _refuse(f"{address} is a reserved address")
    if private and not allow_private:
        raise _refuse(f"{address} is a private address; the operator must allow private model endpoints")
    if scheme == "http" and not private:
        raise _refuse("http would send the key and the runs in the clear; expected https")


def _inner(ip: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for."""
    if isinstance(ip, ipaddress.IPv6Address):
        mapped = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if mapped is not None:
            return mapped
        if ip in _NAT64:
            return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip


def _refuse(message: str) -> ModelFailed:
    return ModelFailed(Trouble.ADDRESS, f"base_url: {message}")
