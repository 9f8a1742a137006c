"""Budgets warn at 50, 80 and 100 %, once a period."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from roadworthy.backends.alarm_journal.sqlite import SqliteAlarmJournal
from roadworthy.contracts.spend_store import SpendCell, SpentRow
from roadworthy.domain.alarm import Severity
from roadworthy.domain.model_route import BudgetPeriod, LimitScope, SpendBudget
from roadworthy.features.gateway.routes.service import BudgetNow
from roadworthy.flows.alarm_on_budget import AlarmOnBudget

BUDGET = SpendBudget(
    project="default",
    id="b",
    name="support a day",
    scope=LimitScope.AGENT,
    subject="support",
    period=BudgetPeriod.DAY,
    usd=10.0,
)


def now(usd: float, *, period: str = "2026-11-22", budget: SpendBudget = BUDGET) -> BudgetNow:
    cell = SpendCell(project="default", budget="b", period=period)
    return BudgetNow(budget=budget, period=period, spent=SpentRow(cell=cell, spent_usd=usd))


def test_each_level_is_raised_once_and_ends_with_the_period(tmp_path: Path) -> None:
    journal = SqliteAlarmJournal(tmp_path / "alarms.db", owner="budgets")
    spent: list[BudgetNow] = [now(4.9)]
    flow = AlarmOnBudget(lambda _: spent, journal, projects=lambda: ["default"], now_ns=lambda: 7)
    assert flow.refresh() == 0

    for usd, raised in ((5.0, 1), (6.0, 0), (8.5, 1), (10.2, 1), (11.0, 0)):
        spent[:] = [now(usd)]
        assert flow.refresh() == raised, usd
    assert {one.severity for one in journal.alarms("default")} == {
        Severity.INFO,
        Severity.WARNING,
        Severity.ERROR,
    }
    assert any("102% spent (10.20 of 10.00 USD)" in one.title for one in journal.alarms("default"))
    assert {one.agent for one in journal.alarms("default")} == {"support"}

    spent[:] = [now(0, period="2026-11-23")]
    assert flow.refresh() == 3
    assert all(one.cleared_ns == 7 for one in journal.alarms("default"))
    spent[:] = [now(5, period="2026-11-23")]
    assert flow.refresh() == 1
    journal.close()


def test_a_budget_that_is_raised_is_over_and_warns_anew(tmp_path: Path) -> None:
    journal = SqliteAlarmJournal(tmp_path / "alarms.db", owner="budgets")
    spent = [now(10)]
    flow = AlarmOnBudget(lambda _: spent, journal, projects=lambda: ["default"])
    flow.refresh()
    larger = replace(BUDGET, usd=100.0)
    spent[:] = [now(10, budget=larger)]
    assert flow.refresh() == 1
    assert [bool(one.cleared_ns) for one in journal.alarms("default")] == [True]
    spent[:] = [now(100, budget=larger)]
    assert flow.refresh() == 1
    journal.close()
