"""What was spent of each budget, in memory: reserved before a call, settled after it.

A cell is a budget in one of its periods (a UTC day, a month, all time). What is reserved counts like what is
spent, so that many calls at once cannot spend more than there is.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from roadworthy.contracts.spend_store import SpendCell, SpentRow
from roadworthy.domain.model_route import BudgetPeriod, LimitScope, SpendBudget

_HOUR_NS = 3_600_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Spender:
    """For whom and by which way something is spent."""

    agent: str
    key: str
    route: str

    def pays(self, budget: SpendBudget) -> bool:
        match budget.scope:
            case LimitScope.PROJECT:
                return True
            case LimitScope.AGENT:
                return budget.subject == self.agent
            case LimitScope.KEY:
                return budget.subject == self.key
            case LimitScope.ROUTE:
                return budget.subject == self.route
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    cells: tuple[SpendCell, ...]
    usd: float
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhausted:
    """Nothing was reserved. `again_s`: when to try again, in seconds; None for never."""

    budget: SpendBudget
    spent_usd: float
    spent_tokens: int
    again_s: float | None
    only_reserved: bool
    """It would fit, were it not for what calls in flight have reserved."""


def period_of(period: BudgetPeriod, *, now_ns: int) -> str:
    return _period_at(period, now_ns // _HOUR_NS)


@lru_cache(maxsize=64)
def _period_at(period: BudgetPeriod, hour: int) -> str:
    at = datetime.fromtimestamp(hour * 3600, UTC)
    if period is BudgetPeriod.DAY:
        return f"{at:%Y-%m-%d}"
    return f"{at:%Y-%m}" if period is BudgetPeriod.MONTH else "total"


def period_ends_in(period: BudgetPeriod, *, now_ns: int) -> float | None:
    """Seconds; None where it never ends."""
    if period is BudgetPeriod.TOTAL:
        return None
    at = datetime.fromtimestamp(now_ns / 1e9, UTC)
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if period is BudgetPeriod.DAY:
        return (day + timedelta(days=1) - at).total_seconds()
    return ((day.replace(day=1) + timedelta(days=32)).replace(day=1) - at).total_seconds()


@dataclass(slots=True)
class _Held:
    spent_usd: float = 0.0
    spent_tokens: int = 0
    reserved_usd: float = 0.0
    reserved_tokens: int = 0


class SpendLedger:
    """The event loop reserves and settles; the writer's thread takes what changed."""

    def __init__(self, rows: Iterable[SpentRow] = ()) -> None:
        """`rows` are those of the last process: what it had reserved counts as spent."""
        self._lock = threading.Lock()  # protects cells and what changed, between loop and writer
        self._cells: dict[SpendCell, _Held] = {}
        self._changed: set[SpendCell] = set()
        self.changes = threading.Event()
        """There is something to take."""
        for row in rows:
            self._cells[row.cell] = _Held(
                spent_usd=row.spent_usd + row.reserved_usd,
                spent_tokens=row.spent_tokens + row.reserved_tokens,
            )
            if row.reserved_usd or row.reserved_tokens:
                self._changed.add(row.cell)
                self.changes.set()

    def reserve(
        self, budgets: Sequence[SpendBudget], *, usd: float, tokens: int, now_ns: int
    ) -> Reservation | Exhausted:
        """Of all of them, or of none."""
        cells = tuple(
            SpendCell(project=one.project, budget=one.id, period=period_of(one.period, now_ns=now_ns))
            for one in budgets
        )
        with self._lock:
            for budget, cell in zip(budgets, cells, strict=True):
                held = self._cells.get(cell)
                if held is not None or usd > 0 or tokens > 0:
                    refused = _over(budget, held or _Held(), usd=usd, tokens=tokens, now_ns=now_ns)
                    if refused is not None and budget.enforced:
                        return refused
            for cell in cells:
                held = self._cells.setdefault(cell, _Held())
                held.reserved_usd += usd
                held.reserved_tokens += tokens
                self._changed.add(cell)
            if cells and not self.changes.is_set():
                self.changes.set()
        return Reservation(cells=cells, usd=usd, tokens=tokens)

    def settle(self, reservation: Reservation, *, usd: float, tokens: int) -> None:
        """Once for each reservation; (0, 0) gives it back."""
        with self._lock:
            for cell in reservation.cells:
                held = self._cells.setdefault(cell, _Held())
                held.reserved_usd = max(0.0, held.reserved_usd - reservation.usd)
                held.reserved_tokens = max(0, held.reserved_tokens - reservation.tokens)
                held.spent_usd += usd
                held.spent_tokens += tokens
                self._changed.add(cell)
            if reservation.cells and not self.changes.is_set():
                self.changes.set()

    def take_changes(self) -> list[SpentRow]:
        with self._lock:
            self.changes.clear()
            changed, self._changed = self._changed, set()
            return [self._row(cell) for cell in changed]

    def not_written(self, rows: Iterable[SpentRow]) -> None:
        """They are taken again."""
        with self._lock:
            self._changed.update(row.cell for row in rows)
            self.changes.set()

    def row(self, cell: SpendCell) -> SpentRow:
        with self._lock:
            return self._row(cell)

    def _row(self, cell: SpendCell) -> SpentRow:
        held = self._cells.get(cell) or _Held()
        return SpentRow(
            cell=cell,
            spent_usd=held.spent_usd,
            spent_tokens=held.spent_tokens,
            reserved_usd=held.reserved_usd,
            reserved_tokens=held.reserved_tokens,
        )


def _over(budget: SpendBudget, held: _Held, *, usd: float, tokens: int, now_ns: int) -> Exhausted | None:
    over = False
    only_reserved = True
    if budget.usd is not None and held.spent_usd + held.reserved_usd + usd > budget.usd:
        over = True
        only_reserved = held.reserved_usd > 0 and held.spent_usd + usd <= budget.usd
    if budget.tokens is not None and held.spent_tokens + held.reserved_tokens + tokens > budget.tokens:
        over = True
        only_reserved &= held.reserved_tokens > 0 and held.spent_tokens + tokens <= budget.tokens
    if not over:
        return None
    return Exhausted(
        budget=budget,
        spent_usd=held.spent_usd,
        spent_tokens=held.spent_tokens,
        again_s=1.0 if only_reserved else period_ends_in(budget.period, now_ns=now_ns),
        only_reserved=only_reserved,
    )
