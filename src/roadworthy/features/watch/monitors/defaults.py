"""Monitors that are there by themselves."""

from __future__ import annotations

from hashlib import blake2b

from roadworthy.domain.alarm import Severity
from roadworthy.domain.monitor import PATIENCE_YEARS, YEAR_S, Monitor
from roadworthy.features.watch.monitors.signals.disagreement import SIGNAL
from roadworthy.features.watch.monitors.signals.signal import Signal
from roadworthy.features.watch.monitors.signals.table import SIGNALS, VOLUME
from roadworthy.features.watch.monitors.strata import OUTCOME

DISAGREEMENT = SIGNAL.name
MOST_AGENTS = 5_000
"""Of a project that get monitors by themselves: a name made up for every run must not fill the memory."""
DEFAULT_SIGNALS: tuple[Signal, ...] = tuple(one for one in SIGNALS if one.share or one.name == VOLUME)
_SEVERITY = {"completion": Severity.CRITICAL, "quality": Severity.ERROR}


def default_monitor(project: str, agent: str, signal: Signal, *, at_ns: int) -> Monitor:
    """Each uses up its share of the false alarms that the agent may have: together one in twenty years at
    most, so 5 % a year, however many of them there are."""
    patience = PATIENCE_YEARS * YEAR_S / signal.share if signal.share else PATIENCE_YEARS * YEAR_S
    return Monitor(
        project=project,
        id=default_id(project, agent, signal.name),
        name=f"{agent or 'runs without an agent'}: {signal.title}",
        agent=agent,
        signal=signal.name,
        strata=(OUTCOME,) if signal.name == DISAGREEMENT else (),
        patience_s=patience,
        severity=_SEVERITY.get(signal.name, Severity.WARNING),
        automatic=True,
        created_ns=at_ns,
        created_by="roadworthy",
    )


def default_id(project: str, agent: str, signal: str) -> str:
    """The same wherever it is made."""
    return blake2b(f"{project}\0{agent}\0{signal}".encode(errors="replace"), digest_size=8).hexdigest()
