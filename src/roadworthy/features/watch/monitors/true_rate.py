"""How often an agent really fails: few labels of people, many judgements of the model (PPI++)."""

from __future__ import annotations

from dataclasses import dataclass

from roadworthy.contracts.telemetry import Filter, Op, RunQuery, TelemetryStore
from roadworthy.domain.run import Outcome, Run
from roadworthy.features.watch.monitors.signals.disagreement import TRUTH
from roadworthy.stats.judge_error import Estimated, labelled_mean, ppi_mean

MOST_LABELLED = 2_000
MOST_JUDGED = 2_000
LEAST = 10
"""Labels under which no interval is worth its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueRate:
    """Share of runs that failed. `estimate` None: too few labels."""

    labelled: int
    judged: int
    estimate: Estimated | None
    alone: Estimated | None
    """From the labels alone, to compare."""
    judge_mean: float | None
    note: str


def true_rate(store: TelemetryStore, project: str, *, agent: str, from_ns: int, to_ns: int) -> TrueRate:
    """Of runs that started within the time; the newest, where there are many."""
    own = Filter(field="agent", op=Op.EQ, value=agent)
    judged = Filter(field="p_failure", op=Op.EXISTS)
    said = Filter(field="outcome_source", op=Op.IN, value=tuple(sorted(TRUTH)))

    def runs(*filters: Filter, limit: int) -> list[Run]:
        query = RunQuery(filters=(own, *filters), from_ns=from_ns, to_ns=to_ns, limit=limit)
        return store.runs(project, query)

    labelled = [
        run
        for run in runs(judged, said, limit=MOST_LABELLED)
        if run.outcome is not Outcome.UNKNOWN and run.p_failure is not None
    ]
    known = {run.id for run in labelled}
    rest = [
        run.p_failure
        for run in runs(judged, limit=MOST_JUDGED)
        if run.id not in known and run.p_failure is not None
    ]
    y = [1.0 if run.outcome is Outcome.FAILURE else 0.0 for run in labelled]
    f = [run.p_failure or 0.0 for run in labelled]
    everything = [*f, *rest]
    enough = len(y) >= LEAST and len(rest) >= LEAST
    return TrueRate(
        labelled=len(y),
        judged=len(everything),
        estimate=ppi_mean(y, f, rest) if enough else None,
        alone=labelled_mean(y) if len(y) >= LEAST else None,
        judge_mean=sum(everything) / len(everything) if everything else None,
        note="The interval holds as far as the runs that people judged were drawn by chance. Where "
        "they picked those that looked bad, the rate comes out too high.",
    )
