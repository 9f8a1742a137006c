"""How the runs of each agent are judged: a project's settings, the agent's history and its model."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence

from roadworthy.contracts.telemetry import Filter, Op, RunQuery, TelemetryStore
from roadworthy.domain.finding import Finding
from roadworthy.domain.run import Run
from roadworthy.features.judge.failure_model.model import FailureModel
from roadworthy.features.judge.history import History
from roadworthy.features.judge.issue_book import IssueBook
from roadworthy.features.judge.issues import issues_of
from roadworthy.features.judge.judging import Judging
from roadworthy.features.judge.verdict import Evaluate, Rules

_HISTORY_SECONDS = 600.0
_HISTORY_RUNS = 500
_RULES_SECONDS = 5.0
_AGENTS_KEPT = 2_000


ModelOf = Callable[[str, str], FailureModel]
"""Of (project, agent)."""
HistoryOf = Callable[[Sequence[Run]], History]


class RulesBook:
    """Rules by project and agent, made anew every few seconds. Safe to call from several threads."""

    def __init__(
        self,
        store: TelemetryStore,
        *,
        issues: IssueBook,
        judging_of: Callable[[str], Judging],
        model_of: ModelOf,
        history_of: HistoryOf,
        clusters_of: Callable[[str], Mapping[str, str]],
        evaluate: Evaluate,
    ) -> None:
        self._store = store
        self._issues = issues
        self._judging_of = judging_of
        self._model_of = model_of
        self._history_of = history_of
        self._clusters_of = clusters_of
        self._evaluate = evaluate
        self._lock = threading.Lock()  # protects both tables
        self._rules: dict[tuple[str, str], tuple[float, Judging, Rules]] = {}
        self._histories: dict[tuple[str, str], tuple[float, History]] = {}

    def of(self, project: str, agent: str) -> Rules:
        key = (project, agent)
        now = time.monotonic()
        with self._lock:
            kept = self._rules.get(key)
        wishes = self._judging_of(project)
        # Settings that were changed hold from the next run on.
        if kept is not None and kept[1] == wishes and now - kept[0] < _RULES_SECONDS:
            return kept[2]
        rules = self._made(project, agent, wishes=wishes)
        with self._lock:
            self._rules[key] = (now, wishes, rules)
            while len(self._rules) > _AGENTS_KEPT:
                del self._rules[next(iter(self._rules))]
        return rules

    def _made(self, project: str, agent: str, *, wishes: Judging) -> Rules:
        detectors = wishes.detectors
        model = self._model_of(project, agent)

        def fingerprint(run: Run, findings: Sequence[Finding]) -> tuple[str, ...]:
            keys = issues_of(run, findings, cluster_of=self._clusters_of(run.project))
            return self._issues.note(run, keys)

        return Rules(
            label=f"{sum(one.version for one in detectors)}.{len(detectors)}.{model.label}",
            predict=model.p,
            fingerprint=fingerprint,
            detectors=detectors,
            precedence=wishes.precedence,
            history=self._history(project, agent),
            evaluate=self._evaluate,
        )

    def _history(self, project: str, agent: str) -> History:
        key = (project, agent)
        now = time.monotonic()
        with self._lock:
            kept = self._histories.get(key)
        if kept is not None and now - kept[0] < _HISTORY_SECONDS:
            return kept[1]
        query = RunQuery(filters=(Filter(field="agent", op=Op.EQ, value=agent),), limit=_HISTORY_RUNS)
        history = self._history_of(self._store.runs(project, query))
        with self._lock:
            self._histories[key] = (now, history)
            while len(self._histories) > _AGENTS_KEPT:
                del self._histories[next(iter(self._histories))]
        return history
