"""When a run has come whole and there is time, then it is judged before it is written.

Most runs come whole: their root ends last. Judged where they were put together they cost no reading back, no
second assembly and no second row. Nothing is promised: what is not judged here is written without a verdict,
says so itself, and is judged by `flows/judge_settled_run.py`, as is every run of which somebody said
something. A late span makes the run's row anew, without a verdict.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence

from roadworthy.contracts.telemetry import StoreFull, StoreUnavailable
from roadworthy.domain.run import Outcome, Run, RunStatus
from roadworthy.domain.score import Score
from roadworthy.domain.span import Span
from roadworthy.features.ingest.runs.assemble import runs_and_nodes
from roadworthy.features.ingest.runs.node import Node
from roadworthy.features.judge.transcript import Transcript
from roadworthy.features.judge.verdict import Rules, verdict_on

log = logging.getLogger(__name__)

MOST_SPANS = 200
MOST_CHARACTERS = 400_000
"""Larger runs would hold up ingest for longer than a moment: they are judged later, elsewhere."""
_SAID_KEPT = 100_000

RulesOf = Callable[[str, str], Rules | None]
"""How runs of an agent of a project are judged: (project, agent); None where that cannot be done here.
`fingerprint` and `evaluate` are not asked. Raises StoreFull and StoreUnavailable."""
HandIn = Callable[[str, Sequence[Run], Sequence[str]], Mapping[str, Sequence[str]]]
"""Of (project, judged runs, ids of those that were written before) the issues each belongs to, by id; one
that is left out is to be judged elsewhere. Raises StoreFull and StoreUnavailable: then the batch waits."""

_Key = tuple[str, str]
_Word = tuple[Outcome, str, str]


class ArrivalJudge:
    """A `features.ingest.early_judge.EarlyJudge`; `assemble` is for the consumer it works for."""

    def __init__(self, *, rules_of: RulesOf, hand_in: HandIn) -> None:
        self._rules_of = rules_of
        self._hand_in = hand_in
        self._assembled: OrderedDict[_Key, list[tuple[Run, Sequence[Node]]]] = OrderedDict()
        """By project and agent, who take turns: where there is no time for all, each has some judged."""
        self._from_offset = 0
        self._said: OrderedDict[_Key, None] = OrderedDict()
        self._written_before: dict[_Key, _Word] = {}
        """Judged runs that people may know already, and have said something of; with the outcome as their
        spans have it."""

    def assemble(self, spans: Sequence[Span]) -> list[Run]:
        """The runs; what they were made of is kept until they are judged or handed over."""
        found = runs_and_nodes(spans)
        for run, nodes in found:
            if _is_over(run, nodes):
                self._assembled.setdefault((run.project, run.agent), []).append((run, nodes))
        return [run for run, _ in found]

    @property
    def waiting(self) -> frozenset[_Key]:
        runs = (run for of_agent in self._assembled.values() for run, _ in of_agent)
        return frozenset((run.project, run.id) for run in runs)

    def work(self, runs: Mapping[tuple[str, str], Run], *, seconds: float) -> int:
        until = time.monotonic() + seconds
        judged = 0
        while self._assembled and time.monotonic() < until:
            agent, of_agent = next(iter(self._assembled.items()))
            run, nodes = of_agent.pop()
            if of_agent:
                self._assembled.move_to_end(agent)
            else:
                del self._assembled[agent]
            # A later assembly may have taken its place.
            if runs.get((run.project, run.id)) is run:
                judged += self._judge(run, nodes)
        return judged

    def said(self, scores: Iterable[Score]) -> None:
        for score in scores:
            if score.changes_verdict:
                self._said[score.project, score.trace_id] = None
        while len(self._said) > _SAID_KEPT:
            self._said.popitem(last=False)

    def handed_over(self, *, next_offset: int) -> None:
        self._assembled.clear()
        self._from_offset = max(self._from_offset, next_offset)

    def before_write(self, runs: Sequence[Run]) -> None:
        by_project: dict[str, list[Run]] = {}
        for run in runs:
            if run.judged:
                by_project.setdefault(run.project, []).append(run)
        for project, judged in by_project.items():
            before = [run.id for run in judged if (project, run.id) in self._written_before]
            try:
                issues = self._hand_in(project, judged, before)
            except (StoreFull, StoreUnavailable):
                raise
            except Exception:
                # They are judged later; that must not hold up what was accepted.
                log.exception("%d judged runs of project %s could not be handed in", len(judged), project)
                issues = {}
            for run in judged:
                word = self._written_before.pop((project, run.id), None)
                if run.id in issues:
                    run.issues = tuple(issues[run.id])
                else:
                    _take_back(run, word)

    def _judge(self, run: Run, nodes: Sequence[Node]) -> bool:
        if self._spoken_of(run, nodes):
            return False
        try:
            rules = self._rules_of(run.project, run.agent)
            if rules is None:
                return False
            verdict = verdict_on(Transcript(run, [node.annotated() for node in nodes]), rules=rules)
        except (StoreFull, StoreUnavailable):
            self._assembled.clear()
            return False
        except Exception:
            # It is written unjudged, and whoever judges it next says more.
            log.exception("run %s could not be judged", run.id)
            return False
        if any(node.span.version < self._from_offset for node in nodes):
            word = (run.outcome, run.outcome_source, run.outcome_reason)
            self._written_before[run.project, run.id] = word
        verdict.write(run)
        return True

    def _spoken_of(self, run: Run, nodes: Sequence[Node]) -> bool:
        if not self._said:
            return False
        keys = {*run.trace_ids, *(key for node in nodes for key in node.span.join_keys)}
        return any((run.project, key) in self._said for key in keys)


def _take_back(run: Run, word: _Word | None) -> None:
    """As if it had not been judged."""
    run.judged, run.p_failure = "", None
    run.findings, run.detectors, run.modes, run.issues = (), (), (), ()
    if word is not None:
        run.outcome, run.outcome_source, run.outcome_reason = word


def _is_over(run: Run, nodes: Sequence[Node]) -> bool:
    if run.status is RunStatus.RUNNING or not run.complete or len(nodes) > MOST_SPANS:
        return False
    return sum(len(node.span.input) + len(node.span.output) for node in nodes) <= MOST_CHARACTERS
