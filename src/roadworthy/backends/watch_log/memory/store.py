"""The watch log in memory, for backtests and tests: the promises but for durability."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from roadworthy.backends.watch_log.entries import agent_of, as_word, cluster, identity, placed, said
from roadworthy.contracts.watch_log import (
    LOOKED_BACK,
    REMEMBERED_NS,
    AlarmQuery,
    Appended,
    Commit,
    Keyed,
    Logged,
    Snapshot,
    Stood,
    Tick,
    Waiting,
)
from roadworthy.domain.alarm import Alarm
from roadworthy.domain.result import Entry, Result, Scored, Word


@dataclass(slots=True)
class _Known:
    at_ns: int
    recorded_ns: int
    said: str


@dataclass(slots=True)
class _Raised:
    alarm: Alarm
    revision: int = 1
    taken: int = 0


@dataclass(slots=True)
class _Project:
    entries: list[Logged] = field(default_factory=list)
    ids: dict[bytes, _Known] = field(default_factory=dict)
    words: dict[str, list[Stood]] = field(default_factory=dict)
    parts: dict[str, bytes] = field(default_factory=dict)
    alarms: dict[str, _Raised] = field(default_factory=dict)
    ticks: dict[tuple[int, int, str], Tick] = field(default_factory=dict)
    position: int = 0
    done: int = 0
    watched_ns: int = 0
    horizon_ns: int = 0
    too_old: int = 0


class MemoryWatchLog:
    """Holds all that is not pruned; history stays by hours."""

    def __init__(self, *, clock: Callable[[], int] = time.time_ns) -> None:
        self._clock = clock
        self._lock = threading.Lock()  # protects everything below
        self._seq = 0
        self._recorded_ns = 0
        self._projects: dict[str, _Project] = {}

    def append(self, entries: Sequence[Entry]) -> Appended:
        counts = {"new": 0, "words": 0, "known": 0, "too_old": 0}
        with self._lock:
            self._recorded_ns = max(self._clock(), self._recorded_ns)
            for entry in entries:
                if isinstance(entry, Result | Scored):
                    counts[self._append_keyed(entry)] += 1
                else:
                    self._insert(entry)
                    counts["new"] += 1
        return Appended(**counts)

    def _append_keyed(self, entry: Keyed) -> str:
        of = self._of(entry.project)
        entry = placed(entry, recorded_ns=self._recorded_ns)
        key = identity(entry)
        known = of.ids.get(key)
        if known is not None:
            if not isinstance(entry, Result) or said(entry) == known.said:
                return "known"
            known.said = said(entry)
            word = as_word(entry)
            self._insert(word)
            of.words.setdefault(entry.run_id, []).append(Stood(recorded_ns=self._recorded_ns, word=word))
            return "words"
        if entry.at_ns <= of.horizon_ns:
            of.too_old += 1
            return "too_old"
        of.ids[key] = _Known(entry.at_ns, self._recorded_ns, said(entry))
        together = cluster(entry)
        if together is not None:
            if together in of.ids:
                entry = replace(entry, repeat=True)
            else:
                of.ids[together] = _Known(entry.at_ns, self._recorded_ns, "")
        self._insert(entry)
        return "new"

    def _insert(self, entry: Entry) -> None:
        self._seq += 1
        logged = Logged(seq=self._seq, recorded_ns=self._recorded_ns, entry=entry)
        self._of(entry.project).entries.append(logged)

    def _of(self, project: str) -> _Project:
        return self._projects.setdefault(project, _Project())

    def _seen(self, project: str) -> _Project:
        """For reading: leaves no trace."""
        return self._projects.get(project) or _Project()

    def projects(self) -> list[str]:
        with self._lock:
            return sorted(self._projects)

    def read(self, project: str, *, after: int, limit: int) -> list[Logged]:
        with self._lock:
            entries = self._seen(project).entries
            low, high = 0, len(entries)
            while low < high:
                middle = (low + high) // 2
                low, high = (middle + 1, high) if entries[middle].seq <= after else (low, middle)
            return entries[low : low + limit]

    def last_seq(self, project: str) -> int:
        with self._lock:
            entries = self._projects[project].entries if project in self._projects else []
            return entries[-1].seq if entries else 0

    def recent(self, project: str, *, agent: str, through: int, limit: int) -> list[Logged]:
        found: list[Logged] = []
        with self._lock:
            for one in reversed(self._seen(project).entries):
                if one.seq <= through - LOOKED_BACK or len(found) == limit:
                    break
                if (
                    one.seq <= through
                    and isinstance(one.entry, Result | Scored | Word)
                    and agent_of(one.entry) == agent
                ):
                    found.append(one)
        return found[::-1]

    def stood(self, project: str, run_ids: Sequence[str]) -> dict[str, list[Stood]]:
        with self._lock:
            words = self._seen(project).words
            return {run_id: list(words[run_id]) for run_id in run_ids if run_id in words}

    def snapshot(self, project: str) -> Snapshot:
        with self._lock:
            of = self._projects.get(project) or _Project()
            return Snapshot(position=of.position, watched_ns=of.watched_ns, parts=dict(of.parts))

    def commit(self, project: str, commit: Commit) -> None:
        with self._lock:
            of = self._of(project)
            of.position, of.done, of.watched_ns = commit.position, commit.done, commit.watched_ns
            for name, body in commit.parts.items():
                if body is None:
                    of.parts.pop(name, None)
                else:
                    of.parts[name] = body
            for alarm in commit.alarms:
                kept = of.alarms.get(alarm.id)
                of.alarms[alarm.id] = (
                    _Raised(alarm) if kept is None else _Raised(alarm, kept.revision + 1, kept.taken)
                )
            for tick in commit.ticks:
                key = (tick.width_ns, tick.start_ns, tick.monitor)
                had = of.ticks.get(key)
                of.ticks[key] = tick if had is None else _added(had, tick)

    def waiting(self, *, limit: int = 200) -> list[Waiting]:
        with self._lock:
            found = [
                Waiting(alarm=one.alarm, revision=one.revision)
                for of in self._projects.values()
                for one in of.alarms.values()
                if one.taken < one.revision
            ]
        return found[:limit]

    def taken(self, waiting: Sequence[Waiting]) -> None:
        with self._lock:
            for one in waiting:
                kept = self._of(one.alarm.project).alarms.get(one.alarm.id)
                if kept is not None:
                    kept.taken = max(kept.taken, one.revision)

    def alarms(self, project: str, query: AlarmQuery) -> list[Alarm]:
        with self._lock:
            alarms = [one.alarm for one in self._seen(project).alarms.values()]
        fitting = [one for one in alarms if _fits(one, query)]
        fitting.sort(key=lambda one: (one.at_ns, one.id), reverse=True)
        return fitting[: query.limit]

    def alarm(self, project: str, alarm_id: str) -> Alarm | None:
        with self._lock:
            kept = self._seen(project).alarms.get(alarm_id)
            return kept.alarm if kept else None

    def ticks(self, project: str, *, monitor: str, from_ns: int, to_ns: int) -> list[Tick]:
        with self._lock:
            found = [one for one in self._seen(project).ticks.values() if one.monitor == monitor]
        return sorted((one for one in found if from_ns <= one.start_ns < to_ns), key=lambda one: one.start_ns)

    def sums(self, project: str, *, from_ns: int, to_ns: int) -> dict[str, tuple[int, float]]:
        found: dict[str, tuple[int, float]] = {}
        with self._lock:
            for one in self._seen(project).ticks.values():
                if from_ns <= one.start_ns < to_ns:
                    n, total = found.get(one.monitor, (0, 0.0))
                    found[one.monitor] = (n + one.n, total + one.total)
        return found

    def too_old(self, project: str) -> int:
        with self._lock:
            return self._seen(project).too_old

    def prune(self, *, now_ns: int) -> int:
        gone = 0
        with self._lock:
            for of in self._projects.values():
                kept = [one for one in of.entries if one.seq > of.done - LOOKED_BACK]
                gone += len(of.entries) - len(kept)
                of.entries = kept
                old = [key for key, one in of.ids.items() if one.recorded_ns < now_ns - REMEMBERED_NS]
                for key in old:
                    of.horizon_ns = max(of.horizon_ns, of.ids.pop(key).at_ns)
                gone += len(old)
        return gone

    def delete_project(self, project: str) -> None:
        with self._lock:
            self._projects.pop(project, None)

    def close(self) -> None:
        """Nothing is open."""


def _added(had: Tick, more: Tick) -> Tick:
    return replace(more, n=had.n + more.n, total=had.total + more.total, peak=max(had.peak, more.peak))


def _fits(alarm: Alarm, query: AlarmQuery) -> bool:
    return (
        alarm.at_ns >= query.from_ns
        and (query.to_ns is None or alarm.at_ns < query.to_ns)
        and (not query.monitor or alarm.source == query.monitor)
        and (query.agent is None or alarm.agent == query.agent)
        and (query.standing is None or (alarm.cleared_ns == 0) is query.standing)
        and (query.after is None or (alarm.at_ns, alarm.id) < query.after)
    )
