"""The tape of a run: its exchanges, what was recorded of them, and what its telemetry says it was asked."""

from __future__ import annotations

from collections.abc import Sequence

from roadworthy.contracts.exchange_log import ExchangeQuery
from roadworthy.domain.agent_ended import Ending, RecordedEnd
from roadworthy.domain.exchange import LISTED, Exchange, is_listing
from roadworthy.domain.recording import Recording
from roadworthy.domain.run import Run, RunStatus
from roadworthy.features.debug.running.telling import ENDING, EXIT_CODE
from roadworthy.features.debug.tape.loading import TapeHole, gone, last_listings, load_tape
from roadworthy.features.debug.tape.tape import Tape
from roadworthy.features.gateway.recording.service import RecordingGone, RecordingService
from roadworthy.features.observe.service import ObserveService
from roadworthy.flows.silent_run_spans import EXCHANGE_ID

_LISTINGS = 50
"""The last so many of an agent are looked through: one is kept each time that its tools change."""


class RunTapes:
    """Safe to call from several threads. Raises StoreUnavailable."""

    def __init__(self, recordings: RecordingService, observe: ObserveService) -> None:
        self._recordings = recordings
        self._observe = observe

    def tape(self, project: str, run_id: str) -> Tape | None:
        """None: no such run. One that nothing was recorded of has no calls."""
        run = self._observe.run(project, run_id)
        return None if run is None else self.of_run(run)

    def of_run(self, run: Run) -> Tape:
        exchanges = self._recordings.of_run(run)
        return load_tape(
            run,
            [*exchanges, *self._deleted(run)],
            self._read,
            listings=last_listings(self._listed(run, exchanges), self._read, until_ns=_until(run, exchanges)),
            input=run.input,
            output=run.final_answer or None,
            end=_end_of(run),
        )

    def exchanges(self, run: Run) -> Sequence[Exchange]:
        """Of the calls of its tape, in no order, without reading what was recorded of them."""
        return [*self._recordings.of_run(run), *self._deleted(run)]

    def ids(self, project: str, run_id: str) -> Sequence[str]:
        """Of its calls, in the order of the tape's steps; () where there is no such run, or nothing left of
        it."""
        run = self._observe.run(project, run_id)
        if run is None:
            return ()
        found = [one for one in self._recordings.of_run(run) if not is_listing(one)]
        return tuple(one.id for one in sorted(found, key=lambda one: (one.started_ns, one.id)))

    def spans(self, project: str, run_id: str, exchanges: Sequence[Exchange]) -> dict[str, str]:
        """By id of the exchange, the span of the run that it is, where it can be known: by the id of a
        model's answer, by what the gateway told itself, or by the span that called."""
        steps = self._observe.run_steps(project, run_id)
        spans = steps.spans if steps is not None else ()
        answered = {one.response_id: one.span_id for one in spans if one.response_id}
        told = {one.attributes[EXCHANGE_ID]: one.span_id for one in spans if EXCHANGE_ID in one.attributes}
        own = {one.span_id for one in spans}
        found: dict[str, str] = {}
        for exchange in exchanges:
            caller = exchange.binding.span_id
            span = told.get(exchange.id) or answered.get(exchange.response_id or "-")
            span = span or (caller if caller in own else "")
            if span:
                found[exchange.id] = span
        return found

    def _deleted(self, run: Run) -> list[Exchange]:
        return [
            gone(run, one.exchange_id, started_ns=one.started_ns)
            for one in self._recordings.deleted_of_run(run)
        ]

    def _listed(self, run: Run, exchanges: Sequence[Exchange]) -> Sequence[Exchange]:
        """An agent has one name in its telemetry and may have another at the gateway."""
        agents = dict.fromkeys([one.agent for one in exchanges] or [run.agent])
        return [
            one
            for agent in list(agents)[:4]
            for one in self._recordings.exchanges(
                run.project,
                ExchangeQuery(agent=agent, target=LISTED, to_ns=_until(run, exchanges) + 1, limit=_LISTINGS),
            )
        ]

    def _read(self, exchange: Exchange) -> Recording:
        try:
            return self._recordings.recording(exchange).recording
        except RecordingGone as gone:
            raise TapeHole(str(gone)) from gone


def _end_of(run: Run) -> RecordedEnd | None:
    """Of one that failed without an answer. How its process ended is told where we started it."""
    if run.status is not RunStatus.ERROR or run.final_answer:
        return None
    said = run.attributes.get(ENDING, "")
    code = run.attributes.get(EXIT_CODE, "")
    return RecordedEnd(
        ending=Ending(said) if said in (Ending.CRASHED, Ending.HUNG) else None,
        exit_code=int(code) if code.removeprefix("-").isdecimal() else None,
        error=run.error.removeprefix(f"{said}: ") if said else run.error,
    )


def _until(run: Run, exchanges: Sequence[Exchange]) -> int:
    ends = [one.started_ns + int(one.elapsed_ms * 1e6) for one in exchanges]
    return max([run.ended_ns or run.started_ns, *ends])
