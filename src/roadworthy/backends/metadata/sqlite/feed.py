"""The gateway's reading of the metadata database: read only, and without SQLAlchemy.

Plain sqlite3, as in `keys.py`: the process that answers agents stays light.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from roadworthy.contracts.metadata import PriceOverride, Record
from roadworthy.contracts.record_feed import FeedRead, FeedUnavailable

_RECORDS = (
    "SELECT project, kind, id, body, updated_ns FROM records "
    "WHERE kind IN (SELECT value FROM json_each(?)) ORDER BY project, kind, id"
)
_PRICES = (
    "SELECT project, model, from_day, input_usd_per_mtok, output_usd_per_mtok, cache_read_usd_per_mtok, "
    "cache_write_usd_per_mtok, reasoning_usd_per_mtok, above_input_tokens, id FROM prices ORDER BY id"
)


class SqliteRecordFeed:
    """See `contracts.record_feed`. Of the kinds that are named. One thread at a time."""

    def __init__(self, path: Path, *, kinds: Sequence[str]) -> None:
        """Raises FeedUnavailable."""
        self._kinds = tuple(kinds)
        self._path = path
        try:
            self._file = _identity(path)
            # Short: a writer that holds the database does not hold up readers of a WAL.
            self._connection = sqlite3.connect(
                f"file:{path}?mode=ro", uri=True, timeout=1, check_same_thread=False, isolation_level=None
            )
        except (sqlite3.Error, OSError) as fault:
            raise FeedUnavailable(f"the metadata database cannot be opened: {fault}") from None

    def version(self) -> int:
        """The counter of changes, which survives a restart."""
        try:
            if _identity(self._path) != self._file:
                raise FeedUnavailable("the metadata database was replaced by another file")
            return int(self._connection.execute("SELECT counter FROM changes").fetchone()[0])
        except (sqlite3.Error, OSError, TypeError) as fault:
            raise FeedUnavailable(f"the metadata database cannot be read: {fault}") from None

    def read(self) -> FeedRead:
        try:
            self._connection.execute("BEGIN")  # one moment for all of it
            try:
                projects = self._connection.execute("SELECT id FROM projects ORDER BY id").fetchall()
                rows = self._connection.execute(_RECORDS, (json.dumps(self._kinds),)).fetchall()
                prices = self._connection.execute(_PRICES).fetchall()
            finally:
                self._connection.execute("COMMIT")
        except sqlite3.Error as fault:
            raise FeedUnavailable(f"the metadata database cannot be read: {fault}") from None
        columns = [field.name for field in fields(PriceOverride)]
        return FeedRead(
            projects=tuple(one[0] for one in projects),
            records=tuple(
                Record(project=project, kind=kind, id=record_id, body=body, updated_ns=at_ns)
                for project, kind, record_id, body, at_ns in rows
            ),
            prices=tuple(PriceOverride(**dict(zip(columns, row, strict=True))) for row in prices),
        )

    def close(self) -> None:
        try:
            self._connection.close()
        except sqlite3.Error as fault:
            raise FeedUnavailable(str(fault)) from None


def _identity(path: Path) -> tuple[int, int]:
    """A backup that was put in its place is another file, which the open connection would never see."""
    found = path.stat()
    return found.st_dev, found.st_ino
