"""Fits the weights of p(failure) that ship, on the development halves of the open data.

    python -m benchmarks.fit_failure_model DATA

DATA holds the trace files (or a folder `traces` with them). Writes the prior into the package; the same data
and detectors give the same weights. No held-out task is read.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from benchmarks.servers import REPO
from roadworthy.features.ingest.replay import runs_in
from roadworthy.features.judge.detectors.table import DETECTORS
from roadworthy.features.judge.evaluation.examples import development_examples
from roadworthy.features.judge.evaluation.traces import START_NS, trace_folder
from roadworthy.features.judge.failure_model.fit import fit_prior
from roadworthy.features.judge.failure_model.model import FailureModel

PRIOR = REPO / "src" / "roadworthy" / "features" / "judge" / "failure_model" / "prior.json"


def fitted(data: Path) -> FailureModel:
    examples = development_examples(
        trace_folder(data), record=partial(runs_in, received_ns=START_NS), detectors=DETECTORS
    )
    return fit_prior(examples, detectors=[one.name for one in DETECTORS if one.suspicious])


def main() -> None:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("data", type=Path)
    model = fitted(parser.parse_args().data)
    PRIOR.write_bytes(model.as_json() + b"\n")
    for kind, part in model.parts.items():
        held = part.calibration
        print(
            f"{kind}: {held.n} runs of {held.tasks} tasks, {held.failures} failures; "
            f"cross-validated AUC {held.auc:.3f}, Brier {held.brier:.3f}, ECE {held.ece:.3f}"
        )
    print(f"{model.label} written to {PRIOR.relative_to(REPO)}")


if __name__ == "__main__":
    main()
