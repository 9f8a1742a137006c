"""Rows of one file on their way into a table: gathered in a file of their own, a block a transaction, so
that a load goes on where it stood."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from roadworthy.features.gateway.connectors.batch.column_types import declared_types, seen_type, typed, wider
from roadworthy.features.gateway.connectors.batch.formats.csv import COLUMNS_MOST
from roadworthy.features.gateway.connectors.batch.formats.row import Bad, FileBroken, Row
from roadworthy.features.gateway.connectors.batch.store import BAD_ROWS_KEPT, quoted
from roadworthy.features.gateway.connectors.settings.batch import Table

BLOCK = 5_000
_TEXT_KEPT = 200


@dataclass(kw_only=True)
class Progress:
    """`seen`: rows and bad ones that were read; `columns` with the type of each."""

    digest: str
    seen: int = 0
    rows: int = 0
    bad: int = 0
    columns: dict[str, str] = field(default_factory=dict)


class Staging:
    """Of one file, known by its digest: what was staged of another goes. Close it."""

    def __init__(self, path: Path, *, digest: str, mask: Callable[[str], str]) -> None:
        self.path = path
        self._mask = mask
        try:
            self._open(digest)
        except sqlite3.DatabaseError:  # the disk was full, or the file is another program's
            self.discard()
            self._open(digest)

    def _open(self, digest: str) -> None:
        self.connection = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        self.connection.execute("pragma journal_mode=wal")
        self.connection.execute("pragma synchronous=normal")
        self.connection.executescript(
            "create table if not exists progress(digest text primary key, said text not null);"
            "create table if not exists bad(line integer, reason text, text text);"
            "create table if not exists staged(_line integer);"
        )
        row = self.connection.execute("select said from progress where digest=?", (digest,)).fetchone()
        if row is not None:
            self.progress = Progress(**json.loads(row[0]))
            return
        self.connection.executescript(
            "begin; drop table staged; create table staged(_line integer); delete from bad;"
            "delete from progress; commit;"
        )
        self.progress = Progress(digest=digest)

    def close(self) -> None:
        self.connection.close()

    def discard(self) -> None:
        """It was loaded, or is not to be."""
        if hasattr(self, "connection"):
            self.connection.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)

    def take(self, rows: Iterator[Row | Bad], table: Table) -> bool:
        """The next block of rows; the first `progress.seen` are skipped by the caller. False at the end.
        Raises FileBroken."""
        block = list(islice(rows, BLOCK))
        if not block:
            return False
        declared = declared_types(table.columns)
        nulls = frozenset(table.null)
        good: list[tuple[int, dict[str, str | None]]] = []
        bad: list[Bad] = []
        for one in block:
            if isinstance(one, Bad):
                bad.append(one)
                continue
            made = self._typed(one, table, nulls, declared)
            if isinstance(made, Bad):
                bad.append(made)
            else:
                good.append((one.line, made))
        self._write(good, bad, seen=len(block), declared=declared)
        return True

    def _typed(
        self, row: Row, table: Table, nulls: frozenset[str], declared: dict[str, str]
    ) -> dict[str, str | None] | Bad:
        made: dict[str, str | None] = {}
        for name, text in row.values.items():
            if text is None or text.strip() in nulls:
                made[name] = None
                continue
            if name not in declared:
                made[name] = text
                continue
            try:
                made[name] = typed(text, table.columns[name])
            except ValueError as fault:
                return Bad(row.line, f"{name}: {fault}", text)
        missing = [name for name in table.key if made.get(name) is None]
        if missing:
            return Bad(row.line, f"{', '.join(missing)}: expected a value, it is part of the key")
        return made

    def _write(
        self,
        good: list[tuple[int, dict[str, str | None]]],
        bad: list[Bad],
        *,
        seen: int,
        declared: dict[str, str],
    ) -> None:
        connection, progress = self.connection, self.progress
        connection.execute("begin immediate")
        try:
            for _, values in good:
                for name, text in values.items():
                    if name not in progress.columns:
                        if len(progress.columns) >= COLUMNS_MOST:
                            raise FileBroken(f"more than {COLUMNS_MOST} columns")
                        connection.execute(f"alter table staged add column {quoted(name)} text")
                        progress.columns[name] = declared.get(name, "")
                    if name not in declared and text is not None and progress.columns[name] != "text":
                        progress.columns[name] = wider(progress.columns[name], seen_type(text))
            if good:
                names = list(progress.columns)
                listed = ", ".join(["_line", *(quoted(name) for name in names)])
                marks = ", ".join("?" * (len(names) + 1))
                connection.executemany(
                    f"insert into staged({listed}) values({marks})",
                    ((line, *(values.get(name) for name in names)) for line, values in good),
                )
            kept = max(0, BAD_ROWS_KEPT - progress.bad)
            connection.executemany(
                "insert into bad values(?,?,?)",
                [(one.line, one.reason, self._mask(one.text)[:_TEXT_KEPT]) for one in bad[:kept]],
            )
            progress.seen += seen
            progress.rows += len(good)
            progress.bad += len(bad)
            connection.execute(
                "insert or replace into progress values(?,?)", (progress.digest, json.dumps(vars(progress)))
            )
        except BaseException:
            connection.execute("rollback")
            raise
        connection.execute("commit")
