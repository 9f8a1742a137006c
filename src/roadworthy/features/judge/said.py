"""Words on runs, written down: many that come at once go to the store together, each durable before its
sender is answered."""

from __future__ import annotations

import itertools
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from roadworthy.contracts.telemetry import StoreFull, StoreUnavailable, TelemetryBatch, TelemetryStore
from roadworthy.domain.score import Score

log = logging.getLogger(__name__)

MOST_WAITING = 5_000
"""Words that wait for the store; more are refused, so that a flood cannot fill the memory."""
_AT_ONCE = 1_000
_TRACE_ID = 32
_STOP_SECONDS = 5.0


class TooManyWords(Exception):  # noqa: N818 (a condition, not a bug)
    """More is being said than can be written; nothing of this was kept."""

    retry_after_s = 1


class NoSuchRun(LookupError):  # noqa: N818
    """No run has the id."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    score: Score
    written: Future[Score] = field(default_factory=Future)


class Words:
    """Safe to call from several threads. `again` is told of the runs something was said of, once that is
    durable; `mask_text` takes secrets out of what is written. The thread starts with the first word; `stop`
    writes what waits."""

    def __init__(
        self,
        store: TelemetryStore,
        *,
        again: Callable[[str, Sequence[str]], None],
        mask_text: Callable[[str], str] = str,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._store = store
        self._again = again
        self._mask_text = mask_text
        self._most = most_waiting
        self._changed = threading.Condition()  # protects the queue and the thread's start and end
        self._queue: deque[_Waiting] = deque()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._boot = f"{os.getpid():x}-{time.time_ns():x}"
        self._numbers = itertools.count(1)

    def say(self, score: Score) -> Future[Score]:
        """The score as it was written: under the run that its `run_id` stands for now.

        The future raises NoSuchRun, StoreFull or StoreUnavailable. Raises TooManyWords at once.
        """
        label, explanation = self._mask_text(score.label), self._mask_text(score.explanation)
        evidence = tuple(replace(one, excerpt=self._mask_text(one.excerpt)) for one in score.evidence)
        waiting = _Waiting(replace(score, label=label, explanation=explanation, evidence=evidence))
        with self._changed:
            if self._stopping:
                raise StoreUnavailable("the server is stopping")
            if len(self._queue) >= self._most:
                raise TooManyWords(f"{len(self._queue)} words wait to be written")
            self._queue.append(waiting)
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="words", daemon=True)
                self._thread.start()
            self._changed.notify()
        return waiting.written

    def stop(self, *, timeout: float = _STOP_SECONDS) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(timeout)

    def _loop(self) -> None:
        while True:
            with self._changed:
                while not self._queue and not self._stopping:
                    self._changed.wait()
                if not self._queue:
                    return
                taken = [self._queue.popleft() for _ in range(min(len(self._queue), _AT_ONCE))]
            try:
                self._write(taken)
            except Exception as error:
                if not isinstance(error, (StoreFull, StoreUnavailable)):
                    log.exception("words on runs could not be written")
                for one in taken:
                    if not one.written.done():
                        one.written.set_exception(error)

    def _write(self, taken: Sequence[_Waiting]) -> None:
        placed: list[tuple[_Waiting, Score]] = []
        for project in dict.fromkeys(one.score.project for one in taken):
            of_project = [one for one in taken if one.score.project == project]
            places = self._places(project, {one.score.run_id for one in of_project})
            for one in of_project:
                place = places.get(one.score.run_id)
                if place is None:
                    one.written.set_exception(NoSuchRun(one.score.run_id))
                else:
                    placed.append((one, replace(one.score, run_id=place[0], trace_id=place[1])))
        if not placed:
            return
        token = f"said:{self._boot}:{next(self._numbers)}"
        self._store.write(TelemetryBatch(token=token, scores=[score for _, score in placed]))
        for one, score in placed:
            one.written.set_result(score)
        self._tell(score for _, score in placed)

    def _tell(self, scores: Iterable[Score]) -> None:
        runs: dict[str, dict[str, None]] = {}
        for score in scores:
            # No other word changes a verdict, and a flood of scores must not have runs judged over and over.
            if score.changes_verdict:
                runs.setdefault(score.project, {})[score.run_id] = None
        for project, ids in runs.items():
            try:
                self._again(project, list(ids))
            except Exception:
                # What was said is durable; that its run is not judged anew now must not take that back.
                log.exception("runs of project %s could not be judged again", project)

    def _places(self, project: str, run_ids: set[str]) -> dict[str, tuple[str, str]]:
        """(id of the run it is now, its first trace) for each id that is a run's."""
        found: dict[str, tuple[str, str]] = {}
        whole = [one for one in run_ids if len(one) == _TRACE_ID]
        for trace_id, place in self._store.places_of_traces(project, whole).items():
            found[trace_id] = (place.run_id, place.trace_ids[0])
        for run_id in run_ids - found.keys():
            # One of several runs in a trace, or one that has no trace of its own any more: rare.
            run = self._store.run(project, run_id)
            if run is not None and run.superseded_by:
                run = self._store.run(project, run.superseded_by)
            if run is not None:
                found[run_id] = (run.id, run.trace_ids[0] if run.trace_ids else "")
        return found
