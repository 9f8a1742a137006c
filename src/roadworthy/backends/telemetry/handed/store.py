"""The store as ingest sees it from a process that has no engine (docs/adr/0010-a-worker-process.md).

Columns are built here and written to files in Arrow's format, as the engine wants to read them; the process
that has the engine is told their names. Reads are asked over a socket.
"""

from __future__ import annotations

import errno
import itertools
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from typing import Any

import pyarrow as pa

from roadworthy.backends.telemetry.chdb.nouns import spans_from
from roadworthy.backends.telemetry.chdb.writing import Insert, inserts_of, prepared
from roadworthy.backends.telemetry.handed.calls import Caller, PeerGone
from roadworthy.backends.telemetry.storable import text
from roadworthy.contracts.telemetry import BadQuery, RunPlace, StoreFull, StoreUnavailable, TelemetryBatch
from roadworthy.domain.span import Span

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


def caller(sock: socket) -> Caller:
    """One that raises what stores raise."""
    return Caller(sock, errors=(StoreFull, StoreUnavailable, BadQuery))


class HandedTelemetryStore:
    """Fulfils `contracts.telemetry.IngestStore`.

    `folder` is for files on their way, and nobody else's: what it held before goes. Reads and writes go over
    sockets of their own, so that neither waits for the other.
    """

    def __init__(self, *, reads: Caller, writes: Caller, folder: Path) -> None:
        self._reads = reads
        self._writes = writes
        self._folder = folder
        self._numbers = itertools.count(1)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)

    def write(self, batch: TelemetryBatch) -> None:
        """The runs of the batch are announced, once all of it is in, before this returns: whoever listens
        hears of each run at least once, however this process ends. So are the traces (or join keys) of scores
        that change a verdict, and of those with a value: their runs may have been written long before."""
        with _meant():
            for insert in inserts_of(batch):
                self._hand_over(insert)
            runs: dict[str, list[str]] = {}
            unjudged: dict[str, list[str]] = {}
            left: dict[str, list[str]] = {}
            for run in batch.runs:
                runs.setdefault(text(run.project), []).append(text(run.id))
                if not run.judged:
                    of_these = left if (run.project, run.id) in batch.left else unjudged
                    of_these.setdefault(text(run.project), []).append(text(run.id))
            said: dict[str, list[str]] = {}
            scored: dict[str, list[str]] = {}
            for score in batch.scores:
                if score.changes_verdict:
                    said.setdefault(text(score.project), []).append(text(score.trace_id))
                if score.value is not None:
                    key = text(score.run_id or score.trace_id)
                    scored.setdefault(text(score.project), []).append(key)
            if runs or said or scored:
                self._writes.call(
                    "written", runs=runs, unjudged=unjudged, left=left, said=said, scored=scored
                )

    def prepare(self, spans: Sequence[Span]) -> Sequence[object]:
        return prepared(spans)

    def spans_of_traces(
        self, project: str, trace_ids: Sequence[str], *, started: tuple[int, int] | None = None
    ) -> list[Span]:
        found = self._asked(
            "spans_of_traces", project=text(project), trace_ids=list(trace_ids), started=started
        )
        return spans_from(found)

    def places_of_traces(self, project: str, trace_ids: Sequence[str]) -> dict[str, RunPlace]:
        found = self._asked("places_of_traces", project=text(project), trace_ids=list(trace_ids))
        return {
            trace_id: RunPlace(run_id=run_id, sort_ns=sort_ns, trace_ids=tuple(traces))
            for trace_id, (run_id, sort_ns, traces) in found.items()
        }

    def traces_of_join_keys(self, project: str, keys: Sequence[str]) -> dict[str, tuple[str, ...]]:
        found = self._asked("traces_of_join_keys", project=text(project), keys=[text(key) for key in keys])
        return {key: tuple(traces) for key, traces in found.items()}

    def _asked(self, what: str, **values: object) -> Any:
        with _meant():
            return self._reads.call(what, **values)

    def _hand_over(self, insert: Insert) -> None:
        path = self._folder / f"{next(self._numbers)}.arrow"
        try:
            with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, insert.rows.schema) as writer:
                writer.write(insert.rows)
            self._writes.call(
                "insert",
                table=insert.table,
                columns=insert.rows.schema.names,
                file=path.name,
                token=insert.token,
            )
        finally:
            path.unlink(missing_ok=True)


@contextmanager
def _meant() -> Iterator[None]:
    """Faults of sockets and files, in the words of the contract."""
    try:
        yield
    except PeerGone as fault:
        raise StoreUnavailable(f"the process that holds the store is gone: {fault}") from fault
    except OSError as fault:
        if fault.errno in _NO_SPACE:
            raise StoreFull(f"no space left for what is on its way to the store: {fault}") from fault
        raise StoreUnavailable(str(fault)) from fault
