"""Which runs wait to be judged, in which order. In memory only: one that was not judged says so itself."""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

_AT_ONCE = 300
_AT_ONCE_SHORT = 20
"""While the worker is short of time."""
_KEPT = 200_000
"""And up to a tenth more."""
_ASKED_KEPT = 20_000

Key = tuple[str, str]
"""Project and id of a run."""
_Table = dict[Key, float]
"""From when on each may be judged, on the monotonic clock; in order of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    ids: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """By project."""
    lag_seconds: float = 0.0
    """For how long the last of them could have been judged."""
    left: bool = False
    """The worker left them, or nobody knows who did."""


class RunsToJudge:
    """For any thread. First those that something was said of, then those that were written, last those that
    the worker left because more came than it had time for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: _Table = {}
        self._asked_lately: _Table = {}
        self._due: _Table = {}
        self._left: _Table = {}
        self._endless: _Table = {}

    def __len__(self) -> int:
        """Without those that wait for their end."""
        with self._lock:
            return len(self._asked) + len(self._due) + len(self._left)

    @property
    def late_seconds(self) -> float:
        """For how long the run that waits longest could have been judged."""
        with self._lock:
            first = min(next(iter(table.values()), math.inf) for table in (self._due, self._left))
        return max(0.0, time.monotonic() - first)

    def ask(self, project: str, run_ids: Iterable[str]) -> None:
        """Something was said of them."""
        now = time.monotonic()
        with self._lock:
            for run_id in run_ids:
                self._asked[project, run_id] = now
                self._asked_lately[project, run_id] = now
            _forget_first(self._asked, most=_KEPT)
            _forget_first(self._asked_lately, most=_ASKED_KEPT)

    def asked_lately(self, project: str, run_ids: Iterable[str]) -> list[str]:
        with self._lock:
            return [run_id for run_id in run_ids if (project, run_id) in self._asked_lately]

    def put(self, project: str, run_ids: Iterable[str], *, after: float, left: bool = False) -> None:
        """To be judged in `after` seconds, or later if they were `left`."""
        at = time.monotonic() + after
        with self._lock:
            table = self._left if left else self._due
            for run_id in run_ids:
                # Taken out and put in again: the tables are in order of time.
                self._due.pop((project, run_id), None)
                self._left.pop((project, run_id), None)
                table[project, run_id] = at
            # What is forgotten is found when there is time.
            _forget_first(table, most=_KEPT)

    def wait_for_end(self, project: str, run_id: str, *, seconds: float) -> None:
        with self._lock:
            self._endless[project, run_id] = time.monotonic() + seconds

    def waits_for_end(self, project: str, run_id: str) -> bool:
        with self._lock:
            return (project, run_id) in self._endless

    def take(self, *, short_of_time: bool, left: bool = True) -> Taken:
        """Some of them; a few while the worker is short of time. Those that it left only if `left`."""
        most = _AT_ONCE_SHORT if short_of_time else _AT_ONCE
        now = time.monotonic()
        with self._lock:
            asked = list(itertools.islice(self._asked.items(), most))
            if asked:
                return _taken(self._asked, asked, now)
            for table in (self._due, self._left) if left and not short_of_time else (self._due,):
                # Newest first: where more runs end than can be judged, most are judged in seconds and the
                # others when there is time, instead of each of them late.
                newest = (item for item in reversed(table.items()) if item[1] <= now)
                if due := list(itertools.islice(newest, most)):
                    return _taken(table, due, now, left=table is self._left)
            if short_of_time:
                return Taken()
            over = [item for item in itertools.islice(self._endless.items(), most) if item[1] <= now]
            return _taken(self._endless, over, now)


def _taken(table: _Table, items: Sequence[tuple[Key, float]], now: float, *, left: bool = False) -> Taken:
    ids: dict[str, list[str]] = {}
    lag = 0.0
    for (project, run_id), at in items:
        del table[project, run_id]
        ids.setdefault(project, []).append(run_id)
        lag = now - at
    return Taken(ids=ids, lag_seconds=lag, left=left)


def _forget_first(table: _Table, *, most: int) -> None:
    """Many at a time: the first of a dict is found past all that were taken out before it."""
    if len(table) > most + most // 10:
        for key in list(itertools.islice(table, len(table) - most)):
            del table[key]
