"""The telemetry store on chDB: ClickHouse's engine in this process, its tables in a folder.

The statements are those a ClickHouse server runs; only `connect` below and `engines.py` know it is embedded.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import clickhouse_connect
from clickhouse_connect.driver.client import Client

from roadworthy.backends.telemetry.chdb import retention, run_reads, score_reads, span_reads, sums, tallies
from roadworthy.backends.telemetry.chdb.folder import Folder
from roadworthy.backends.telemetry.chdb.migrations.apply import apply
from roadworthy.backends.telemetry.chdb.session import Session, translated
from roadworthy.backends.telemetry.chdb.writing import inserts_of, prepared
from roadworthy.contracts.telemetry import (
    AggregateQuery,
    AggregateRow,
    RejectionRow,
    RunPlace,
    RunQuery,
    SearchHit,
    SessionRow,
    SpanQuery,
    StoreStats,
    TallyQuery,
    TallyRow,
    TelemetryBatch,
)
from roadworthy.domain.run import Run
from roadworthy.domain.score import Score
from roadworthy.domain.span import Span
from roadworthy.kit.priority import make_threads_way

log = logging.getLogger(__name__)

DATABASE = "roadworthy"
READERS = 4
MERGE_THREADS = "MergeMutate"
"""As the engine names them. Its own setting for their priority (`os_threads_nice_value_merge_mutate`) does
nothing for users who may not raise one again."""
MIB = 2**20


class ChdbTelemetryStore:
    """See the contract. One process may have one folder open.

    `memory_bytes` is what the engine may take in all; one query may take half of it. `threads` is how many
    cores one query may use.
    """

    def __init__(self, path: Path | str, *, memory_bytes: int = 768 * MIB, threads: int = 2) -> None:
        self._folder = Folder(Path(path))
        self._memory_bytes = memory_bytes
        self._threads = threads
        try:
            self._session = self._open()
        except BaseException:
            self._folder.release()
            raise

    def _open(self) -> Session:
        with translated():
            first = self._connect(database=None)
            try:
                first.command(f"CREATE DATABASE IF NOT EXISTS {DATABASE}")
            finally:
                first.close()
        session = Session(lambda: self._connect(database=DATABASE), readers=READERS)
        try:
            apply(session)
            _drop_broken_parts(session)
        except BaseException:
            session.close()
            raise
        make_threads_way(MERGE_THREADS)
        return session

    def write(self, batch: TelemetryBatch) -> None:
        for insert in inserts_of(batch):
            self._session.insert(insert)

    def prepare(self, spans: Sequence[Span]) -> Sequence[object]:
        return prepared(spans)

    def insert_file(self, table: str, path: Path, *, columns: Sequence[str], token: str) -> None:
        """One insert of a batch whose rows lie in a file in Arrow's format (`chdb.writing.Insert`)."""
        self._session.insert_file(table, path, columns=columns, token=token)

    def run(self, project: str, run_id: str) -> Run | None:
        return run_reads.find_run(self._session, project, run_id)

    def runs(self, project: str, query: RunQuery) -> list[Run]:
        return run_reads.list_runs(self._session, project, query)

    def count_runs(self, project: str, query: RunQuery) -> int:
        return run_reads.count_runs(self._session, project, query)

    def spans_of_traces(
        self, project: str, trace_ids: Sequence[str], *, started: tuple[int, int] | None = None
    ) -> list[Span]:
        return span_reads.spans_of_traces(self._session, project, trace_ids, started=started)

    def spans(self, project: str, query: SpanQuery) -> list[Span]:
        return span_reads.list_spans(self._session, project, query)

    def search(self, project: str, query: SpanQuery) -> list[SearchHit]:
        return span_reads.search(self._session, project, query)

    def places_of_traces(self, project: str, trace_ids: Sequence[str]) -> dict[str, RunPlace]:
        return run_reads.places_of_traces(self._session, project, trace_ids)

    def runs_of_traces(self, project: str, trace_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        return run_reads.runs_of_traces(self._session, project, trace_ids)

    def traces_of_join_keys(self, project: str, keys: Sequence[str]) -> dict[str, tuple[str, ...]]:
        return run_reads.traces_of_join_keys(self._session, project, keys)

    def aggregate(self, project: str, query: AggregateQuery) -> list[AggregateRow]:
        return sums.aggregate(self._session, project, query)

    def tally(self, project: str, query: TallyQuery) -> list[TallyRow]:
        return tallies.tally(self._session, project, query)

    def sessions(
        self,
        project: str,
        *,
        from_ns: int | None = None,
        limit: int = 50,
        after: tuple[int, str] | None = None,
    ) -> list[SessionRow]:
        return sums.sessions(self._session, project, from_ns=from_ns, limit=limit, after=after)

    def scores(self, project: str, run_id: str) -> list[Score]:
        return score_reads.scores_of_run(self._session, project, run_id)

    def scores_of_runs(self, project: str, runs: Sequence[Run]) -> list[Score]:
        return score_reads.scores_of_runs(self._session, project, runs)

    def each_score(
        self, project: str, *, from_ns: int | None = None, to_ns: int | None = None
    ) -> Iterator[list[Score]]:
        return score_reads.each_score(self._session, project, from_ns=from_ns, to_ns=to_ns)

    def rejections(self, project: str, *, from_ns: int | None = None) -> list[RejectionRow]:
        return sums.rejections(self._session, project, from_ns=from_ns)

    def attribute_keys(self, project: str, *, prefix: str = "", limit: int = 200) -> list[str]:
        return sums.attribute_keys(self._session, project, prefix=prefix, limit=limit)

    def field_values(self, project: str, field: str, *, prefix: str = "", limit: int = 50) -> list[str]:
        return sums.field_values(self._session, project, field, prefix=prefix, limit=limit)

    def each_run(self, project: str, query: RunQuery) -> Iterator[list[Run]]:
        return run_reads.each_run(self._session, project, query)

    def days(self, project: str) -> list[str]:
        return retention.days(self._session, project)

    def drop_days_before(self, project: str, day: str) -> int:
        return retention.drop_days_before(self._session, project, day)

    def stats(self, project: str | None = None) -> StoreStats:
        return retention.stats(self._session, project)

    def projects(self) -> list[str]:
        return retention.projects(self._session)

    def close(self) -> None:
        self._session.close()
        self._folder.release()

    def _connect(self, *, database: str | None) -> Client:
        return clickhouse_connect.get_client(
            interface="chdb",
            path=str(self._folder.path),
            database=database,
            chdb_options={
                "max_server_memory_usage": str(self._memory_bytes),
                "mark_cache_size": str(16 * MIB),
                "index_mark_cache_size": str(8 * MIB),
                "primary_index_cache_size": str(32 * MIB),
                "query_condition_cache_size": str(8 * MIB),
                "mmap_cache_size": "64",
            },
            settings={
                "max_threads": self._threads,
                "max_memory_usage": self._memory_bytes // 2,
                "max_execution_time": 60,
            },
        )


def _drop_broken_parts(session: Session) -> None:
    """Parts torn by a power cut were never acknowledged; the engine sets them aside for ever."""
    rows = session.rows(
        "SELECT table, name FROM system.detached_parts WHERE database = currentDatabase() "
        "AND reason IN ('broken', 'broken-on-start')"
    )
    for table, name in rows:
        log.warning("telemetry store: dropping the broken part %s of %s", name, table)
        session.command(f"ALTER TABLE {table} DROP DETACHED PART '{name}' SETTINGS allow_drop_detached = 1")
