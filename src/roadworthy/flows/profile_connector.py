"""When somebody asks for it, then a system is sampled and its data dictionary written: a job that goes on
after a restart, a table a step. What it saw is kept nowhere but in the dictionary."""

from __future__ import annotations

import asyncio
import fnmatch
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
from pydantic import TypeAdapter

from roadworthy.contracts.metadata import Job
from roadworthy.contracts.tool_system import ToolFailed
from roadworthy.domain.connector import Connector
from roadworthy.domain.data_dictionary import DataDictionary, Join, TableEntry
from roadworthy.features.gateway.connectors.book import ConnectorBook
from roadworthy.features.gateway.profile.dictionary_book import DictionaryBook
from roadworthy.features.gateway.profile.drift import drift_between
from roadworthy.features.gateway.profile.joins import candidates, joined
from roadworthy.features.gateway.profile.source import ProfileSource
from roadworthy.features.gateway.profile.table import profile_table
from roadworthy.features.observe.jobs import Step

log = logging.getLogger(__name__)

KIND = "profile"
TABLES_MOST = 2_000
_JOINS_A_STEP = 40
_VALUES_ASKED = 200
"""Values of a field that are looked for in another."""
_KEPT = 20

OpenSource = Callable[[Connector], AbstractAsyncContextManager[ProfileSource]]
_ENTRY = TypeAdapter(TableEntry)
_JOIN = TypeAdapter(Join)


class ConnectorGone(Exception):  # noqa: N818 (a condition)
    """There is no such connector any longer."""


def profile_arguments(connector: str, *, rows: int, seconds: float, tables: Sequence[str]) -> str:
    """Of a job."""
    said = {"connector": connector, "rows": rows, "seconds": seconds, "tables": list(tables)}
    return orjson.dumps(said).decode()


class ProfileConnector:
    """The work of a job of kind `profile`."""

    def __init__(
        self,
        connectors: ConnectorBook,
        book: DictionaryBook,
        *,
        open_source: OpenSource,
        folder: Path,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self.book = book
        self._connectors = connectors
        self._open = open_source
        self._folder = folder
        self._clock = clock

    def __call__(self, job: Job) -> Step:
        said = orjson.loads(job.arguments)
        connector = self._connectors.connector(job.project, said["connector"])
        if connector is None:
            raise ConnectorGone(f"there is no connector {said['connector']!r}")
        if not job.position:
            names = asyncio.run(self._names(connector, said["tables"]))
            self._draft(job).unlink(missing_ok=True)
            position = {"tables": names, "next": 0, "size": 0, "joins": 0}
            return Step(position=orjson.dumps(position).decode(), done=0, total=len(names) + 1)
        position = orjson.loads(job.position)
        names = position["tables"]
        if position["next"] < len(names):
            return self._table(job, connector, said, position)
        return self._joins(job, connector, said, position)

    async def _names(self, connector: Connector, wanted: Sequence[str]) -> list[str]:
        async with self._open(connector) as source:
            names = list(await source.tables())
        if wanted:
            names = [one for one in names if any(fnmatch.fnmatchcase(one, each) for each in wanted)]
        return names[:TABLES_MOST]

    def _table(self, job: Job, connector: Connector, said: Any, position: dict[str, Any]) -> Step:
        name = position["tables"][position["next"]]

        async def read() -> TableEntry:
            async with self._open(connector) as source:
                return profile_table(await source.sample(name, rows=said["rows"], seconds=said["seconds"]))

        try:
            entry = asyncio.run(read())
        except ToolFailed as failure:
            entry = TableEntry(name=name, problem=failure.failure.what)
        size = self._write(job, _ENTRY.dump_json(entry), at=position["size"])
        position |= {"next": position["next"] + 1, "size": size}
        total = len(position["tables"]) + 1
        return Step(position=orjson.dumps(position).decode(), done=position["next"], total=total)

    def _joins(self, job: Job, connector: Connector, said: Any, position: dict[str, Any]) -> Step:
        before = self.book.found(job.project, connector.name)
        if before is not None and before.job == job.id:
            # The process ended after the dictionary was saved, and before that was noted.
            total = len(position["tables"]) + 1
            return Step(position=None, done=total, total=total)
        lines = self._draft(job).read_bytes()[: position["size"]].splitlines()
        entries = [_ENTRY.validate_json(one) for one in lines[: len(position["tables"])]]
        joins = [_JOIN.validate_json(one) for one in lines[len(position["tables"]) :]]
        wanted = candidates(entries)
        start = position["joins"]
        if start >= len(wanted):
            self._finish(job, connector, entries, joins)
            total = len(position["tables"]) + 1
            return Step(position=None, done=total, total=total)

        async def look() -> list[Join]:
            async with self._open(connector) as source:
                return await joined(
                    source,
                    wanted[start : start + _JOINS_A_STEP],
                    rows=said["rows"],
                    seconds=said["seconds"],
                    most=_VALUES_ASKED,
                )

        size = position["size"]
        for one in asyncio.run(look()):
            size = self._write(job, _JOIN.dump_json(one), at=size)
        position |= {"joins": start + _JOINS_A_STEP, "size": size}
        total = len(position["tables"]) + 1
        return Step(position=orjson.dumps(position).decode(), done=total - 1, total=total)

    def _finish(
        self, job: Job, connector: Connector, entries: Sequence[TableEntry], joins: Sequence[Join]
    ) -> None:
        before = self.book.found(job.project, connector.name)
        made = DataDictionary(
            project=job.project,
            connector=connector.name,
            version=before.version + 1 if before else 1,
            job=job.id,
            profiled_ns=self._clock(),
            tables=tuple(entries),
            joins=tuple(sorted(joins, key=lambda one: (-one.confidence, one.table, one.field))),
        )
        self.book.save(replace(made, drift=drift_between(before, made) if before else ()))
        self._draft(job).unlink(missing_ok=True)

    def _write(self, job: Job, line: bytes, *, at: int) -> int:
        """What a step wrote whose end was not noted is written again."""
        path = self._draft(job)
        path.touch(mode=0o600)
        with path.open("r+b") as file:
            file.truncate(at)
            file.seek(at)
            file.write(line + b"\n")
            return file.tell()

    def _draft(self, job: Job) -> Path:
        folder = self._folder / ".profiles"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        files = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
        for old in files[:-_KEPT]:
            old.unlink(missing_ok=True)
        return folder / f"{job.id}.jsonl"
