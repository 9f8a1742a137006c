"""What the worker holds, wired together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from socket import socket
from typing import Any

from roadworthy.app.price_snapshot import PriceSnapshot
from roadworthy.app.self_telemetry import SelfTelemetry
from roadworthy.app.worker_judging import arrival_judge
from roadworthy.app.worker_orders import WorkerOrders
from roadworthy.backends.intake.file.reader import FileIntakeReader
from roadworthy.backends.telemetry.handed.calls import Caller, CallFailed, PeerGone
from roadworthy.backends.telemetry.handed.store import HandedTelemetryStore, caller
from roadworthy.contracts.metadata import PriceOverride
from roadworthy.contracts.telemetry import StoreUnavailable
from roadworthy.features.ingest.batch import Steps
from roadworthy.features.ingest.consumer import Consumer, WrittenBatch
from roadworthy.features.ingest.mask import mask_spans, mask_texts
from roadworthy.features.ingest.price import Pricer

_STOP_SECONDS = 3.0


class WorkerRoom:
    """`reads` and `writes` lead to the core. `start` and `stop` once each, in that order."""

    def __init__(self, orders: WorkerOrders, *, reads: socket, writes: socket) -> None:
        core = caller(reads)
        self._writes = caller(writes)
        self._reader = FileIntakeReader(orders.intake_folder)
        self._telemetry_out = SelfTelemetry.of(orders)
        judge = arrival_judge(reads=core, writes=self._writes)
        self.consumer = Consumer(
            reader=self._reader,
            store=HandedTelemetryStore(reads=core, writes=self._writes, folder=orders.handing_folder),
            assemble=judge.assemble,
            judge=judge,
            steps=Steps(
                mask_spans=mask_spans,
                mask_texts=lambda texts: [one.text for one in mask_texts(texts)],
                pricer=Pricer(PriceSnapshot(_CorePrices(core)).of),
            ),
            memory_bytes=orders.memory_bytes,
            on_runs=lambda _project, _run_ids: None,  # the core knows: it wrote them
            on_batch=self._written,
        )

    def start(self) -> None:
        self.consumer.start()

    def stop(self) -> None:
        """What is not written within three seconds stays in the intake log."""
        self.consumer.stop(timeout=_STOP_SECONDS)
        if self._telemetry_out is not None:
            self._telemetry_out.stop()

    def tell(self) -> None:
        """Tell the core how far this is. Raises PeerGone where nobody listens any more.

        Always over the socket for writes: figures must not overtake each other, and the thread that writes
        must not wait for a read.
        """
        damage = self._reader.damage
        self._writes.call(
            "progress",
            progress={**asdict(self.consumer.progress), "short_of_time": self.consumer.short_of_time},
            held_bytes=self.consumer.held_bytes,
            damaged_regions=damage.regions,
            damaged_bytes=damage.bytes,
        )

    def _written(self, done: WrittenBatch) -> None:
        if self._telemetry_out is not None:
            self._telemetry_out.batch_written(done)
        try:
            self.tell()
        except PeerGone:
            return  # the next batch will notice, and wait


class _CorePrices:
    """Price overrides, asked of the core: the metadata library would take a third of the worker's memory."""

    def __init__(self, core: Caller) -> None:
        self._core = core

    def change_counter(self) -> int:
        return int(self._call("price_changes"))

    def prices(self, project: str) -> Sequence[PriceOverride]:
        return [PriceOverride(**one) for one in self._call("prices", project=project)]

    def _call(self, what: str, **values: object) -> Any:
        try:
            return self._core.call(what, **values)
        except (CallFailed, PeerGone) as fault:
            # Spans are not stored without their price: they wait, as for the store.
            raise StoreUnavailable(f"prices cannot be read: {fault}") from fault
