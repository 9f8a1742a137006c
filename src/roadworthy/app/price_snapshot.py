"""Price overrides in memory, so that pricing a span never waits for where they are kept."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Protocol

from roadworthy.contracts.metadata import PriceOverride

_CHECK_SECONDS = 1.0


class PriceSource(Protocol):
    """The part of `contracts.metadata.MetadataStore` that prices come from."""

    def change_counter(self) -> int: ...

    def prices(self, project: str) -> Sequence[PriceOverride]: ...


class PriceSnapshot:
    """A project's overrides as they were at most a second ago. Used by one thread at a time or many."""

    def __init__(self, prices: PriceSource) -> None:
        self._prices = prices
        self._by_project: dict[str, Sequence[PriceOverride]] = {}
        self._counter = -1
        self._checked = 0.0

    def of(self, project: str) -> Sequence[PriceOverride]:
        now = time.monotonic()
        if now - self._checked > _CHECK_SECONDS:
            self._checked = now
            counter = self._prices.change_counter()
            if counter != self._counter:
                self._by_project = {}
                self._counter = counter
        known = self._by_project.get(project)
        if known is None:
            known = self._by_project[project] = tuple(self._prices.prices(project))
        return known
