"""How well the step that made a run fail is found without executing it again and without asking a model.

    python -m benchmarks.rank_steps [--data DIR] [--on FILE ...]

Nested cross-validation by task: signals are fixed beforehand, everything else (regularisation, trees, how
both are mixed, sharpness, the constant guess) is chosen on the training runs of each fold. Then on data sets
that nothing was learned from, and by each data set alone. `--on` measures
the weights that ship on other files: a JSON object a line with `steps`, `question`, `mistake_step`.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.figures import Figure, Options, at_least, say
from roadworthy.features.debug.ranking.fit import (
    CHOICES,
    Choice,
    cross_validated,
    each_unseen,
    transferred,
)
from roadworthy.features.debug.ranking.model import shipped
from roadworthy.features.debug.ranking.outcomes import Outcome, measured
from roadworthy.features.debug.ranking.readings import SEED, Example
from roadworthy.features.debug.ranking.sources import SOURCES, TEAMS, examples_in, examples_of
from roadworthy.features.judge.evaluation.traces import trace_folder
from roadworthy.stats.intervals import wilson
from tests.payloads import shared_data

GPT_4O = 0.166
"""GPT-4o's best published step accuracy on whowhen_algorithm_generated (shared/data/README.md)."""
_QUICK_TREES, _TREES = 20, 100


def measure(chosen: Options, *, data: Path | None = None) -> list[Figure]:
    place = data or shared_data()
    if place is None:
        raise FileNotFoundError("no shared/data beside the checkout: say --data")
    folder = trace_folder(place)
    trees = _QUICK_TREES if chosen.quick else _TREES
    choices = CHOICES[:4] if chosen.quick else CHOICES
    sets = {source: examples_of(folder, source) for source in SOURCES}
    together = cross_validated([one for some in sets.values() for one in some], trees=trees, choices=choices)
    figures: list[Figure] = []
    for source, examples in sets.items():
        figures += _figures(
            f"{source}, learned from all, cross-validated", _of(source, together), must=source in TEAMS
        )
        if source in TEAMS:
            alone = cross_validated(examples, trees=trees, choices=choices)
            figures += _figures(f"{source}, learned from it alone, cross-validated", alone)
    return figures + _carried(sets, trees=trees, choices=choices)


def _carried(sets: Mapping[str, Sequence[Example]], *, trees: int, choices: Sequence[Choice]) -> list[Figure]:
    """On data sets that were not learned from: by all others, and by each other one alone."""
    every = [one for some in sets.values() for one in some]
    unseen = each_unseen(every, trees=trees, choices=choices)
    moved = {f"{name}, learned from the others": _of(name, unseen) for name in sets}
    for learned, examples in sets.items():
        rest = [one for one in every if one.dataset != learned]
        tried = transferred(examples, rest, trees=trees, choices=choices)
        moved |= {
            f"{name}, learned from {learned} alone": _of(name, tried) for name in sets if name != learned
        }
    figures = [figure for what, found in moved.items() for figure in _figures(what, found)]
    return figures + _figures("all, each learned from the others", unseen)


def _of(dataset: str, outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [one for one in outcomes if one.dataset == dataset]


def outcomes_of(examples: Sequence[Example]) -> list[Outcome]:
    """By the weights that ship. The constant guess is the best one in hindsight: nobody could do better."""
    best = int(np.bincount([one.blamed for one in examples]).argmax())
    return [
        Outcome(
            dataset=one.dataset, shares=np.array(shipped().shares(one.run)), blamed=one.blamed, constant=best
        )
        for one in examples
    ]


def _figures(what: str, outcomes: Sequence[Outcome], *, must: bool = False) -> list[Figure]:
    held = measured(outcomes)
    needed = max(held.floor, GPT_4O)
    often = np.bincount([one.blamed for one in outcomes]).max() / len(outcomes)
    beside: dict[str, float | str] = {
        "constant guess of the training runs": held.floor,
        "best constant guess in hindsight": round(float(often), 4),
    }
    if "whowhen" in what:
        beside["GPT-4o, published"] = GPT_4O
    return [
        Figure(
            what=f"{what}: the step exactly (top-1)",
            unit="",
            ours=held.top1,
            must=f"> {needed:.3f}" if must else "reported",
            met=at_least(held.top1, needed + 1e-9) if must else None,
            beside=beside,
            note=f"{held.runs} runs; 95 % interval {_interval(held.top1, held.runs)}; seed {SEED}",
        ),
        *(
            Figure(
                what=f"{what}: {name}",
                unit="",
                ours=share,
                must="reported",
                met=None,
                note=f"95 % interval {_interval(share, held.runs)}",
            )
            for name, share in (("among the first three", held.top3), ("within one step", held.within1))
        ),
    ]


def _interval(share: float, n: int) -> str:
    interval = wilson(round(share * n), n=n)
    return f"{interval.low:.3f} to {interval.high:.3f}" if interval else "none"


def main() -> None:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--on", type=Path, nargs="+", help="files that the weights were not fitted on")
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    if asked.on:
        for file in asked.on:
            say(_figures(f"{file.name}, weights that ship", outcomes_of(examples_in(file, file.name))))
        return
    options = Options(seconds=0, rounds=1, quick=asked.quick, peers=False, folder=None)
    say(measure(options, data=asked.data))


if __name__ == "__main__":
    main()
