"""How well failures are found without a model, on tasks that nothing was tuned on.

`roadworthy eval-detectors` says all of it, this the figures that have a target.

    python -m benchmarks.detect_failures [--data DIR]
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from pathlib import Path

from benchmarks.agent_spans import Generator
from benchmarks.figures import SEED, Figure, Options, at_least, at_most, median, say
from roadworthy.features.ingest.replay import runs_in
from roadworthy.features.judge.detectors.table import DETECTORS
from roadworthy.features.judge.evaluation.measure import Measured, best_floor
from roadworthy.features.judge.evaluation.measure import measure as measured
from roadworthy.features.judge.evaluation.sources import SOURCES
from roadworthy.features.judge.evaluation.split import Half
from roadworthy.features.judge.evaluation.traces import START_NS, trace_folder
from roadworthy.features.judge.failure_model.model import prior
from roadworthy.features.judge.transcript import Transcript
from roadworthy.features.judge.verdict import find
from tests.payloads import shared_data

AIRLINE = "taubench_gpt4o_airline"
RUNS = 300


def measure(_: Options, *, data: Path | None = None) -> list[Figure]:
    place = data or shared_data()
    if place is None:
        raise FileNotFoundError("no shared/data beside the checkout: say --data")
    folder = trace_folder(place)
    record = partial(runs_in, received_ns=START_NS)
    figures: list[Figure] = []
    for source in SOURCES:
        found = measured(source, folder, record=record, model=prior(), detectors=DETECTORS)
        figures += _ranked(found) if source.measures_outcome else []
        figures.append(
            Figure(
                what=f"{source.name}: judging a run of {found.spans_median:.0f} spans (median), CPU",
                unit="ms",
                ours=found.cpu_ms_median,
                must="reported",
                met=None,
            )
        )
    figures.append(_cpu())
    return figures


def _cpu() -> Figure:
    """Runs of the shape that the figures of ingest are taken with."""
    spent: list[float] = []
    for trace in Generator(seed=SEED).traces(RUNS, first_ns=START_NS, last_ns=START_NS + RUNS * 10**9):
        began = time.process_time()
        transcript = Transcript(trace.run, trace.spans)
        prior().predict(transcript, find(transcript))
        spent.append((time.process_time() - began) * 1e3)
    ours = median(spent)
    return Figure(
        what="judging a run of 12 spans without a model: transcript, detectors, p(failure); CPU, median",
        unit="ms",
        ours=ours,
        must="<= 3",
        met=at_most(ours, 3.0),
        note=f"{RUNS} runs, seed {SEED}; the slowest {max(spent):.1f} ms",
    )


def _ranked(found: Measured) -> list[Figure]:
    half = next(one for one in found.halves if one.half is Half.HELD_OUT)
    ours, floor = half.p_failure, best_floor(half)
    needed = (floor or 0.0) + 0.10
    if found.dataset == AIRLINE:
        needed = max(needed, 0.75)
    interval = f"{ours.interval.low:.2f} to {ours.interval.high:.2f}" if ours.interval else "none"
    return [
        Figure(
            what=f"{found.dataset}: AUC of p(failure), held-out tasks",
            unit="",
            ours=ours.auc,
            must=f">= {needed:.2f}",
            met=None if ours.auc is None else at_least(ours.auc, needed),
            beside={name: one.auc for name, one in half.floors.items() if one.auc is not None},
            note=f"{half.n} runs of {half.tasks} tasks, {half.failures} failed; 95 % interval {interval}",
        ),
        Figure(
            what=f"{found.dataset}: precision at 50 % recall",
            unit="",
            ours=ours.precision_at_half_recall,
            must="reported",
            met=None,
        ),
        Figure(
            what=f"{found.dataset}: recall at 5 % false alarms",
            unit="",
            ours=ours.recall_at_5_percent_false_alarms,
            must="reported",
            met=None,
        ),
    ]


def main() -> None:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("--data", type=Path)
    chosen = Options(seconds=0, rounds=1, quick=False, peers=False, folder=None)
    say(measure(chosen, data=parser.parse_args().data))


if __name__ == "__main__":
    main()
