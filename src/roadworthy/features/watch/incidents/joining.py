"""Which alarms are one incident. One rule for a project, in plain words, which people may overrule by
hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from roadworthy.domain.alarm import Alarm
from roadworthy.domain.incident import Change, Incident, IncidentState

_SECOND = 1_000_000_000
STORM = "storm"
_FACTS = {"model": "model", "upstream": "upstream", "tool": "upstream", "cause": "cause", "group": "group"}
"""Facts of an alarm that name a cause others may share → the kind of cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRule:
    """An alarm joins an incident that is not resolved, whose last alarm is at most `window_s` away, and with
    which it shares a cause: its agent (with `same_release`, its agent and release), or, with
    `shared_causes`, a model version, an upstream or a group of Alertmanager's, as the alarm says or as what
    changed just before shows. Alarms of `storm_agents` or more agents within `storm_s` seconds are one
    incident whatever their causes; 0 switches that off. `reopen_s`: an incident that resolved itself and is
    alarmed again within this time is the same one."""

    window_s: float = 4 * 3600.0
    same_release: bool = False
    shared_causes: bool = True
    storm_agents: int = 5
    storm_s: float = 300.0
    reopen_s: float = 900.0
    auto_resolve: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The incident an alarm belongs to, None for a new one, and why."""

    incident_id: str | None
    why: str


def causes_of(alarm: Alarm, changes: Sequence[Change], rule: JoinRule) -> tuple[str, ...]:
    """What the alarm may share with others, its own agent first."""
    found: list[str] = []
    if alarm.agent:
        found.append(f"agent:{alarm.agent}" + (f"@{alarm.release}" if rule.same_release else ""))
    else:
        found.append(f"source:{alarm.source}")
    if rule.shared_causes:
        found += [f"{kind}:{alarm.facts[fact]}" for fact, kind in _FACTS.items() if alarm.facts.get(fact)]
        found += [change.shared for change in changes if change.shared]
    return tuple(dict.fromkeys(found))


def place(
    alarm: Alarm, causes: Sequence[str], incidents: Iterable[Incident], *, rule: JoinRule, now_ns: int
) -> Place:
    """Among several the one alarmed last."""
    candidates = sorted(incidents, key=lambda one: -max(one.last_alarm_ns, one.opened_ns))
    for incident in candidates:
        shared = [cause for cause in causes if cause in incident.causes]
        if not shared or incident.merged_into:
            continue
        if incident.state is IncidentState.RESOLVED:
            if _same_again(incident, alarm, rule=rule, now_ns=now_ns):
                return Place(incident_id=incident.id, why=f"the same again: {_words(shared[0])}")
            continue
        if _apart_ns(incident, alarm, now_ns=now_ns) <= rule.window_s * _SECOND:
            return Place(incident_id=incident.id, why=f"same {_words(shared[0])}")
    return Place(incident_id=None, why="")


def _apart_ns(incident: Incident, alarm: Alarm, *, now_ns: int) -> int:
    """An alarm may have stood for long before it was handed over: its own time counts, and that of taking."""
    times = [incident.last_alarm_ns, incident.opened_ns]
    return min(*(abs(alarm.at_ns - one) for one in times), abs(now_ns - incident.opened_ns))


def _same_again(incident: Incident, alarm: Alarm, *, rule: JoinRule, now_ns: int) -> bool:
    """Whether it resolved itself so lately that this is no new incident. One that people closed stays so."""
    if incident.resolved_by != ITSELF or not incident.alarms:
        return False
    return now_ns - incident.resolved_ns <= rule.reopen_s * _SECOND and alarm.agent in incident.agents


ITSELF = "roadworthy"


def storm(agents: int, rule: JoinRule) -> bool:
    """Whether alarms of so many agents at once are one incident."""
    return 0 < rule.storm_agents <= agents


def storm_words(agents: int, rule: JoinRule) -> str:
    return f"{agents} agents alarmed within {rule.storm_s:g} s: probably one cause"


def _words(cause: str) -> str:
    kind, _, name = cause.partition(":")
    return f"{kind} {name}" if name else kind


def in_words(rule: JoinRule) -> list[str]:
    """The rule as people read it."""
    said = "agent and release" if rule.same_release else "agent"
    lines = [
        f"An alarm joins an incident of the same {said} that is not resolved, "
        f"if the incident's last alarm is at most {_length(rule.window_s)} away."
    ]
    if rule.shared_causes:
        lines.append(
            "Alarms of different agents join where they share a model version or an upstream that changed "
            "just before, or a group of Alertmanager's."
        )
    if rule.storm_agents:
        lines.append(
            f"Alarms of {rule.storm_agents} or more agents within {_length(rule.storm_s)} are one incident."
        )
    lines.append(
        f"An incident that resolved itself opens again if it is alarmed within {_length(rule.reopen_s)}."
    )
    if rule.auto_resolve:
        lines.append("An incident resolves itself when all its alarms have cleared.")
    return lines


def _length(seconds: float) -> str:
    for size, word in ((3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:g} {word}"
    return f"{seconds:g} s"
