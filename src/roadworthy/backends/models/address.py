"""Which addresses a model endpoint may have. See `kit.addresses` for what is refused and why."""

from __future__ import annotations

import httpx2

from roadworthy.contracts.models import ModelFailed, Trouble
from roadworthy.kit.addresses import AddressRefused, NoAddress, check_address
from roadworthy.kit.outbound import Target, parse_url
from roadworthy.kit.outbound import resolve as resolve_url


def parse(url: str) -> httpx2.URL:
    """Raises `ModelFailed` for what is no plain http or https URL."""
    try:
        return parse_url(url, example="https://api.openai.com/v1")
    except AddressRefused as refused:
        raise _refuse(refused) from None


async def resolve(url: httpx2.URL, *, allow_private: bool) -> Target:
    """Raises `ModelFailed` where the name has no address, or one that may not be connected to."""
    try:
        return await resolve_url(url, allowed=None if allow_private else ())
    except NoAddress as nowhere:
        raise ModelFailed(Trouble.UNREACHABLE, str(nowhere)) from None
    except AddressRefused as refused:
        raise _refuse(refused) from None


def check(address: str, *, scheme: str, allow_private: bool) -> None:
    """Raises `ModelFailed` where the address may not be connected to."""
    try:
        check_address(address, encrypted=scheme == "https", allowed=None if allow_private else ())
    except AddressRefused as refused:
        raise _refuse(refused) from None


def _refuse(refused: AddressRefused) -> ModelFailed:
    return ModelFailed(Trouble.ADDRESS, f"base_url: {refused}")
