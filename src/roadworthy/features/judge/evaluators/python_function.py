"""A user's own Python function as an evaluator: `def evaluate(run: dict) -> float | bool | str | dict`."""

from __future__ import annotations

import hashlib
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from roadworthy.features.judge.evaluators.evaluator import (
    EXPLANATION,
    ConfigInvalid,
    Verdict,
    passed,
    unknown,
)
from roadworthy.features.judge.quoting import quoted
from roadworthy.features.judge.sandbox.run_view import run_view
from roadworthy.features.judge.sandbox.worker import Ended, Limits, Worker
from roadworthy.features.judge.transcript import Transcript

SOURCE_LIMIT = 100_000
LIMITS = Limits()
FAILURES_IN_A_ROW = 3
REST_S = 60.0
"""For which a function is left alone that had to be ended so often: it would hold up all judging."""
VERSION = 1
"""Rises when the walls or `run_view` change what a function would say."""

Mask = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A verdict, and what the function printed (masked, at most 4,000 characters): for the test bench."""

    verdict: Verdict
    printed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """`kernel` says whether system calls are filtered; else `detail` says why not."""

    kernel: bool
    detail: str


def isolation() -> Isolation:
    """Tries it on this machine: starts a sandbox and ends it."""
    try:
        worker = Worker(Limits())
    except Ended as ended:
        return Isolation(kernel=False, detail=f"the sandbox does not start: {ended}")
    worker.close()
    if worker.weak:
        return Isolation(kernel=False, detail=worker.weak)
    return Isolation(kernel=True, detail="system calls are filtered (seccomp)")


class PythonFunction:
    """One function in a process of its own, begun when first needed and kept between runs; what a run leaves
    behind in it, later ones may see, until it is replaced.

    Safe to share between threads: one runs at a time. A call blocks for as long as `limits` say, so not in an
    event loop. Close it when done. Where the kernel does not filter system calls, nothing is run unless
    `allow_weak` says that Python's own walls are enough (they keep out accidents, not attackers).
    """

    def __init__(self, source: str, *, mask: Mask, limits: Limits = LIMITS, allow_weak: bool = False) -> None:
        self.version = (
            f"python/{VERSION}/{hashlib.sha256(source.encode('utf-8', 'replace')).hexdigest()[:12]}"
        )
        self._source = source
        self._mask = mask
        self._limits = limits
        self._allow_weak = allow_weak
        self._worker: Worker | None = None
        self._refused = ""
        """What the source itself is refused for."""
        self._ended = 0
        self._rests_until = 0.0
        self._lock = threading.Lock()  # a process answers one question at a time

    def check(self) -> None:
        """Raises `ConfigInvalid` where the source cannot be loaded, with the line."""
        if not self._source.strip() or len(self._source) > SOURCE_LIMIT:
            raise ConfigInvalid("source", expected=f"1 to {SOURCE_LIMIT} characters")
        try:
            self._source.encode()
        except UnicodeEncodeError:
            raise ConfigInvalid("source", expected="text that UTF-8 can hold") from None
        with self._lock:
            self._start()
        if self._refused:
            raise ConfigInvalid("source", expected=self._refused)

    def evaluate(self, transcript: Transcript) -> Verdict:
        """As `Evaluate`: never raises; unknown, with the reason, for whatever the function does wrong."""
        return self.run(transcript).verdict

    def run(self, transcript: Transcript) -> Ran:
        run = orjson.dumps(run_view(transcript))
        if len(run) > self._limits.run_bytes:
            return Ran(verdict=unknown(f"the run is larger than {self._limits.run_bytes} bytes"))
        with self._lock:
            if self._ended >= FAILURES_IN_A_ROW and time.monotonic() < self._rests_until:
                why = f"it did not start or had to be ended {self._ended} times in a row"
                return Ran(verdict=unknown(f"the function was not asked: {why}, and rests for a minute"))
            if self._worker is None or self._worker.calls >= self._limits.calls:
                problem = self._start()
                if problem or self._worker is None:
                    self._failed()
                    return Ran(verdict=unknown(self._clean(problem)))
            try:
                said = self._worker.call(run)
            except Ended as ended:
                self._worker = None
                self._failed()
                return Ran(verdict=unknown(f"the function was ended: {ended}"))
            self._ended = 0
        printed = said.get("printed")
        return Ran(
            verdict=self._verdict(said, transcript),
            printed=self._mask(printed) if isinstance(printed, str) else "",
        )

    def close(self) -> None:
        with self._lock:
            if self._worker is not None:
                self._worker.close()
                self._worker = None

    def __del__(self) -> None:
        """One that its owner forgot takes its process along."""
        worker = getattr(self, "_worker", None)
        if worker is not None:
            worker.close()

    def _failed(self) -> None:
        self._ended += 1
        self._rests_until = time.monotonic() + REST_S

    def _start(self) -> str:
        """A new process with the function loaded; "" or what is wrong."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None
        try:
            worker = Worker(self._limits)
            if worker.weak and not self._allow_weak:
                worker.close()
                return f"this machine cannot keep code in: {worker.weak}"
            said = worker.load(self._source)
        except Ended as ended:
            self._refused = f"the function was ended while loading: {ended}"
            return self._refused
        if said.get("loaded") is not True:
            worker.close()
            self._refused = self._clean(_problem(said))
            return self._refused
        self._refused = ""
        self._worker = worker
        return ""

    def _verdict(self, said: dict[str, Any], transcript: Transcript) -> Verdict:
        """What came over the pipe was written by the user's process, so it is checked again here."""
        if "returned" not in said:
            return unknown(self._clean(_problem(said)))
        returned = said["returned"]
        if isinstance(returned, bool):
            return passed(ok=returned)
        if not isinstance(returned, dict):
            returned = {"label" if isinstance(returned, str) else "value": returned}
        value, label = returned.get("value"), returned.get("label") or ""
        explanation, quote = returned.get("explanation") or "", returned.get("evidence") or ""
        if not all(isinstance(text, str) for text in (label, explanation, quote)):
            return unknown("evaluate returned something else than it may")
        if value is not None and (
            not isinstance(value, int | float) or not math.isfinite(value) or not 0 <= value <= 1
        ):
            return unknown(f"evaluate returned {str(value)[:40]}; expected a number from 0 to 1")
        if value is None and not label.strip():
            return unknown(self._clean(explanation) or "evaluate returned neither a value nor a label")
        return Verdict(
            value=None if value is None else float(value),
            label=self._clean(label)[:200],
            explanation=self._clean(explanation),
            evidence=quoted(quote, transcript),
        )

    def _clean(self, text: str) -> str:
        """Without secrets, and as UTF-8 can hold it."""
        return self._mask(text.encode("utf-8", "replace").decode())[:EXPLANATION]


def _problem(said: dict[str, Any]) -> str:
    line = said.get("line")
    where = f"line {line}: " if isinstance(line, int) and line > 0 else ""
    return f"{where}{str(said.get('error', 'error'))[:100]}: {str(said.get('said', ''))[:1000]}"
