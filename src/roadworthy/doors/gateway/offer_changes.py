"""Whether the tools of one agent are others than they were: waited for, and looked at from time to time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from roadworthy.domain.typed_failure import TypedFailure
from roadworthy.features.gateway.keys.caller import Caller
from roadworthy.features.gateway.tools.bell import Ear
from roadworthy.features.gateway.tools.offering import Offer, Offering

LOOK_S = 15.0
"""Grants and contracts that people change ring no bell; the client's connection is kept alive as well."""


class OfferChanges:
    """See `room.Changes`."""

    def __init__(
        self, ear: Ear, offering: Offering, caller: Callable[[], Caller | TypedFailure], first: Caller
    ) -> None:
        self._ear = ear
        self._offering = offering
        self._caller = caller
        self._first = first

    async def __aiter__(self) -> AsyncIterator[bool]:
        before = _shown(await self._offering.of(self._first))
        while True:
            await self._ear.listen(seconds=LOOK_S)
            caller = self._caller()
            if self._ear.leaving or not isinstance(caller, Caller):
                return
            now = _shown(await self._offering.of(caller))
            yield now != before
            before = now

    def leave(self) -> None:
        self._ear.leave()

    def close(self) -> None:
        self._ear.close()


def _shown(offer: Offer) -> list[Any]:
    return [one.as_mcp(modern=True) for one in offer.tools]
