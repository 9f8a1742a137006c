"""Judging, wired together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.telemetry import TelemetryStore
from roadworthy.domain.run import Run
from roadworthy.domain.span import Span
from roadworthy.features.ingest.runs.assemble import assemble
from roadworthy.features.judge.evaluator_book import EvaluatorBook
from roadworthy.features.judge.history import history_of
from roadworthy.features.judge.issue_book import IssueBook
from roadworthy.features.judge.judging import JudgingSettings
from roadworthy.features.judge.model_book import ModelBook
from roadworthy.features.judge.rules import RulesBook
from roadworthy.features.judge.service import JudgeService
from roadworthy.features.observe.steps import Assembly, assembled
from roadworthy.flows.cluster_failures import FailureClusters
from roadworthy.flows.judge_settled_run import RunJudge
from roadworthy.flows.refit_models import ModelRefit
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
        self.models = ModelBook(metadata)
        self.rules = RulesBook(
            store,
            issues=self.issues,
            judging_of=self.settings.of,
            model_of=self.models.of,
            history_of=history_of,
            clusters_of=lambda project: self.clusters.of(project),
            evaluate=self.evaluators.scores,
        )
        self.runs = RunJudge(store, assemble=_assembled, rules_of=self.rules.of, publish=publish)
        self.clusters = FailureClusters(store, metadata, again=self.runs.again)
        self.refit = ModelRefit(
            store, book=self.models, steps_of=partial(_steps_of, store), again=self.runs.again
        )
        self.service = JudgeService(
            store,
            metadata,
            again=self.runs.again,
            settings=self.settings,
            issues=self.issues,
            evaluators=self.evaluators,
            models=self.models,
        )
        self.rejudge = Rejudge(store, judge_now=self.runs.judge_now, evaluators=self.evaluators)


def _steps_of(store: TelemetryStore, run: Run) -> list[Span]:
    assembly = _assembled(store, run, store.spans_of_traces(run.project, run.trace_ids))
    own = [s for s in assembly.spans if assembly.run_of.get(f"{s.trace_id}/{s.span_id}") == run.id]
    return own or list(assembly.spans)


def _assembled(store: TelemetryStore, run: Run, spans: Sequence[Span]) -> Assembly:
    return assembled(store, run, spans, assemble=assemble)
