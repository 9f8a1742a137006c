"""Which runs a drill makes: each fault alone in each task that can meet it, then pairs, within a budget.

Pairs follow a covering design of strength 2 (AETG: Cohen, Dalal, Fredman, Patton 1997, IEEE TSE 23:437-444):
faults interact in twos far more often than in threes, so each two faults are put together at least once, and
the tasks are dealt out so that each (task, fault) comes up as evenly as can be. All of it is a pure function
of its arguments: a drill that goes on after a crash makes the same plan.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from roadworthy.domain.exchange import Dialect, ExchangeKind
from roadworthy.features.gateway.drills.fault import BY_NAME, PlannedFault, applies


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A call that a task makes when nothing is wrong."""

    kind: ExchangeKind
    dialect: Dialect
    target: str
    occurrence: int
    """Of the calls of this kind and target, from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    case: str
    faults: tuple[PlannedFault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    runs: tuple[Planned, ...]
    unreachable: Mapping[str, int]
    """By fault: tasks with no call that it could be in."""
    left_out: int
    """Runs that the budget had no room for."""


UNKNOWN = (
    Reached(kind=ExchangeKind.MODEL, dialect=Dialect.HTTP, target="", occurrence=1),
    Reached(kind=ExchangeKind.TOOL, dialect=Dialect.HTTP, target="", occurrence=1),
)
"""Where nothing was recorded of the clean runs: the first call of each kind, if there is one."""


def design(
    reached: Mapping[str, Sequence[Reached]],
    *,
    faults: Sequence[str],
    seed: int,
    pairs: bool,
    budget: int,
    persistent: bool = False,
    settings: Mapping[str, float] | None = None,
) -> Design:
    """`reached` by task. `budget` counts runs with faults. What does not fit is left out from the end:
    first pairs, then a fault in further tasks; each fault comes up once before any comes up twice."""
    maker = _Maker(reached, seed=seed, persistent=persistent, settings=dict(settings or {}))
    singles = maker.singles(faults)
    wanted = [*singles, *(maker.pairs(faults) if pairs else [])]
    missed = {fault: sum(not maker.places(case, fault) for case in reached) for fault in faults}
    return Design(
        runs=tuple(wanted[: max(budget, 0)]),
        unreachable={fault: count for fault, count in missed.items() if count},
        left_out=max(0, len(wanted) - max(budget, 0)),
    )


class _Maker:
    def __init__(
        self,
        reached: Mapping[str, Sequence[Reached]],
        *,
        seed: int,
        persistent: bool,
        settings: dict[str, float],
    ) -> None:
        self._reached = reached
        self._seed = seed
        self._times = 0 if persistent else 1
        self._settings = settings

    def places(self, case: str, fault: str) -> list[Reached]:
        calls = self._reached[case]
        return [one for one in calls if applies(fault, kind=one.kind, dialect=one.dialect)]

    def singles(self, faults: Sequence[str]) -> list[Planned]:
        """In rounds: each fault once, in another task each, before any comes up again."""
        order = self._random("order", "", "").sample(list(self._reached), k=len(self._reached))
        rounds: list[Planned] = []
        fitting = {fault: [case for case in order if self.places(case, fault)] for fault in faults}
        for turn in range(len(order)):
            for shift, fault in enumerate(faults):
                cases = fitting[fault]
                if turn < len(cases):
                    case = cases[(turn + shift) % len(cases)]
                    rounds.append(Planned(case=case, faults=(self._placed(case, fault),)))
        return rounds

    def pairs(self, faults: Sequence[str]) -> list[Planned]:
        """Each two faults once, in the task that has seen least of both; they never share a call."""
        used: dict[tuple[str, str], int] = {}
        found: list[Planned] = []
        both = list(combinations(faults, 2))
        self._random("pairs", "", "").shuffle(both)
        for first, second in both:
            options: list[tuple[int, float, str, tuple[PlannedFault, ...]]] = []
            for case in self._reached:
                placed = self._two(case, first, second)
                if placed:
                    seen = used.get((case, first), 0) + used.get((case, second), 0)
                    chance = self._random("case", case, f"{first}+{second}").random()
                    options.append((seen, chance, case, placed))
            if not options:
                continue
            _, _, case, placed = min(options, key=lambda option: option[:3])
            for fault in (first, second):
                used[case, fault] = used.get((case, fault), 0) + 1
            found.append(Planned(case=case, faults=placed))
        return found

    def _two(self, case: str, first: str, second: str) -> tuple[PlannedFault, ...]:
        """In the order of the calls they are in; () where there are no two calls for them."""
        rng = self._random("two", case, f"{first}+{second}")
        calls = list(self._reached[case])
        options = [
            (one, other)
            for one in self.places(case, first)
            for other in self.places(case, second)
            if one is not other
        ]
        if not options:
            return ()
        one, other = rng.choice(options)
        placed = [
            (calls.index(one), self._at(case, first, one)),
            (calls.index(other), self._at(case, second, other)),
        ]
        return tuple(fault for _, fault in sorted(placed, key=lambda pair: pair[0]))

    def _placed(self, case: str, fault: str) -> PlannedFault:
        return self._at(case, fault, self._random("single", case, fault).choice(self.places(case, fault)))

    def _at(self, case: str, fault: str, place: Reached) -> PlannedFault:
        known = BY_NAME[fault].settings
        return PlannedFault(
            fault=fault,
            kind=place.kind,
            target=place.target,
            occurrence=place.occurrence,
            times=self._times,
            seed=self._random("seed", case, fault).getrandbits(32),
            settings=tuple((name, self._settings[name]) for name in known if name in self._settings),
        )

    def _random(self, use: str, case: str, fault: str) -> random.Random:
        return random.Random(f"{self._seed}/{use}/{case}/{fault}")  # noqa: S311 (a plan, no secret)
