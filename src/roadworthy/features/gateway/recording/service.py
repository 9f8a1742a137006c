"""Exchanges and recordings as people read them, whichever door asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from roadworthy.contracts.blobs import BlobDamaged, BlobReader
from roadworthy.contracts.exchange_joins import ExchangeJoins, Join
from roadworthy.contracts.exchange_log import ExchangeQuery, ExchangeReader
from roadworthy.domain.exchange import Exchange
from roadworthy.domain.recording import BadRecording, Recording, decode
from roadworthy.domain.run import Run
from roadworthy.features.gateway.recording.orders import Order, OrderFolder, OrderKind
from roadworthy.features.gateway.recording.policy_book import PolicyBook
from roadworthy.features.gateway.recording.recorder import day_of

_MOST_OF_A_RUN = 2000


class RecordingGone(Exception):  # noqa: N818 (a condition)
    """There is none, or none any more; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRecording:
    exchange: Exchange
    recording: Recording


def read_recording(blobs: BlobReader, exchange: Exchange) -> Recording:
    """Raises RecordingGone."""
    if not exchange.recording:
        raise RecordingGone("nothing of this exchange was recorded (policy, or no room on the disk)")
    try:
        data = blobs.get(exchange.project, exchange.recording, day=day_of(exchange.started_ns))
        if data is None:
            raise RecordingGone("the recording was deleted (retention, or by hand)")
        return decode(data)
    except (BlobDamaged, BadRecording) as fault:
        raise RecordingGone(f"the recording is damaged: {fault}") from fault


class RecordingService:
    """Reads, and orders to delete. Safe to call from several threads. Raises StoreUnavailable."""

    def __init__(
        self,
        log: ExchangeReader,
        blobs: BlobReader,
        *,
        joins: ExchangeJoins,
        orders: OrderFolder,
        policies: PolicyBook,
    ) -> None:
        self._log = log
        self._blobs = blobs
        self._joins = joins
        self._orders = orders
        self.policies = policies

    def exchanges(self, project: str, query: ExchangeQuery) -> list[Exchange]:
        """Newest first, each with the run it was joined to."""
        return self._bound(project, self._log.exchanges(project, query))

    def of_run(self, run: Run) -> list[Exchange]:
        """By start; at most 2000. Those joined to it, and those whose caller named it or its traces and that
        were joined to no other."""
        ids = list(dict.fromkeys([run.id, *run.trace_ids]))
        joined = {one.exchange_id: one for one in self._joins.of_runs(run.project, ids)}
        found = self._log.exchanges(
            run.project, ExchangeQuery(ids=tuple(joined), limit=_MOST_OF_A_RUN)
        ) + self._log.named(run.project, run_ids=[run.id], trace_ids=run.trace_ids)
        mine: dict[str, Exchange] = {}
        for one in self._bound(run.project, found):
            if one.id in joined or not one.binding.run_id or one.binding.run_id in ids:
                mine[one.id] = replace(one, binding=replace(one.binding, run_id=run.id))
        return sorted(mine.values(), key=lambda one: (one.started_ns, one.id))[:_MOST_OF_A_RUN]

    def deleted_of_run(self, run: Run) -> list[Join]:
        """What is left of its exchanges that were deleted, by hand or by retention, while others stayed."""
        joined = self._joins.of_runs(run.project, list(dict.fromkeys([run.id, *run.trace_ids])))
        ids = tuple(one.exchange_id for one in joined)
        query = ExchangeQuery(ids=ids, limit=max(1, len(ids)))
        there = {one.id for one in self._log.exchanges(run.project, query)} if ids else set()
        return [one for one in joined if one.exchange_id not in there]

    def exchange(self, project: str, exchange_id: str) -> Exchange | None:
        found = self._log.exchange(project, exchange_id)
        return None if found is None else self._bound(project, [found])[0]

    def recording(self, exchange: Exchange) -> ReadRecording:
        """Raises RecordingGone."""
        return ReadRecording(exchange=exchange, recording=read_recording(self._blobs, exchange))

    def bytes_on_disk(self, project: str) -> int:
        return self._blobs.bytes_on_disk(project)

    def forget_exchange(self, project: str, exchange_id: str) -> None:
        """The gateway deletes row and recording within seconds of its running."""
        self._orders.give(Order(kind=OrderKind.FORGET_EXCHANGE, project=project, exchange_id=exchange_id))

    def forget(self, project: str) -> None:
        """Everything of it."""
        self._orders.give(Order(kind=OrderKind.FORGET_PROJECT, project=project))
        self._joins.delete_project(project)

    def drop_before(self, project: str, day: str) -> None:
        """Whole days before `day` (YYYY-MM-DD). Nothing happens where nothing is that old."""
        at = int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1_000_000_000
        if self._log.exchanges(project, ExchangeQuery(to_ns=at, limit=1)):
            self._orders.give(Order(kind=OrderKind.DROP_BEFORE, project=project, day=day))
            self._joins.drop_before(project, at)

    def _bound(self, project: str, found: Sequence[Exchange]) -> list[Exchange]:
        joins = self._joins.of_exchanges(project, [one.id for one in found])
        return [_with(one, joins.get(one.id)) for one in found]


def _with(exchange: Exchange, join: Join | None) -> Exchange:
    """Unjoined, a run that the caller named is only a name."""
    bound = exchange.binding
    run_id, by = (join.run_id, join.by) if join else ("", "")
    return replace(exchange, binding=replace(bound, run_id=run_id, by=by))
