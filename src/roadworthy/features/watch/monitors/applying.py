"""Orders, done to the monitors of a project."""

from __future__ import annotations

from dataclasses import replace

from roadworthy.contracts.watch_log import Logged
from roadworthy.domain.monitor import Monitor, Phase
from roadworthy.features.watch.monitors.orders import (
    Change,
    Delete,
    Pause,
    Rebaseline,
    Refitted,
    Save,
)
from roadworthy.features.watch.monitors.project_watch import ProjectWatch
from roadworthy.features.watch.monitors.rulers import Expected
from roadworthy.features.watch.monitors.watched import Watched


def apply(watch: ProjectWatch, change: Change, *, logged: Logged) -> None:
    """An order about a monitor that is gone by now does nothing."""
    at_ns = logged.recorded_ns
    if isinstance(change, Save):
        _save(watch, change, at_ns=at_ns)
        return
    if isinstance(change, Refitted):
        for watched in watch.of_agent(change.agent):
            watched.expect(
                Expected(change.before, change.after, shift=change.shift, most=change.most, n=change.n)
            )
            watch.effects.monitors[watched.monitor.id] = None
        return
    found = watch.monitors.get(change.monitor_id)
    if found is None:
        return
    watched = found
    watch.effects.monitors[change.monitor_id] = None
    if isinstance(change, Delete):
        watch.clear_alarm(watched, at_ns=at_ns)
        watch.remove(change.monitor_id)
    elif isinstance(change, Pause):
        _pause(watch, watched, change, at_ns=at_ns)
    elif isinstance(change, Rebaseline):
        watch.clear_alarm(watched, at_ns=at_ns)
        watched.learn_anew()
        watch.bank.restart(watched.slot, at_ns=0)
        watched.note(at_ns, "rebaselined", by=change.by, reason=change.reason)


def _save(watch: ProjectWatch, change: Save, *, at_ns: int) -> None:
    monitor = change.monitor
    watched = watch.monitors.get(monitor.id)
    if watched is None:
        watch.add(monitor, at_ns=at_ns, by=change.by, reason=change.reason)
        return
    before = watched.monitor
    kept = replace(
        monitor,
        paused=before.paused,
        created_ns=before.created_ns,
        created_by=before.created_by,
        agent=before.agent,
        signal=before.signal,
        automatic=before.automatic,
    )
    watched.monitor = kept
    watch.bank.set_patience(watched.slot, patience_s=kept.patience_s)
    watched.note(at_ns, "changed", by=change.by, reason=change.reason)
    watch.effects.monitors[monitor.id] = None
    if not kept.cautious:
        watched.trust_reference()
    if _means_another(before, kept):
        watch.clear_alarm(watched, at_ns=at_ns)
        watched.learn_anew()
        watch.bank.restart(watched.slot, at_ns=0)
        reason = "its figures mean something else than before"
        watched.note(at_ns, "relearning", by="roadworthy", reason=reason)


def _means_another(before: Monitor, after: Monitor) -> bool:
    return (before.strata, before.maturity_s, before.higher_is_worse, before.least_probability) != (
        after.strata,
        after.maturity_s,
        after.higher_is_worse,
        after.least_probability,
    )


def _pause(watch: ProjectWatch, watched: Watched, change: Pause, *, at_ns: int) -> None:
    if change.paused == watched.monitor.paused:
        return
    watched.monitor = replace(watched.monitor, paused=change.paused)
    watched.note(at_ns, "paused" if change.paused else "resumed", by=change.by, reason=change.reason)
    if change.paused:
        watch.clear_alarm(watched, at_ns=at_ns)
        watched.phase = Phase.PAUSED
        watched.stained(since_ns=at_ns)
    else:
        watched.phase = Phase.ARMED if watched.baseline is not None else Phase.LEARNING
        # What came meanwhile was not looked at, so that time does not count.
        watch.bank.restart(watched.slot, at_ns=at_ns)
