"""What became of reruns since the process began: counted as they go from one state to the next."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum

from roadworthy.features.debug.finding import outcome_of
from roadworthy.features.debug.inquiry import InquiryKind, Rerun, RerunState


class TakenBack(StrEnum):
    """Why a rerun that was handed out is no longer its taker's."""

    SILENT = "silent"
    """Nobody told in time how it ended."""
    GATEWAY_DIED = "gateway_died"
    """What it had been answered was lost with the gateway."""


class RerunTally:
    """Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # protects the counters: reruns are told of by many requests at once
        self._handed_out: Counter[InquiryKind] = Counter()
        self._taken_back: Counter[tuple[InquiryKind, TakenBack]] = Counter()
        self._results: Counter[tuple[InquiryKind, str]] = Counter()

    def moved(self, kind: InquiryKind, before: Rerun, after: Rerun) -> None:
        """A rerun of an inquiry of this kind, as it was kept before and is kept now."""
        with self._lock:
            if after.state is RerunState.TAKEN and after.attempt > before.attempt:
                self._handed_out[kind] += 1
            if before.state is RerunState.TAKEN and (after.attempt > before.attempt or not _told(after)):
                self._taken_back[kind, TakenBack.SILENT] += 1
            if before.state is not RerunState.WAITING and after.state is RerunState.WAITING:
                self._taken_back[kind, TakenBack.GATEWAY_DIED] += 1
            if after.counted and not before.counted:
                self._results[kind, result_of(kind, after)] += 1

    @property
    def handed_out(self) -> Mapping[InquiryKind, int]:
        """Attempts: a rerun that was handed out twice counts twice."""
        with self._lock:
            return Counter(self._handed_out)

    @property
    def taken_back(self) -> Mapping[tuple[InquiryKind, TakenBack], int]:
        with self._lock:
            return Counter(self._taken_back)

    @property
    def results(self) -> Mapping[tuple[InquiryKind, str], int]:
        """Of reruns that are over, each once, with all it cost known."""
        with self._lock:
            return Counter(self._results)


def result_of(kind: InquiryKind, rerun: Rerun) -> str:
    """passed or failed where the check of a fork or a bisect said so, else what it is against the recorded
    run."""
    if kind is not InquiryKind.REPLAY and rerun.passed is not None:
        return "passed" if rerun.passed else "failed"
    return outcome_of(rerun).value


def _told(rerun: Rerun) -> bool:
    return rerun.state is not RerunState.DONE or rerun.ending is not None
