"""Whether a bisect finds the step: mistakes planted in runs of 12 to 40 steps, of five kinds, searched for.

Three parts. A few through the whole product (a real agent process, recorded by the gateway, searched for with
`roadworthy bisect`); hundreds in one process with the real player and strategy; thousands of searches alone,
on coins of known bias, for whether answers are as sure as they say. Beside: guessing, and trying every step.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import product as product_of
from math import log2

from benchmarks.bisect_coins import MOST, coins, ranked
from benchmarks.bisect_end_to_end import bench, numbered
from benchmarks.bisect_in_process import Searched, searched
from benchmarks.figures import SEED, Figure, Options, at_least, at_most, folder_of, median, quantile, run
from benchmarks.scripted_world import Kind, case_of
from roadworthy.features.debug.bisect.finding import FindingState

RANDOM_SHARE = 0.2
_EACH = {"quick": 2, "full": 30}
"""Cases of a kind, of each way to put things right."""
_COINS = {"quick": 30, "full": 500}


def measure(chosen: Options) -> list[Figure]:
    size = "quick" if chosen.quick else "full"
    by_good = _all(_EACH[size], good=True, slips=0.0)
    by_model = _all(_EACH[size], good=False, slips=0.0)
    noisy = _all(2 * _EACH[size], good=False, slips=RANDOM_SHARE)
    return [
        _exact("exact step, nothing random", [*by_good, *by_model], must=95.0),
        _reruns([*by_good, *by_model]),
        _exact("exact step, 20 % of reruns fail by chance", noisy, must=85.0),
        _right_when_sure(noisy),
        coins(_COINS[size]),
        *ranked(_COINS[size]),
        *_through_the_product(chosen),
    ]


def _through_the_product(chosen: Options) -> list[Figure]:
    rnd = random.Random(f"{SEED} product")
    kinds = list(Kind)[: 1 if chosen.quick else None]
    ways = [(True, 0.0), (False, 0.0), (False, RANDOM_SHARE)]
    found: dict[tuple[bool, float], list[Searched]] = {way: [] for way in ways}
    with folder_of(chosen, "bisect") as folder, bench(folder) as product:
        for number, (kind, way) in enumerate(product_of(kinds, ways), 1):
            good, slips = way
            case = case_of(f"whole-{number}", kind, steps=rnd.randint(12, 40), rnd=rnd)
            one = product.search(numbered(case, number), good=good, slips=slips, rnd=rnd)
            found[way].append(one)
    certain = found[True, 0.0] + found[False, 0.0]
    noisy = found[False, RANDOM_SHARE]
    reruns = sum(one.reruns for one in certain + noisy)
    return [
        _exact("exact step, through the whole product, nothing random", certain, must=95.0),
        _exact("exact step, through the whole product, 20 % of reruns fail by chance", noisy, must=85.0),
        Figure(
            what="a rerun, through the whole product",
            unit="s",
            ours=sum(one.seconds for one in certain + noisy) / reruns,
            must="shown",
            met=None,
            note=f"{reruns} reruns one after the other, the start of a process and the wait for costs in it",
        ),
    ]


def _all(each: int, *, good: bool, slips: float) -> list[Searched]:
    rnd = random.Random(f"{SEED} {good} {slips}")
    found = []
    for kind in Kind:
        for number in range(each):
            case = case_of(f"{kind.name.lower()}-{number}", kind, steps=rnd.randint(12, 40), rnd=rnd)
            found.append(searched(case, good=good, slips=slips, rnd=rnd, most=MOST))
    return found


def _exact(what: str, found: Sequence[Searched], *, must: float) -> Figure:
    share = 100 * sum(one.exact for one in found) / len(found)
    kinds = {
        kind: [one.exact for one in found if one.case.kind is kind]
        for kind in Kind  # each as often
    }
    return Figure(
        what=what,
        unit="%",
        ours=share,
        must=f"at least {must:g} %",
        met=at_least(share, must),
        beside={
            "always the first step": 100 * sum(one.truth == 1 for one in found) / len(found),
            "a step by chance": 100 * sum(1 / one.case.steps for one in found) / len(found),
            **{kind.value: 100 * sum(those) / len(those) for kind, those in kinds.items()},
        },
        note=f"{len(found)} runs of 12 to 40 steps; {_costs(found)}",
    )


def _costs(found: Sequence[Searched]) -> str:
    reruns = [float(one.reruns) for one in found]
    calls = [float(one.calls) for one in found]
    return (
        f"reruns {median(reruns):g} (median), {quantile(reruns, 0.9):g} (p90); "
        f"calls really asked {median(calls):g}, {quantile(calls, 0.9):g}"
    )


def _reruns(found: Sequence[Searched]) -> Figure:
    """The most, as a share of what is allowed."""
    worst = max(one.reruns / (2 * log2(one.case.steps)) for one in found)
    return Figure(
        what="reruns against 2 log2(steps), the worst of all",
        unit="x",
        ours=worst,
        must="at most 1 x",
        met=at_most(worst, 1.0),
        beside={
            "median": median([one.reruns / (2 * log2(one.case.steps)) for one in found]) or 0.0,
            "every step from the last on (median)": median(
                [(one.case.steps - one.truth + 2) / (2 * log2(one.case.steps)) for one in found]
            )
            or 0.0,
        },
        note="with the first rerun, which puts nothing right, and the one that puts the step alone right",
    )


def _right_when_sure(found: Sequence[Searched]) -> Figure:
    sure = [one for one in found if one.finding.state is FindingState.SURE]
    share = 100 * sum(one.exact for one in sure) / len(sure) if sure else None
    return Figure(
        what="right, of the answers given at confidence .9 (20 % fail by chance)",
        unit="%",
        ours=share,
        must="at least 90 %",
        met=at_least(share, 90.0),
        note=f"{len(sure)} of {len(found)} were sure within {MOST} reruns",
    )


if __name__ == "__main__":
    run(__doc__ or "", measure, seconds=0, rounds=1)
