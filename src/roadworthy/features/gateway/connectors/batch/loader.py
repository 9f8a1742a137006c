"""Files of one batch connector, found, checked and loaded: what may be done again at any point."""

from __future__ import annotations

import asyncio
import fnmatch
import hashlib
import logging
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path, PurePath
from zoneinfo import ZoneInfo

from roadworthy.domain.connector import Connector
from roadworthy.domain.delivery import Delivery, DeliveryState
from roadworthy.features.gateway.connectors.batch.formats.row import FileBroken
from roadworthy.features.gateway.connectors.batch.formats.table import read_rows, trailer_rows
from roadworthy.features.gateway.connectors.batch.paths import loading_file, spool_folder, tables_file
from roadworthy.features.gateway.connectors.batch.publishing import publish
from roadworthy.features.gateway.connectors.batch.sources.entry import Entry, SourceFailed, is_partial
from roadworthy.features.gateway.connectors.batch.sources.table import open_files
from roadworthy.features.gateway.connectors.batch.staging import Staging
from roadworthy.features.gateway.connectors.batch.store import BatchStore, Noted, noted_in, tables_in
from roadworthy.features.gateway.connectors.opened import Parts
from roadworthy.features.gateway.connectors.settings.batch import BatchSettings, Table
from roadworthy.kit.masking import mask_text

log = logging.getLogger(__name__)

_NS = 1_000_000_000
_BLOCK = 1 << 20
_WIDTHS = {
    "%Y": r"(\d{4})",
    "%j": r"(\d{3})",
    **{f"%{one}": r"(\d{2})" for one in "ymdHMS"},
}
_FEW_ROWS = 100
"""Below so many rows one bad row does not make a share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What one look at a source came to."""

    loaded: int = 0
    waiting: int = 0
    refused: int = 0
    problem: str = ""
    """Why the source cannot be read."""


class _Interrupted(Exception):  # noqa: N818 (a condition)
    """The process is to end: the load goes on at the next start."""


