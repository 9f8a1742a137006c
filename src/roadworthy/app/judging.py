"""Judging, wired together."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from roadworthy.backends.models.table import open_model
from roadworthy.backends.telemetry.handed.calls import Answers
from roadworthy.backends.telemetry.handed.runs import runs_of
from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.telemetry import TelemetryStore
from roadworthy.domain.run import Run, steps_started
from roadworthy.domain.score import Score
from roadworthy.domain.span import Span
from roadworthy.features.ingest.mask import mask_text
from roadworthy.features.ingest.price import Pricer
from roadworthy.features.ingest.runs.assemble import assemble
from roadworthy.features.judge.embedding import Embedder
from roadworthy.features.judge.evaluator_book import EvaluatorBook
from roadworthy.features.judge.failure_model.model import prior
from roadworthy.features.judge.history import history_of
from roadworthy.features.judge.issue_book import IssueBook
from roadworthy.features.judge.judge_book import JudgeBook
from roadworthy.features.judge.judges.judge import Price
from roadworthy.features.judge.judging import JudgingSettings
from roadworthy.features.judge.model_book import ModelBook
from roadworthy.features.judge.rules import RulesBook
from roadworthy.features.judge.service import JudgeService
from roadworthy.features.observe.steps import Assembly, assembled, own_spans
from roadworthy.features.watch.monitors.orders import Refitted
from roadworthy.flows.cluster_failures import FailureClusters
from roadworthy.flows.judge_settled_run import RunJudge
from roadworthy.flows.judge_with_models import ModelJudging
from roadworthy.flows.refit_models import ModelRefit
from roadworthy.flows.rejudge import Rejudge
from roadworthy.kit.sealing import Sealer


class Judging:
    """What judges runs, and what it keeps. `runs` is told of every run written."""

    def __init__(
        self,
        store: TelemetryStore,
        metadata: MetadataStore,
        *,
        publish: Callable[[str, Sequence[str]], None],
        pricer: Pricer,
        secrets: Path,
        short_of_time: Callable[[], bool],
        watch: Callable[[Sequence[Run]], None] = lambda _: None,
        watch_scores: Callable[[Sequence[Run], Sequence[Score]], None] = lambda _runs, _scores: None,
        refitted: Callable[[str, Refitted], None] = lambda _project, _change: None,
    ) -> None:
        """`watch` hears of runs before their verdict is written; what it needs is durable on return."""
        self._changes = metadata.change_counter
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
        self.judges = JudgeBook(
            metadata,
            seal=Sealer(secrets),
            open_model=open_model,
            price_of=partial(_price, pricer),
            mask=lambda text: mask_text(text).text,
        )
        self.embedder = Embedder(metadata, judges=self.judges)
        self.models_asked = ModelJudging(
            store,
            metadata,
            book=self.judges,
            evaluators=self.evaluators,
            embedder=self.embedder,
            steps_of=partial(_steps_of, store),
            publish=publish,
            again=lambda project, run_ids: self.runs.again(project, run_ids),
            on_scores=watch_scores,
        )
        self.runs = RunJudge(
            store,
            assemble=_assembled,
            rules_of=self.rules.of,
            publish=publish,
            on_scores=watch_scores,
            on_judged=partial(_each, (watch, self.models_asked.on_judged)),
            short_of_time=short_of_time,
        )
        self.clusters = FailureClusters(store, metadata, again=self.runs.again, embedder=self.embedder)
        self.refit = ModelRefit(
            store,
            book=self.models,
            steps_of=partial(_steps_of, store),
            again=self.runs.again,
            refitted=refitted,
        )
        self.rejudge = Rejudge(
            store,
            judge_now=self.runs.judge_now,
            evaluators=self.evaluators,
            asking=self.models_asked,
            label_of=lambda project, agent: self.rules.of(project, agent).label,
        )
        self.service = JudgeService(
            store,
            metadata,
            again=self.runs.again,
            judges=self.judges,
            mask_text=lambda text: mask_text(text).text,
            settings=self.settings,
            issues=self.issues,
            evaluators=self.evaluators,
            models=self.models,
            embedder=self.embedder,
        )

    def reads_for_worker(self) -> Answers:
        """How it is to judge runs as they come in (`app.worker_judging`)."""
        return {"rules": self._rules_told, "rules_changes": self._changes}

    def writes_for_worker(self) -> Answers:
        return {
            "verdicts": lambda project, runs, before: self.runs.handed_in(
                project, runs_of(runs), written_before=before
            )
        }

    def _rules_told(self, *, project: str, agent: str) -> dict[str, object] | None:
        evaluators = self.evaluators.all(project)
        if any(one.enabled and (not one.agents or agent in one.agents) for one in evaluators):
            # A user's own code does not run in the worker, and what it says are scores of their own.
            return None
        rules, model = self.rules.of(project, agent), self.models.of(project, agent)
        return {
            "label": rules.label,
            "detectors": [one.name for one in rules.detectors],
            "precedence": rules.precedence,
            "history": {name: asdict(usual) for name, usual in rules.history.figures.items()},
            "model": None if model is prior() else model.as_json().decode(),
        }

    def start(self) -> None:
        self.runs.start()
        self.models_asked.start()

    def stop(self) -> None:
        """Within two seconds; what was not judged by then is after the next start."""
        self.service.stop()
        self.runs.stop(timeout=1.0)
        self.models_asked.stop(timeout=1.0)


def _each(listeners: Sequence[Callable[[Sequence[Run]], None]], runs: Sequence[Run]) -> None:
    for listener in listeners:
        listener(runs)


def _price(pricer: Pricer, project: str) -> Price:
    def price(model: str, read: int, written: int) -> float | None:
        return pricer.cost(
            project=project,
            provider="",
            model=model,
            at_ns=time.time_ns(),
            input_tokens=read,
            output_tokens=written,
        )

    return price


def _steps_of(store: TelemetryStore, run: Run) -> list[Span]:
    spans = store.spans_of_traces(run.project, run.trace_ids, started=steps_started([run]))
    return own_spans(_assembled(store, run, spans), run)


def _assembled(store: TelemetryStore, run: Run, spans: Sequence[Span]) -> Assembly:
    return assembled(store, run, spans, assemble=assemble)
