"""When exchanges were recorded, then the runs they belong to are found.

In the order of the binding: the run a header named; the trace of `traceparent`; `baggage`; the span that
carries the answer's id. That span is evidence, a header is hearsay: some frameworks send the id of another
trace (LangGraph with OpenInference), so where both are known and differ, the answer's id decides. Where ids
say nothing (some local servers number their answers), a model's span that encloses the call in time and
counts the same tokens is it, if there is one; if there are several the call stays without a run, and nobody
tells of it again. A tool's call of which nothing is said is of the run whose model asked for it.

Telemetry comes later than the call, so what is not found is looked for again, ever more seldom, for an
hour. The position in the log and what waits are kept: after a crash the same exchanges are joined again, to
the same runs.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from roadworthy.contracts.exchange_joins import ExchangeJoins, Join, WaitingExchange
from roadworthy.contracts.exchange_log import ExchangeQuery, ExchangeReader
from roadworthy.contracts.telemetry import Filter, Op, RunQuery, SpanQuery, TelemetryStore
from roadworthy.domain.exchange import Exchange, ExchangeKind, is_listing
from roadworthy.domain.run import Run
from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.join_keys import response_key

log = logging.getLogger(__name__)

EVERY_SECONDS = 1.0
_SECOND = 1_000_000_000
LOOKED_FOR_NS = 3600 * _SECOND
CONFIRMED_WITHIN_NS = 180 * _SECOND
"""So long the span with the answer's id may overrule what a header said."""
_LONGEST_WAIT_NS = 60 * _SECOND
_AT_ONCE = 500
_BEFORE_NS = 10 * _SECOND
"""So long a client may take before its request is here: queues, retries of its own."""
_SLACK_NS = _SECOND // 4
_SPANS_LOOKED_AT = 200
_RUNS_AT_ONCE = 200
_MOST_SUPERSEDED = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    exchange: Exchange
    run: Run
    by: str


OnJoined = Callable[[Sequence[Joined]], None]
OnUnjoined = Callable[[Sequence[tuple[WaitingExchange, Exchange]]], None]


