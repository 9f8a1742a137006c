"""Which traces are one run, while spans arrive in any order; assembles runs as they change.

State is memory only and bounded; whatever was evicted, or was there before a restart, is read back from the
store when a late span asks for it. So a crash loses nothing here: the intake log is replayed.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from roadworthy.contracts.telemetry import IngestStore, RunPlace
from roadworthy.domain.run import Run
from roadworthy.domain.span import Span
from roadworthy.features.ingest.join_keys import GUESSED
from roadworthy.features.ingest.runs.bundle import Bundle
from roadworthy.features.ingest.runs.seen import SeenTraces

log = logging.getLogger(__name__)

_KEYS_KEPT = 200_000
_GUESSED_TRACES = 64
_STORE_KEY_LOOKUPS = 200
"""Join keys looked up in the store for one batch; under heavier load memory alone must do."""


Assemble = Callable[[Sequence[Span]], list[Run]]
"""Runs that nobody else holds: they are named here."""


class RunTracker:
    """Not thread-safe: one consumer thread owns it.

    `memory_bytes` bounds the spans it holds; at least the bundles of the batches not yet written stay.
    """

    def __init__(self, *, store: IngestStore, assemble: Assemble, memory_bytes: int, now_ns: int) -> None:
        self._store = store
        self._assemble = assemble
        self._budget = memory_bytes
        self._by_trace: dict[tuple[str, str], Bundle] = {}
        self._by_key: OrderedDict[tuple[str, str], Bundle | str] = OrderedDict()
        self._order: OrderedDict[int, Bundle] = OrderedDict()
        self._dirty: dict[int, Bundle] = {}
        self._bytes = 0
        self._batch = 0
        self._written_batch = 0
        self.seen = SeenTraces(since_ns=now_ns)

    @property
    def held_bytes(self) -> int:
        return self._bytes

    @property
    def waiting(self) -> bool:
        """Whether bundles changed that `settle` has not assembled yet."""
        return bool(self._dirty)

    def add(self, spans: Sequence[Span]) -> list[Span]:
        """Take in a batch; the spans as they are to be stored, each span once."""
        self._batch += 1
        self._load_known(spans)
        stored: dict[tuple[str, str, str], Span] = {}
        project = trace_id = ""
        bundle = touched = None
        for span in spans:
            # Spans of one trace most often come one after the other.
            if bundle is None or span.trace_id != trace_id or span.project != project:
                project, trace_id = span.project, span.trace_id
                bundle = self._bundle_of(project, trace_id)
            before = bundle.bytes
            held = bundle.put(span)
            self._bytes += bundle.bytes - before
            stored[project, trace_id, span.span_id] = held
            if held.join_keys:
                bundle = self._join(bundle, held)
            if bundle is not touched:
                self._touch(bundle)
                touched = bundle
        return list(stored.values())

    def held(self, *, project: str, trace_id: str, span_id: str, start_ns: int) -> Span | None:
        """The span as known so far, from memory or the store."""
        bundle = self._by_trace.get((project, trace_id))
        if bundle is None and self.seen.may_hold(trace_id, start_ns=start_ns):
            bundle = self._reload(project, trace_id)
        return None if bundle is None else bundle.spans.get((trace_id, span_id))

    def settle(self, *, everything: bool = False, rooted_only: bool = False) -> list[Run]:
        """Assemble the bundles that changed. Large ones are put off until they have been quiet for a moment
        (20 times what their last assembly took), unless `everything`.

        `rooted_only`: only those whose root has come. Done while their spans are still in the processor's
        cache, assembly takes less than half the time; later spans make their runs anew.
        """
        now = time.monotonic()
        runs: list[Run] = []
        later: dict[int, Bundle] = {}
        for ident, bundle in self._dirty.items():
            if (rooted_only and not bundle.rooted) or (not everything and now < bundle.next_assembly):
                later[ident] = bundle
                continue
            runs.extend(self._assembled(bundle))
        self._dirty = later
        return runs

    def written(self, batch: int) -> None:
        """All batches up to `batch` are in the store: their bundles may be evicted."""
        self._written_batch = batch
        self._evict()

    @property
    def batch(self) -> int:
        return self._batch

    def _assembled(self, bundle: Bundle) -> list[Run]:
        begun = time.monotonic()
        try:
            assembled = self._assemble(list(bundle.spans.values()))
        except Exception:
            # One trace nobody foresaw must not stop all others: its spans are stored, its run is missing.
            log.exception("trace %s of project %s has no run", bundle.traces[0], bundle.project)
            assembled = []
        runs = named(assembled, bundle=bundle)
        took = time.monotonic() - begun
        bundle.next_assembly = begun + took + min(2.0, 20 * took) if took > 0.005 else 0.0
        bundle.dirty = False
        gone = _superseded(bundle, runs)
        bundle.written = {run.id: run for run in runs}
        return runs + gone

    def _bundle_of(self, project: str, trace_id: str) -> Bundle:
        bundle = self._by_trace.get((project, trace_id))
        if bundle is None:
            bundle = Bundle(project)
            bundle.traces.append(trace_id)
            self._by_trace[project, trace_id] = bundle
        return bundle

    def _touch(self, bundle: Bundle) -> None:
        ident = id(bundle)
        bundle.touched_batch = self._batch
        if not bundle.dirty or ident not in self._dirty:
            bundle.dirty = True
            self._dirty[ident] = bundle
        if ident in self._order:
            self._order.move_to_end(ident)
        else:
            self._order[ident] = bundle

    def _join(self, bundle: Bundle, span: Span) -> Bundle:
        for key in span.join_keys:
            at = (span.project, key)
            other = self._by_key.get(at)
            if isinstance(other, str):
                # The bundle behind the key was evicted: its trace id leads back to it.
                other = self._reload(span.project, other)
            if other is not None and other is not bundle and _may_gather(key, other):
                bundle = self._merge(other, bundle)
            self._by_key[at] = bundle
            self._by_key.move_to_end(at)
        while len(self._by_key) > _KEYS_KEPT:
            self._by_key.popitem(last=False)
        return bundle

    def _merge(self, first: Bundle, second: Bundle) -> Bundle:
        """The bundle that has been written before (or was first) keeps its name."""
        if second.written and not first.written:
            first, second = second, first
        first.absorb(second)
        for trace_id in second.traces:
            self._by_trace[second.project, trace_id] = first
        for span in second.spans.values():
            for key in span.join_keys:
                if self._by_key.get((second.project, key)) is second:
                    self._by_key[second.project, key] = first
        self._order.pop(id(second), None)
        self._dirty.pop(id(second), None)
        return first

    def _load_known(self, spans: Sequence[Span]) -> None:
        """Read back the bundles that the store has and memory has not."""
        unknown: dict[str, dict[str, None]] = {}
        keys: dict[str, dict[str, None]] = {}
        asked, asked_ns = ("", ""), 0
        for span in spans:
            at = (span.project, span.trace_id)
            if at in self._by_trace:
                continue
            traces = unknown.setdefault(span.project, {})
            # What nobody has seen of a trace by one start, nobody has by a later one.
            if (at != asked or span.start_ns < asked_ns) and span.trace_id not in traces:
                asked, asked_ns = at, span.start_ns
                if self.seen.may_hold(span.trace_id, start_ns=span.start_ns):
                    traces[span.trace_id] = None
            for key in span.join_keys:
                if (span.project, key) not in self._by_key:
                    keys.setdefault(span.project, {})[key] = None
        for project, wanted in keys.items():
            if len(wanted) <= _STORE_KEY_LOOKUPS:
                for found in self._store.traces_of_join_keys(project, list(wanted)).values():
                    unknown.setdefault(project, {}).update(dict.fromkeys(found))
        for project, traces in unknown.items():
            missing = [trace for trace in traces if (project, trace) not in self._by_trace]
            if missing:
                self._load(project, missing)

    def _reload(self, project: str, trace_id: str) -> Bundle | None:
        bundle = self._by_trace.get((project, trace_id))
        if bundle is None:
            self._load(project, [trace_id])
            bundle = self._by_trace.get((project, trace_id))
        return bundle

    def _load(self, project: str, trace_ids: list[str]) -> None:
        places = self._store.places_of_traces(project, trace_ids)
        by_traces: dict[tuple[str, ...], list[RunPlace]] = {}
        for place in places.values():
            by_traces.setdefault(place.trace_ids, []).append(place)
        placed = {trace for traces in by_traces for trace in traces}
        # Spans may be in the store without a run yet: the crash came between the two.
        alone = [(trace,) for trace in trace_ids if trace not in placed]
        wanted = [trace for traces in (*by_traces, *alone) for trace in traces]
        by_trace: dict[str, list[Span]] = {}
        for span in self._store.spans_of_traces(project, wanted):
            by_trace.setdefault(span.trace_id, []).append(span)
        for traces in (*by_traces, *alone):
            loaded = [span for trace in traces for span in by_trace.get(trace, ())]
            if loaded:
                self._restore(project, traces, loaded, by_traces.get(traces, []))

    def _restore(
        self, project: str, traces: tuple[str, ...], spans: Iterable[Span], places: Sequence[RunPlace]
    ) -> None:
        """One bundle as it was before it was evicted."""
        bundle: Bundle | None = None
        for trace in traces:
            bundle = bundle or self._by_trace.get((project, trace))
        if bundle is None:
            bundle = Bundle(project)
        before = bundle.bytes
        for trace in traces:
            if trace not in bundle.traces:
                bundle.traces.append(trace)
            self._by_trace[project, trace] = bundle
        for span in spans:
            bundle.put(span)
            for key in span.join_keys:
                self._by_key[project, key] = bundle
        for place in places:
            if place.run_id not in bundle.written:
                bundle.written[place.run_id] = Run(project=project, id=place.run_id, sort_ns=place.sort_ns)
        self._bytes += bundle.bytes - before
        bundle.touched_batch = self._batch
        self._order[id(bundle)] = bundle
        self._order.move_to_end(id(bundle))

    def _evict(self) -> None:
        now_ns = time.time_ns()
        while self._bytes > self._budget and self._order:
            ident, bundle = next(iter(self._order.items()))
            if bundle.dirty or bundle.touched_batch > self._written_batch:
                break
            del self._order[ident]
            self._bytes -= bundle.bytes
            for trace_id in bundle.traces:
                self._by_trace.pop((bundle.project, trace_id), None)
                self.seen.add(trace_id, now_ns=now_ns)
            for span in bundle.spans.values():
                for key in span.join_keys:
                    if self._by_key.get((bundle.project, key)) is bundle:
                        self._by_key[bundle.project, key] = bundle.traces[0]


def _may_gather(key: str, bundle: Bundle) -> bool:
    """Keys of words and times, not of ids, may be shared by all runs of one prompt: the key then moves on to
    the next bundle."""
    return not key.startswith(GUESSED) or len(bundle.traces) < _GUESSED_TRACES


def named(runs: list[Run], *, bundle: Bundle) -> list[Run]:
    """The runs, fresh from assembly, under the ids and in the order of lists they had when first written.

    Assembly names a run after its earliest trace; when an earlier trace comes late, the run keeps the name
    people may already have open in a browser: that of the first of its traces that was seen.
    """
    for run in runs:
        ident = run.id
        if "-" not in ident and len(bundle.traces) > 1:
            order = {trace_id: place for place, trace_id in enumerate(bundle.traces)}
            mine = sorted(run.trace_ids, key=lambda trace_id: order.get(trace_id, len(order)))
            run.id = ident = next((trace_id for trace_id in mine if trace_id in bundle.written), mine[0])
        known = bundle.written.get(ident)
        if known is not None:
            run.sort_ns = known.sort_ns
    return runs


def _superseded(bundle: Bundle, runs: Sequence[Run]) -> list[Run]:
    """Rows for runs that were written once and are no more."""
    if not runs or not bundle.written:
        return []
    now = {run.id for run in runs}
    version = max(run.version for run in runs)
    return [
        replace(old, superseded_by=runs[0].id, version=max(version, old.version))
        for ident, old in bundle.written.items()
        if ident not in now
    ]
