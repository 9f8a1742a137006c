"""Pricing history again, after prices changed: a resumable job, a page of runs at a time."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from roadworthy.contracts.metadata import Job, MetadataStore, PriceOverride
from roadworthy.contracts.telemetry import RunQuery, TelemetryBatch, TelemetryStore
from roadworthy.domain.run import Run, steps_started
from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.observe.jobs import Step
from roadworthy.features.observe.steps import Assemble, assembled

KIND = "recompute_prices"
_RUNS_A_STEP = 200
_SPANS_AT_ONCE = 2_000

Price = Callable[[Span], float | None]
PriceWith = Callable[[Sequence[PriceOverride]], Price]
"""What a span costs in USD under these overrides, None where unknown; `app` passes it in."""

_SETTLE_S = 2.0
"""Spans that arrive are priced with a snapshot of the overrides up to a second old. A job that began sooner
could pass by a run that is still written with the old price."""


class Reprice:
    """The work of one job. A repeated piece changes nothing: same prices, same costs.

    What changes is written as version + 1 of what was read. Versions are offsets in the intake log and so
    lie further apart than 1: a span that arrives meanwhile has a higher one, was priced with the new prices,
    and wins.
    """

    def __init__(
        self, store: TelemetryStore, *, metadata: MetadataStore, assemble: Assemble, price_with: PriceWith
    ) -> None:
        self._store = store
        self._metadata = metadata
        self._assemble = assemble
        self._price_with = price_with

    def __call__(self, job: Job) -> Step:
        from_day = json.loads(job.arguments or "{}").get("from_day")
        from_ns = None if from_day is None else _day_ns(from_day)
        after = None
        if not job.position:
            time.sleep(max(0.0, _SETTLE_S - (time.time_ns() - job.created_ns) / 1e9))
        else:
            sort_ns, run_id = json.loads(job.position)
            after = (int(sort_ns), str(run_id))
        total = job.total
        if total is None:
            total = self._store.count_runs(job.project, RunQuery(from_ns=from_ns))
        runs = self._store.runs(job.project, RunQuery(from_ns=from_ns, limit=_RUNS_A_STEP, after=after))
        if not runs:
            return Step(position=None, done=job.done, total=total)
        price = self._price_with(self._metadata.prices(job.project))
        spans: list[Span] = []
        changed: list[Run] = []
        for block in _blocks(runs):
            self._reprice(block, price=price, spans=spans, runs=changed)
        if spans or changed:
            last = runs[-1]
            token = f"reprice-{job.id}-{last.sort_ns}-{last.id}"
            self._store.write(TelemetryBatch(token=token, spans=spans, runs=changed))
        done = job.done + len(runs)
        if len(runs) < _RUNS_A_STEP:
            return Step(position=None, done=done, total=max(total, done))
        position = json.dumps([runs[-1].sort_ns, runs[-1].id])
        return Step(position=position, done=done, total=max(total, done))

    def _reprice(
        self,
        block: Sequence[Run],
        *,
        price: Callable[[Span], float | None],
        spans: list[Span],
        runs: list[Run],
    ) -> None:
        """Adds what changed to `spans` and `runs`."""
        traces = [trace for run in block for trace in run.trace_ids]
        by_trace: dict[str, list[Span]] = {}
        started = steps_started(block)
        for span in self._store.spans_of_traces(block[0].project, traces, started=started):
            priced = _priced(span, price=price)
            if priced is not span:
                spans.append(priced)
            by_trace.setdefault(span.trace_id, []).append(priced)
        for run in block:
            own = [span for trace in run.trace_ids for span in by_trace.get(trace, ())]
            assembly = assembled(self._store, run, own, assemble=self._assemble)
            again = next((one for one in assembly.runs if one.id == run.id), None)
            if again is not None and _differs(again.cost_usd, run.cost_usd):
                runs.append(replace(run, cost_usd=again.cost_usd, version=run.version + 1))


def _blocks(runs: Sequence[Run]) -> Iterator[list[Run]]:
    """Runs whose spans are read at once: few enough spans to be held in memory."""
    block: list[Run] = []
    spans = 0
    for run in runs:
        block.append(run)
        spans += run.spans
        if spans >= _SPANS_AT_ONCE:
            yield block
            block, spans = [], 0
    if block:
        yield block


def _priced(span: Span, *, price: Price) -> Span:
    if span.kind not in _PRICED:
        return span
    cost = price(span)
    if not _differs(cost, span.cost_usd):
        return span
    return replace(span, cost_usd=cost, version=span.version + 1)


# Spans of other kinds carry totals of their children at most: pricing them would count calls twice.
_PRICED = frozenset({SpanKind.LLM, SpanKind.EMBEDDING, SpanKind.RERANKER})


def _differs(left: float | None, right: float | None) -> bool:
    if left is None or right is None:
        return left is not right
    return not math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-15)


def _day_ns(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1_000_000_000
