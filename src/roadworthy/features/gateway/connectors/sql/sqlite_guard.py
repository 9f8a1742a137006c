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
_INNER = ("sqlite_", "pragma_", "dbstat", "bytecode", "tables_used")
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
    there = {str(row[0]).lower() for row in connection.execute("select name from sqlite_master")}

    def _decide(
        action: int, first: str | None, second: str | None, _database: str | None, _trigger: str | None
    ) -> int:
        name = (first or "").lower()
        if action == sqlite3.SQLITE_READ:
            # What is no table is a name of the statement's own (`with n as ...`).
            hidden = name in there or name.startswith(_INNER)
            if known is not None and name not in known and hidden:
                return sqlite3.SQLITE_DENY
            if read is not None and known is not None and name in known:
                read.add(known[name])
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _ACTING:
            return sqlite3.SQLITE_DENY
        if action in _ALLOWED or action in _BEGINNING:
            return sqlite3.SQLITE_OK
        # Not the pragmas that take this guard away: only those that describe.
        if action == sqlite3.SQLITE_PRAGMA and known is None:
            asked = name == "read_uncommitted" and second is None
            return sqlite3.SQLITE_OK if asked or name in _DESCRIBING else sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_DENY

    connection.set_authorizer(_decide)
