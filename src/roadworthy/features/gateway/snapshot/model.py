"""Everything the gateway decides from, at one moment. Immutable; a new one is swapped in whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from roadworthy.contracts.metadata import PriceOverride, Record
from roadworthy.domain.model_route import (
    CallLimit,
    GatewayKey,
    KeySecret,
    ModelRoute,
    Provider,
    SpendBudget,
)
from roadworthy.features.gateway.snapshot.route_table import RouteTable

RecordsByKind = Mapping[tuple[str, str], tuple[Record, ...]]
"""(project, kind) to its records, by id."""
PartReader = Callable[[RecordsByKind, Callable[[str], str]], Any]
"""What another room makes of the records once for each snapshot, with the function that opens what is sealed.
What it raises becomes a problem of the snapshot; its part of the last one stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenProvider:
    """A provider with its key opened. Never shown, logged or written."""

    provider: Provider
    key: str = field(default="", repr=False)
    problem: str = ""
    """Why it cannot be asked: its key cannot be opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPart:
    project: str
    routes: RouteTable = field(default_factory=lambda: RouteTable(()))
    providers: Mapping[str, OpenProvider] = field(default_factory=dict)
    budgets: tuple[SpendBudget, ...] = ()
    limits: tuple[CallLimit, ...] = ()
    prices: tuple[PriceOverride, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySnapshot:
    version: int = 0
    """Of the metadata database; it grows."""
    read_ns: int = 0
    """Unix: when the database was read."""
    keys: Mapping[str, tuple[GatewayKey, KeySecret]] = field(default_factory=dict)
    """By the id that stands in the key's text; those that were revoked are not among them."""
    projects: Mapping[str, ProjectPart] = field(default_factory=dict)
    records: RecordsByKind = field(default_factory=dict)
    parts: Mapping[str, Any] = field(default_factory=dict)
    """Of other rooms, by the name it was registered with."""
    problems: tuple[str, ...] = ()
    """Records that cannot be read, in plain words."""

    def of(self, project: str) -> ProjectPart:
        return self.projects.get(project) or ProjectPart(project=project)

    def routes_of(self, project: str, *, agent: str, release: str) -> list[ModelRoute]:
        return self.of(project).routes.visible_to(agent=agent, release=release)
