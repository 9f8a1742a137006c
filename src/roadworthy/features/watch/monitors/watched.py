"""A monitor and what it knows: everything but the detectors, which stand side by side in the bank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import exp, log
from typing import Any

import orjson

from roadworthy.domain.alarm import Severity
from roadworthy.domain.monitor import Monitor, Phase
from roadworthy.features.watch.monitors.reference import Count, Reference
from roadworthy.features.watch.monitors.rulers import KEPT, Expected, baseline_on, move, move_reference
from roadworthy.stats.baselines import (
    LAG_DAYS,
    QUARANTINE_DAYS,
    Baseline,
    StratumBaseline,
    Tally,
    tightened,
)
from roadworthy.stats.e_detector import SHIFTS
from roadworthy.stats.two_speed import QUIET, WINDOW_HOURS, WINDOWS_A_DAY, Noise, widened

NOTES_KEPT = 100
_FACTORS = tuple(exp(shift) for shift in SHIFTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something that happened to a monitor."""

    at_ns: int
    what: str
    """made, changed, armed, alarmed, cleared, tightened, rebaselined, relearning, paused or resumed."""
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Bets:
    """What one result of a stratum is bet against."""

    fast: float
    q0: float
    alternatives: tuple[float, ...]


@dataclass(slots=True)
class Clearing:
    """Whether an alarm's figure is back: log likelihood ratio of the baseline's rate against the rate that
    was seen, never below 0."""

    hit: float
    miss: float
    level: float = 0.0
    offset: float = 0.0
    """By how much figures are higher than on the scale of both rates."""

    LIMIT = log(1e6)

    @classmethod
    def between(cls, *, usual: float, bad: float) -> Clearing:
        """`bad` is taken no nearer to `usual` than half again its odds, and both within what can be divided
        by."""
        usual = min(max(usual, 1e-4), 0.98)
        bad = min(max(bad, widened(usual, factor=1.5)), 0.9999)
        return cls(hit=log(usual / bad), miss=log((1 - usual) / (1 - bad)))

    def over(self, x: float) -> bool:
        x = min(max(x - self.offset, 0.0), 1.0)
        self.level = max(0.0, self.level + x * self.hit + (1 - x) * self.miss)
        return self.level >= Clearing.LIMIT