class Loader:
    """For the one process that writes. `stopping` is asked between blocks of rows."""

    def __init__(
        self,
        parts: Callable[[], Parts],
        *,
        stopping: Callable[[], bool] = lambda: False,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._parts = parts
        self._stopping = stopping
        self._clock = clock

    def look(self, connector: Connector, settings: BatchSettings) -> Looked:
        """Looks at the source once, and loads what is whole. Raises SecretMissing."""
        return asyncio.run(self._look(connector, settings))

    async def _look(self, connector: Connector, settings: BatchSettings) -> Looked:
        parts = self._parts()
        store = BatchStore(tables_file(parts.folder, connector))
        try:
            source = open_files(connector, settings, parts)
            try:
                entries = await source.entries()
                looked = Looked()
                for name, table in settings.tables.items():
                    for entry in _in_order(entries, table):
                        state = await self._one(
                            connector, settings, store, source, parts, name, table, entry, entries
                        )
                        looked = _counted(looked, state)
                store.forget_old()
                return looked
            except SourceFailed as fault:
                return Looked(problem=str(fault))
            except _Interrupted:
                return Looked(problem="interrupted; it goes on at the next start")
            finally:
                await source.close()
        finally:
            store.close()
            await parts.transport.close()

    async def _one(
        self,
        connector: Connector,
        settings: BatchSettings,
        store: BatchStore,
        source: object,
        parts: Parts,
        name: str,
        table: Table,
        entry: Entry,
        entries: list[Entry],
    ) -> DeliveryState | None:
        """None: it was dealt with before."""
        noted = self._note(store, name, table, entry)
        if noted.delivery.state not in (DeliveryState.WAITING, DeliveryState.LOADING):
            return None
        why = self._waits_for(table, entry, noted, entries)
        if not why and entry.bytes > settings.max_file_bytes:
            store.change(
                noted.id, state=DeliveryState.REFUSED, reason=f"more than {settings.max_file_bytes} bytes"
            )
            return DeliveryState.REFUSED
        if why:
            store.change(noted.id, state=DeliveryState.WAITING, reason=why)
            return DeliveryState.WAITING
        spool = spool_folder(parts.folder, connector)
        spool.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            into = spool / hashlib.sha256(entry.name.encode()).hexdigest()[:32]
            path = await source.fetch(entry, into=into, most_bytes=settings.max_file_bytes)  # type: ignore[attr-defined]
            return await asyncio.to_thread(
                self._load, store, noted, table, path, loading_file(parts.folder, connector)
            )
        except SourceFailed as fault:
            store.change(noted.id, state=DeliveryState.WAITING, reason=str(fault))
            return DeliveryState.WAITING
        finally:
            if not self._stopping():
                shutil.rmtree(spool, ignore_errors=True)

    def _note(self, store: BatchStore, name: str, table: Table, entry: Entry) -> Noted:
        delivery = Delivery(
            table=name,
            file=entry.name,
            state=DeliveryState.WAITING,
            reason="seen now",
            bytes=entry.bytes,
            arrived_ns=entry.changed_ns,
            as_of_ns=as_of(entry, table),
        )
        found = store.note(delivery, seen_ns=self._clock())
        return noted_in(store.connection, limit=1, where="id=?", given=(found,))[0]

    def _waits_for(self, table: Table, entry: Entry, noted: Noted, entries: list[Entry]) -> str:
        """Why it is not taken for whole yet; "" where it is."""
        if table.marker:
            path = PurePath(entry.name)
            marker = table.marker.replace("{name}", entry.name).replace("{stem}", path.stem)
            if not any(one.name == marker for one in entries):
                return f"its marker {marker} is not there"
        # By our own clock: the time a file carries may be set by whoever writes it, and before it is whole.
        left = table.settle_s - (self._clock() - noted.seen_ns) / _NS
        if left > 0:
            return f"may still grow; it is taken when it has not changed for {table.settle_s:g} s"
        return ""

    def _load(
        self, store: BatchStore, noted: Noted, table: Table, path: Path, loading: Path
    ) -> DeliveryState:
        digest = _digest(path)
        store.change(noted.id, digest=digest)
        verdict = self._known(store, noted, table, digest)
        if verdict is not None:
            store.change(noted.id, state=verdict[0], reason=verdict[1])
            return verdict[0]
        store.change(noted.id, state=DeliveryState.LOADING, reason="")
        staging = Staging(loading, digest=digest, mask=lambda text: mask_text(text).text)
        try:
            said = trailer_rows(path, table) if table.trailer else None
            self._stage(store, noted, staging, table, path)
            why = _refusal(staging, table, said=said)
        except FileBroken as broken:
            why = str(broken)
        except BaseException:
            staging.close()
            raise
        if why:
            store.change(
                noted.id,
                state=DeliveryState.REFUSED,
                reason=why,
                rows=staging.progress.rows,
                bad_rows=staging.progress.bad,
            )
            self._keep_bad(store, noted, staging)
            staging.discard()
            return DeliveryState.REFUSED
        publish(store, staging, noted=noted, table=table, now_ns=self._clock())
        staging.discard()
        return DeliveryState.LOADED

    def _stage(self, store: BatchStore, noted: Noted, staging: Staging, table: Table, path: Path) -> None:
        rows = read_rows(path, table)
        for _ in islice(rows, staging.progress.seen):
            pass
        while staging.take(rows, table):
            store.change(noted.id, position=staging.progress.seen)
            if self._stopping():
                raise _Interrupted

    @staticmethod
    def _known(
        store: BatchStore, noted: Noted, table: Table, digest: str
    ) -> tuple[DeliveryState, str] | None:
        """What makes loading it needless."""
        name = noted.delivery.table
        same = noted_in(
            store.connection,
            limit=1,
            where="tbl=? and digest=? and state='loaded' and id<>?",
            given=(name, digest, noted.id),
        )
        held = tables_in(store.connection).get(name)
        if same and held is not None:
            newest = noted_in(
                store.connection,
                limit=1,
                where="tbl=? and state='loaded' and version=?",
                given=(name, held.version),
            )
            # A replaced table may be put back to an earlier state: only what it holds now is a duplicate.
            if table.mode == "append" or (newest and newest[0].delivery.digest == digest):
                if table.mode != "append" and noted.delivery.as_of_ns > held.as_of_ns:
                    store.connection.execute(
                        "update _tables set as_of_ns=? where name=?", (noted.delivery.as_of_ns, name)
                    )
                return DeliveryState.DUPLICATE, f"the same bytes as {same[0].delivery.file}"
        if table.mode == "replace" and held is not None and noted.delivery.as_of_ns < held.as_of_ns:
            return DeliveryState.SUPERSEDED, "older than what the table holds"
        return None

    @staticmethod
    def _keep_bad(store: BatchStore, noted: Noted, staging: Staging) -> None:
        found = staging.connection.execute("select line, reason, text from bad").fetchall()
        with store.transaction() as connection:
            connection.execute("delete from _bad_rows where delivery=?", (noted.id,))
            connection.executemany(
                "insert into _bad_rows values(?,?,?,?)", [(noted.id, *one) for one in found]
            )


def _refusal(staging: Staging, table: Table, *, said: int | None) -> str:
    """Why it is not loaded though it can be read; "" where it is."""
    progress = staging.progress
    if said is not None and said != progress.rows + progress.bad:
        return f"its trailer says {said} rows, it has {progress.rows + progress.bad}"
    if not progress.rows and progress.bad:
        return "all of its rows are bad"
    missing = [one for one in (*table.columns, *table.key) if one not in progress.columns]
    if missing and progress.rows:
        return f"columns are missing: {', '.join(dict.fromkeys(missing))}"
    allowed = table.bad_rows * max(progress.seen, _FEW_ROWS)
    if progress.bad > allowed:
        return f"{progress.bad} of {progress.seen} rows are bad, more than {table.bad_rows:.2%}"
    return ""


def _in_order(entries: list[Entry], table: Table) -> list[Entry]:
    fitting = [
        one for one in entries if fnmatch.fnmatchcase(one.name, table.files) and not is_partial(one.name)
    ]
    return sorted(fitting, key=lambda one: (as_of(one, table), one.changed_ns, one.name))


def as_of(entry: Entry, table: Table) -> int:
    """Unix ns: the date in its name where one is declared and there, else when it was last changed."""
    if not table.as_of:
        return entry.changed_ns
    # strptime wants the whole name: what the pattern leaves open is taken out of both.
    parts = re.split(r"(%[A-Za-z])", table.as_of)
    pattern = "".join(
        _WIDTHS.get(one, "(.+?)")
        if one[:1] == "%"
        else re.escape(one).replace(r"\*", ".*").replace(r"\?", ".")
        for one in parts
    )
    found = re.fullmatch(pattern, entry.name)
    directives = [one for one in parts if one[:1] == "%"]
    if found is None or not directives:
        return entry.changed_ns
    try:
        said = datetime.strptime(" ".join(found.groups()), " ".join(directives))
    except ValueError:
        return entry.changed_ns
    zone = ZoneInfo(table.freshness.zone if table.freshness else "UTC")
    return round(said.replace(tzinfo=zone).timestamp()) * _NS


def _counted(looked: Looked, state: DeliveryState | None) -> Looked:
    if state is DeliveryState.LOADED:
        return replace(looked, loaded=looked.loaded + 1)
    if state is DeliveryState.WAITING:
        return replace(looked, waiting=looked.waiting + 1)
    if state is DeliveryState.REFUSED:
        return replace(looked, refused=looked.refused + 1)
    return looked


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
