"""Silence and jumps of each agent of a project."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Protocol

from roadworthy.contracts.watch_log import Logged
from roadworthy.domain.alarm import Alarm, AlarmKind
from roadworthy.domain.monitor import Monitor
from roadworthy.features.watch.monitors.agent_state import AgentState
from roadworthy.features.watch.monitors.effects import Effects
from roadworthy.features.watch.monitors.volume import JUMP_FACTOR, SILENCE_FACTOR
from roadworthy.features.watch.monitors.watched import Watched

_REASON = "This is a rule, neither proven nor simulated."
HOURS = 24.0


class Watch(Protocol):
    """What it needs of the project's monitors."""

    effects: Effects

    def each_agent(self) -> Iterator[AgentState]: ...
    def volume_monitor(self, agent: str) -> Watched | None: ...
    def raise_alarm(self, alarm: Alarm) -> None: ...
    def close_alarm(self, alarm_id: str, *, at_ns: int) -> None: ...


class VolumeWatch:
    """Looks at the agents of a project; what it finds it says there."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def note(self, agent: AgentState, logged: Logged) -> None:
        """One result came."""
        volume = agent.volume
        monitor = self._monitor(agent.agent)
        hours = monitor.reference_hours if monitor is not None else HOURS
        if monitor is not None and volume.overdue(now_ns=logged.recorded_ns, hours=hours):
            # Nobody looked at the clock in between.
            self._fall_silent(agent, monitor)
        hour, in_hour = volume.hour, volume.hour_n
        allowed = volume.allowed_in_hour()
        known = volume.known(hours=hours)
        volume.note(recorded_ns=logged.recorded_ns, seq=logged.seq, hours=hours)
        if volume.silent:
            volume.silent = False
            self._watch.close_alarm(agent.silence_id, at_ns=logged.recorded_ns)
            agent.silence_id = ""
        if volume.jumped and volume.hour != hour and in_hour < volume.allowed_in_hour():
            volume.jumped = False
            self._watch.close_alarm(agent.jump_id, at_ns=logged.recorded_ns)
            agent.jump_id = ""
        if monitor is not None and known and not volume.jumped and volume.hour_n >= allowed:
            self._jump(agent, monitor, logged, allowed=allowed)

    def look(self, *, now_ns: int) -> None:
        """Whether any agent has fallen silent by now."""
        for agent in self._watch.each_agent():
            if now_ns - agent.volume.last_ns < 60 * 10**9:
                continue
            monitor = self._monitor(agent.agent)
            if monitor is not None and agent.volume.overdue(now_ns=now_ns, hours=monitor.reference_hours):
                self._fall_silent(agent, monitor)
                self._watch.effects.agents[agent.agent] = None

    def excuse(self, *, until_ns: int) -> None:
        for agent in self._watch.each_agent():
            agent.volume.excuse(until_ns=until_ns)
            self._watch.effects.agents[agent.agent] = None

    def _monitor(self, agent: str) -> Monitor | None:
        watched = self._watch.volume_monitor(agent)
        return None if watched is None or watched.monitor.paused else watched.monitor

    def _fall_silent(self, agent: AgentState, monitor: Monitor) -> None:
        volume = agent.volume
        at_ns = volume.last_ns + volume.allowed_gap_ns()
        volume.silent = True
        agent.silence_id = f"{monitor.id}-{volume.last_seq}-silence"
        who = agent.agent or "runs without an agent"
        self._watch.raise_alarm(
            Alarm(
                project=monitor.project,
                id=agent.silence_id,
                kind=AlarmKind.SILENCE,
                source=monitor.id,
                source_name=monitor.name,
                agent=agent.agent,
                release=agent.release,
                severity=monitor.severity,
                title=f"{who}: no results since {_clock(volume.last_ns)}",
                reason=f"The longest pause so far was {_length(volume.longest_gap_ns)}; {SILENCE_FACTOR} "
                f"times that (at least half an hour) has passed. {_REASON}",
                at_ns=at_ns,
                since_ns=volume.last_ns,
                facts={
                    "longest_gap_s": f"{volume.longest_gap_ns / 1e9:.0f}",
                    "path": f"/monitors/{monitor.id}",
                },
            )
        )

    def _jump(self, agent: AgentState, monitor: Monitor, logged: Logged, *, allowed: int) -> None:
        volume = agent.volume
        volume.jumped = True
        agent.jump_id = f"{monitor.id}-{logged.seq}-jump"
        who = agent.agent or "runs without an agent"
        self._watch.raise_alarm(
            Alarm(
                project=monitor.project,
                id=agent.jump_id,
                kind=AlarmKind.INPUT_DRIFT,
                source=monitor.id,
                source_name=monitor.name,
                agent=agent.agent,
                release=agent.release,
                severity=monitor.severity,
                title=f"{who}: {volume.hour_n} results this hour, never more than "
                f"{volume.fullest_hour} before",
                reason=f"That is {JUMP_FACTOR} times the fullest hour so far. {_REASON}",
                at_ns=logged.recorded_ns,
                since_ns=volume.hour * 3_600 * 10**9,
                facts={
                    "hour": str(volume.hour_n),
                    "allowed": str(allowed),
                    "path": f"/monitors/{monitor.id}",
                },
            )
        )


def _clock(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns // 10**9, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _length(ns: int) -> str:
    minutes = ns / 60e9
    return f"{minutes:.0f} minutes" if minutes < 120 else f"{minutes / 60:.1f} hours"
