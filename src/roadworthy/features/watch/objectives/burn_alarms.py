"""Alarms of budgets that burn too fast: raised once, cleared once, across restarts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from roadworthy.contracts.alarm_journal import AlarmJournal
from roadworthy.domain.alarm import Alarm, AlarmKind, Severity
from roadworthy.domain.objective import Budgeting, IndicatorKind, Objective
from roadworthy.features.watch.objectives.buckets import Sums
from roadworthy.features.watch.objectives.budgets import Rate

_PART = "burning"
_ALARMS = TypeAdapter(tuple[Alarm, ...])
_SEVERITY = {"fast": Severity.CRITICAL, "medium": Severity.ERROR, "slow": Severity.WARNING}
_MINUTE_NS = 60 * 10**9
_LENGTHS = {
    300: "5 minutes", 1800: "30 minutes", 3600: "hour", 21_600: "6 hours", 259_200: "3 days",
}  # fmt: skip
RUNS_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """An objective with its rates now."""

    objective: Objective
    rates: tuple[Rate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Gathered only for what alarms."""

    since_ns: int
    run_ids: tuple[str, ...]


class BurnAlarms:
    """Standing alarms of each project, as last committed to the journal. Safe to call from several threads.

    An alarm's id is made of the objective, the pair of windows and the minute it was raised in; it is
    committed before anybody hears of it, and what is committed is not raised again.
    """

    def __init__(self, journal: AlarmJournal) -> None:
        self._journal = journal
        self._lock = threading.Lock()  # protects what stands
        self._standing: dict[str, dict[tuple[str, str], Alarm]] = {}

    def projects(self) -> list[str]:
        """Those that ever alarmed."""
        return self._journal.projects()

    def forget(self, project: str) -> None:
        """The project was deleted."""
        with self._lock:
            self._journal.delete_project(project)
            self._standing.pop(project, None)

    def standing(self, project: str, objective_id: str = "") -> list[Alarm]:
        """Worst first; of that objective, or of all."""
        with self._lock:
            found = [
                alarm
                for (owner, _), alarm in self._of(project).items()
                if not objective_id or owner == objective_id
            ]
        order = list(Severity)
        return sorted(found, key=lambda one: (order.index(one.severity), -one.at_ns, one.id))

    def raised(
        self, project: str, objective_id: str, *, limit: int, after: tuple[int, str] | None
    ) -> list[Alarm]:
        """Newest first, those that are over included."""
        return self._journal.alarms(project, source=objective_id, limit=limit, after=after)

    def watch(
        self,
        project: str,
        watched: Sequence[Watched],
        *,
        now_ns: int,
        evidence: Callable[[Objective, Rate], Evidence],
    ) -> int:
        """Raise and clear; how many alarms changed. Writes nothing where none did."""
        with self._lock:
            before = self._of(project)
            after: dict[tuple[str, str], Alarm] = {}
            changed: list[Alarm] = []
            for one in watched:
                for rate in one.rates if one.objective.alerting else ():
                    key = (one.objective.id, rate.window.name)
                    known = before.get(key)
                    if known is not None and _goes_on(rate):
                        after[key] = known
                    elif known is None and rate.fires:
                        after[key] = _alarm(one.objective, rate, evidence(one.objective, rate), now_ns=now_ns)
                        changed.append(after[key])
            changed += [replace(one, cleared_ns=now_ns) for key, one in before.items() if key not in after]
            if changed:
                body = _ALARMS.dump_json(tuple(after.values()))
                self._journal.commit(project, parts={_PART: body}, alarms=changed)
                self._standing[project] = after
            return len(changed)

    def _of(self, project: str) -> dict[tuple[str, str], Alarm]:
        """Under the lock."""
        if project not in self._standing:
            body = self._journal.parts(project).get(_PART)
            alarms = _ALARMS.validate_json(body) if body else ()
            self._standing[project] = {(one.source, one.facts["windows"]): one for one in alarms}
        return self._standing[project]


def _goes_on(rate: Rate) -> bool:
    """The short window says when it is over."""
    return rate.short_rate >= rate.factor


def _alarm(objective: Objective, rate: Rate, shown: Evidence, *, now_ns: int) -> Alarm:
    window = rate.window
    minute = now_ns // _MINUTE_NS
    events = _events(objective)
    share = rate.long.bad / rate.long.known
    return Alarm(
        project=objective.project,
        id=f"burn-{objective.id}-{window.name}-{minute}",
        kind=AlarmKind.BURN_RATE,
        source=objective.id,
        source_name=objective.name,
        agent=objective.agent,
        release=objective.release,
        severity=_SEVERITY[window.name],
        title=f"{objective.agent}: the error budget of {objective.name} burns {rate.long_rate:.1f} times as "
        f"fast as it may ({share:.1%} bad, n {rate.long.known:.0f})",
        reason=f"In the last {_LENGTHS[window.long_s]} {_share(rate.long)} of the {events} whose result is "
        f"known were bad, in the last {_length(window.short_s)} {_share(rate.short)}; the objective allows "
        f"{1 - objective.target:.2%}. The budget burns {rate.long_rate:.1f} and {rate.short_rate:.1f} times "
        f"as fast as it may; {rate.factor:.1f} in both alarms. A rule on counts: nothing is proven of its "
        "false alarms.",
        at_ns=now_ns,
        since_ns=shown.since_ns,
        run_ids=shown.run_ids[:RUNS_SHOWN],
        facts={
            "windows": window.name,
            "target": f"{objective.target:g}",
            "factor": f"{rate.factor:g}",
            "burn_rate_long": f"{rate.long_rate:.3f}",
            "burn_rate_short": f"{rate.short_rate:.3f}",
            "long_seconds": str(window.long_s),
            "short_seconds": str(window.short_s),
            "n": f"{rate.long.known:.0f}",
            "bad": f"{rate.long.bad:.1f}",
            "unknown": f"{rate.long.unknown:.0f}",
            "indicator": str(objective.indicator.kind),
        },
    )


def _events(objective: Objective) -> str:
    if objective.indicator.kind is IndicatorKind.TOOL_SUCCESS:
        return "tool executions"
    return "runs" if objective.budgeting is Budgeting.OCCURRENCES else "runs (counted by time slices)"


def _share(events: Sums) -> str:
    return f"{events.bad / events.known:.1%} of {events.known:.0f}" if events.known else "none"


def _length(seconds: int) -> str:
    return _LENGTHS.get(seconds, f"{seconds // 60} minutes")
