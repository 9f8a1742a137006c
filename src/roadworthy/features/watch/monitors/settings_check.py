"""Whether a monitor is one that can be."""

from __future__ import annotations

from roadworthy.domain.monitor import Monitor
from roadworthy.features.watch.monitors.signals.disagreement import SIGNAL
from roadworthy.features.watch.monitors.signals.table import names, signal_of
from roadworthy.features.watch.monitors.strata import OUTCOME, bad_stratum

DAY_S = 86_400.0
DISAGREEMENT = SIGNAL.name
LEAST_PATIENCE_S = DAY_S
MOST_PATIENCE_S = 10_000 * 365.25 * DAY_S
MOST_MATURITY_S = 14 * DAY_S
LEAST_REFERENCE, MOST_REFERENCE = 50, 100_000
MOST_STRATA = 3


class BadMonitor(ValueError):  # noqa: N818
    """`field` is what is wrong, the message what was expected."""

    def __init__(self, wrong: str, message: str) -> None:
        super().__init__(message)
        self.field = wrong


def check(monitor: Monitor) -> None:
    """Raises BadMonitor."""
    if signal_of(monitor.signal) is None:
        raise BadMonitor("signal", f"there is no signal {monitor.signal!r}: expected {', '.join(names())}")
    if len(monitor.strata) > MOST_STRATA:
        raise BadMonitor("strata", f"at most {MOST_STRATA}, not {len(monitor.strata)}")
    for name in monitor.strata:
        wrong = bad_stratum(name)
        if wrong is not None:
            raise BadMonitor("strata", wrong)
    if OUTCOME in monitor.strata and monitor.signal != DISAGREEMENT:
        raise BadMonitor("strata", f"{OUTCOME!r} goes with the signal {DISAGREEMENT} alone")
    _within("patience_s", monitor.patience_s, LEAST_PATIENCE_S, MOST_PATIENCE_S)
    _within("maturity_s", monitor.maturity_s, 0, MOST_MATURITY_S)
    _within("reference_hours", monitor.reference_hours, 0, 35 * 24)
    _within("least_probability", monitor.least_probability, 1e-6, 1)
    if monitor.reference_results is not None:
        _within("reference_results", monitor.reference_results, LEAST_REFERENCE, MOST_REFERENCE)
    if monitor.higher_is_worse and not monitor.signal.startswith("score:"):
        raise BadMonitor("higher_is_worse", "goes with scores alone; of other signals it is known")


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise BadMonitor(name, f"a number of {low:g} to {high:g} was expected, not {value:g}")
