"""What the doors use of monitors."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, replace

from roadworthy.contracts.telemetry import TelemetryStore
from roadworthy.contracts.watch_log import AlarmQuery, WatchLog
from roadworthy.domain.alarm import Alarm
from roadworthy.domain.monitor import Monitor, Phase
from roadworthy.features.watch.monitors.engine import Engine
from roadworthy.features.watch.monitors.history import History, points_of, width_for
from roadworthy.features.watch.monitors.orders import Delete, Pause, Rebaseline, Save
from roadworthy.features.watch.monitors.project_watch import ProjectWatch
from roadworthy.features.watch.monitors.settings_check import BadMonitor, check
from roadworthy.features.watch.monitors.signals.table import VOLUME
from roadworthy.features.watch.monitors.standing import Noticed, Standing, forecast, standing
from roadworthy.features.watch.monitors.true_rate import TrueRate, true_rate
from roadworthy.features.watch.monitors.watched import Watched
from roadworthy.stats.fleet_ranking import rank

MOST_MONITORS = 20_000
"""Of a project."""
_DAY_NS = 86_400 * 10**9
FIRM_NOTE = (
    "Firm ones stand when all monitors are looked at together: the share of false ones among them, per time "
    "waited, stays under one over the patience. It is no false discovery rate."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    monitor: Monitor
    phase: Phase
    evidence_share: float
    firm: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Monitors by what speaks against their agents, and what they promise together."""

    places: tuple[Place, ...]
    yearly: float
    """Expected false alarms a year of all that are armed, at most."""
    armed: int
    note: str = FIRM_NOTE


