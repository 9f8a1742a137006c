"""A batch the store refuses, written in ever smaller halves: one impossible row must not stop all others."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TypeVar

from roadworthy.contracts.telemetry import IngestStore, StoreFull, StoreUnavailable, TelemetryBatch
from roadworthy.domain.rejection import Rejection

log = logging.getLogger(__name__)

_Row = TypeVar("_Row")


def write_in_halves(store: IngestStore, batch: TelemetryBatch) -> int:
    """How many rows the store refused even alone; spans among them are put on record as rejected.

    Raises StoreFull and StoreUnavailable: then nothing is the matter with the rows.
    """
    refused = 0
    for part in _halves(batch):
        try:
            store.write(part)
        except (StoreFull, StoreUnavailable):
            raise
        except Exception as fault:  # noqa: BLE001 - whatever the engine says of a row, it is set aside
            if _rows(part) > 1:
                refused += write_in_halves(store, part)
            else:
                refused += 1
                _give_up(store, part, fault)
    return refused


def _give_up(store: IngestStore, batch: TelemetryBatch, fault: Exception) -> None:
    log.error("the store refuses one row for good: %r", fault)
    for span in batch.spans:
        reason = f"the store refused span {span.span_id} of trace {span.trace_id}: {fault!r}"[:500]
        rejection = Rejection(
            project=span.project,
            at_ns=span.received_ns,
            signal="traces",
            reason=reason,
            code="refused_by_store",
            count=1,
            version=span.version,
        )
        store.write(TelemetryBatch(token=f"{batch.token}:refused", rejections=[rejection]))


def _rows(batch: TelemetryBatch) -> int:
    return len(batch.spans) + len(batch.runs) + len(batch.scores) + len(batch.rejections)


def _halves(batch: TelemetryBatch) -> list[TelemetryBatch]:
    """Two smaller batches with the same rows: by kind first, then each kind by its middle."""
    spans, runs, scores, rejections = batch.spans, batch.runs, batch.scores, batch.rejections
    first, second = f"{batch.token}.0", f"{batch.token}.1"
    if spans and (runs or scores or rejections):
        return [
            TelemetryBatch(token=first, spans=spans),
            TelemetryBatch(token=second, runs=runs, scores=scores, rejections=rejections),
        ]
    if runs and (scores or rejections):
        return [
            TelemetryBatch(token=first, runs=runs),
            TelemetryBatch(token=second, scores=scores, rejections=rejections),
        ]
    if scores and rejections:
        return [
            TelemetryBatch(token=first, scores=scores),
            TelemetryBatch(token=second, rejections=rejections),
        ]
    return [
        TelemetryBatch(
            token=f"{batch.token}.{side}",
            spans=_half(spans, side=side),
            runs=_half(runs, side=side),
            scores=_half(scores, side=side),
            rejections=_half(rejections, side=side),
        )
        for side in (0, 1)
    ]


def _half(rows: Sequence[_Row], *, side: int) -> Sequence[_Row]:
    middle = (len(rows) + 1) // 2
    return rows[middle:] if side else rows[:middle]
