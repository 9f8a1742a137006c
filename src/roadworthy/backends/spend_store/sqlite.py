"""What was spent, in a SQLite file of its own: the gateway writes it, the core reads it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

from roadworthy.backends.sqlite_file import transaction
from roadworthy.contracts.spend_store import SpendCell, SpendStoreUnavailable, SpentRow

_TABLE = """
CREATE TABLE IF NOT EXISTS spent (
  project TEXT NOT NULL, budget TEXT NOT NULL, period TEXT NOT NULL,
  spent_usd REAL NOT NULL, spent_tokens INTEGER NOT NULL,
  reserved_usd REAL NOT NULL, reserved_tokens INTEGER NOT NULL,
  PRIMARY KEY (project, budget, period)
) WITHOUT ROWID
"""
_WRITE = "INSERT OR REPLACE INTO spent VALUES (?, ?, ?, ?, ?, ?, ?)"
_READ = "SELECT * FROM spent WHERE ?1 IS NULL OR project = ?1 ORDER BY project, budget, period"


class SqliteSpendStore:
    """See `contracts.spend_store`. The file is made when it is opened for writing."""

    def __init__(self, path: Path) -> None:
        """Raises SpendStoreUnavailable."""
        self._lock = threading.Lock()  # one thread at a time uses the connection
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, timeout=5, check_same_thread=False, isolation_level=None)
            path.chmod(0o600)
            self._connection.execute("PRAGMA journal_mode=WAL")
            # With kill -9 nothing is lost; with the power, a group of writes (20 ms of calls) may be.
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.execute(_TABLE)
        except (sqlite3.Error, OSError) as fault:
            raise SpendStoreUnavailable(f"the budgets' ledger {path} cannot be used: {fault}") from None

    def rows(self, project: str | None = None) -> list[SpentRow]:
        with self._lock:
            try:
                return [_row(*held) for held in self._connection.execute(_READ, (project,))]
            except sqlite3.Error as fault:
                raise SpendStoreUnavailable(f"the budgets' ledger cannot be read: {fault}") from None

    def write(self, rows: Sequence[SpentRow]) -> None:
        with self._lock:
            try:
                with transaction(self._connection) as db:
                    db.executemany(_WRITE, [_values(one) for one in rows])
            except sqlite3.Error as fault:
                raise SpendStoreUnavailable(f"the budgets' ledger cannot be written: {fault}") from None

    def close(self) -> None:
        with self._lock:
            self._connection.close()


class SqliteSpendReader:
    """What the gateway has spent, for the core: read only, and nothing where there is no file yet."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def rows(self, project: str | None = None) -> list[SpentRow]:
        """Raises SpendStoreUnavailable."""
        if not self._path.exists():
            return []
        try:
            connection = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=2)
            try:
                return [_row(*held) for held in connection.execute(_READ, (project,))]
            finally:
                connection.close()
        except sqlite3.Error as fault:
            raise SpendStoreUnavailable(f"the budgets' ledger cannot be read: {fault}") from None


def _row(project: str, budget: str, period: str, *held: float) -> SpentRow:
    spent_usd, spent_tokens, reserved_usd, reserved_tokens = held
    return SpentRow(
        cell=SpendCell(project=project, budget=budget, period=period),
        spent_usd=float(spent_usd),
        spent_tokens=int(spent_tokens),
        reserved_usd=float(reserved_usd),
        reserved_tokens=int(reserved_tokens),
    )


def _values(row: SpentRow) -> tuple[str, str, str, float, int, float, int]:
    cell = row.cell
    return (
        cell.project,
        cell.budget,
        cell.period,
        row.spent_usd,
        row.spent_tokens,
        row.reserved_usd,
        row.reserved_tokens,
    )
