"""All monitors of one project. What they are after any entries depends on the entries and their order alone:
not on the time, nor on how they were cut into batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from roadworthy.contracts.watch_log import Logged
from roadworthy.domain.alarm import Alarm
from roadworthy.domain.monitor import Monitor, Phase
from roadworthy.domain.result import Outage, Result, Scored, Word
from roadworthy.features.watch.monitors.agent_state import AgentState
from roadworthy.features.watch.monitors.alarming import Looking, cleared, quality_alarm
from roadworthy.features.watch.monitors.bank import Bank, Observation
from roadworthy.features.watch.monitors.defaults import DEFAULT_SIGNALS, MOST_AGENTS, default_monitor
from roadworthy.features.watch.monitors.effects import Effects
from roadworthy.features.watch.monitors.readings import reading_of, speaks, weight_of
from roadworthy.features.watch.monitors.reference import Count
from roadworthy.features.watch.monitors.signals.quality import SIGNAL as QUALITY
from roadworthy.features.watch.monitors.signals.score import PREFIX as SCORE
from roadworthy.features.watch.monitors.signals.signal import Refused, Signal
from roadworthy.features.watch.monitors.signals.table import VOLUME, signal_of
from roadworthy.features.watch.monitors.strata import ALL, MOST, OTHERS, stratum_of
from roadworthy.features.watch.monitors.volume_watch import VolumeWatch
from roadworthy.features.watch.monitors.watched import Clearing, Watched
from roadworthy.stats.shiryaev_roberts import Alarmed
from roadworthy.stats.two_speed import WINDOWS_A_DAY

_PER_S = 10**9
LATE_NS = 86_400 * _PER_S
HISTORY = "ended more than a day before the newest result: history, which a backtest looks at"
"""What is brought in afterwards says nothing about now. A monitor that still learns takes it: history is what
it learns from."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """One figure of one monitor on its way."""

    of: Watched
    x: float
    weight: float
    stratum: str
    at_ns: int
    logged: Logged


class ProjectWatch:
    """Not for several threads at once. `looking` reads what was recorded before."""

    def __init__(self, project: str, *, looking: Looking, automatic: bool = True) -> None:
        self.project = project
        self.monitors: dict[str, Watched] = {}
        self.agents: dict[str, AgentState] = {}
        self.bank = Bank()
        self.effects = Effects()
        self._looking = looking
        self._automatic = automatic
        self._by_agent: dict[str, list[tuple[Watched, Signal]]] = {}
        self._free: list[int] = []
        self._pending: list[tuple[_Taken, int]] = []
        self._observations: list[Observation] = []
        self._pending_slots: set[int] = set()
        self.volumes = VolumeWatch(self)

    # --- which monitors there are -------------------------------------------------------------------------

    def add(self, monitor: Monitor, *, at_ns: int, by: str = "", reason: str = "") -> Watched:
        slot = self._free.pop() if self._free else len(self.monitors)
        made = Watched(monitor=monitor, slot=slot)
        made.phase = Phase.PAUSED if monitor.paused else Phase.LEARNING
        self.enter(made)
        made.note(at_ns, "made", by=by or monitor.created_by, reason=reason)
        self.effects.monitors[monitor.id] = None
        return made

    def enter(self, made: Watched) -> None:
        """One that is here, or comes back from what was kept."""
        self.monitors[made.monitor.id] = made
        self.bank.place(made.slot, patience_s=made.monitor.patience_s)
        signal = signal_of(made.monitor.signal)
        if signal is not None:
            self._by_agent.setdefault(made.monitor.agent, []).append((made, signal))

    def remove(self, monitor_id: str) -> Watched | None:
        gone = self.monitors.pop(monitor_id, None)
        if gone is not None:
            of_agent = self._by_agent[gone.monitor.agent]
            of_agent[:] = [each for each in of_agent if each[0] is not gone]
            self.bank.vacate(gone.slot)
            self._free.append(gone.slot)
            self._free.sort(reverse=True)
            self.effects.monitors[monitor_id] = None
        return gone

    def free_slots(self) -> None:
        """After what was kept was entered: slots that monitors left behind."""
        used = {one.slot for one in self.monitors.values()}
        self._free = sorted(set(range(max(used, default=-1) + 1)) - used, reverse=True)

    def of_agent(self, agent: str) -> list[Watched]:
        return [one for one, _ in self._by_agent.get(agent, ())]

    def lanes(self) -> set[float]:
        """How long outcomes are left to mature, other than not at all."""
        return {one.monitor.maturity_s for one in self.monitors.values()} - {0.0}

    def attributes_wanted(self) -> set[str]:
        return {
            name.removeprefix("attributes.")
            for one in self.monitors.values()
            for name in one.monitor.strata
            if name.startswith("attributes.")
        }

    def scores_wanted(self) -> set[str]:
        signals = (one.monitor.signal for one in self.monitors.values())
        return {name.removeprefix(SCORE) for name in signals if name.startswith(SCORE)}

    # --- results ------------------------------------------------------------------------------------------

    def consume(self, entries: Sequence[Logged]) -> None:
        """Entries but orders, in order; for monitors that let nothing mature."""
        for logged in entries:
            entry = logged.entry
            if isinstance(entry, Result):
                self._note(entry, logged)
            elif isinstance(entry, Word) and entry.agent in self.agents:
                self._make_defaults(self.agents[entry.agent], entry, at_ns=logged.recorded_ns)
            elif isinstance(entry, Outage):
                self.volumes.excuse(until_ns=entry.to_ns)
            if isinstance(entry, Result | Word | Scored):
                self._entry(logged, maturity_s=0.0)
        self._flush()

    def consume_matured(self, logged: Logged, *, maturity_s: float) -> None:
        """One result as it stands once it is mature. Call `flush` after the last."""
        self._entry(logged, maturity_s=maturity_s)

    def flush(self) -> None:
        self._flush()

    def _note(self, result: Result, logged: Logged) -> None:
        agent = self.agents.get(result.agent)
        if agent is None:
            if len(self.agents) >= MOST_AGENTS:
                return
            agent = self.agents[result.agent] = AgentState(agent=result.agent)
        self.effects.agents[result.agent] = None
        agent.note_release(result.release, at_ns=result.at_ns)
        agent.repeats += result.repeat
        self.volumes.note(agent, logged)
        self._make_defaults(agent, result, at_ns=logged.recorded_ns)

    def _make_defaults(self, agent: AgentState, entry: Result | Word, *, at_ns: int) -> None:
        if not self._automatic or len(agent.seen) == len(DEFAULT_SIGNALS):
            return
        for signal in DEFAULT_SIGNALS:
            if signal.name in agent.seen or not speaks(signal, entry):
                continue
            agent.seen.append(signal.name)
            monitor = default_monitor(self.project, agent.agent, signal, at_ns=at_ns)
            if monitor.id not in self.monitors:
                self.add(monitor, at_ns=at_ns)

    def _entry(self, logged: Logged, *, maturity_s: float) -> None:
        entry = logged.entry
        assert isinstance(entry, Result | Word | Scored)  # noqa: S101 - the caller sorts
        repeat = not isinstance(entry, Word) and entry.repeat
        for watched, signal in self._by_agent.get(entry.agent, ()):
            monitor = watched.monitor
            if watched.phase is Phase.PAUSED or monitor.maturity_s != maturity_s:
                continue
            reading = reading_of(signal, entry, monitor=monitor)
            if reading is None:
                continue
            if isinstance(reading, Refused):
                watched.refuse(reading.reason)
                self.effects.monitors[monitor.id] = None
            elif not repeat:
                self._take(watched, signal, reading, logged)

    def _take(self, watched: Watched, signal: Signal, value: float, logged: Logged) -> None:
        entry = logged.entry
        assert isinstance(entry, Result | Word | Scored)  # noqa: S101 - as above
        if signal.ruled and not isinstance(entry, Word) and not self._same_ruler(watched, signal, logged):
            return
        weight = 1.0
        if isinstance(entry, Scored) and entry.sampled is not None and entry.source != "judge":
            weight = weight_of(watched.monitor, entry.sampled)
            if not weight:
                watched.refuse("drawn with a probability below the monitor's least")
                self.effects.monitors[watched.monitor.id] = None
                return
        x: float | None = value
        if signal.relative:
            if watched.reference is not None:
                x = watched.reference.measured(value)
                self.effects.monitors[watched.monitor.id] = None
            else:
                x = 1.0 if watched.limit is not None and value > watched.limit else 0.0
        if x is not None:
            stratum = stratum_of(entry, watched.monitor.strata)
            self._figure(_Taken(watched, x, weight, stratum, entry.at_ns, logged))

    def _same_ruler(self, watched: Watched, signal: Signal, logged: Logged) -> bool:
        """Whether the figure compares with those before, or there are none any more."""
        entry = logged.entry
        assert isinstance(entry, Result | Scored)  # noqa: S101 - the caller asks of these
        ruler = entry.ruler
        if watched.ruler == ruler:
            return True
        self.effects.monitors[watched.monitor.id] = None
        if ruler in watched.left:
            watched.refuse("judged by the model that was there before the last fit")
            return False
        way = watched.way_to(ruler, judged=signal is QUALITY)
        if watched.ruler and way is not None:
            self._flush()
            watched.follow(way)
            reason = (
                f"what judges the runs was fitted anew; on {way.n} runs that both judged its figures are "
                f"{way.shift:+.3f} on average, so the baseline moved with them and the evidence stays"
            )
            watched.note(logged.recorded_ns, "carried over", by="roadworthy", reason=reason)
            return True
        if watched.ruler:
            self._flush()
            self.clear_alarm(watched, at_ns=logged.recorded_ns)
            watched.learn_anew()
            self.bank.restart(watched.slot, at_ns=0)
            reason = "what judges the runs was changed: its figures do not compare with those before"
            watched.note(logged.recorded_ns, "relearning", by="roadworthy", reason=reason)
        watched.ruler = ruler
        return True

    def _figure(self, taken: _Taken) -> None:
        watched = taken.of
        if watched.phase is Phase.LEARNING:
            self._learn(taken)
            return
        if taken.at_ns < self.bank.time_of(watched.slot) - LATE_NS:
            watched.refuse(HISTORY)
            self.effects.monitors[watched.monitor.id] = None
            return
        if watched.phase is Phase.ARMED and self.bank.window_over(watched.slot, at_ns=taken.at_ns):
            if watched.slot in self._pending_slots:
                self._flush()
            if watched.phase is Phase.ARMED:
                self._end_window(taken)
        if watched.phase is Phase.ALARMED:
            self._look_for_clearing(taken)
        else:
            self._bet(taken)

    def _learn(self, taken: _Taken) -> None:
        watched, reference = taken.of, taken.of.reference
        assert reference is not None  # noqa: S101 - it is learning
        reference.add(taken.x, stratum=taken.stratum, at_ns=taken.at_ns)
        monitor = watched.monitor
        self.effects.monitors[monitor.id] = None
        self.effects.tick(monitor.id, at_ns=taken.at_ns, x=taken.x, peak=0.0, baseline=0.0)
        if reference.enough(monitor):
            at_ns = max(taken.at_ns, max(reference.hours) * 3_600 * _PER_S)
            watched.freeze(at_ns=at_ns)
            watched.phase = Phase.ARMED
            watched.note(taken.logged.recorded_ns, "armed", by="roadworthy")
            self.bank.restart(watched.slot, at_ns=at_ns)

    def _bet(self, taken: _Taken) -> None:
        watched = taken.of
        bets = watched.bets(taken.stratum)
        self.bank.count(watched.slot, taken.x, q0=bets.q0, alternatives=bets.alternatives)
        if watched.monitor.strata:
            known = taken.stratum in watched.running or len(watched.running) < MOST
            watched.running.setdefault(taken.stratum if known else OTHERS, Count()).add(taken.x)
            self.effects.monitors[watched.monitor.id] = None
        self._pending_slots.add(watched.slot)
        dt = self.bank.elapsed(watched.slot, at_ns=taken.at_ns)
        self._observations.append(
            Observation(slot=watched.slot, x=taken.x, q0=bets.fast, dt=dt, weight=taken.weight)
        )
        self._pending.append((taken, self.bank.time_of(watched.slot)))

    def _end_window(self, taken: _Taken) -> None:
        watched = taken.of
        before = self.bank.window_of(watched.slot)
        alarmed, window = self.bank.end_window(watched.slot, noise=watched.noise, at_ns=taken.at_ns)
        self.effects.monitors[watched.monitor.id] = None
        if alarmed is not None:
            self._alarm(taken, alarmed, slow=True, time_ns=self.bank.time_of(watched.slot))
            return
        if not watched.monitor.strata and window.n:
            watched.running[ALL] = Count(window.n, window.failures)
        watched.window_ended(before)
        if before // WINDOWS_A_DAY == self.bank.window_of(watched.slot) // WINDOWS_A_DAY:
            return
        watched.day_ended(before // WINDOWS_A_DAY)
        if watched.tighten():
            watched.note(taken.logged.recorded_ns, "tightened", by="roadworthy")

    def _flush(self) -> None:
        """Through the detectors, by one call. Where one alarms, its results after that are looked at again:
        they no longer bet, they may clear the alarm."""
        while self._pending:
            pending, given = self._pending, self._observations
            self._pending, self._observations, self._pending_slots = [], [], set()
            observed = self.bank.observe(given)
            shares = self.bank.shares_of([one.slot for one in given], observed.evidence)
            raised: dict[int, tuple[int, Alarmed]] = {}
            for one in observed.raised:
                raised.setdefault(one.monitor, (one.position, one.alarmed))
            again: list[_Taken] = []
            for place, (taken, time_ns) in enumerate(pending):
                slot = taken.of.slot
                at = raised.get(slot)
                if at is not None and place > at[0]:
                    again.append(taken)
                    continue
                self._tick(taken, peak=shares[place])
                if at is not None and place == at[0]:
                    self._alarm(taken, at[1], slow=False, time_ns=time_ns)
            for taken in again:
                self._figure(taken)

    def _tick(self, taken: _Taken, *, peak: float) -> None:
        q0 = taken.of.bets(taken.stratum).q0 if taken.of.baseline is not None else 0.0
        self.effects.tick(taken.of.monitor.id, at_ns=taken.at_ns, x=taken.x, peak=peak, baseline=q0)

    def _alarm(self, taken: _Taken, alarmed: Alarmed, *, slow: bool, time_ns: int) -> None:
        """`time_ns` is how far the detectors' time has come; later results may have moved it on already."""
        watched = taken.of
        made = quality_alarm(
            watched,
            alarmed,
            logged=taken.logged,
            at_ns=taken.at_ns,
            slow=slow,
            noise=watched.noise,
            looking=self._looking,
        )
        watched.phase = Phase.ALARMED
        watched.alarm_id = made.alarm.id
        watched.clearing = Clearing.between(usual=made.usual, bad=made.seen)
        watched.stained(since_ns=made.alarm.since_ns)
        watched.note(made.alarm.at_ns, "alarmed", by="roadworthy", reason=made.alarm.title)
        self.bank.restart(watched.slot, at_ns=time_ns)
        self.effects.alarms[made.alarm.id] = made.alarm
        self.effects.monitors[watched.monitor.id] = None

    def _look_for_clearing(self, taken: _Taken) -> None:
        watched = taken.of
        self._tick(taken, peak=0.0)
        self.effects.monitors[watched.monitor.id] = None
        if watched.clearing is not None and watched.clearing.over(taken.x):
            self.clear_alarm(watched, at_ns=taken.logged.recorded_ns)
            self.bank.restart(watched.slot, at_ns=taken.at_ns)

    def clear_alarm(self, watched: Watched, *, at_ns: int) -> None:
        """The alarm that stands, if one does: it is over."""
        if watched.phase is not Phase.ALARMED:
            return
        self.close_alarm(watched.alarm_id, at_ns=at_ns)
        watched.phase, watched.alarm_id, watched.clearing = Phase.ARMED, "", None
        watched.note(at_ns, "cleared", by="roadworthy")
        self.effects.monitors[watched.monitor.id] = None

    def close_alarm(self, alarm_id: str, *, at_ns: int) -> None:
        standing = self.effects.alarms.get(alarm_id) or self._looking.alarm(alarm_id)
        if standing is not None:
            self.effects.alarms[alarm_id] = cleared(standing, at_ns=at_ns)

    def raise_alarm(self, alarm: Alarm) -> None:
        self.effects.alarms[alarm.id] = alarm

    def volume_monitor(self, agent: str) -> Watched | None:
        of_agent: Iterable[tuple[Watched, Signal]] = self._by_agent.get(agent, ())
        return next((one for one, signal in of_agent if signal.name == VOLUME), None)

    def each_agent(self) -> Iterator[AgentState]:
        return iter(self.agents.values())
