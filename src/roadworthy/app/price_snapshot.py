"""Price overrides in memory, so that pricing a span never waits for where they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from roadworthy.contracts.metadata import PriceOverride
from roadworthy.kit.kept import Kept


class PriceSource(Protocol):
    """The part of `contracts.metadata.MetadataStore` that prices come from."""

    def change_counter(self) -> int: ...

    def prices(self, project: str) -> Sequence[PriceOverride]: ...


class PriceSnapshot:
    """A project's overrides as they were at most a second ago. Used by one thread at a time or many."""

    def __init__(self, prices: PriceSource) -> None:
        self._kept: Kept[str, Sequence[PriceOverride]] = Kept(
            lambda project: tuple(prices.prices(project)), counter=prices.change_counter
        )

    def of(self, project: str) -> Sequence[PriceOverride]:
        return self._kept.of(project)
