"""Outcomes that other systems tell, by run, session or an id of their own: days after the run, or before it.

Each event is kept for thirty days and matched when its run is there, at once or later; then it is listed as
unmatched. What it says is an outcome like any other, of the source `business`.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

import orjson

from roadworthy.contracts.metadata import MetadataStore, Record
from roadworthy.contracts.telemetry import Filter, Op, RunQuery, StoreFull, StoreUnavailable, TelemetryStore
from roadworthy.domain.project import DEFAULT_PROJECT
from roadworthy.domain.run import Outcome, Run
from roadworthy.domain.score import Score
from roadworthy.features.judge.judging import JudgingSettings
from roadworthy.features.judge.outcomes import OUTCOME
from roadworthy.features.judge.said import NoSuchRun, TooManyWords, Words

log = logging.getLogger(__name__)

KIND = "outcome-event"
DAY_NS = 86_400_000_000_000
WAITS_NS = 30 * DAY_NS
_LISTED_NS = 60 * DAY_NS
"""How long an event is listed once it was matched, or once nobody waits for its run any more."""
MOST_WAITING = 20_000
"""Of one project."""
_MOST_RUNS = 100
_AT_ONCE = 200
_READ_AT_ONCE = 1_000
_FULL_SEARCH_SECONDS = 3600.0
_RECENT_NS = 2 * DAY_NS
_SAY_SECONDS = 30.0


class EventState(StrEnum):
    WAITING = "waiting"
    MATCHED = "matched"
    UNMATCHED = "unmatched"
    """Its run did not come within thirty days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeEvent:
    """Exactly one of `run_id`, `session_id` and `external_id` is given. `id` is the sender's, or ours."""

    project: str
    id: str
    outcome: Outcome
    reason: str = ""
    run_id: str = ""
    session_id: str = ""
    external_id: str = ""
    source: str = "business"
    author: str = ""
    at_ns: int = 0
    """When it happened."""
    received_ns: int = 0
    state: EventState = EventState.WAITING
    runs: tuple[str, ...] = ()
    """Whose outcome it told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    events: tuple[OutcomeEvent, ...]
    next: tuple[int, str] | None
    """Where the next page begins; None at the end."""


class EventReused(ValueError):  # noqa: N818
    """Another event came with this id before."""


class TooManyEvents(Exception):  # noqa: N818
    """So many events wait for their runs that no more are kept."""


class OutcomeEvents:
    """Safe to call from several threads."""

    def __init__(
        self,
        store: TelemetryStore,
        metadata: MetadataStore,
        *,
        words: Words,
        judging: JudgingSettings,
        mask_text: Callable[[str], str] = str,
    ) -> None:
        self._store = store
        self._metadata = metadata
        self._words = words
        self._judging = judging
        self._mask_text = mask_text
        self._lock = threading.Lock()  # protects the table of what waits
        self._waiting: dict[str, dict[str, OutcomeEvent]] | None = None
        self._searched = 0.0

    def take(self, event: OutcomeEvent) -> OutcomeEvent:
        """Durable on return, and matched where its run is there. The same event again is answered as it
        stands. Raises EventReused, TooManyEvents."""
        event = replace(event, id=event.id or secrets.token_hex(8), reason=self._mask_text(event.reason))
        known = self._metadata.record(event.project, KIND, event.id)
        if known is not None:
            kept = _read(known)
            if _content(kept) != _content(event):
                raise EventReused(event.id)
            return kept
        if len(self._waits(event.project)) >= MOST_WAITING:
            raise TooManyEvents(f"{MOST_WAITING} events of this project wait for their runs")
        self._keep([event])
        try:
            return next(iter(self._matched(event.project, [event], from_ns=None)), event)
        except (TooManyWords, StoreFull, StoreUnavailable, TimeoutError) as busy:
            # It is kept, so it is not lost: the next look finds its run.
            log.warning("the event %s waits: %s", event.id, busy)
            return event

    def events(
        self,
        project: str,
        *,
        state: EventState | None = None,
        limit: int = 1000,
        after: tuple[int, str] | None = None,
    ) -> EventPage:
        """A page of those that were received or changed their state last, newest first."""
        holding = f'"state":"{state.value}"' if state else ""
        found = self._metadata.newest_records(project, KIND, limit=limit + 1, after=after, holding=holding)
        last = found[limit - 1] if len(found) > limit else None
        return EventPage(
            events=tuple(_read(record) for record in found[:limit]),
            next=(last.updated_ns, last.id) if last else None,
        )

    def retry(self, *, now_ns: int | None = None) -> int:
        """Looks again for the runs of what waits; how many events were matched. Gives up on those that waited
        too long."""
        now = time.time_ns() if now_ns is None else now_ns
        matched = 0
        # What came lately is looked for in runs of late; once an hour everything is looked through.
        whole = time.monotonic() - self._searched >= _FULL_SEARCH_SECONDS
        for project in self._projects():
            waiting = list(self._waits(project).values())
            late = [event for event in waiting if now - event.received_ns >= WAITS_NS]
            for part in _chunks([event for event in waiting if now - event.received_ns < WAITS_NS]):
                from_ns = None if whole else min(event.received_ns for event in part) - _RECENT_NS
                matched += len(self._matched(project, part, from_ns=from_ns))
            # Nobody looked since the last hour: a run may have come in the meantime.
            found = {event.id for event in self._matched(project, late, from_ns=None)}
            matched += len(found)
            self._keep([replace(e, state=EventState.UNMATCHED) for e in late if e.id not in found])
        if whole:
            self._searched = time.monotonic()
            self._metadata.delete_records_before(KIND, updated_before_ns=now - _LISTED_NS)
        return matched

    def _matched(
        self, project: str, events: Sequence[OutcomeEvent], *, from_ns: int | None
    ) -> list[OutcomeEvent]:
        """Those whose runs are there: said of them, and noted."""
        told: list[OutcomeEvent] = []
        for event, run_ids in self._runs_of(project, events, from_ns=from_ns):
            futures = [self._words.say(_score(event, run_id)) for run_id in run_ids]
            runs: list[str] = []
            for future in futures:
                try:
                    runs.append(future.result(_SAY_SECONDS).run_id)
                except NoSuchRun:
                    continue
            if runs:
                told.append(replace(event, state=EventState.MATCHED, runs=tuple(dict.fromkeys(runs))))
        self._keep(told)
        return told

    def _runs_of(
        self, project: str, events: Sequence[OutcomeEvent], *, from_ns: int | None
    ) -> Iterator[tuple[OutcomeEvent, list[str]]]:
        """Events by run are tried as they are: `Words` knows which runs there are."""
        for event in events:
            if event.run_id:
                yield event, [event.run_id]
        by_session = [event for event in events if event.session_id]
        found = self._lookup(project, "session_id", {e.session_id for e in by_session}, from_ns=from_ns)
        for event in by_session:
            if runs := found.get(event.session_id):
                yield event, [_last_before(runs, event.at_ns).id]
        by_external = [event for event in events if event.external_id]
        field = f"attributes.{self._judging.of(project).external_id_attribute}"
        found = self._lookup(project, field, {e.external_id for e in by_external}, from_ns=from_ns)
        for event in by_external:
            if runs := found.get(event.external_id):
                before = [run for run in runs if run.started_ns <= event.at_ns]
                yield event, [run.id for run in (before or runs)][:_MOST_RUNS]

    def _lookup(
        self, project: str, field: str, values: set[str], *, from_ns: int | None
    ) -> dict[str, list[Run]]:
        """Runs by the value they carry, newest first."""
        found: dict[str, list[Run]] = {}
        if not values:
            return found
        wanted = (Filter(field=field, op=Op.IN, value=tuple(sorted(values))),)
        limit = _READ_AT_ONCE if len(values) > 1 else _MOST_RUNS
        runs = self._store.runs(project, RunQuery(filters=wanted, from_ns=from_ns, limit=limit))
        if len(values) == 1:
            return {next(iter(values)): runs} if runs else {}
        hidden = len(runs) == _READ_AT_ONCE
        for run in runs:
            value = _value(run, field)
            if value in values:
                found.setdefault(value, []).append(run)
            else:
                hidden = True
        if hidden:
            # A step that is not the first says it, or there are too many at once: each by itself.
            for value in values - found.keys():
                found |= self._lookup(project, field, {value}, from_ns=from_ns)
        return found

    def _projects(self) -> list[str]:
        return list(dict.fromkeys([DEFAULT_PROJECT, *(one.id for one in self._metadata.projects())]))

    def _waits(self, project: str) -> Mapping[str, OutcomeEvent]:
        with self._lock:
            return dict(self._table().get(project, {}))

    def _table(self) -> dict[str, dict[str, OutcomeEvent]]:
        """Read once: nobody else writes events."""
        if self._waiting is None:
            self._waiting = {}
            for project in self._projects():
                for record in self._metadata.records(project, KIND):
                    event = _read(record)
                    if event.state is EventState.WAITING:
                        self._waiting.setdefault(project, {})[event.id] = event
        return self._waiting

    def _keep(self, events: Iterable[OutcomeEvent]) -> None:
        kept = list(events)
        if not kept:
            return
        now = time.time_ns()
        with self._lock:
            table = self._table()
            self._metadata.save_records([_record(event, now) for event in kept])
            for event in kept:
                waiting = table.setdefault(event.project, {})
                if event.state is EventState.WAITING:
                    waiting[event.id] = event
                else:
                    waiting.pop(event.id, None)


def _score(event: OutcomeEvent, run_id: str) -> Score:
    """By when it happened, not by when it came: of two events the later one counts, in whatever order they
    arrive."""
    return Score(
        project=event.project,
        run_id=run_id,
        name=OUTCOME,
        label=event.outcome.value,
        source=event.source,
        author=event.author,
        explanation=event.reason,
        at_ns=event.at_ns,
        version=event.at_ns,
    )


def _last_before(runs: Sequence[Run], at_ns: int) -> Run:
    """The run that was the last one when it happened; the first one where it happened before all."""
    ordered = sorted(runs, key=lambda run: (run.started_ns, run.id))
    before = [run for run in ordered if run.started_ns <= at_ns]
    return before[-1] if before else ordered[0]


def _value(run: Run, field: str) -> str:
    if field == "session_id":
        return run.session_id
    key = field.removeprefix("attributes.")
    return run.attributes.get(key, run.step_attributes.get(key, ""))


def _content(event: OutcomeEvent) -> tuple[str, ...]:
    return (event.outcome, event.reason, event.run_id, event.session_id, event.external_id, event.source)


def _chunks(events: Sequence[OutcomeEvent]) -> Iterator[Sequence[OutcomeEvent]]:
    for start in range(0, len(events), _AT_ONCE):
        yield events[start : start + _AT_ONCE]


def _record(event: OutcomeEvent, now_ns: int) -> Record:
    body = {k: v for k, v in asdict(event).items() if k not in ("project", "id")}
    return Record(
        project=event.project, kind=KIND, id=event.id, body=orjson.dumps(body).decode(), updated_ns=now_ns
    )


def _read(record: Record) -> OutcomeEvent:
    kept = orjson.loads(record.body)
    kept["outcome"] = Outcome(kept["outcome"])
    kept["state"] = EventState(kept["state"])
    kept["runs"] = tuple(kept["runs"])
    return OutcomeEvent(project=record.project, id=record.id, **kept)
