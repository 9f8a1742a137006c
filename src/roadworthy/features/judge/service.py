"""What the doors use of judging."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.telemetry import TelemetryStore
from roadworthy.features.judge.comparison_book import ComparisonBook
from roadworthy.features.judge.embedding import Embedder
from roadworthy.features.judge.evaluator_book import EvaluatorBook
from roadworthy.features.judge.feedback import FeedbackLinks
from roadworthy.features.judge.issue_book import IssueBook
from roadworthy.features.judge.issue_list import IssueList
from roadworthy.features.judge.judge_book import JudgeBook
from roadworthy.features.judge.judge_quality import JudgeQuality, judge_quality
from roadworthy.features.judge.judging import JudgingSettings
from roadworthy.features.judge.model_book import ModelBook
from roadworthy.features.judge.outcome_events import OutcomeEvents
from roadworthy.features.judge.quality import Quality, quality_of
from roadworthy.features.judge.said import Words


class JudgeService:
    """Words on runs, business events, feedback links, settings, quality; of one installation. Safe to call
    from several threads.

    `again` is told of runs that something was said of; `mask_text` takes secrets out of what people and
    programs write.
    """

    def __init__(
        self,
        store: TelemetryStore,
        metadata: MetadataStore,
        *,
        again: Callable[[str, Sequence[str]], None],
        judges: JudgeBook,
        mask_text: Callable[[str], str] = str,
        settings: JudgingSettings | None = None,
        issues: IssueBook | None = None,
        evaluators: EvaluatorBook | None = None,
        models: ModelBook | None = None,
        embedder: Embedder | None = None,
    ) -> None:
        self._store = store
        self._again = again
        self.words = Words(store, again=again, mask_text=mask_text)
        self.judging = settings or JudgingSettings(metadata)
        self.issues = issues or IssueBook(metadata)
        self.evaluators = evaluators or EvaluatorBook(metadata)
        self.judges = judges
        self.embedder = embedder or Embedder(metadata, judges=judges)
        self.models = models or ModelBook(metadata)
        self.issue_list = IssueList(store, book=self.issues)
        self.events = OutcomeEvents(
            store, metadata, words=self.words, judging=self.judging, mask_text=mask_text
        )
        self.links = FeedbackLinks(metadata)
        self.comparisons = ComparisonBook(metadata)
        self.judge_quality: Callable[..., JudgeQuality] = partial(judge_quality, store)
        self.quality: Callable[..., Quality] = partial(quality_of, store)

    def said_of_traces(self, project: str, traces: Sequence[str]) -> None:
        """Words came with the telemetry, for these traces, or for spans that carry these join keys (they have
        a colon). Their runs are judged again; one that is not here yet will be judged with them."""
        keys = [one for one in traces if ":" in one]
        found = {one for one in traces if ":" not in one}
        if keys:
            for of_key in self._store.traces_of_join_keys(project, keys).values():
                found.update(of_key)
        runs = self._store.runs_of_traces(project, sorted(found))
        if runs:
            self._again(project, list(dict.fromkeys(one for of_trace in runs.values() for one in of_trace)))

    def stop(self) -> None:
        """Writes what waits to be written."""
        self.words.stop()
