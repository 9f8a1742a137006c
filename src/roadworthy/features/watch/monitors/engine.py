"""Takes results out of the watch log in their order, lets the monitors look at them, and keeps what came of
it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from roadworthy.contracts.telemetry import StoreFull, StoreUnavailable
from roadworthy.contracts.watch_log import Commit, Logged, WatchLog
from roadworthy.domain.result import Order, Outage, Result, Scored, Word
from roadworthy.features.watch.monitors.applying import apply
from roadworthy.features.watch.monitors.effects import Effects
from roadworthy.features.watch.monitors.looking import LogLooking, as_stood
from roadworthy.features.watch.monitors.orders import Change, from_body, to_body
from roadworthy.features.watch.monitors.project_watch import ProjectWatch
from roadworthy.features.watch.monitors.state import (
    LANES,
    changed_parts,
    lanes_from_bytes,
    lanes_to_bytes,
    restored,
)

log = logging.getLogger(__name__)

_AT_ONCE = 2_000
_HEARTBEAT_NS = 30 * 10**9
_OUTAGE_NS = 90 * 10**9
"""Unwatched for longer than this, silence says nothing about agents."""
_MARGIN_NS = 2 * 10**9
"""An entry being written now may have been given an earlier time."""
_NS = 10**9

_WAY_S = 0.002


@dataclass(slots=True)
class _State:
    watch: ProjectWatch
    position: int
    watched_ns: int
    lanes: dict[float, tuple[int, int]] = field(default_factory=dict)
    """By maturity in seconds: sequence number and time reached."""
    lanes_changed: bool = False
    uncommitted: bool = False


class Engine:
    """`step` moves on; `change` does so with an order. Any number of threads; one works at a time.

    The state in memory and what is kept differ only between the two halves of a step. Where it cannot be
    kept (a full disk) nothing more is consumed, and keeping is tried again: nothing is lost, alarms are
    raised late.
    """

    def __init__(
        self, watch_log: WatchLog, *, clock: Callable[[], int] = time.time_ns, automatic: bool = True
    ) -> None:
        self._log = watch_log
        self._clock = clock
        self._automatic = automatic
        self._lock = threading.RLock()  # protects all states
        self._states: dict[str, _State] = {}
        self._attributes: dict[str, frozenset[str]] = {}
        self._scores: dict[str, frozenset[str]] = {}
        self._wanted = 0
        self.consumed = 0
        """Entries since the start."""
        self.raised = 0
        """Alarms since the start, cleared ones once more."""

    def step(self) -> int:
        """Everything that was appended is consumed and kept; how many entries. Raises WatchLogFull and
        WatchLogUnavailable; what else went wrong with a project is raised once the others were looked at."""
        done = 0
        wrong: Exception | None = None
        for project in self._log.projects():
            try:
                done += self.step_project(project)
            except (StoreFull, StoreUnavailable):
                raise
            except Exception as fault:  # noqa: BLE001 (raised below)
                wrong = wrong or fault
        if wrong is not None:
            raise wrong
        return done

    def step_project(self, project: str) -> int:
        """A batch at a time: who wants to read the monitors, or change one, comes in between."""
        done = 0
        while True:
            with self._lock:
                consumed, caught_up = self._batch(project)
            done += consumed
            if caught_up:
                return done
            self._let_others_in()

    def _batch(self, project: str) -> tuple[int, bool]:
        """Under the lock: how many entries, and whether there are no more."""
        state = self._state(project)
        if state.uncommitted:
            self._commit(project, state)
        try:
            return self._consume_batch(project, state)
        except BaseException:
            if not state.uncommitted:
                # Part of a batch may have been looked at: it goes on from what is kept.
                self._states.pop(project, None)
            raise

    def _consume_batch(self, project: str, state: _State) -> tuple[int, bool]:
        now_ns = self._clock()
        entries = self._log.read(project, after=state.position, limit=_AT_ONCE)
        caught_up = len(entries) < _AT_ONCE
        self._consume(project, state, entries)
        self._advance_lanes(
            project, state, before_ns=now_ns - _MARGIN_NS if caught_up else entries[-1].recorded_ns
        )
        if caught_up:
            state.watch.volumes.look(now_ns=now_ns)
        beat = now_ns - state.watched_ns > _HEARTBEAT_NS and bool(state.watch.agents)
        if entries or state.watch.effects or state.lanes_changed or beat:
            state.watched_ns = max(now_ns, state.watched_ns)
            self._commit(project, state)
        self.consumed += len(entries)
        return len(entries), caught_up

    def _let_others_in(self) -> None:
        """A lock is not handed on to who waits for it: whoever releases it would have it again at once."""
        if self._wanted:
            time.sleep(_WAY_S)

    def change(self, project: str, change: Change) -> None:
        """Durable, and done, on return."""
        self._log.append([Order(project=project, body=to_body(change))])
        self.step_project(project)

    def attributes_wanted(self, project: str) -> frozenset[str]:
        """Attributes of runs that monitors tell strata by. Waits for no step: ingest asks."""
        known = self._attributes.get(project)
        if known is None:
            with self._lock:
                self._state(project)
                known = self._attributes[project]
        return known

    def scores_wanted(self, project: str) -> frozenset[str]:
        """Names of scores that monitors watch. As `attributes_wanted`."""
        known = self._scores.get(project)
        if known is None:
            with self._lock:
                self._state(project)
                known = self._scores[project]
        return known

    @contextmanager
    def watching(self, project: str) -> Iterator[ProjectWatch]:
        """The monitors as they are now, to be read; nothing is consumed meanwhile. Waits for one batch at
        most."""
        self._wanted += 1  # A number that is off by a race costs two milliseconds.
        try:
            self._lock.acquire()
        finally:
            self._wanted -= 1
        try:
            yield self._state(project).watch
        finally:
            self._lock.release()

    def behind(self) -> dict[str, int]:
        """By project: entries that were appended and not yet consumed, at most."""
        with self._lock:
            positions = {project: state.position for project, state in self._states.items()}
        return {
            project: max(0, self._log.last_seq(project) - position) for project, position in positions.items()
        }

    def forget(self, project: str) -> None:
        """The project was deleted."""
        with self._lock:
            self._states.pop(project, None)
            self._attributes.pop(project, None)
            self._scores.pop(project, None)
            self._log.delete_project(project)

    def _state(self, project: str) -> _State:
        state = self._states.get(project)
        if state is None:
            kept = self._log.snapshot(project)
            looking = LogLooking(self._log, project)
            watch = restored(project, kept.parts, looking=looking, automatic=self._automatic)
            state = _State(watch=watch, position=kept.position, watched_ns=kept.watched_ns)
            state.lanes = lanes_from_bytes(kept.parts.get(LANES))
            now_ns = self._clock()
            # Restored again after a fault, this process was there all the time.
            first = project not in self._attributes
            if first and kept.watched_ns and now_ns - kept.watched_ns > _OUTAGE_NS:
                self._log.append([Outage(project=project, from_ns=kept.watched_ns, to_ns=now_ns)])
            self._states[project] = state
            self._note_wanted(project, watch)
        return state

    def _note_wanted(self, project: str, watch: ProjectWatch) -> None:
        self._attributes[project] = frozenset(watch.attributes_wanted())
        self._scores[project] = frozenset(watch.scores_wanted())

    def _consume(self, project: str, state: _State, entries: Sequence[Logged]) -> None:
        run: list[Logged] = []
        for logged in entries:
            if not isinstance(logged.entry, Order):
                run.append(logged)
                continue
            state.watch.consume(run)
            run = []
            state.position = logged.seq
            # What was mature before the order is looked at before it, whenever the order is read.
            self._advance_lanes(project, state, before_ns=logged.recorded_ns - 1)
            apply(state.watch, from_body(logged.entry.body), logged=logged)
            self._settle_lanes(state, seq=logged.seq)
            self._note_wanted(project, state.watch)
        state.watch.consume(run)
        if entries:
            state.position = entries[-1].seq

    def _settle_lanes(self, state: _State, *, seq: int) -> None:
        wanted = state.watch.lanes()
        for maturity in wanted - state.lanes.keys():
            state.lanes[maturity] = (seq, 0)
            state.lanes_changed = True
        for maturity in state.lanes.keys() - wanted:
            del state.lanes[maturity]
            state.lanes_changed = True

    def _advance_lanes(self, project: str, state: _State, *, before_ns: int) -> None:
        for maturity in sorted(state.lanes):
            while self._advance(project, state, maturity, before_ns=before_ns):
                pass

    def _advance(self, project: str, state: _State, maturity: float, *, before_ns: int) -> bool:
        """Whether there may be more that is mature."""
        position, reached = state.lanes[maturity]
        batch = self._log.read(project, after=position, limit=_AT_ONCE)
        ripe: list[tuple[Logged, int]] = []
        for logged in batch:
            entry = logged.entry
            at_ns = entry.at_ns + int(maturity * _NS) if isinstance(entry, Result | Scored | Word) else 0
            # In the order of recording: one that matures early waits for those before it.
            mature_ns = max(reached, logged.recorded_ns, at_ns)
            if mature_ns > before_ns:
                break
            position, reached = logged.seq, mature_ns
            ripe.append((logged, mature_ns))
        if (position, reached) == state.lanes[maturity]:
            return False
        self._look_at_ripe(project, state.watch, ripe, maturity=maturity)
        state.lanes[maturity] = (position, reached)
        state.lanes_changed = True
        return len(ripe) == _AT_ONCE

    def _look_at_ripe(
        self, project: str, watch: ProjectWatch, ripe: Sequence[tuple[Logged, int]], *, maturity: float
    ) -> None:
        for logged, mature_ns in ripe:
            if isinstance(logged.entry, Result | Scored | Word):
                (stood,) = as_stood(self._log, project, [logged], until_ns=mature_ns)
                watch.consume_matured(replace(stood, recorded_ns=mature_ns), maturity_s=maturity)
        watch.flush()

    def _commit(self, project: str, state: _State) -> None:
        state.uncommitted = True
        watch = state.watch
        parts = changed_parts(watch)
        if state.lanes_changed:
            parts[LANES] = lanes_to_bytes(state.lanes)
        done = min([state.position, *(position for position, _ in state.lanes.values())])
        self._log.commit(
            project,
            Commit(
                position=state.position,
                done=done,
                watched_ns=state.watched_ns,
                parts=parts,
                alarms=list(watch.effects.alarms.values()),
                ticks=watch.effects.as_ticks(),
            ),
        )
        self.raised += len(watch.effects.alarms)
        watch.effects = Effects()
        watch.bank.changed.clear()
        watch.bank.changed_slow.clear()
        state.lanes_changed = state.uncommitted = False
