"""Searches alone: a bisect's strategy on coins of known bias, with and without a ranking to begin with."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import log2
from statistics import fmean

from benchmarks.figures import SEED, Figure, at_least, at_most, median, quantile
from roadworthy.domain.agent_ended import Ending
from roadworthy.features.debug.bisect.finding import Finding, FindingState
from roadworthy.features.debug.bisect.strategy import Bisection, Next
from roadworthy.features.debug.inquiry import Budget, Rerun, RerunState

MOST = 80
"""Reruns of a search."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coin:
    """How reruns come out: P(pass) with the step put right (less `slip` for each further call that is put
    right), P(pass) without, and the share of verdicts that are turned round."""

    a: float = 1.0
    b: float = 0.0
    flip: float = 0.0
    slip: float = 0.0

    def passes(self, asked: Next, *, fault: int, steps: int, rnd: random.Random) -> bool:
        switch = asked.switch or steps + 1
        right = switch == fault if asked.only else switch <= fault
        chance = self.a * (1 - self.slip) ** (0 if asked.only else steps - switch) if right else self.b
        return (rnd.random() < chance) != (rnd.random() < self.flip)


WORLDS = {
    "nothing random": Coin(),
    "10 % fail by chance": Coin(a=0.9),
    "20 % fail by chance": Coin(a=0.8),
    "30 % fail by chance": Coin(a=0.7),
    "40 % fail by chance": Coin(a=0.6),
    "5 % pass by chance": Coin(b=0.05),
    "20 % fail, 5 % pass by chance": Coin(a=0.8, b=0.05),
    "a checker wrong in 5 %": Coin(flip=0.05),
    "1 % of calls slip": Coin(slip=0.01),
}


def search(steps: int, passes: Callable[[Next], bool], *, prior: Sequence[float] | None = None) -> Finding:
    """To the end, one rerun after the other."""
    reruns: list[Rerun] = []
    blank = Rerun(
        number=1,
        state=RerunState.DONE,
        attempt=1,
        taken_ns=1,
        ended_ns=1,
        ending=Ending.ANSWERED,
        matched=steps,
        asked=1,
    )
    while True:
        asked = Bisection(steps, reruns, budget=Budget(reruns=MOST), prior=prior).next()
        if isinstance(asked, Finding):
            return asked
        one = asked[0]
        reruns.append(
            replace(blank, number=len(reruns) + 1, switch=one.switch, only=one.only, passed=passes(one))
        )


# --- with a ranking ----------------------------------------------------------------------------------------

_SHARES = (0.35, 0.15, 0.08)
"""Of the suspicion, of the first three steps of a ranking; the others have the rest evenly."""
RANKINGS: dict[str, tuple[float, ...] | None] = {
    "none": None,
    "always right": (1.0,),
    "right in 45 %, among three in 72 %": (0.45, 0.15, 0.12),
    "right in 20 %, among three in 40 %": (0.2, 0.1, 0.1),
    "useless": (),
    "the fault always last": (0.0, 0.0, 0.0),
}
"""How often the fault is first, second and third; else anywhere behind. Of `()` anywhere at all."""


def ranking(steps: int, fault: int, often: Sequence[float], rnd: random.Random) -> list[float]:
    """Shares of steps, as a ranking that is right so often might give them."""
    others = [one for one in range(1, steps + 1) if one != fault]
    rnd.shuffle(others)
    place = _place(steps, often, rnd)
    order = [*others[:place], fault, *others[place:]]
    rest = (1 - sum(_SHARES)) / (steps - len(_SHARES))
    shares = dict(zip(order, [*_SHARES, *[rest] * (steps - len(_SHARES))], strict=True))
    return [shares[one] for one in range(1, steps + 1)]


def _place(steps: int, often: Sequence[float], rnd: random.Random) -> int:
    if often and not any(often):
        return steps - 1
    drawn = rnd.random()
    for place, share in enumerate(often):
        drawn -= share
        if drawn < 0:
            return place
    return rnd.randrange(len(often), steps)


def ranked(each: int) -> list[Figure]:
    """What a ranking saves, what a wrong one costs, and whether answers stay as sure as said."""
    return [_saved(each), _misled(each), _worst(every=1 if each > 100 else 7)]


