"""How far a judge can be believed: against people's labels on the same runs, against itself with the order
swapped, and over time. Every figure with its n and interval; none where there is nothing to count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from roadworthy.features.judge.judges.judgement import Judgement
from roadworthy.features.judge.judges.pairwise import Preference
from roadworthy.stats.agreement import Kappa, OrderStability, cohen_kappa, order_stability
from roadworthy.stats.intervals import Interval, wilson

DAY_NS = 86_400_000_000_000
FEWEST = 10
"""Pairs below which a figure is shown, and said to be too few to go by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One run that a judge and a person both judged, in the labels of one rubric. `judge` "" where it gave no
    verdict: counted apart, never as a disagreement or an agreement."""

    run_id: str
    judge: str
    person: str
    at_ns: int
    """When the judge judged."""
    sampled: float | None = None
    """The judgement's probability; None for runs that were picked, which are harder than runs at large."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    person: str
    judge: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    share: float
    interval: Interval
    """Wilson's, 95 %."""
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """`kappa` and `equal` are None where they cannot be computed: no pairs; for kappa also one label
    throughout."""

    n: int
    """Runs with both verdicts."""
    without_verdict: int
    """Runs with a person's label where the judge gave none."""
    equal: Share | None
    kappa: Kappa | None
    confusion: tuple[Cell, ...]
    """Rows and columns in the order given; cells of count 0 included."""
    only_drawn: bool
    """Whether all runs were drawn by chance: otherwise the figures do not hold for runs at large."""

    @property
    def too_few(self) -> bool:
        return self.n < FEWEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Agreement of what was judged from `from_day` (YYYY-MM-DD, UTC) until the next period."""

    from_day: str
    agreement: Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """`change` is the last period's share of equal verdicts less that of all before it, with Newcombe's
    interval; None where one of them has none. `drifted` where the interval leaves 0 out."""

    periods: tuple[Period, ...]
    change: float | None
    interval: Interval | None

    @property
    def drifted(self) -> bool:
        return self.interval is not None and not self.interval.low <= 0 <= self.interval.high


def agreement(pairs: Sequence[Pair], *, labels: Sequence[str]) -> Agreement:
    """`labels` are those of the rubric, in its order; others that occur come after them."""
    both = [pair for pair in pairs if pair.judge and pair.person]
    people, judged = [pair.person for pair in both], [pair.judge for pair in both]
    counts = Counter(zip(people, judged, strict=True))
    named = dict.fromkeys([*labels, *sorted({*people, *judged})])
    return Agreement(
        n=len(both),
        without_verdict=sum(1 for pair in pairs if pair.person and not pair.judge),
        equal=_share(sum(one.judge == one.person for one in both), len(both)),
        kappa=cohen_kappa(judged, people),
        confusion=tuple(
            Cell(person=row, judge=column, count=counts[row, column]) for row in named for column in named
        ),
        only_drawn=bool(both) and all(pair.sampled is not None for pair in both),
    )


def drift(pairs: Sequence[Pair], *, labels: Sequence[str], days: int = 7) -> Drift:
    """In periods of `days` days; days are counted from the epoch, so that a period never moves. It tells a
    change of the judge (or of people) from one of the agent: read it before believing a change of a score.

    Interval of the difference: Newcombe 1998, Statistics in Medicine 17:873-890, method 10.
    """
    if days < 1:
        raise ValueError(f"days: expected 1 or more, not {days}")
    by_period: dict[int, list[Pair]] = {}
    for pair in pairs:
        by_period.setdefault(pair.at_ns // (days * DAY_NS), []).append(pair)
    periods = tuple(
        Period(from_day=_day(number * days), agreement=agreement(by_period[number], labels=labels))
        for number in sorted(by_period)
    )
    last = periods[-1].agreement.equal if periods else None
    earlier = [pair for number in sorted(by_period)[:-1] for pair in by_period[number]]
    before = agreement(earlier, labels=labels).equal
    if last is None or before is None:
        return Drift(periods=periods, change=None, interval=None)
    change = last.share - before.share
    down = ((last.share - last.interval.low) ** 2 + (before.interval.high - before.share) ** 2) ** 0.5
    up = ((last.interval.high - last.share) ** 2 + (before.share - before.interval.low) ** 2) ** 0.5
    return Drift(periods=periods, change=change, interval=Interval(low=change - down, high=change + up))


class Labelled(Protocol):
    @property
    def label(self) -> str: ...


class InBothOrders(Protocol):
    """What was said of a pair, shown one way and the other: a `Comparison`, or what is kept of one."""

    @property
    def preference(self) -> Preference: ...
    @property
    def forward(self) -> Labelled: ...
    @property
    def backward(self) -> Labelled: ...


def stability(comparisons: Sequence[InBothOrders]) -> OrderStability | None:
    """Share of pairs whose verdict held when they were shown the other way round; pairs without both verdicts
    are left out. None of nothing."""
    both = [one for one in comparisons if one.preference is not Preference.UNKNOWN]
    turned = {"first": "second", "second": "first"}
    return order_stability(
        [one.forward.label for one in both],
        [turned.get(one.backward.label, one.backward.label) for one in both],
    )


def pair(judgement: Judgement, *, run_id: str, person: str, at_ns: int) -> Pair:
    """`person` is the label a person gave the same run."""
    known = "" if judgement.label == "unknown" else judgement.label
    return Pair(run_id=run_id, judge=known, person=person, at_ns=at_ns, sampled=judgement.sampled)


def _share(successes: int, n: int) -> Share | None:
    interval = wilson(successes, n=n)
    return None if interval is None else Share(share=successes / n, interval=interval, n=n)


def _day(days: int) -> str:
    return datetime.fromtimestamp(days * 86_400, tz=UTC).date().isoformat()
