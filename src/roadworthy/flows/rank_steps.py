"""When somebody asks which step of a failed run to look at, then its steps are ranked by suspicion: from how
failed runs of others went, what detectors found in this one, and where it leaves what good runs of the same
agent do. Nothing is executed again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from roadworthy.contracts.telemetry import Filter, Op, RunQuery
from roadworthy.domain.run import Outcome, Run
from roadworthy.features.debug.ranking.good_runs import LEAST_LIKE, alike, hints_of
from roadworthy.features.debug.ranking.model import StepModel, shipped
from roadworthy.features.debug.ranking.suspects import Hint, Suspect, Told, how_sure, suspects
from roadworthy.features.debug.ranking.told import Doer, ToldRun
from roadworthy.features.judge.detectors.table import BY_NAME
from roadworthy.features.observe.service import ObserveService
from roadworthy.flows.told_runs import told_run
from roadworthy.kit.matching import is_same

_LOOKED_AT = 60
_COMPARED = 5
_DETECTOR = 0.8
"""As much as a finding is taken to add where data do not speak (`features/judge/failure_model/fit.py`)."""
_MOST_STEPS = 600

MoreHints = Callable[[str, str, ToldRun], Sequence[Hint]]
"""(project, run, told) → what was found out by asking models: resampling, a judge's opinion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedRun:
    run: Run
    suspects: tuple[Suspect, ...]
    """Most suspicious first."""
    sure: str
    """How sure the first is, in words."""
    prove: str
    """The command that would prove it."""
    compared_with: tuple[str, ...]
    """Ids of the good runs it was compared with."""
    model: str
    """Label of the weights."""
    notes: tuple[str, ...]


class StepRanking:
    """Safe to call from several threads."""

    def __init__(
        self, observe: ObserveService, *, more: MoreHints = lambda _project, _run, _told: ()
    ) -> None:
        self._observe = observe
        self._more = more

    def of(self, project: str, run_id: str) -> RankedRun | None:
        """None: no such run."""
        steps = self._observe.run_steps(project, run_id)
        if steps is None:
            return None
        run = steps.run
        told = told_run(run, steps.spans)
        notes: list[str] = []
        if len(told.steps) > _MOST_STEPS:
            notes.append(f"Of {len(told.steps)} steps the first {_MOST_STEPS} were looked at.")
            # What is past them is not ranked, the end of the run included.
            told = replace(told, steps=told.steps[:_MOST_STEPS], ended_in=None)
        good = self._good_runs(run)
        there = [self._observe.run_steps(project, one.id) for one in good]
        good_told = [told_run(found.run, found.spans) for found in there if found is not None]
        hints = [*_found(run, told), *hints_of(told, good_told), *self._more(project, run.id, told)]
        if run.outcome is Outcome.SUCCESS:
            notes.append(
                "This run counts as a success: the ranking says where a failure would be looked for."
            )
        if not good:
            notes.append("No good run of this agent is like it, so none was compared.")
        if not run.judged:
            notes.append("Detectors have not looked at this run yet.")
        model = shipped()
        seen = model.kind(told) is not None
        ranked = suspects(told, model, hints, seen=seen)
        if not ranked:
            notes.append("The run has no steps with words or calls in them: there is nothing to rank.")
        return RankedRun(
            run=run,
            suspects=tuple(ranked),
            sure=_sure(model, told, ranked, hinted=bool(hints), seen=seen),
            prove=_prove(run, good),
            compared_with=tuple(one.id for one in good),
            model=model.label,
            notes=tuple(notes),
        )

    def _good_runs(self, run: Run) -> list[Run]:
        """Of the same agent and a like task: those of the same task first, then the most alike, newest among
        equals."""
        if not run.agent:
            return []
        query = RunQuery(
            filters=(
                Filter(field="agent", op=Op.EQ, value=run.agent),
                Filter(field="outcome", op=Op.EQ, value=Outcome.SUCCESS.value),
            ),
            limit=_LOOKED_AT,
        )
        likes = [
            (alike(one.input, run.input), one)
            for one in self._observe.runs(run.project, query)
            if one.id != run.id
        ]
        near = [one for one in likes if one[0] >= LEAST_LIKE]
        found = sorted(near, key=lambda one: (not _same_task(run, one[1]), -one[0]))
        return [one for _, one in found[:_COMPARED]]


def _found(run: Run, told: ToldRun) -> list[Hint]:
    """What detectors that speak for a failure found, at the steps they point at; each once a step."""
    place: dict[str, int] = {}
    for i, step in enumerate(told.steps):
        if step.doer is not Doer.CALLER and step.ref:
            place.setdefault(step.ref, i)
    hints: dict[tuple[int, str], Hint] = {}
    for finding in run.findings:
        detector = BY_NAME.get(finding.detector)
        if detector is not None and not detector.suspicious:
            continue
        for evidence in finding.evidence:
            at = place.get(evidence.span_id)
            if at is None:
                continue
            title = detector.title if detector is not None else finding.detector
            hints.setdefault(
                (at, finding.detector),
                Hint(
                    step=at,
                    by=Told.DETECTOR,
                    amount=_DETECTOR * finding.confidence,
                    text=f"{title}: {finding.reason}",
                ),
            )
    return list(hints.values())


def _sure(model: StepModel, told: ToldRun, ranked: Sequence[Suspect], *, hinted: bool, seen: bool) -> str:
    if not ranked:
        return "Nothing to suspect."
    if ranked[0].step - 1 == told.ended_in:
        return (
            "The run ended in the error of the first step; whether an earlier one brought that about is a "
            "suspicion, whose figures were not measured on such runs."
        )
    return how_sure(model, ranked[0].share, hinted=hinted, seen=seen)


def _same_task(run: Run, other: Run) -> bool:
    """False where nobody knows what it was asked."""
    return bool(run.input) and is_same(other.input, run.input)


def _prove(run: Run, good: Sequence[Run]) -> str:
    """A good run's answers can be put in for this run's only where both were asked the same."""
    same = next((one for one in good if _same_task(run, one)), None)
    fix = f"--good {same.id}" if same else "--check contains:EXPECTED"
    return f"roadworthy bisect {run.id} {fix}"