@dataclass(slots=True, kw_only=True)
class _Searches:
    reruns: list[float]
    right: int = 0
    sure: int = 0

    @property
    def share(self) -> float:
        """% that are right of those that are sure."""
        return 100 * self.right / max(1, self.sure)


def _searches(each: int, coin: Coin, often: tuple[float, ...] | None, *, name: str) -> _Searches:
    """The same runs and faults whatever the ranking."""
    cases, rnd = random.Random(SEED), random.Random(f"{SEED} {name}")
    found = _Searches(reruns=[])
    for _ in range(each):
        steps = cases.randint(12, 40)
        fault = cases.randint(1, steps)
        prior = None if often is None else ranking(steps, fault, often, rnd)
        one = search(steps, partial(coin.passes, fault=fault, steps=steps, rnd=rnd), prior=prior)
        found.reruns.append(float(one.reruns))
        found.sure += one.state is FindingState.SURE
        found.right += one.state is FindingState.SURE and one.step == fault
    return found


def coins(each: int) -> Figure:
    """Of the search alone: the share that is right of those that are sure, in the worst of the worlds."""
    shares: dict[str, float | str] = {}
    worst = 100.0
    for name, coin in WORLDS.items():
        found = _searches(each, coin, None, name=name)
        worst = min(worst, found.share)
        shares[name] = (
            f"{found.share:.1f} % ({median(found.reruns):g} reruns, p90 {quantile(found.reruns, 0.9):g}; "
            f"sure {found.sure})"
        )
    return _right("simulated", worst, shares, each)


def _saved(each: int) -> Figure:
    """Nothing random: reruns by how good the ranking is."""
    found = {name: _searches(each, Coin(), often, name=name).reruns for name, often in RANKINGS.items()}
    measured = found["right in 45 %, among three in 72 %"]
    return Figure(
        what="reruns of a search that begins with a ranking as good as measured, nothing random",
        unit="",
        ours=fmean(measured),
        must=f"fewer than without: {fmean(found['none']):.2f}",
        met=fmean(measured) < fmean(found["none"]),
        beside={
            name: f"{fmean(all_of):.2f} (median {median(all_of):g}, most {max(all_of):g})"
            for name, all_of in found.items()
        },
        note=f"{each} searches each, 12 to 40 steps; mean",
    )


def _misled(each: int) -> Figure:
    worlds = ("20 % fail by chance", "20 % fail, 5 % pass by chance")
    shares: dict[str, float | str] = {}
    worst = 100.0
    for world in worlds:
        for name in ("none", "right in 45 %, among three in 72 %", "useless", "the fault always last"):
            found = _searches(each, WORLDS[world], RANKINGS[name], name=f"{world} {name}")
            worst = min(worst, found.share)
            shares[f"{world}, ranking: {name}"] = (
                f"{found.share:.1f} % (mean {fmean(found.reruns):.1f} reruns)"
            )
    return _right("with a ranking to begin with", worst, shares, each)


def _right(which: str, worst: float, shares: dict[str, float | str], each: int) -> Figure:
    return Figure(
        what=f"right, of the answers given at confidence .9, {which}, in the worst world",
        unit="%",
        ours=worst,
        must="at least 90 %",
        met=at_least(worst, 90.0),
        beside=shares,
        note=f"{each} searches each, 12 to 40 steps, at most {MOST} reruns",
    )


def _worst(*, every: int) -> Figure:
    """All lengths, all faults, and all of the suspicion on one step: the first, the last, and in between."""
    worst, searches = 0.0, 0
    for steps in range(12, 41, every):
        for suspect in sorted({1, steps // 4, steps // 2, 3 * steps // 4, steps}):
            prior = [float(one == suspect) for one in range(1, steps + 1)]
            for fault in range(1, steps + 1):
                passes = partial(Coin().passes, fault=fault, steps=steps, rnd=random.Random(SEED))
                worst = max(worst, search(steps, passes, prior=prior).reruns / (2 * log2(steps)))
                searches += 1
    return Figure(
        what="reruns against 2 log2(steps), all of the suspicion on one step, the worst of all",
        unit="x",
        ours=worst,
        must="at most 1 x",
        met=at_most(worst, 1.0),
        note=f"{searches} searches: every fault of runs of 12 to 40 steps",
    )