class MonitorService:
    """Safe to call from several threads. Raises WatchLogUnavailable and WatchLogFull as the log does."""

    def __init__(self, watch_log: WatchLog, engine: Engine, store: TelemetryStore) -> None:
        self._log = watch_log
        self._engine = engine
        self._store = store

    def all(self, project: str, *, agent: str | None = None) -> list[Standing]:
        """By agent, then in the order of their making."""
        day, week = self._sums(project)
        with self._engine.watching(project) as watch:
            chosen = [one for one in watch.monitors.values() if agent is None or one.monitor.agent == agent]
            chosen.sort(key=lambda one: (one.monitor.agent, one.monitor.created_ns, one.slot))
            return [_standing(one, watch, day=day, week=week) for one in chosen]

    def one(self, project: str, monitor_id: str) -> Standing | None:
        day, week = self._sums(project)
        with self._engine.watching(project) as watch:
            found = watch.monitors.get(monitor_id)
            return None if found is None else _standing(found, watch, day=day, week=week)

    def forecast(self, project: str, monitor_id: str) -> list[Noticed]:
        day, week = self._sums(project)
        with self._engine.watching(project) as watch:
            found = watch.monitors.get(monitor_id)
        # Only read from here on, and figures of two moments do no harm: not worth holding up results.
        if found is None:
            return []
        per_day = max(float(day.get(monitor_id, (0, 0.0))[0]), week.get(monitor_id, (0, 0.0))[0] / 7)
        return forecast(found, per_day=per_day)

    def history(self, project: str, monitor_id: str, *, from_ns: int, to_ns: int) -> History | None:
        with self._engine.watching(project) as watch:
            found = watch.monitors.get(monitor_id)
            if found is None:
                return None
            agent = watch.agents.get(found.monitor.agent)
            marks = tuple(mark for mark in agent.marks if from_ns <= mark.at_ns < to_ns) if agent else ()
        width_ns = width_for(to_ns - from_ns)
        start_ns = from_ns // width_ns * width_ns
        ticks = self._log.ticks(project, monitor=monitor_id, from_ns=start_ns, to_ns=to_ns)
        query = AlarmQuery(monitor=monitor_id, from_ns=from_ns, to_ns=to_ns, limit=500)
        return History(
            from_ns=from_ns,
            to_ns=to_ns,
            width_ns=width_ns,
            points=points_of(ticks, width_ns=width_ns),
            releases=marks,
            alarms=tuple(reversed(self._log.alarms(project, query))),
        )

    def save(self, monitor: Monitor, *, by: str, reason: str = "") -> Standing:
        """A new one where its id is ""; else the one that it is, otherwise. Raises BadMonitor."""
        check(monitor)
        fresh = not monitor.id
        if fresh:
            monitor = replace(monitor, id=secrets.token_hex(8), created_ns=time.time_ns(), created_by=by)
            self._room(monitor)
        self._engine.change(monitor.project, Save(monitor=monitor, by=by, reason=reason))
        made = self.one(monitor.project, monitor.id)
        assert made is not None  # noqa: S101 - it was saved
        return made

    def _room(self, monitor: Monitor) -> None:
        with self._engine.watching(monitor.project) as watch:
            if len(watch.monitors) >= MOST_MONITORS:
                raise BadMonitor("name", f"a project has at most {MOST_MONITORS} monitors")
            if monitor.signal == VOLUME and watch.volume_monitor(monitor.agent) is not None:
                raise BadMonitor("signal", "the agent's volume is watched already: change that monitor")

    def pause(self, project: str, monitor_id: str, *, paused: bool, by: str, reason: str) -> Standing | None:
        self._engine.change(project, Pause(monitor_id=monitor_id, by=by, paused=paused, reason=reason))
        return self.one(project, monitor_id)

    def rebaseline(self, project: str, monitor_id: str, *, by: str, reason: str) -> Standing | None:
        """From now on what comes is normal. Who did it and why stays in the monitor's notes."""
        self._engine.change(project, Rebaseline(monitor_id=monitor_id, by=by, reason=reason))
        return self.one(project, monitor_id)

    def delete(self, project: str, monitor_id: str, *, by: str) -> bool:
        if self.one(project, monitor_id) is None:
            return False
        self._engine.change(project, Delete(monitor_id=monitor_id, by=by))
        return True

    def forget(self, project: str) -> None:
        """The project was deleted: its monitors, alarms and history go."""
        self._engine.forget(project)

    def alarms(self, project: str, query: AlarmQuery) -> list[Alarm]:
        return self._log.alarms(project, query)

    def alarm(self, project: str, alarm_id: str) -> Alarm | None:
        return self._log.alarm(project, alarm_id)

    def fleet(self, project: str) -> Fleet:
        with self._engine.watching(project) as watch:
            watched = [
                one
                for one in watch.monitors.values()
                if one.monitor.signal != VOLUME and one.phase in (Phase.ARMED, Phase.ALARMED)
            ]
            shares = [self._share(one, watch) for one in watched]
            yearly = sum(standing_yearly(one) for one in watched)
        places = rank(shares, thresholds=1.0) if shares else []
        return Fleet(
            places=tuple(
                Place(
                    monitor=watched[one.place].monitor,
                    phase=watched[one.place].phase,
                    evidence_share=one.evidence_share,
                    firm=one.firm,
                )
                for one in places
            ),
            yearly=yearly,
            armed=len(watched),
        )

    def _share(self, watched: Watched, watch: ProjectWatch) -> float:
        """Of one that alarmed, that with which it did."""
        if watched.phase is Phase.ALARMED:
            alarm = self._log.alarm(watched.monitor.project, watched.alarm_id)
            facts = alarm.facts if alarm is not None else {}
            return max(1.0, float(facts.get("evidence", 1)) / float(facts.get("threshold", 1)))
        return max(watch.bank.shares(watched.slot))

    def true_rate(self, project: str, *, agent: str, from_ns: int, to_ns: int) -> TrueRate:
        return true_rate(self._store, project, agent=agent, from_ns=from_ns, to_ns=to_ns)

    def too_old(self, project: str) -> int:
        """Results and scores that came too late to tell whether they had counted already."""
        return self._log.too_old(project)

    def _sums(self, project: str) -> tuple[dict[str, tuple[int, float]], dict[str, tuple[int, float]]]:
        now_ns = time.time_ns()
        day = self._log.sums(project, from_ns=now_ns - _DAY_NS, to_ns=now_ns + 1)
        return day, self._log.sums(project, from_ns=now_ns - 7 * _DAY_NS, to_ns=now_ns + 1)


def standing_yearly(watched: Watched) -> float:
    return 365.25 * 86_400 / watched.monitor.patience_s


def _standing(
    watched: Watched,
    watch: ProjectWatch,
    *,
    day: dict[str, tuple[int, float]],
    week: dict[str, tuple[int, float]],
) -> Standing:
    monitor_id = watched.monitor.id
    agent = watch.agents.get(watched.monitor.agent)
    return standing(
        watched,
        watch.bank,
        day=day.get(monitor_id, (0, 0.0)),
        week_n=week.get(monitor_id, (0, 0.0))[0],
        volume=agent.volume if agent is not None else None,
    )
