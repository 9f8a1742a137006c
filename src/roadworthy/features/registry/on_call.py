"""Who is to be told about an agent at a given time, level by level, and why; never silently nobody."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field

from roadworthy.domain.agent import Agent
from roadworthy.domain.escalation_policy import EscalationPolicy, PolicyLevel, Target, TargetKind
from roadworthy.domain.on_call import EscalationLevel, OnCall, Responder
from roadworthy.domain.schedule import Schedule, Shift
from roadworthy.domain.team import Contact
from roadworthy.features.registry.local_time import local, span_in_words, zone_of
from roadworthy.features.registry.shifts import gaps
from roadworthy.features.registry.snapshot import Snapshot

_DAY_NS = 86_400_000_000_000
AHEAD_NS = 14 * _DAY_NS
"""How far is looked for the end of a shift or a gap."""
_OWN_SCHEDULE = PolicyLevel(targets=(Target(kind=TargetKind.SCHEDULE),))
_OWN_PERSON = PolicyLevel(targets=(Target(kind=TargetKind.PERSON),))
_OWN_TEAM = PolicyLevel(targets=(Target(kind=TargetKind.TEAM),))
WITHOUT_POLICY = EscalationPolicy(
    project="", name="", title="no escalation policy", levels=(_OWN_SCHEDULE, _OWN_PERSON, _OWN_TEAM)
)
"""What holds for a registered agent where neither it nor the project has a policy."""


@dataclass(frozen=True, slots=True)
class Ways:
    """By what a project can tell anybody: ids of channels that are there and on, and whether one of them
    sends e-mail."""

    channels: Container[str]
    email: bool


class Now:
    """Who is on call in which schedule at one time; each schedule is worked out once. Without `ways` every
    channel and address is taken to be one."""

    def __init__(self, snapshot: Snapshot, at_ns: int, *, ways: Ways | None = None) -> None:
        self.snapshot = snapshot
        self.at_ns = at_ns
        self._ways = ways
        self._shifts: dict[str, Shift] = {}
        self._gaps: dict[str, bool] = {}

    def shift(self, schedule: Schedule) -> Shift:
        """The one that runs now, up to its end or the horizon; its person is "" in a gap."""
        if schedule.name not in self._shifts:
            ahead = self.snapshot.shifts(schedule, from_ns=self.at_ns, to_ns=self.at_ns + AHEAD_NS)
            self._shifts[schedule.name] = ahead[0]
        return self._shifts[schedule.name]

    def is_channel(self, name: str) -> bool:
        return self._ways is None or name in self._ways.channels

    @property
    def sends_mail(self) -> bool:
        return self._ways is None or self._ways.email

    def gap_ahead(self, schedule: Schedule) -> bool:
        """Whether there is a time without anybody in the next two weeks."""
        if schedule.name not in self._gaps:
            ahead = self.snapshot.shifts(schedule, from_ns=self.at_ns, to_ns=self.at_ns + AHEAD_NS)
            self._gaps[schedule.name] = bool(gaps(ahead))
        return self._gaps[schedule.name]


def who_is_on_call(now: Now, *, project: str, agent: str) -> OnCall:
    """Levels without anybody who can be reached are left out, and `gap` says so: the next level is then told
    at once. Where no level of the policy has anybody, the agent's owner and then its team are told. `gap` is
    "" only where every target had somebody."""
    snapshot = now.snapshot
    known = snapshot.agents.get(agent)
    policy = snapshot.policy_of(known) or (WITHOUT_POLICY if known else None)
    search = _Search(now=now, agent=known)
    if known is None:
        search.missing.append(f"nobody registered the agent {agent!r}")
    if policy is None:
        search.missing.append("the project has no default escalation policy")
    levels = _levels(search, policy) if policy else []
    repeat = policy.repeat if policy else 0
    if not levels and known:
        for last_resort in (_OWN_PERSON, _OWN_TEAM):
            levels += _level(search, last_resort, number=len(levels) + 1)
    return OnCall(
        project=project,
        agent=agent,
        at_ns=now.at_ns,
        team=known.team if known else "",
        owner=known.owner if known else "",
        runbook=known.runbook if known else "",
        tier=known.tier if known else "",
        levels=tuple(levels),
        repeat=repeat,
        gap="; ".join(dict.fromkeys(search.missing)),
    )


@dataclass(slots=True, kw_only=True)
class _Search:
    """`missing` gathers, in plain words, where nobody was found."""

    now: Now
    agent: Agent | None
    missing: list[str] = field(default_factory=list)

    @property
    def snapshot(self) -> Snapshot:
        return self.now.snapshot


def _levels(search: _Search, policy: EscalationPolicy) -> list[EscalationLevel]:
    found: list[EscalationLevel] = []
    for level in policy.levels:
        found += _level(search, level, number=len(found) + 1)
    return found


def _level(search: _Search, level: PolicyLevel, *, number: int) -> list[EscalationLevel]:
    """One, or none where nobody of it can be reached."""
    responders: dict[tuple[str, str], Responder] = {}
    for target in level.targets:
        for one in _responders(search, target):
            responders.setdefault((one.person, one.channel), one)
    if not responders:
        return []
    return [
        EscalationLevel(
            number=number,
            responders=tuple(responders.values()),
            timeout_seconds=float(level.timeout_seconds),
        )
    ]


def _responders(search: _Search, target: Target) -> list[Responder]:
    if target.kind is TargetKind.SCHEDULE:
        return _of_schedule(search, target.name)
    if target.kind is TargetKind.TEAM:
        return _of_team(search, target.name)
    if target.kind is TargetKind.CHANNEL:
        return _channels(search, (target.name,), why="named in the escalation policy")
    person = target.name or (search.agent.owner if search.agent else "")
    if not person:
        search.missing.append(_unset(search, "owner"))
        return []
    return _person(search, person, why="named in the escalation policy" if target.name else "owns the agent")


def _of_schedule(search: _Search, name: str) -> list[Responder]:
    snapshot = search.snapshot
    name = name or (snapshot.schedule_of(search.agent) if search.agent else "")
    if not name:
        search.missing.append(_unset(search, "on-call schedule"))
        return []
    schedule = snapshot.schedules.get(name)
    if schedule is None:
        search.missing.append(f"there is no schedule {name!r}")
        return []
    zone = zone_of(schedule.time_zone)
    shift = search.now.shift(schedule)
    if not shift.person:
        span = span_in_words(shift.start_ns, shift.end_ns, zone=zone)
        search.missing.append(f"the schedule {name!r} has nobody on {span}")
        return []
    until = local(shift.end_ns, zone=zone)
    why = f"on call in {name!r} until {until:%A %Y-%m-%d %H:%M} ({zone.key}){_by(shift)}"
    return _person(search, shift.person, why=why)


def _by(shift: Shift) -> str:
    if shift.override:
        return ", by an override"
    return f", in place of {shift.instead_of}, who left" if shift.instead_of else ""


def _of_team(search: _Search, name: str) -> list[Responder]:
    name = name or (search.agent.team if search.agent else "")
    if not name:
        search.missing.append(_unset(search, "team"))
        return []
    team = search.snapshot.teams.get(name)
    if team is None:
        search.missing.append(f"there is no team {name!r}")
        return []
    if team.channels:
        return _channels(search, team.channels, why=f"channel of the team {name!r}")
    if not team.members:
        search.missing.append(f"the team {name!r} has neither a channel nor members")
    return [
        one for person in team.members for one in _person(search, person, why=f"member of the team {name!r}")
    ]


def _person(search: _Search, name: str, *, why: str) -> list[Responder]:
    contact = search.snapshot.contacts.get(name)
    if contact is None:
        search.missing.append(f"there is no contact {name!r}")
        return []
    if contact.gone_ns <= search.now.at_ns:
        search.missing.append(f"{called(contact)} has left")
        return []
    if not contact.reachable:
        search.missing.append(f"{called(contact)} has neither an e-mail address nor a channel")
        return []
    channels = tuple(one for one in contact.channels if search.now.is_channel(one))
    if not channels and not (contact.email and search.now.sends_mail):
        search.missing.append(_no_way(contact))
        return []
    return [Responder(person=name, channels=channels, email=contact.email, why=why)]


def _channels(search: _Search, names: Sequence[str], *, why: str) -> list[Responder]:
    search.missing += [
        f"there is no channel {one!r} that is on" for one in names if not search.now.is_channel(one)
    ]
    return [Responder(channel=one, why=why) for one in names if search.now.is_channel(one)]


def _no_way(contact: Contact) -> str:
    ways = [f"the channel {one!r} of {called(contact)} is not there or off" for one in contact.channels]
    if contact.email:
        ways.append(f"{called(contact)} has an e-mail address, and the project no channel that sends e-mail")
    return "; ".join(ways)


def called(contact: Contact) -> str:
    return contact.title or contact.name


def _unset(search: _Search, what: str) -> str:
    return f"the agent {search.agent.name!r} has no {what}" if search.agent else f"it has no {what}"
