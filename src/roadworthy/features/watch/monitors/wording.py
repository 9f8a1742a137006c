"""What is said of monitors to people, and what stands behind each sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from roadworthy.domain.monitor import YEAR_S, Monitor
from roadworthy.features.watch.monitors.signals.signal import Signal
from roadworthy.features.watch.monitors.volume import JUMP_FACTOR, SILENCE_FACTOR
from roadworthy.stats.two_speed import FAST_SHARE, Noise


class Basis(StrEnum):
    PROVEN = "proven"
    """A theorem, under the condition in the sentence."""
    SIMULATED = "simulated"
    """Held in simulations; not a theorem."""
    RULE = "rule"
    """Neither: a rule of thumb."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    text: str
    basis: Basis


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def years(seconds: float) -> str:
    """ "20 years", "3 months", "12 days"."""
    length = seconds / YEAR_S
    if length >= 1:
        return f"{length:.3g} years"
    if seconds >= 60 * 86_400:
        return f"{seconds / (30.4375 * 86_400):.2g} months"
    return f"{seconds / 86_400:.3g} days"


def yearly(patience_s: float) -> float:
    """Bound of the probability of any false alarm in a year."""
    return min(1.0, YEAR_S / patience_s)


def claims(monitor: Monitor, *, signal: Signal, noise: Noise, armed: bool) -> list[Claim]:
    """Each sentence with what it stands on."""
    if signal.name == "volume":
        return [
            Claim(
                text=f"Silence is said after {SILENCE_FACTOR} times the longest pause there was, a jump at "
                f"{JUMP_FACTOR} times the fullest hour. No false-alarm rate is promised.",
                basis=Basis.RULE,
            )
        ]
    patience = years(monitor.patience_s)
    out = [
        Claim(
            text="While no result is more likely bad, given all before it, than the bound the fast "
            "detector bets against, its false alarms are at least "
            f"{years(monitor.patience_s / FAST_SHARE)} apart on average, under any dependence, and however "
            "often you look.",
            basis=Basis.PROVEN,
        ),
        Claim(
            text=f"Both detectors together: a false alarm every {patience} at most, so at most "
            f"{percent(yearly(monitor.patience_s))} in a year, as far as the noise of the reference "
            "is all the noise there is.",
            basis=Basis.SIMULATED,
        ),
        Claim(
            text="The baseline is the upper 90 % bound of the reference, so that nine monitors in ten "
            "are held to no less than what their agent really achieves.",
            basis=Basis.PROVEN,
        ),
        Claim(
            text="Time counts by when runs ended; pauses must say nothing about outcomes. Results that "
            "come late count when they come, and add no time.",
            basis=Basis.PROVEN,
        ),
    ]
    if armed and noise.sigma > 0:
        out.append(
            Claim(
                text=f"The fast detector forgives swings of {noise.sigma:.2f} in log-odds (times 3.5), as "
                "the reference shows them from block to block.",
                basis=Basis.SIMULATED,
            )
        )
    if signal.chosen:
        out = [Claim(text=each.text, basis=Basis.SIMULATED) for each in out]
        out.append(Claim(text=signal.chosen, basis=Basis.RULE))
    return out


def title(agent: str, *, signal: Signal, usual: float, seen: float, n: int) -> str:
    """One line for a pager."""
    who = agent or "runs without an agent"
    if signal.rises:
        return f"{who}: {signal.title} rose from {percent(usual)} to {percent(seen)} (n {n})"
    return f"{who}: {signal.title} fell from {percent(1 - usual)} to {percent(1 - seen)} (n {n})"
