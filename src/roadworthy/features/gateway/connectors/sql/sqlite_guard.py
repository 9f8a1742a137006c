"""A connection of SQLite that reads, and does nothing else: by SQLite's own authorizer."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

_ALLOWED = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})
_BEGINNING = frozenset({sqlite3.SQLITE_TRANSACTION, sqlite3.SQLITE_SAVEPOINT})
_DESCRIBING = frozenset(
    {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list"}
)
_ACTING = frozenset({"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer", "zipfile"})
_LONGEST = 32 << 20
"""Bytes of one value or statement: `zeroblob(1e9)` is refused."""


def guard_sqlite(
    connection: sqlite3.Connection,
    *,
    tables: Collection[str] | None = None,
    read: set[str] | None = None,
) -> None:
    """From now on it reads: all tables, or these alone. Names of tables that are read are put into `read`."""
    connection.execute("pragma query_only=on")
    connection.execute("pragma trusted_schema=off")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    known = None if tables is None else {one.lower(): one for one in tables}

    def _decide(
        action: int, first: str | None, second: str | None, _database: str | None, _trigger: str | None
    ) -> int:
        name = (first or "").lower()
        if action == sqlite3.SQLITE_READ:
            if known is not None and name and name not in known:
                return sqlite3.SQLITE_DENY
            if read is not None and known is not None and name:
                read.add(known[name])
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _ACTING:
            return sqlite3.SQLITE_DENY
        if action in _ALLOWED or action in _BEGINNING:
            return sqlite3.SQLITE_OK
        # Not the pragmas that take this guard away: only those that describe.
        if action == sqlite3.SQLITE_PRAGMA and known is None and name in _DESCRIBING:
            return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY

    connection.set_authorizer(_decide)
