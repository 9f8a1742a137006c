"""What a monitor learns before it watches: the sample that its baseline is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil

import numpy as np

from roadworthy.domain.monitor import Monitor
from roadworthy.features.watch.monitors.strata import MOST, OTHERS
from roadworthy.stats.baselines import Baseline, Tally, baseline
from roadworthy.stats.forecast import SMALLEST_REFERENCE, reference_needed
from roadworthy.stats.two_speed import WINDOW_HOURS, Blocks, Noise, cautious, noise, widened

HOUR_NS = 3_600 * 10**9
LIMIT_SAMPLES = 100
"""Of a quantity, so many values tell its 95th percentile; they are not part of the reference."""
_QUANTILE = 0.95
NOTICED_ODDS = 2.718281828459045
"""Where nobody says what fall is to be noticed: the odds of failing times e ..."""
NOTICED_AT_LEAST = 0.05
"""... and no less than one in twenty: where nothing ever failed, nothing finer can be seen."""
MOST_NEEDED = 2_000
"""More than this is not waited for."""
_MOST_HOURS = 24 * 40


@dataclass(slots=True)
class Count:
    n: int = 0
    total: float = 0.0

    def add(self, x: float) -> None:
        self.n += 1
        self.total += x

    def tally(self) -> Tally:
        # Rounding must not leave more failures than results.
        return Tally(failures=min(self.total, float(self.n)), n=self.n)


@dataclass(slots=True)
class Reference:
    """Counts by hour and stratum, in the time of the runs."""

    needed: int = SMALLEST_REFERENCE
    samples: list[float] = field(default_factory=list)
    limit: float | None = None
    hours: dict[int, dict[str, Count]] = field(default_factory=dict)
    n: int = 0
    total: float = 0.0
    strata: list[str] = field(default_factory=list)

    def measured(self, value: float) -> float | None:
        """x of a quantity; None while its limit is being learned."""
        if self.limit is None:
            self.samples.append(value)
            if len(self.samples) >= LIMIT_SAMPLES:
                self.limit = sorted(self.samples)[ceil(_QUANTILE * LIMIT_SAMPLES) - 1]
                self.samples = []
            return None
        return 1.0 if value > self.limit else 0.0

    def add(self, x: float, *, stratum: str, at_ns: int) -> None:
        if stratum not in self.strata:
            if len(self.strata) < MOST:
                self.strata.append(stratum)
            else:
                stratum = OTHERS
        hour = at_ns // HOUR_NS
        if hour not in self.hours and len(self.hours) >= _MOST_HOURS:
            # A reference that never becomes large enough within forty days goes on with its latest ones.
            self._forget(min(self.hours))
        self.hours.setdefault(hour, {}).setdefault(stratum, Count()).add(x)
        self.n += 1
        self.total += x

    def add_block(self, hour: int, *, counts: Mapping[str, Count]) -> None:
        """Results that came after it was large enough: they show more of the noise."""
        into = self.hours.setdefault(hour, {})
        for stratum, count in counts.items():
            name = stratum if stratum in self.strata else OTHERS
            had = into.setdefault(name, Count())
            had.n += count.n
            had.total += count.total
            self.n += count.n
            self.total += count.total

    def forget_from(self, hour: int) -> None:
        """What came from then on is not to be learned from."""
        for each in [one for one in self.hours if one >= hour]:
            self._forget(each)

    def _forget(self, hour: int) -> None:
        for count in self.hours.pop(hour).values():
            self.n -= count.n
            self.total -= count.total

    @property
    def span_hours(self) -> float:
        """From the first to the last hour with results, both included."""
        return float(max(self.hours) - min(self.hours) + 1) if self.hours else 0.0

    def enough(self, monitor: Monitor) -> bool:
        """Whether it is large enough; looks again at how many are needed when that many are there."""
        if self.n < (monitor.reference_results or self.needed):
            return False
        if monitor.reference_results is None and self.n < MOST_NEEDED:
            need = results_needed(self.n, total=self.total)
            if need > self.n:
                self.needed = need
                return False
        # An hour is given away: a reference of "24 hours" begins somewhere within one.
        return self.span_hours >= monitor.reference_hours

    def tallies(self) -> dict[str, Tally]:
        sums: dict[str, Count] = {}
        for of_hour in self.hours.values():
            for stratum, count in of_hour.items():
                into = sums.setdefault(stratum, Count())
                into.n += count.n
                into.total += count.total
        return {stratum: count.tally() for stratum, count in sums.items()}

    def frozen(self, *, careful: bool) -> tuple[Baseline, Noise]:
        """`careful` adds the noise that so few days cannot have shown, and lets the bounds of the baseline
        know that days differ."""
        tallies, days = self.tallies(), self.span_hours / 24
        plain = baseline(tallies)
        rates = {stratum: plain.of(stratum).rate for stratum in self.strata} | {OTHERS: plain.others.rate}
        seen = noise(
            self._blocks(WINDOW_HOURS, rates), days=self._blocks(24, rates), hours=self._blocks(1, rates)
        )
        if not careful:
            return plain, seen
        found = cautious(seen, days=days)
        return baseline(tallies, overdispersion=found.dispersion / days), found

    def _blocks(self, width: int, rates: dict[str, float]) -> Blocks:
        rows: dict[int, list[float]] = {}
        for hour in sorted(self.hours):
            row = rows.setdefault(hour // width, [0.0, 0.0, 0.0])
            for stratum, count in self.hours[hour].items():
                rate = rates[stratum]
                row[0] += count.total
                row[1] += count.n * rate
                row[2] += count.n * rate * (1 - rate)
        table = np.array(list(rows.values()), dtype=np.float64).reshape(-1, 3)
        if len(table) < 3:
            # Of one or two blocks nothing can be told.
            table = table[:0]
        return Blocks(observed=table[:, 0], expected=table[:, 1], variance=table[:, 2])


def results_needed(n: int, *, total: float) -> int:
    """How many a reference should have, given what it shows so far."""
    rate = (total + 0.5) / (n + 1)
    fall_to = max(widened(rate, factor=NOTICED_ODDS), NOTICED_AT_LEAST)
    tally = Tally(failures=float(round(total)), n=n)
    return min(MOST_NEEDED, reference_needed(tally, fall_to=fall_to).needed)
