"""Routes, keys and budgets as the doors of the core see them."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import orjson

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.spend_store import SpendCell, SpentRow
from roadworthy.contracts.upstream import Transport
from roadworthy.domain.exchange import Dialect
from roadworthy.domain.model_route import ModelRoute, SpendBudget
from roadworthy.features.gateway.budget.book import BudgetBook
from roadworthy.features.gateway.budget.ledger import period_of
from roadworthy.features.gateway.keys.book import KeyBook
from roadworthy.features.gateway.routes.book import RouteBook, Seal
from roadworthy.features.gateway.routes.test_call import TargetTest, tested_targets, try_target
from roadworthy.features.gateway.snapshot.build import opened
from roadworthy.features.gateway.snapshot.field_invalid import FieldInvalid
from roadworthy.features.gateway.snapshot.model import OpenProvider

FRESH_S = 5.0
"""The gateway says every second how it is; one that has not for so long is taken to be away."""


class SpendReader(Protocol):
    """The part of a spend store that reads. Raises SpendStoreUnavailable."""

    def rows(self, project: str | None = None) -> list[SpentRow]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetNow:
    budget: SpendBudget
    period: str
    spent: SpentRow

    @property
    def share(self) -> float:
        """Of what may be spent, the larger of USD and tokens; 1 is all of it."""
        shares = [0.0]
        if self.budget.usd is not None:
            spent = self.spent.spent_usd
            shares.append(spent / self.budget.usd if self.budget.usd else float(spent > 0))
        if self.budget.tokens is not None:
            used = self.spent.spent_tokens
            shares.append(used / self.budget.tokens if self.budget.tokens else float(used > 0))
        return max(shares)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayHealth:
    """`told` is what the gateway said last (`DATA/gateway/state.json`)."""

    running: bool
    age_s: float | None
    told: Mapping[str, Any]


class RoutingService:
    def __init__(
        self,
        metadata: MetadataStore,
        *,
        seal: Seal,
        spend: SpendReader,
        state_file: Path,
        gateway_url: str,
        transport: Callable[[], Transport],
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """`transport` makes one for the event loop it is called in; it is closed after a test."""
        self.routes = RouteBook(metadata, seal=seal, clock=now_ns)
        self.keys = KeyBook(metadata, clock=now_ns)
        self.budgets = BudgetBook(metadata, clock=now_ns)
        self.gateway_url = gateway_url
        self._seal = seal
        self._spend = spend
        self._state_file = state_file
        self._transport = transport
        self.forget: Callable[[str], None] = lambda _project: None
        """What is told when a project was deleted."""
        self.now_ns = now_ns

    def budgets_now(self, project: str) -> list[BudgetNow]:
        """Raises SpendStoreUnavailable."""
        rows = {row.cell: row for row in self._spend.rows(project)}
        return [self._now(one, rows) for one in self.budgets.budgets(project)]

    def budget_now(self, budget: SpendBudget) -> BudgetNow:
        """Raises SpendStoreUnavailable."""
        return self._now(budget, {row.cell: row for row in self._spend.rows(budget.project)})

    def _now(self, budget: SpendBudget, rows: Mapping[SpendCell, SpentRow]) -> BudgetNow:
        period = period_of(budget.period, now_ns=self.now_ns())
        cell = SpendCell(project=budget.project, budget=budget.id, period=period)
        return BudgetNow(budget=budget, period=period, spent=rows.get(cell) or SpentRow(cell=cell))

    def health(self) -> GatewayHealth:
        try:
            told = orjson.loads(self._state_file.read_bytes())
            age_s = max(0.0, (self.now_ns() - int(told["at_ns"])) / 1e9)
        except (OSError, ValueError, KeyError, TypeError):
            return GatewayHealth(running=False, age_s=None, told={})
        return GatewayHealth(running=age_s <= FRESH_S, age_s=age_s, told=told)

    def test_route(
        self, route: ModelRoute, *, model: str = "", dialect: Dialect | None = None
    ) -> list[TargetTest]:
        """One small call to each of its targets, all at once; it costs a few tokens. Raises FieldInvalid."""
        if dialect in (Dialect.MCP, Dialect.HTTP):
            raise FieldInvalid("dialect", expected="one that models speak")
        pairs = []
        for target in tested_targets(route):
            chosen = target.model or model
            if not chosen:
                raise FieldInvalid(
                    "model", expected="a model to ask for: the route passes on what it is asked"
                )
            pairs.append((target, self._opened(route.project, target.provider), chosen))
        return asyncio.run(self._try_all(pairs, dialect=dialect))

    async def _try_all(self, pairs: Sequence[Any], *, dialect: Dialect | None) -> list[TargetTest]:
        transport = self._transport()
        try:
            return list(
                await asyncio.gather(
                    *(
                        try_target(target, held, transport=transport, model=model, dialect=dialect)
                        for target, held, model in pairs
                    )
                )
            )
        finally:
            await transport.close()

    def _opened(self, project: str, name: str) -> OpenProvider:
        provider = self.routes.provider(project, name)
        if provider is None:
            raise FieldInvalid("targets", expected=f"providers that are there, not {name!r}")
        return opened(provider, open_secret=self._seal.open, environment=os.environ)
