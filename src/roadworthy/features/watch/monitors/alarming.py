"""From evidence at its threshold to an alarm that a person understands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from roadworthy.contracts.watch_log import Logged
from roadworthy.domain.alarm import Alarm
from roadworthy.domain.result import Result, Scored, Word
from roadworthy.features.watch.monitors.signals.signal import Signal
from roadworthy.features.watch.monitors.signals.table import signal_of
from roadworthy.features.watch.monitors.watched import Watched
from roadworthy.features.watch.monitors.wording import percent, title, years
from roadworthy.stats.shiryaev_roberts import Alarmed
from roadworthy.stats.two_speed import Noise

RUNS_SHOWN = 20
LOOKED_AT = 5_000
_BAD = 0.5


class Looking(Protocol):
    """What was recorded and raised before, of one project."""

    def figures(self, watched: Watched, *, through: Logged, limit: int) -> Sequence[Figure]: ...

    def alarm(self, alarm_id: str) -> Alarm | None: ...


@dataclass(frozen=True, slots=True)
class Figure:
    """What a monitor took of one entry."""

    x: float
    entry: Result | Scored | Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    alarm: Alarm
    usual: float
    """The rate its reference shows."""
    seen: float
    """The rate since the change."""


def quality_alarm(
    watched: Watched,
    alarmed: Alarmed,
    *,
    logged: Logged,
    at_ns: int,
    slow: bool,
    noise: Noise,
    looking: Looking,
) -> Made:
    """`at_ns` is the end of the run that raised it. The id is made of monitor and result: raised again after
    a crash it is the same alarm."""
    monitor = watched.monitor
    signal = signal_of(monitor.signal)
    assert signal is not None and watched.baseline is not None  # noqa: S101 - it was armed
    since_ns = max(watched.armed_ns, at_ns - int(alarmed.age * 1e9))
    figures = looking.figures(watched, through=logged, limit=LOOKED_AT)
    after = [one for one in figures if one.entry.at_ns >= since_ns] or list(figures[-1:])
    usual, bound = usual_rate(watched)
    seen = sum(one.x for one in after) / len(after) if after else bound
    worst = [one.entry for one in after if one.x >= _BAD]
    release = next((one.entry.release for one in reversed(after) if one.entry.release), "")
    alarm = Alarm(
        project=monitor.project,
        id=f"{monitor.id}-{logged.seq}",
        kind=signal.kind,
        source=monitor.id,
        source_name=monitor.name,
        agent=monitor.agent,
        release=release,
        severity=monitor.severity,
        title=title(monitor.agent, signal=signal, usual=usual, seen=seen, n=len(after)),
        reason=_reason(watched, signal, usual=usual, bound=bound, seen=seen, n=len(after), since_ns=since_ns,
        slow=slow), at_ns=max(at_ns, logged.recorded_ns),
        since_ns=since_ns,
        run_ids=tuple(dict.fromkeys(entry.run_id for entry in reversed(worst)))[:RUNS_SHOWN],
        facts={
            "signal": monitor.signal,
            "baseline": f"{usual:.4f}",
            "bound": f"{bound:.4f}",
            "observed": f"{seen:.4f}",
            "n": str(len(after)),
            "evidence": f"{alarmed.evidence:.4g}",
            "threshold": f"{alarmed.threshold:.4g}",
            "detector": "slow" if slow else "fast",
            "sigma": f"{noise.sigma:.3f}",
            "patience_s": f"{monitor.patience_s:.0f}",
            "path": f"/monitors/{monitor.id}",
        },
    )  # fmt: skip
    return Made(alarm=alarm, usual=usual, seen=seen)


def cleared(alarm: Alarm, *, at_ns: int) -> Alarm:
    return replace(alarm, cleared_ns=max(at_ns, alarm.at_ns))


def usual_rate(watched: Watched) -> tuple[float, float]:
    """(rate seen, bound) over all strata, each weighed by its part of the reference."""
    assert watched.baseline is not None  # noqa: S101 - asked of armed monitors
    strata = [one for one in watched.baseline.strata.values() if one.reference.n] or [watched.baseline.others]
    n = sum(one.reference.n for one in strata)
    rate = sum(one.rate * one.reference.n for one in strata) / n
    return rate, sum(one.q0 * one.reference.n for one in strata) / n


def _reason(
    watched: Watched,
    signal: Signal,
    *,
    usual: float,
    bound: float,
    seen: float,
    n: int,
    since_ns: int,
    slow: bool,
) -> str:
    since = datetime.fromtimestamp(since_ns // 10**9, UTC).strftime("%Y-%m-%d %H:%M UTC")
    which = "by counts of six hours" if slow else "result by result"
    return (
        f"{signal.counts[0].upper()}{signal.counts[1:]}: usually {percent(usual)} (at most "
        f"{percent(bound)}, the "
        f"upper 90 % bound of the reference), {percent(seen)} of {n} since about {since}. Seen "
        f"{which}. A false alarm "
        f"of this monitor comes once in {years(watched.monitor.patience_s)} at most (simulated: as "
        "far as the "
        "reference shows all the noise there is; proven for the fast detector while no result is "
        "more likely bad "
        "than its bound)."
    )
