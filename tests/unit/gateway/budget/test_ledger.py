"""Money is reserved before, settled after, and never lost with the process."""

from __future__ import annotations

import time
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.backends.spend_store.sqlite import SqliteSpendReader, SqliteSpendStore
from roadworthy.contracts.spend_store import SpendCell
from roadworthy.domain.model_route import BudgetPeriod, LimitScope, SpendBudget
from roadworthy.features.gateway.budget.ledger import (
    Exhausted,
    Reservation,
    SpendLedger,
    period_ends_in,
    period_of,
)
from roadworthy.features.gateway.budget.writer import LedgerWriter

DAY_S = 86_400
NOW = 1_795_390_000_000_000_000
"""2026-11-22T23:26:40Z."""


def budget(**more: object) -> SpendBudget:
    told = {
        "project": "p",
        "id": "b",
        "name": "b",
        "scope": LimitScope.PROJECT,
        "period": BudgetPeriod.DAY,
        "tokens": 100,
        **more,
    }
    return SpendBudget(**told)  # type: ignore[arg-type]


CELL = SpendCell(project="p", budget="b", period="2026-11-22")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 60), st.booleans()), max_size=30))
def test_what_is_spent_and_reserved_is_what_was_asked(calls: list[tuple[int, int, bool]]) -> None:
    ledger, open_calls, spent = SpendLedger(), list[tuple[Reservation, int]](), 0
    for reserved, used, at_once in calls:
        booked = ledger.reserve([budget()], usd=0, tokens=reserved, now_ns=NOW)
        row = ledger.row(CELL)
        if isinstance(booked, Exhausted):
            assert row.spent_tokens + row.reserved_tokens + reserved > 100
            continue
        assert row.spent_tokens + row.reserved_tokens <= 100
        open_calls.append((booked, min(used, reserved)))
        if at_once:
            held, used_now = open_calls.pop()
            ledger.settle(held, usd=0, tokens=used_now)
            spent += used_now
    for held, used_now in open_calls:
        ledger.settle(held, usd=0, tokens=used_now)
        spent += used_now
    row = ledger.row(CELL)
    assert (row.spent_tokens, row.reserved_tokens) == (spent, 0)


def test_all_budgets_are_reserved_or_none() -> None:
    ledger = SpendLedger()
    small = budget(id="small", tokens=1)
    assert isinstance(ledger.reserve([budget(), small], usd=0, tokens=5, now_ns=NOW), Exhausted)
    assert ledger.take_changes() == []


def test_one_that_only_warns_refuses_nothing() -> None:
    ledger = SpendLedger()
    assert isinstance(
        ledger.reserve([budget(enforced=False, tokens=1)], usd=0, tokens=5, now_ns=NOW), Reservation
    )


def test_what_calls_in_flight_hold_comes_back_soon() -> None:
    ledger = SpendLedger()
    ledger.reserve([budget()], usd=0, tokens=90, now_ns=NOW)
    refused = ledger.reserve([budget()], usd=0, tokens=20, now_ns=NOW)
    assert isinstance(refused, Exhausted)
    assert (refused.only_reserved, refused.again_s) == (True, 1.0)


def test_a_day_ends_at_midnight_utc_and_a_clock_that_goes_back_finds_the_day_before() -> None:
    ledger = SpendLedger()
    ledger.settle(_reserved(ledger, 100, now_ns=NOW), usd=0, tokens=100)
    tomorrow = NOW + DAY_S * 10**9
    assert isinstance(ledger.reserve([budget()], usd=0, tokens=1, now_ns=NOW), Exhausted)
    _reserved(ledger, 100, now_ns=tomorrow)
    assert isinstance(ledger.reserve([budget()], usd=0, tokens=1, now_ns=NOW), Exhausted)
    assert period_ends_in(BudgetPeriod.DAY, now_ns=NOW) == 2000
    assert period_ends_in(BudgetPeriod.MONTH, now_ns=NOW) == 2000 + 8 * DAY_S
    assert period_of(BudgetPeriod.MONTH, now_ns=NOW) == "2026-11"


def _reserved(ledger: SpendLedger, tokens: int, *, now_ns: int) -> Reservation:
    booked = ledger.reserve([budget()], usd=0, tokens=tokens, now_ns=now_ns)
    assert isinstance(booked, Reservation)
    return booked


def test_what_a_killed_gateway_had_reserved_is_spent(tmp_path: Path) -> None:
    file = tmp_path / "gateway" / "budget.db"
    ledger = SpendLedger()
    writer = LedgerWriter(ledger, SqliteSpendStore(file))
    ledger.settle(_reserved(ledger, 30, now_ns=NOW), usd=0, tokens=10)
    _reserved(ledger, 40, now_ns=NOW)
    writer.write()
    assert SqliteSpendReader(file).rows("p")[0].reserved_tokens == 40

    # Nobody closed anything: the process is gone.
    store = SqliteSpendStore(file)
    after = SpendLedger(store.rows())
    LedgerWriter(after, store).write()

    row = SqliteSpendReader(file).rows()[0]
    assert (row.spent_tokens, row.reserved_tokens) == (50, 0)
    assert isinstance(after.reserve([budget()], usd=0, tokens=60, now_ns=NOW), Exhausted)
    assert file.stat().st_mode & 0o077 == 0


def test_a_ledger_that_cannot_be_written_holds_in_memory_and_is_written_later(tmp_path: Path) -> None:
    file = tmp_path / "budget.db"
    store = SqliteSpendStore(file)
    ledger = SpendLedger()
    writer = LedgerWriter(ledger, store)
    store.close()
    _reserved(ledger, 40, now_ns=NOW)
    writer.write()
    assert "cannot be written" in writer.problem
    assert isinstance(ledger.reserve([budget()], usd=0, tokens=70, now_ns=NOW), Exhausted)

    again = LedgerWriter(ledger, SqliteSpendStore(file))
    again.write()
    assert SqliteSpendReader(file).rows()[0].reserved_tokens == 40


def test_no_file_yet_is_nothing_spent(tmp_path: Path) -> None:
    assert SqliteSpendReader(tmp_path / "none.db").rows() == []


def test_the_writer_sleeps_until_something_is_spent_and_then_writes_it(tmp_path: Path) -> None:
    file = tmp_path / "budget.db"
    ledger = SpendLedger()
    writer = LedgerWriter(ledger, SqliteSpendStore(file), every_s=0.01)
    writer.start()
    for reserved in (30, 60):
        _reserved(ledger, 30, now_ns=NOW)
        until = time.monotonic() + 20
        while not (rows := SqliteSpendReader(file).rows("p")) or rows[0].reserved_tokens < reserved:
            assert time.monotonic() < until
            time.sleep(0.005)
    assert not ledger.changes.is_set()
    writer.stop()