class JoinExchanges:
    """`refresh` from one thread. `on_joined` hears of each exchange when it is joined, again after a crash
    and when it is joined anew; `on_unjoined` of those that were looked for in vain, at each look."""

    def __init__(
        self,
        log_of_exchanges: ExchangeReader,
        store: TelemetryStore,
        *,
        joins: ExchangeJoins,
        asker_of: Callable[[Exchange], Exchange | None] = lambda _: None,
        on_joined: OnJoined = lambda _: None,
        on_unjoined: OnUnjoined = lambda _: None,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._log = log_of_exchanges
        self._store = store
        self._joins = joins
        self._asker_of = asker_of
        self._on_joined = on_joined
        self._on_unjoined = on_unjoined
        self._now = now_ns

    def refresh(self) -> int:
        """Until nothing is due; how many were joined. Raises StoreFull and StoreUnavailable: then nothing is
        lost."""
        joined = 0
        while self._take():
            pass
        while due := self._joins.due(self._now(), limit=_AT_ONCE):
            joined += self._look(due)
        return joined

    def _take(self) -> bool:
        position = self._joins.position()
        rows = self._log.since(position, limit=_AT_ONCE)
        if rows:
            now = self._now()
            waiting = [
                WaitingExchange(project=row.exchange.project, exchange_id=row.exchange.id, since_ns=now)
                for row in rows
                if not is_listing(row.exchange)
            ]
            self._joins.take(waiting, position=rows[-1].number)
        return len(rows) == _AT_ONCE

    def _look(self, due: Sequence[WaitingExchange]) -> int:
        joined: list[Joined] = []
        unjoined: list[tuple[WaitingExchange, Exchange]] = []
        again: dict[WaitingExchange, int] = {}
        done: list[WaitingExchange] = []
        now = self._now()
        for project in dict.fromkeys(one.project for one in due):
            waiting = {one.exchange_id: one for one in due if one.project == project}
            query = ExchangeQuery(ids=tuple(waiting), limit=len(waiting))
            held = {one.id: one for one in self._log.exchanges(project, query)}
            known = self._joins.of_exchanges(project, list(held))
            runs = _Runs(self._store, project, held.values())
            for exchange_id, one in waiting.items():
                exchange = held.get(exchange_id)
                if exchange is None:  # deleted meanwhile
                    done.append(one)
                    continue
                found = runs.of(exchange)
                before = known.get(exchange_id)
                asker = self._asker(exchange) if found is None and before is None else None
                if asker is not None:
                    found = self._as_asked(exchange, asker, runs)
                if found is not None and (before is None or before.run_id != found.run.id):
                    joined.append(found)
                traced = asker is not None and _is_traced(asker)
                if found is None and before is None and not traced and not runs.like(exchange):
                    unjoined.append((one, exchange))
                if _settled(exchange, found, waited_ns=now - one.since_ns):
                    done.append(one)
                else:
                    again[one] = now + min(_SECOND << min(one.tries, 10), _LONGEST_WAIT_NS)
        # Told first: after a crash between, they are told again.
        self._on_joined(joined)
        self._on_unjoined(unjoined)
        self._joins.looked(joined=[_join(one) for one in joined], again=again, done=done)
        return len(joined)

    def _asker(self, exchange: Exchange) -> Exchange | None:
        """The model's call that asked for this tool's, where nothing else says whose it is."""
        if exchange.kind is not ExchangeKind.TOOL or _is_traced(exchange):
            return None
        return self._asker_of(exchange)

    def _as_asked(self, exchange: Exchange, asker: Exchange, runs: _Runs) -> Joined | None:
        """With its model's call, once that one's run is there. Runs that only the gateway knows are told with
        their tools."""
        join = self._joins.of_exchanges(exchange.project, [asker.id]).get(asker.id)
        run = runs.run(join.run_id) if join is not None and join.by != "gateway" else None
        return Joined(exchange=exchange, run=run, by="asked") if run is not None else None


def _is_traced(exchange: Exchange) -> bool:
    return bool(exchange.binding.trace_id or exchange.binding.run_id)


def _join(one: Joined) -> Join:
    return Join(
        project=one.exchange.project,
        exchange_id=one.exchange.id,
        run_id=one.run.id,
        by=one.by,
        started_ns=one.exchange.started_ns,
    )


def _settled(exchange: Exchange, found: Joined | None, *, waited_ns: int) -> bool:
    if found is None:
        return waited_ns > LOOKED_FOR_NS
    sure = found.by in ("response_id", "header") or exchange.kind is not ExchangeKind.MODEL
    return sure or not response_key(exchange.response_id) or waited_ns > CONFIRMED_WITHIN_NS


def _same_tokens(span: Span, exchange: Exchange) -> bool:
    """None that both know differs."""
    tokens = exchange.tokens
    pairs = (
        ((span.input_tokens, tokens.input), (span.output_tokens, tokens.output)) if tokens is not None else ()
    )
    return all(mine is None or theirs is None or mine == theirs for mine, theirs in pairs)


class _Runs:
    """What the store knows of the runs of some exchanges, asked in two reads."""

    def __init__(self, store: TelemetryStore, project: str, exchanges: Iterable[Exchange]) -> None:
        self._store = store
        self._project = project
        exchanges = list(exchanges)
        keys = {response_key(one.response_id) for one in exchanges} - {""}
        self._traces = store.traces_of_join_keys(project, sorted(keys)) if keys else {}
        named = {one.binding.trace_id for one in exchanges} | {
            trace for traces in self._traces.values() for trace in traces
        }
        self._of_trace: Mapping[str, tuple[str, ...]] = (
            store.runs_of_traces(project, sorted(named - {""})) if named - {""} else {}
        )
        self._read: dict[str, Run | None] = {}
        self._read_many({run_id for ids in self._of_trace.values() for run_id in ids})
        self._like: dict[str, list[Span]] = {}

    def of(self, exchange: Exchange) -> Joined | None:
        """The order is that of the module's docstring."""
        bound = exchange.binding
        if bound.run_id and bound.by == "header":
            run = self.run(bound.run_id)
            if run is not None:
                return Joined(exchange=exchange, run=run, by="header")
        answered = self._among(self._traces.get(response_key(exchange.response_id), ()), exchange)
        if answered is not None:
            return Joined(exchange=exchange, run=answered, by="response_id")
        traced = self._among((bound.trace_id,), exchange)
        if traced is not None:
            return Joined(exchange=exchange, run=traced, by="traceparent")
        if bound.run_id:
            run = self.run(bound.run_id)
            if run is not None:
                return Joined(exchange=exchange, run=run, by="baggage")
        alike = [
            run
            for run_id in dict.fromkeys(
                run_id for span in self.like(exchange) for run_id in self._runs_of(span.trace_id)
            )
            if (run := self.run(run_id)) is not None
        ]
        return Joined(exchange=exchange, run=alike[0], by="time") if len(alike) == 1 else None

    def like(self, exchange: Exchange) -> list[Span]:
        """Models' spans that may be this call, where no id can say so."""
        if exchange.kind is not ExchangeKind.MODEL or response_key(exchange.response_id):
            return []
        if exchange.id not in self._like:
            begun, took = exchange.started_ns, int(exchange.elapsed_ms * 1e6)
            query = SpanQuery(
                filters=(Filter(field="kind", op=Op.EQ, value=SpanKind.LLM.value),),
                from_ns=begun - _BEFORE_NS,
                to_ns=begun + _SLACK_NS,
                limit=_SPANS_LOOKED_AT,
            )
            self._like[exchange.id] = [
                span
                for span in self._store.spans(self._project, query)
                if span.end_ns >= begun + took - _SLACK_NS and _same_tokens(span, exchange)
            ]
        return self._like[exchange.id]

    def _runs_of(self, trace_id: str) -> tuple[str, ...]:
        return self._store.runs_of_traces(self._project, [trace_id]).get(trace_id, ())

    def _among(self, traces: Sequence[str], exchange: Exchange) -> Run | None:
        """Of several runs in a trace, the last that had begun by then."""
        ids = dict.fromkeys(run_id for trace in traces for run_id in self._of_trace.get(trace, ()))
        runs = [run for run in map(self.run, ids) if run is not None]
        begun = [run for run in runs if run.started_ns <= exchange.started_ns + _SECOND]
        return max(begun or runs, key=lambda run: run.started_ns, default=None)

    def _read_many(self, ids: Iterable[str]) -> None:
        """One read for a hundred costs what four single ones do. Those that became part of another run are
        not among them."""
        wanted = sorted(ids)
        for at in range(0, len(wanted), _RUNS_AT_ONCE):
            some = tuple(wanted[at : at + _RUNS_AT_ONCE])
            query = RunQuery(filters=(Filter(field="id", op=Op.IN, value=some),), limit=len(some))
            self._read.update((run.id, run) for run in self._store.runs(self._project, query))

    def run(self, run_id: str) -> Run | None:
        """As it is now: one that turned out to belong to another is that other."""
        if run_id not in self._read:
            run = self._store.run(self._project, run_id)
            for _ in range(_MOST_SUPERSEDED):
                if run is None or not run.superseded_by:
                    break
                run = self._store.run(self._project, run.superseded_by)
            self._read[run_id] = run
        return self._read[run_id]
