"""Resamplings as they are kept: what was asked for, and each answer. One a run: a new one takes its place."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.records import as_record, read_record
from roadworthy.features.debug.resampling import Sample, StepAgreement

KIND = "resampling"
MOST_KEPT = 300
"""Of a project; the oldest that are over go."""


class ResamplingState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    OUT_OF_BUDGET = "out_of_budget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What a judge's model thinks: one voice among the others."""

    endpoint: str
    """Name of the judge's endpoint."""
    step: int | None
    """Of the ranking's steps, from 1; None where it named none, or could not be asked (`reason` says why)."""
    span_id: str = ""
    reason: str = ""
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampling:
    """Identity is (project, run_id)."""

    project: str
    id: str
    """Changes with each resampling of the run: names its gateway key, and its exchanges (`drill`)."""
    run_id: str
    agent: str
    times: int
    """How often each step is asked."""
    steps: tuple[int, ...] = ()
    """Of the tape, those that are asked."""
    most_calls: int
    most_usd: float | None = None
    ask_judge: bool = True
    state: ResamplingState = ResamplingState.RUNNING
    rounds: int = 0
    """Pieces of work that were begun: each has a plan of its own."""
    samples: tuple[Sample, ...] = ()
    found: tuple[StepAgreement, ...] = ()
    """So far."""
    spans: dict[int, str] | None = None
    """By step of the tape, the span of the run that it is, where that is known."""
    usd: float = 0.0
    opinion: Opinion | None = None
    notes: tuple[str, ...] = ()
    created_ns: int = 0
    created_by: str = ""
    ended_ns: int | None = None

    @property
    def planned(self) -> int:
        return min(self.most_calls, self.times * len(self.steps))

    def left(self) -> list[int]:
        """Steps in the order in which they are to be asked, round by round, so that a budget that runs out
        has asked all of them as often as one another."""
        made = dict.fromkeys(self.steps, 0)
        for one in self.samples:
            made[one.step] = made.get(one.step, 0) + 1
        rounds = [step for number in range(self.times) for step in self.steps if made[step] <= number]
        return rounds[: max(0, self.most_calls - len(self.samples))]


class ResamplingBook:
    """Safe to call from several threads. `changed` is told (project, runs) of each that is new or other, once
    it can be read."""

    def __init__(
        self,
        metadata: MetadataStore,
        *,
        changed: Callable[[str, Sequence[str]], None] = lambda _project, _ids: None,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._metadata = metadata
        self._changed = changed
        self._now_ns = now_ns

    def of(self, project: str, run_id: str) -> Resampling | None:
        kept = self._metadata.record(project, KIND, run_id)
        return read_record(Resampling, kept) if kept else None

    def start(self, draft: Resampling) -> Resampling:
        """As it was kept. What was found of this run before is forgotten."""
        made = replace(draft, id="r" + secrets.token_hex(6), created_ns=self._now_ns())
        self.save(made)
        kept = [read_record(Resampling, one) for one in self._metadata.records(made.project, KIND)]
        kept.sort(key=lambda one: one.created_ns, reverse=True)
        for old in kept[MOST_KEPT:]:
            if old.state is not ResamplingState.RUNNING:
                self._metadata.delete_record(old.project, KIND, old.run_id)
        return made

    def save(self, resampling: Resampling) -> None:
        self._metadata.save_records(
            [
                as_record(
                    resampling,
                    project=resampling.project,
                    kind=KIND,
                    record_id=resampling.run_id,
                    at_ns=self._now_ns(),
                )
            ]
        )
        self._changed(resampling.project, [resampling.run_id])

    def over(self, resampling: Resampling, state: ResamplingState) -> Resampling:
        ended = replace(resampling, state=state, ended_ns=self._now_ns())
        self.save(ended)
        return ended
