"""Something is wrong with agents and somebody has to own it: what alarms open, and people close."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from roadworthy.domain.alarm import Alarm, Severity


class IncidentState(StrEnum):
    OPEN = "open"
    """Nobody has said that they look after it: it escalates."""
    ACKNOWLEDGED = "acknowledged"
    MITIGATED = "mitigated"
    """Users are no longer hurt; the cause is still there."""
    RESOLVED = "resolved"
    REOPENED = "reopened"
    """It was over and is not: it escalates again."""


class Source(StrEnum):
    """Who opened it."""

    ALARM = "alarm"
    PERSON = "person"
    API = "api"
    ALERTMANAGER = "alertmanager"
    TEST = "test"
    """A test page: it proves that the chain works, and counts in no figure."""


class Action(StrEnum):
    """What is done to an incident, by people or by itself."""

    ACKNOWLEDGE = "acknowledge"
    MITIGATE = "mitigate"
    RESOLVE = "resolve"
    REOPEN = "reopen"


_NEXT: dict[IncidentState, dict[Action, IncidentState]] = {
    IncidentState.OPEN: {
        Action.ACKNOWLEDGE: IncidentState.ACKNOWLEDGED,
        Action.MITIGATE: IncidentState.MITIGATED,
        Action.RESOLVE: IncidentState.RESOLVED,
    },
    IncidentState.ACKNOWLEDGED: {
        Action.ACKNOWLEDGE: IncidentState.ACKNOWLEDGED,
        Action.MITIGATE: IncidentState.MITIGATED,
        Action.RESOLVE: IncidentState.RESOLVED,
    },
    IncidentState.MITIGATED: {
        Action.MITIGATE: IncidentState.MITIGATED,
        Action.RESOLVE: IncidentState.RESOLVED,
        Action.REOPEN: IncidentState.REOPENED,
    },
    IncidentState.RESOLVED: {
        Action.RESOLVE: IncidentState.RESOLVED,
        Action.REOPEN: IncidentState.REOPENED,
    },
    IncidentState.REOPENED: {
        Action.ACKNOWLEDGE: IncidentState.ACKNOWLEDGED,
        Action.MITIGATE: IncidentState.MITIGATED,
        Action.RESOLVE: IncidentState.RESOLVED,
        Action.REOPEN: IncidentState.REOPENED,
    },
}

ESCALATES = frozenset({IncidentState.OPEN, IncidentState.REOPENED})
"""States in which nobody has said that they look after it."""


class ActionRefused(ValueError):  # noqa: N818 (a condition, not a bug)
    """The state does not allow it; the message says what does."""


def after(state: IncidentState, action: Action) -> IncidentState:
    """The state that follows. Doing again what is done already changes nothing. Raises ActionRefused."""
    follows = _NEXT[state].get(action)
    if follows is None:
        allowed = ", ".join(one.value for one in _NEXT[state])
        raise ActionRefused(f"cannot {action.value} an incident that is {state.value}; expected {allowed}")
    return follows


def allowed(state: IncidentState) -> tuple[Action, ...]:
    """What would change the state."""
    return tuple(action for action, follows in _NEXT[state].items() if follows is not state)


SEVERITY_ORDER = (Severity.INFO, Severity.WARNING, Severity.ERROR, Severity.CRITICAL)


def worse(one: Severity, other: Severity) -> Severity:
    return max(one, other, key=SEVERITY_ORDER.index)


class ChangeKind(StrEnum):
    RELEASE = "release"
    PROMPT = "prompt"
    MODEL = "model"
    UPSTREAM = "upstream"
    ERROR = "error"
    INPUT = "input"
    VOLUME = "volume"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What was not so before. `before` and `after` are words for people: "0.4 % of 812 runs"."""

    agent: str
    kind: ChangeKind
    what: str
    """Of a release its name, of a model its version, of an upstream the tool."""
    before: str = ""
    after: str = ""
    at_ns: int = 0
    """When it was first seen; 0 where that cannot be told."""
    shared: str = ""
    """Names a cause that agents may share ("model:gpt-5.1", "upstream:crm.lookup"), "" where it is the
    agent's own."""

    @property
    def text(self) -> str:
        said = f"{self.kind.value} {self.what}" if self.what else self.kind.value
        if self.before or self.after:
            said += f": {self.before or 'none'} before, {self.after or 'none'} now"
        return said


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """Whom it hurt, counted over the runs of its agents in [from_ns, to_ns). `failed` are runs whose outcome
    is failure; `users` are different users among them, of those that runs name."""

    from_ns: int
    to_ns: int
    runs: int
    failed: int
    users: int
    users_known: bool = True
    """False where runs name no user: then `users` says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """How far the search for somebody has come. Kept with the incident, so that it survives a restart."""

    level: int = 0
    """The level last told; 0 for none yet."""
    round: int = 0
    """How often the levels were gone through."""
    next_ns: int = 0
    """When the next level is told; 0 for never (somebody has it, or all were told)."""
    told: tuple[str, ...] = ()
    """Ids of channels that heard of it, so that they hear how it goes on."""
    told_agents: tuple[str, ...] = ()
    """Agents whose people were told: those of an agent that joins later are told then."""
    unheard: bool = False
    """Nobody could be told: no level, owner or default channel has a way to be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Identity is (project, id). Times are Unix ns, 0 for not yet."""

    project: str
    id: str
    number: int
    """Counts up in a project, for people to say: incident 12."""
    title: str
    source: Source
    state: IncidentState = IncidentState.OPEN
    severity: Severity = Severity.ERROR
    agents: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    owner: str = ""
    runbook: str = ""
    causes: tuple[str, ...] = ()
    """By which further alarms join: "agent:support", "model:gpt-5.1", "upstream:crm.lookup"."""
    why_joined: str = ""
    """The rule by which its alarms came together, in plain words."""
    began_ns: int = 0
    """When the change probably began; 0 where unknown."""
    opened_ns: int
    last_alarm_ns: int = 0
    acknowledged_ns: int = 0
    acknowledged_by: str = ""
    mitigated_ns: int = 0
    resolved_ns: int = 0
    resolved_by: str = ""
    """Of one that resolved itself "roadworthy"."""
    reopened: int = 0
    """How often."""
    assignee: str = ""
    alarms: int = 0
    alarms_standing: int = 0
    """Alarms that have not cleared."""
    auto_resolve: bool = True
    """Whether it resolves itself when all its alarms have cleared."""
    run_ids: tuple[str, ...] = ()
    issue_ids: tuple[str, ...] = ()
    silenced_until_ns: int = 0
    """Nobody is told before, unless an alarm joins that no silence covers."""
    silenced_by: tuple[str, ...] = ()
    escalation: Escalation = Escalation()
    impact: Impact | None = None
    """As counted last; of a resolved one for good."""
    postmortem: str = ""
    """Markdown that somebody wrote; "" while the draft holds."""
    merged_into: str = ""
    """Id of the incident that took over its alarms."""
    looked_ns: int = 0
    """When what changed before was looked up; 0 while that is still to do."""
    updated_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenAlarm:
    """An alarm with what became of it."""

    alarm: Alarm
    incident_id: str
    taken_ns: int
    silenced_by: tuple[str, ...] = ()
    """Ids of the silences that covered it: it is kept and shown, and nobody was told for its sake."""


class EntryKind(StrEnum):
    OPENED = "opened"
    ALARM = "alarm"
    CLEARED = "cleared"
    SEVERITY = "severity"
    CHANGED_BEFORE = "changed_before"
    SILENCED = "silenced"
    NOTIFIED = "notified"
    NOT_NOTIFIED = "not_notified"
    ESCALATED = "escalated"
    GAP = "gap"
    ACKNOWLEDGED = "acknowledged"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    ASSIGNED = "assigned"
    NOTE = "note"
    LINKED = "linked"
    MOVED = "moved"
    IMPACT = "impact"
    EDITED = "edited"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of an incident's timeline. `at_ns` is when it happened, which of a change that was found
    afterwards lies before the incident."""

    id: str
    incident_id: str
    at_ns: int
    kind: EntryKind
    text: str
    by: str = ""
    """Person or key; "" where it wrote itself."""
    facts: dict[str, str] = field(default_factory=dict)
