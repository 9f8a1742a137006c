"""Fits the weights that rank the steps of a failed run, on open data, and says how well they held.

    python -m benchmarks.fit_step_ranker DATA

DATA holds the trace files (or a folder `traces` with them). Writes the weights into the package; the same
data give the same weights.
"""

from __future__ import annotations

import argparse
import gzip
from pathlib import Path

from benchmarks.servers import REPO
from roadworthy.features.debug.ranking.fit import cross_validated, each_unseen, fit
from roadworthy.features.debug.ranking.model import StepModel
from roadworthy.features.debug.ranking.sources import SOURCES, examples_of
from roadworthy.features.judge.evaluation.traces import trace_folder

WEIGHTS = REPO / "src" / "roadworthy" / "features" / "debug" / "ranking" / "weights.json.gz"


def fitted(data: Path) -> StepModel:
    folder = trace_folder(data)
    examples = [one for source in SOURCES for one in examples_of(folder, source)]
    return fit(examples, outcomes=cross_validated(examples), unseen=each_unseen(examples))


def main() -> None:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("data", type=Path)
    model = fitted(parser.parse_args().data)
    WEIGHTS.write_bytes(gzip.compress(model.as_json(), mtime=0))
    for name, held in model.measured.items():
        print(
            f"{name or 'together'}: {held.runs} runs; top-1 {held.top1:.3f}, top-3 {held.top3:.3f}, "
            f"within one {held.within1:.3f}; constant guess {held.floor:.3f}"
        )
        print("   " + ", ".join(f"said {b.said:.2f} was {b.right:.2f}" for b in held.bins))
    print(
        f"{model.label}: linear {model.linear}, sharpness {model.sharpness}, "
        f"{len(model.forest.trees)} trees, "
        f"{WEIGHTS.stat().st_size / 1e3:.0f} kB, written to {WEIGHTS.relative_to(REPO)}"
    )


if __name__ == "__main__":
    main()
