"""The report of a drill: for each fault and pair, what the agent made of it, and the share it survived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from roadworthy.domain.agent_ended import Ending
from roadworthy.domain.exchange import Exchange
from roadworthy.features.gateway.drills.drill import Drill, DrillRun, RunState
from roadworthy.features.gateway.drills.marks import mark_of
from roadworthy.features.gateway.drills.verdict import (
    DECIDED,
    SURVIVED,
    Footing,
    Judged,
    Opinion,
    Verdict,
    judge_run,
)
from roadworthy.stats.intervals import Interval, wilson

ExchangesOf = Callable[[str, Sequence[str]], Mapping[str, Sequence[Exchange]]]
"""(project, run ids) → what went through the gateway, by run id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """`survived` of `decided` runs: recovered, or said so. `interval` is Wilson's at 95 %; None with no runs.
    What was not reached or cannot be told counts in neither."""

    counts: Mapping[Verdict, int]
    survived: int
    decided: int
    interval: Interval | None

    @property
    def share(self) -> float | None:
        return self.survived / self.decided if self.decided else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    run: DrillRun
    judged: Judged
    applied: tuple[str, ...]
    """Faults that were put into its calls, in order."""
    right: str
    """What the right answer is: the expected one, or that of a clean run; "" where there is none."""
    findings: tuple[str, ...] = ()
    """Names of the detectors that found something in it: evidence for people, no part of the verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultReport:
    faults: tuple[str, ...]
    """One, or two for a pair."""
    share: Share
    runs: tuple[RunReport, ...]
    unreachable: int = 0
    """Tasks with no call that it could be in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReport:
    """How steady the agent is in a task without a fault."""

    case: str
    clean: tuple[DrillRun, ...]
    unsteady: str
    """Why nothing can be concluded from it; "" where something can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillReport:
    drill: Drill
    share: Share
    """Of runs with one fault: readiness is told by it."""
    pairs_share: Share
    faults: tuple[FaultReport, ...]
    pairs: tuple[FaultReport, ...]
    cases: tuple[CaseReport, ...]
    done: int
    planned: int

    @property
    def silently_wrong(self) -> tuple[RunReport, ...]:
        return tuple(
            one
            for group in (*self.faults, *self.pairs)
            for one in group.runs
            if one.judged.verdict is Verdict.SILENTLY_WRONG
        )


def report(
    drill: Drill,
    runs: Sequence[DrillRun],
    *,
    exchanges: Mapping[str, Sequence[Exchange]],
    opinion: Opinion | None = None,
    findings: Mapping[str, Sequence[str]] | None = None,
) -> DrillReport:
    """Of the runs that are done. `exchanges` and `findings` by run id."""
    done = [one for one in runs if one.state is RunState.DONE]
    footings = {case.id: _footing(case.id, drill, done) for case in drill.cases}
    groups: dict[tuple[str, ...], list[RunReport]] = {}
    for fault in drill.faults:
        groups[(fault,)] = []
    for run in done:
        if run.clean:
            continue
        applied = tuple(one.fault for one in exchanges.get(run.trace_id, ()) if one.fault)
        judged = judge_run(
            run,
            footing=footings[run.case],
            applied=frozenset(applied),
            marks=[mark_of(one.seed) for one in run.faults if one.fault == "injected"],
            opinion=opinion,
        )
        one = RunReport(
            run=run,
            judged=judged,
            applied=applied,
            right=_right(footings[run.case]),
            findings=tuple((findings or {}).get(run.trace_id, ())),
        )
        groups.setdefault(tuple(fault.fault for fault in run.faults), []).append(one)
    unreachable = dict(drill.unreachable)
    found = [
        FaultReport(
            faults=faults,
            share=share_of(group),
            runs=tuple(group),
            unreachable=unreachable.get(faults[0], 0) if len(faults) == 1 else 0,
        )
        for faults, group in groups.items()
    ]
    singles = tuple(one for one in found if len(one.faults) == 1)
    pairs = tuple(one for one in found if len(one.faults) > 1)
    return DrillReport(
        drill=drill,
        share=share_of([run for one in singles for run in one.runs]),
        pairs_share=share_of([run for one in pairs for run in one.runs]),
        faults=singles,
        pairs=pairs,
        cases=tuple(_case(case_id, footing, done) for case_id, footing in footings.items()),
        done=len(done),
        planned=len(runs),
    )


def share_of(runs: Sequence[RunReport]) -> Share:
    counts = Counter(one.judged.verdict for one in runs)
    survived = sum(counts[one] for one in SURVIVED)
    decided = sum(counts[one] for one in DECIDED)
    return Share(
        counts={verdict: counts[verdict] for verdict in Verdict},
        survived=survived,
        decided=decided,
        interval=wilson(survived, n=decided),
    )


def _footing(case_id: str, drill: Drill, done: Sequence[DrillRun]) -> Footing:
    case = next(one for one in drill.cases if one.id == case_id)
    clean = [one for one in done if one.clean and one.case == case_id]
    answered = [one for one in clean if one.ending is Ending.ANSWERED and one.answer.strip()]
    return Footing(case=case, clean=tuple(one.answer for one in answered), failed=len(clean) - len(answered))


def _case(case_id: str, footing: Footing, done: Sequence[DrillRun]) -> CaseReport:
    clean = tuple(one for one in done if one.clean and one.case == case_id)
    return CaseReport(case=case_id, clean=clean, unsteady=footing.unsteady)


def _right(footing: Footing) -> str:
    return footing.case.expected or (footing.clean[0] if footing.clean and not footing.unsteady else "")
