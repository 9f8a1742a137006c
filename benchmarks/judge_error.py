"""Judges that err, on LLMBar's verdicts: how often they keep to a verdict when the pair is swapped, how far
they agree with people, and what a few labels make of many verdicts (PPI++).

    python -m benchmarks.judge_error [--data DIR]
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.figures import SEED, Figure, Options, say
from roadworthy.stats.agreement import cohen_kappa, order_stability
from roadworthy.stats.judge_error import Estimated, labelled_mean, ppi_mean, rogan_gladen
from tests.payloads import shared_data

FILE = "llmbar_judge_verdicts.jsonl.gz"
LABELLED, UNLABELLED, ROUNDS = 100, 2000, 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    truth: bool
    says: bool
    """Whether the first answer is the better, by people and by the judge."""


def read(data: Path) -> dict[str, list[dict[str, Any]]]:
    folder = data / "traces" if (data / "traces").is_dir() else data
    by_judge: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    with gzip.open(folder / FILE) as lines:
        for line in lines:
            one = json.loads(line)
            by_judge[one["evaluator"]].append(one)
    return dict(sorted(by_judge.items()))


def say_stability(by_judge: dict[str, list[dict[str, Any]]]) -> None:
    print("\nkeeps its verdict when the pair is swapped (95 % interval; no verdict counts as none kept)")
    for judge, lines in by_judge.items():
        told = []
        for name, hard in (("hard", True), ("natural", False)):
            own = [one for one in lines if (one["subset"] != "Natural") is hard]
            found = order_stability(
                [one["winner"] for one in own], [one["winner_swapped"] or "none" for one in own]
            )
            if found is not None:
                bounds = f"{found.interval.low:.3f} to {found.interval.high:.3f}, n {found.n}"
                told.append(f"{name} {found.share:.3f} ({bounds})")
        print(f"   {judge:14} {'; '.join(told)}")


def say_agreement(by_judge: dict[str, list[dict[str, Any]]]) -> None:
    print("\nagrees with people (one order, plain prompt), kappa with 95 % interval")
    for judge, lines in by_judge.items():
        own = [one for one in lines if one["strategy"] == "Vanilla" and one["winner"]]
        found = cohen_kappa([str(one["label"]) for one in own], [one["winner"] for one in own])
        if found is not None:
            print(
                f"   {judge:14} kappa {found.kappa:.2f} ({found.low:.2f} to {found.high:.2f}), "
                f"equal verdicts {found.agreement:.3f}, n {found.n}"
            )


Estimate = Callable[[list[bool], list[bool], list[bool]], Estimated | None]
METHODS: dict[str, Estimate] = {
    "labels alone": lambda y, _f, _u: labelled_mean(y),
    "PPI++": lambda y, f, u: ppi_mean(y, f, u),
    "Rogan-Gladen": lambda y, f, u: rogan_gladen(y, f, u),
}


def say_estimates(by_judge: dict[str, list[dict[str, Any]]]) -> None:
    print(
        f"\nrate at which the first answer is the better, from {LABELLED} labels and {UNLABELLED} verdicts, "
        f"{ROUNDS} draws with replacement, seed {SEED}: width of the 95 % interval, coverage"
    )
    for judge, lines in by_judge.items():
        own = _plain(lines)
        told = [f"{name} {width:.3f}, {cover:.3f}" for name, width, cover in simulate(own)]
        print(f"   {judge:14} {'; '.join(told)}")


def _plain(lines: list[dict[str, Any]]) -> list[Verdict]:
    """Each pair once: the plain prompt."""
    return [
        Verdict(truth=one["label"] == 1, says=one["winner"] == "1")
        for one in lines
        if one["strategy"] == "Vanilla" and one["winner"]
    ]


def simulate(own: Sequence[Verdict]) -> list[tuple[str, float, float]]:
    """(method, mean width, coverage). Draws from which a method can make nothing count as not covered."""
    truth = fmean(one.truth for one in own)
    rnd = random.Random(SEED)
    widths: defaultdict[str, list[float]] = defaultdict(list)
    covered: defaultdict[str, int] = defaultdict(int)
    for _ in range(ROUNDS):
        labelled = rnd.choices(own, k=LABELLED)
        y, f = [one.truth for one in labelled], [one.says for one in labelled]
        rest = [one.says for one in rnd.choices(own, k=UNLABELLED)]
        for name, method in METHODS.items():
            found = method(y, f, rest)
            if found is not None:
                widths[name].append(found.interval.high - found.interval.low)
                covered[name] += found.interval.low <= truth <= found.interval.high
    return [(name, fmean(widths[name]), covered[name] / ROUNDS) for name in METHODS if widths[name]]


def measure(_: Options, *, data: Path | None = None) -> list[Figure]:
    place = data or shared_data()
    if place is None:
        raise FileNotFoundError("no shared/data beside the checkout: say --data")
    by_judge = read(place)
    say_stability(by_judge)
    say_agreement(by_judge)
    say_estimates(by_judge)
    figures: list[Figure] = []
    for judge, lines in by_judge.items():
        widths = {name: (width, cover) for name, width, cover in simulate(_plain(lines))}
        width, cover = widths["PPI++"]
        figures.append(
            Figure(
                what=f"{judge}: width of the interval of PPI++ from {LABELLED} labels",
                unit="",
                ours=width,
                must="<= labels alone, coverage >= .92",
                met=width <= widths["labels alone"][0] and cover >= 0.92,
                beside={name: each[0] for name, each in widths.items() if name != "PPI++"},
                note=f"coverage {cover:.3f} over {ROUNDS} draws, seed {SEED}",
            )
        )
    return figures


def main() -> None:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("--data", type=Path)
    chosen = Options(seconds=0, rounds=1, quick=False, peers=False, folder=None)
    say(measure(chosen, data=parser.parse_args().data))


if __name__ == "__main__":
    main()
