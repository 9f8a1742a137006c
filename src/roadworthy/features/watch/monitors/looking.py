"""What was recorded before, as a monitor reads it."""

from __future__ import annotations

from collections.abc import Sequence

from roadworthy.contracts.watch_log import Logged, WatchLog
from roadworthy.domain.alarm import Alarm
from roadworthy.domain.result import Result, Scored, Word
from roadworthy.domain.run import Outcome
from roadworthy.features.watch.monitors.alarming import Figure
from roadworthy.features.watch.monitors.readings import matured, reading_of
from roadworthy.features.watch.monitors.signals.completion import EVERY_RUN
from roadworthy.features.watch.monitors.signals.signal import Signal
from roadworthy.features.watch.monitors.signals.table import signal_of
from roadworthy.features.watch.monitors.watched import Watched


class LogLooking:
    def __init__(self, log: WatchLog, project: str) -> None:
        self._log = log
        self._project = project

    def alarm(self, alarm_id: str) -> Alarm | None:
        return self._log.alarm(self._project, alarm_id)

    def figures(self, watched: Watched, *, through: Logged, limit: int) -> Sequence[Figure]:
        signal = signal_of(watched.monitor.signal)
        if signal is None:
            return []
        recent = self._log.recent(
            self._project, agent=watched.monitor.agent, through=through.seq, limit=limit
        )
        if watched.monitor.maturity_s:
            recent = as_stood(self._log, self._project, recent, until_ns=through.recorded_ns)
        out = []
        for logged in recent:
            entry = logged.entry
            if isinstance(entry, Result | Scored | Word) and (x := _x(watched, signal, entry)) is not None:
                out.append(Figure(x, entry))
        return out


def as_stood(log: WatchLog, project: str, entries: Sequence[Logged], *, until_ns: int) -> list[Logged]:
    """Results with the outcome they had by then; of what people said later, nothing: they pick runs."""
    runs = [one.entry.run_id for one in entries if isinstance(one.entry, Result)]
    later = log.stood(project, runs)
    out = []
    for logged in entries:
        entry = logged.entry
        if isinstance(entry, Result):
            words = [
                one.word
                for one in later.get(entry.run_id, ())
                if one.recorded_ns <= until_ns and _counts(one.word)
            ]
            if words:
                entry = matured(entry, words[-1])
        out.append(Logged(seq=logged.seq, recorded_ns=logged.recorded_ns, entry=entry))
    return out


def _counts(word: Word) -> bool:
    return word.outcome is not Outcome.UNKNOWN and word.outcome_source in EVERY_RUN


def _x(watched: Watched, signal: Signal, entry: Result | Scored | Word) -> float | None:
    if not isinstance(entry, Word) and entry.repeat:
        return None
    reading = reading_of(signal, entry, monitor=watched.monitor)
    if not isinstance(reading, float | int):
        return None
    if signal.relative:
        return None if watched.limit is None else float(reading > watched.limit)
    return float(reading)
