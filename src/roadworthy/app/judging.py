"""Judging, wired together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.telemetry import TelemetryStore
from roadworthy.domain.run import Run
from roadworthy.domain.span import Span
from roadworthy.features.ingest.runs.assemble import assemble
from roadworthy.features.judge.evaluator_book import EvaluatorBook
from roadworthy.features.judge.history import NO_HISTORY
from roadworthy.features.judge.issue_book import IssueBook
from roadworthy.features.judge.judging import JudgingSettings
from roadworthy.features.judge.rules import RulesBook
from roadworthy.features.judge.service import JudgeService
from roadworthy.features.observe.steps import Assembly, assembled
from roadworthy.flows.cluster_failures import FailureClusters
from roadworthy.flows.judge_settled_run import RunJudge
from roadworthy.flows.rejudge import Rejudge


class Judging:
    """What judges runs, and what it keeps. `runs` is told of every run written."""

    def __init__(
        self,
        store: TelemetryStore,
        metadata: MetadataStore,
        *,
        publish: Callable[[str, Sequence[str]], None],
    ) -> None:
        self.settings = JudgingSettings(metadata)
        self.issues = IssueBook(metadata)
        self.evaluators = EvaluatorBook(metadata)
        self.rules = RulesBook(
            store,
            issues=self.issues,
            judging_of=self.settings.of,
            model_of=lambda _project, _agent: ("none", lambda _transcript, _findings: None),
            history_of=lambda _: NO_HISTORY,
            clusters_of=lambda project: self.clusters.of(project),
            evaluate=self.evaluators.scores,
        )
        self.runs = RunJudge(store, assemble=_assembled, rules_of=self.rules.of, publish=publish)
        self.clusters = FailureClusters(store, metadata, again=self.runs.again)
        self.service = JudgeService(
            store,
            metadata,
            again=self.runs.again,
            settings=self.settings,
            issues=self.issues,
            evaluators=self.evaluators,
        )
        self.rejudge = Rejudge(store, judge_now=self.runs.judge_now, evaluators=self.evaluators)


def _assembled(store: TelemetryStore, run: Run, spans: Sequence[Span]) -> Assembly:
    return assembled(store, run, spans, assemble=assemble)
