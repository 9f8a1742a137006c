"""Judging in the worker, and what it asks of the core for that (`app.judging` answers)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from roadworthy.backends.telemetry.handed.calls import Caller, CallFailed, PeerGone
from roadworthy.backends.telemetry.handed.runs import rows_of
from roadworthy.contracts.telemetry import StoreUnavailable
from roadworthy.domain.run import Run
from roadworthy.features.judge.detectors.table import BY_NAME
from roadworthy.features.judge.failure_model.model import from_json, prior
from roadworthy.features.judge.history import History, Usual
from roadworthy.features.judge.verdict import Rules
from roadworthy.flows.judge_on_arrival import ArrivalJudge

CHECK_SECONDS = 1.0
USUAL_SECONDS = 60.0
_AGENTS_KEPT = 2_000


def arrival_judge(*, reads: Caller, writes: Caller) -> ArrivalJudge:
    return ArrivalJudge(rules_of=_HandedRules(reads).of, hand_in=partial(_hand_in, writes))


def _hand_in(
    writes: Caller, project: str, runs: Sequence[Run], before: Sequence[str]
) -> Mapping[str, Sequence[str]]:
    try:
        found: dict[str, list[str]] = writes.call(
            "verdicts", project=project, runs=rows_of(runs), before=list(before)
        )
    except PeerGone as fault:
        raise StoreUnavailable(f"the process that holds the store is gone: {fault}") from fault
    return found


class _HandedRules:
    """Rules as the core had them a second ago, what is usual a minute ago. For one thread."""

    def __init__(self, core: Caller) -> None:
        self._core = core
        self._known: dict[tuple[str, str], tuple[float, Rules | None]] = {}
        self._counter = -1
        self._checked = 0.0

    def of(self, project: str, agent: str) -> Rules | None:
        now = time.monotonic()
        if now - self._checked > CHECK_SECONDS:
            counter = int(self._call("rules_changes"))
            self._checked = now
            if counter != self._counter:
                self._known, self._counter = {}, counter
        kept = self._known.get((project, agent))
        if kept is None or now - kept[0] > USUAL_SECONDS:
            told = self._call("rules", project=project, agent=agent)
            kept = self._known[project, agent] = (now, None if told is None else _rules(told))
            while len(self._known) > _AGENTS_KEPT:
                del self._known[next(iter(self._known))]
        return kept[1]

    def _call(self, what: str, **values: object) -> Any:
        try:
            return self._core.call(what, **values)
        except (CallFailed, PeerGone) as fault:
            raise StoreUnavailable(f"how runs are to be judged cannot be read: {fault}") from fault


def _rules(told: Mapping[str, Any]) -> Rules:
    model = prior() if told["model"] is None else from_json(told["model"].encode())
    return Rules(
        label=told["label"],
        predict=model.p,
        fingerprint=lambda _run, _findings: (),
        detectors=tuple(BY_NAME[name] for name in told["detectors"]),
        precedence=tuple(told["precedence"]),
        history=History(figures={name: Usual(**usual) for name, usual in told["history"].items()}),
    )