@dataclass(slots=True)
class Watched:
    monitor: Monitor
    slot: int
    phase: Phase = Phase.LEARNING
    reference: Reference | None = field(default_factory=Reference)
    baseline: Baseline | None = None
    noise: Noise = QUIET
    limit: float | None = None
    ruler: str = ""
    expected: list[Expected] = field(default_factory=list)
    """Rulers to which there is a way, the last ones."""
    left: list[str] = field(default_factory=list)
    """Rulers that were left by such a way: results judged by them may still be under way."""
    armed_ns: int = 0
    reference_from_ns: int = 0
    reference_to_ns: int = 0
    alarm_id: str = ""
    """Of the alarm that stands."""
    clearing: Clearing | None = None
    refused: dict[str, int] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    settled: dict[str, Count] = field(default_factory=dict)
    """Clean results by stratum, the reference's included: what the baseline may be tightened with."""
    lagging: dict[int, dict[str, Count]] = field(default_factory=dict)
    """By day: not old enough to be called clean."""
    settled_days: float = 0.0
    """Days that `settled` is from."""
    waiting: dict[int, dict[str, Count]] = field(default_factory=dict)
    """By window: not old enough for noise to be learned from."""
    growing: Reference | None = None
    """The reference, while its noise is still being learned: for two weeks."""
    today: dict[str, Count] = field(default_factory=dict)
    """Of the running day, up to the running window."""
    running: dict[str, Count] = field(default_factory=dict)
    """Of the running window, where there is more than one stratum."""
    _bets: dict[str, Bets] = field(default_factory=dict)

    def note(self, at_ns: int, what: str, *, by: str = "", reason: str = "") -> None:
        self.notes.append(Note(at_ns=at_ns, what=what, by=by, reason=reason))
        del self.notes[:-NOTES_KEPT]

    def refuse(self, reason: str) -> None:
        self.refused[reason] = self.refused.get(reason, 0) + 1

    def bets(self, stratum: str) -> Bets:
        made = self._bets.get(stratum)
        if made is None:
            assert self.baseline is not None  # noqa: S101 - only armed monitors bet
            q0 = self.baseline.of(stratum).q0
            made = Bets(
                fast=widened(q0, factor=self.noise.odds_factor),
                q0=q0,
                alternatives=tuple(widened(q0, factor=factor) for factor in _FACTORS),
            )
            if len(self._bets) > 1_000:
                self._bets.clear()
            self._bets[stratum] = made
        return made

    def learn_anew(self) -> None:
        self.phase = Phase.PAUSED if self.monitor.paused else Phase.LEARNING
        self.reference = Reference()
        self.baseline, self.noise, self.limit = None, QUIET, None
        self.ruler, self.armed_ns = "", 0
        self.alarm_id, self.clearing = "", None
        self.settled, self.lagging, self.settled_days = {}, {}, 0.0
        self.today, self.running, self.waiting = {}, {}, {}
        self.growing = None
        self._bets = {}

    def expect(self, one: Expected) -> None:
        """Figures of another ruler will come that compare with these."""
        self.expected.append(one)
        del self.expected[:-KEPT]

    def way_to(self, ruler: str, *, judged: bool) -> Expected | None:
        """From the present ruler. Not `judged`: the figure is what detectors found, and stays what it is."""
        found = next((one for one in self.expected if one.before == self.ruler and one.after == ruler), None)
        return found if found is None or judged else replace(found, shift=0.0, most=0.0)

    def follow(self, by: Expected) -> None:
        """To the new ruler, with all evidence."""
        if self.baseline is not None:
            self.baseline = baseline_on(self.baseline, by=by)
        move_reference(self.reference, by=by)
        move_reference(self.growing, by=by)
        for counts in (
            self.settled,
            self.today,
            self.running,
            *self.lagging.values(),
            *self.waiting.values(),
        ):
            move(counts.values(), by=by)
        if self.clearing is not None:
            self.clearing.offset += by.shift
        self.left = [*(one for one in self.left if one != by.after), by.before][-KEPT:]
        self.ruler = by.after
        self._bets = {}

    def freeze(self, *, at_ns: int) -> None:
        """From here on the baseline is what it is; only its noise goes on being learned for a while."""
        reference = self.reference
        assert reference is not None  # noqa: S101 - it is learning
        self.baseline, self.noise = reference.frozen(careful=self.monitor.cautious)
        self.limit = reference.limit
        self.settled = {
            stratum: Count(n=tally.n, total=tally.failures) for stratum, tally in reference.tallies().items()
        }
        self.settled_days = reference.span_hours / 24
        hours = sorted(reference.hours)
        self.reference_from_ns, self.reference_to_ns = hours[0] * 3_600 * 10**9, at_ns
        self.reference, self.growing = None, reference if self.monitor.cautious else None
        self.armed_ns = at_ns
        self._bets = {}

    def window_ended(self, window: int) -> None:
        """Six hours without an alarm."""
        for stratum, count in self.running.items():
            into = self.today.setdefault(stratum, Count())
            into.n += count.n
            into.total += count.total
        if self.growing is not None and self.running:
            self.waiting[window] = self.running
        self.running = {}

    def _refit_noise(self, day: int) -> None:
        """With what came since and is old enough: a fall of yesterday would pass for noise and hide itself.
        After two weeks nothing that matters is left to be learned."""
        if self.growing is None:
            return
        for old in [one for one in self.waiting if one < (day - QUARANTINE_DAYS) * WINDOWS_A_DAY]:
            self.growing.add_block(old * WINDOW_HOURS, counts=self.waiting.pop(old))
        _, self.noise = self.growing.frozen(careful=True)
        if self.growing.span_hours >= LAG_DAYS * 24:
            self.growing, self.waiting = None, {}
        self._bets = {}

    def trust_reference(self) -> None:
        """Its noise is taken for all there is."""
        if self.growing is not None:
            _, self.noise = self.growing.frozen(careful=False)
            self.growing, self.waiting = None, {}
            self._bets = {}

    def day_ended(self, day: int) -> None:
        """A day without an alarm joins those that wait to be called clean."""
        if self.today:
            self.lagging[day] = self.today
        self.today = {}
        self._refit_noise(day)
        for old in [one for one in self.lagging if one < day - LAG_DAYS]:
            self.settled_days += 1
            for stratum, count in self.lagging.pop(old).items():
                into = self.settled.setdefault(stratum, Count())
                into.n += count.n
                into.total += count.total

    def tighten(self) -> bool:
        """Whether the baseline became lower."""
        assert self.baseline is not None  # noqa: S101 - it is armed
        made = tightened(
            self.baseline,
            clean={name: count.tally() for name, count in self.settled.items()},
            overdispersion=self.noise.dispersion / max(1.0, self.settled_days)
            if self.monitor.cautious
            else 0.0,
        )
        if made is self.baseline:
            return False
        self.baseline = made
        self._bets = {}
        return True

    def stained(self, *, since_ns: int) -> None:
        """An alarm: the days that wait may hold the decline."""
        self.lagging, self.waiting, self.today, self.running = {}, {}, {}, {}
        if self.growing is not None:
            self.growing.forget_from(since_ns // (3_600 * 10**9) - 5)

    # --- as JSON ------------------------------------------------------------------------------------------

    def to_json(self) -> bytes:
        kept: dict[str, Any] = {
            name: getattr(self, name)
            for name in (
                "monitor", "slot", "phase", "reference", "noise", "limit", "ruler", "expected",
                "left", "armed_ns",
                "reference_from_ns", "reference_to_ns", "alarm_id", "clearing", "refused", "notes", "settled",
                "lagging", "settled_days", "waiting", "today", "running", "growing",
            )
        }  # fmt: skip
        kept["baseline"] = self.baseline
        return orjson.dumps(kept, option=orjson.OPT_NON_STR_KEYS)

    @classmethod
    def from_json(cls, body: bytes) -> Watched:
        kept: dict[str, Any] = orjson.loads(body)
        values = kept | {
            "monitor": monitor_from(kept["monitor"]),
            "phase": Phase(kept["phase"]),
            "noise": Noise(**kept["noise"]),
            "expected": [Expected(**each) for each in kept.get("expected", [])],
            "clearing": Clearing(**kept["clearing"]) if kept["clearing"] else None,
            "notes": [Note(**each) for each in kept["notes"]],
            "settled": _counts(kept["settled"]),
            "lagging": {int(day): _counts(of) for day, of in kept["lagging"].items()},
            "waiting": {int(window): _counts(of) for window, of in kept.get("waiting", {}).items()},
            "today": _counts(kept["today"]),
            "running": _counts(kept.get("running", {})),
            "baseline": _baseline(kept["baseline"]) if kept["baseline"] else None,
            "reference": _reference(kept["reference"]) if kept["reference"] else None,
            "growing": _reference(kept["growing"]) if kept["growing"] else None,
        }
        return cls(**values)


def monitor_from(values: Mapping[str, Any]) -> Monitor:
    made = dict(values)
    made["strata"] = tuple(made["strata"])
    made["severity"] = Severity(made["severity"])
    return Monitor(**made)


def _counts(kept: Mapping[str, Any]) -> dict[str, Count]:
    return {name: Count(**each) for name, each in kept.items()}


def _reference(kept: Mapping[str, Any]) -> Reference:
    hours = {int(hour): _counts(of) for hour, of in kept["hours"].items()}
    return Reference(**{**kept, "hours": hours})


def _baseline(kept: Mapping[str, Any]) -> Baseline:
    strata = {name: _stratum(each) for name, each in kept["strata"].items()}
    return Baseline(**{**kept, "strata": strata, "others": _stratum(kept["others"])})


def _stratum(kept: Mapping[str, Any]) -> StratumBaseline:
    return StratumBaseline(**{**kept, "reference": Tally(**kept["reference"])})
