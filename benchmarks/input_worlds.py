"""Inputs and judges, as `benchmarks.monitors` and tests/simulation try them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.figures import SEED, Figure, at_least, at_most
from roadworthy.stats.baselines import Tally, baseline
from roadworthy.stats.conformal_drift import InputDrift, InputReference
from roadworthy.stats.e_detector import EDetector
from roadworthy.stats.judge_error import JudgedSums, disagreement, on_judge_scale, true_rate

COLUMNS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class InputsWatched:
    false_alarms: float
    """Mean, in as many inputs as A says."""
    plain_false_alarms: float
    """With the plain conformal p-value instead of the one that holds given the reference."""
    tail_share: float
    """Of inputs like the reference's."""
    delay: float
    """Mean inputs until a shift of one standard deviation in every column is noticed."""


def watch_inputs(*, references: int, patience: int, seed: int, size: int = 1000) -> InputsWatched:
    rng = np.random.default_rng(seed)
    counted, plain_counted, tails, waits = 0, 0, 0, []
    for number in range(references):
        reference = InputReference.built(rng.normal(size=(size, COLUMNS)))
        drift, plain = InputDrift(float(patience)), InputDrift(float(patience))
        for place, row in enumerate(rng.normal(size=(patience, COLUMNS))):
            found = reference.judge(row, identity=f"{number}-{place}")
            tails += found.tail
            counted += drift.observe(found.p_bound) is not None
            plain_counted += plain.observe(found.p) is not None
        for place, row in enumerate(rng.normal(1.0, 1.0, size=(2000, COLUMNS)), 1):
            if drift.observe(reference.judge(row, identity=f"after-{number}-{place}").p_bound) is not None:
                break
        waits.append(place)
    return InputsWatched(
        false_alarms=counted / references,
        plain_false_alarms=plain_counted / references,
        tail_share=tails / references / patience,
        delay=float(np.mean(waits)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeWatched:
    alarms_on_agent: float
    """Share of paths on which the disagreement monitor alarms though only the agent fell."""
    alarms_on_judge: float
    """Share of paths on which it alarms after the judge's sensitivity or specificity fell."""
    coverage: float
    """Of the 95 % interval of the true rate, from 300 labels of 6,000 results."""
    width_of_labels: float
    """Its width over that of the labels alone."""


def watch_judge(*, paths: int, seed: int, labels: int = 2000, patience: float = 20_000.0) -> JudgeWatched:
    """A judge of sensitivity .85 and specificity .95 and an agent that fails 6 %; after a reference of 1,000
    labelled results either the agent falls to 79 %, or the judge's specificity to .85."""
    rng = np.random.default_rng(seed)
    seen = [0, 0]
    for _ in range(paths):
        taught: dict[str, list[float]] = {"failure": [], "success": []}
        for stratum, x in _labelled(rng, n=1000, q=0.06, se=0.85, sp=0.95):
            taught[stratum].append(x)
        learned = baseline({name: Tally(failures=sum(xs), n=len(xs)) for name, xs in taught.items()})
        for case, (q, sp) in enumerate(((0.21, 0.95), (0.06, 0.85))):
            detector = EDetector(patience)
            after = _labelled(rng, n=labels, q=q, se=0.85, sp=sp)
            seen[case] += any(
                detector.observe(x, q0=learned.of(stratum).q0) is not None for stratum, x in after
            )
    covered, width, alone = _estimates(rng, paths=10 * paths)
    return JudgeWatched(
        alarms_on_agent=seen[0] / paths,
        alarms_on_judge=seen[1] / paths,
        coverage=covered,
        width_of_labels=width / alone,
    )


def _labelled(rng: np.random.Generator, *, n: int, q: float, se: float, sp: float) -> list[tuple[str, float]]:
    failed = rng.random(n) < q
    says = np.where(failed, rng.random(n) < se, rng.random(n) >= sp)
    return [
        disagreement(person_failed=bool(person), judge_failed=bool(judge))
        for person, judge in zip(failed.tolist(), says.tolist(), strict=True)
    ]


def _estimates(rng: np.random.Generator, *, paths: int) -> tuple[float, float, float]:
    covered, width, alone = 0, 0.0, 0.0
    q, se, sp, n = 0.21, 0.85, 0.95, 300
    for _ in range(paths):
        failures = rng.binomial(n, q)
        hits, false = rng.binomial(failures, se), rng.binomial(n - failures, 1 - sp)
        rest = 6000 - n
        said = int(rng.binomial(rest, on_judge_scale(q, sensitivity=se, specificity=sp)))
        sums = JudgedSums(
            n=n,
            y=failures,
            yy=failures,
            f=hits + false,
            ff=hits + false,
            yf=hits,
            differ=failures - hits + false,
            rest=rest,
            rest_f=said,
            rest_ff=said,
        )
        found = true_rate(sums)
        bare = true_rate(JudgedSums(n=n, y=failures, yy=failures))
        if found is None or bare is None:
            continue
        covered += found.interval.low <= q <= found.interval.high
        width += found.interval.high - found.interval.low
        alone += bare.interval.high - bare.interval.low
    return covered / paths, width, alone


def input_figures(*, quick: bool) -> list[Figure]:
    inputs = watch_inputs(references=3 if quick else 60, patience=2000 if quick else 5000, seed=SEED)
    judge = watch_judge(paths=20 if quick else 400, seed=SEED)
    return [
        Figure(
            what="inputs: false drift alarms in a time A, reference of 1,000",
            unit="",
            ours=inputs.false_alarms,
            must="<= 1 (theorem, nine references in ten)",
            met=at_most(inputs.false_alarms, 1.0),
            beside={"plain conformal p-values, instead of bounds": inputs.plain_false_alarms},
        ),
        Figure(
            what="inputs like the reference's that are called tail inputs",
            unit="",
            ours=inputs.tail_share,
            must="about .005",
            met=at_most(abs(inputs.tail_share - 0.005), 0.002),
        ),
        Figure(
            what=f"inputs until a shift of one sd in {COLUMNS} columns is noticed",
            unit="inputs",
            ours=inputs.delay,
            must="<= 200",
            met=at_most(inputs.delay, 200.0),
        ),
        Figure(
            what="disagreement monitor: alarms though only the agent fell (2,000 labels, A = 20,000)",
            unit="",
            ours=judge.alarms_on_agent,
            must="<= .10",
            met=at_most(judge.alarms_on_agent, 0.10),
            beside={"alarms where the judge's specificity fell from .95 to .85": judge.alarms_on_judge},
        ),
        Figure(
            what="true rate by PPI++ from 300 labels of 6,000: coverage of the 95 % interval",
            unit="",
            ours=judge.coverage,
            must=">= .93",
            met=at_least(judge.coverage, 0.93),
            beside={"its width over that of the labels alone": judge.width_of_labels},
        ),
    ]
