"""What a profile reads of a system: names, and a bounded sample of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledField:
    """`values` are as the system gave them, one for each row of the sample."""

    name: str
    declared: str = ""
    comment: str = ""
    values: Sequence[Any] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """As the system declares it; keys of several columns are left out."""

    field: str
    to_table: str
    to_field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledTable:
    name: str
    fields: tuple[SampledField, ...]
    sampled: int
    rows: int | None = None
    whole: bool = False
    comment: str = ""
    primary: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    foreign: tuple[ForeignKey, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inclusion:
    """Of so many values, so many are there."""

    asked: int
    found: int


class ProfileSource(Protocol):
    """Reads only. For one event loop."""

    async def tables(self) -> Sequence[str]:
        """Raises ToolFailed."""
        ...

    async def sample(self, table: str, *, rows: int, seconds: float) -> SampledTable:
        """At most so many rows, within so many seconds. Raises ToolFailed."""
        ...

    async def included(
        self, values: Sequence[Any], *, table: str, field: str, seconds: float
    ) -> Inclusion | None:
        """How many of these values the field has; None where that cannot be asked. Raises ToolFailed."""
        ...

    async def close(self) -> None: ...
