"""Who is told next of an incident that nobody has taken yet. Pure: on-call comes in, deliveries go out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from roadworthy.domain.incident import ESCALATES, EntryKind, Escalation, Incident, IncidentState
from roadworthy.domain.notification import Channel, ChannelKind
from roadworthy.domain.on_call import OnCall, Responder

_SECOND = 1_000_000_000
DEFAULT_TIMEOUT_S = 900.0
NAMES_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """One channel to be told; the others of the same person follow where it fails."""

    channel: Channel
    whom: str
    recipient: str = ""
    fallbacks: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        return f"{self.channel.id}|{self.recipient}" if self.recipient else self.channel.id


@dataclass(kw_only=True)
class Step:
    """What escalating once gives."""

    escalation: Escalation
    tell: list[Tell] = field(default_factory=list)
    entries: list[tuple[EntryKind, str]] = field(default_factory=list)


def due_ns(incident: Incident) -> int:
    """When escalating has something to do, 0 for never."""
    if incident.state is IncidentState.RESOLVED or incident.merged_into:
        return 0
    if incident.silenced_until_ns:
        return incident.silenced_until_ns
    if incident.state in ESCALATES:
        if set(incident.agents) - set(incident.escalation.told_agents) and incident.escalation.level:
            return 1
        return incident.escalation.next_ns
    fresh = set(incident.agents) - set(incident.escalation.told_agents)
    return 1 if fresh and incident.escalation.told_agents else 0


def escalate(
    incident: Incident, *, on_calls: Mapping[str, OnCall], channels: Sequence[Channel], now_ns: int
) -> Step:
    """The next step. With agents that joined since, their first level alone, unless the next one is due, too.

    `on_calls` holds every agent of the incident ("" where it names none).
    """
    before = incident.escalation
    agents = incident.agents or ("",)
    fresh = [one for one in agents if one not in before.told_agents]
    due = incident.state in ESCALATES and 0 < before.next_ns <= now_ns
    step = Step(escalation=replace(before, told_agents=tuple(agents)))
    level = before.level + 1 if due else before.level
    asked = list(agents) if due else fresh
    reach = _Reach(channels)
    found: list[int] = []
    gaps: dict[str, list[str]] = {}
    timeout_s = float("inf")
    for agent in asked:
        on_call = on_calls[agent]
        first = 1 if agent in fresh else level
        told = reach.level(on_call, first, gaps)
        if told is None:
            continue
        number, seconds, tells = told
        found.append(number)
        timeout_s = min(timeout_s, seconds)
        _add(step, tells, before, again=due)
    for why, whose in gaps.items():
        step.entries.append((EntryKind.GAP, f"{_names(whose)}: {why}"))
    if not found:
        return _nobody_left(incident, step, asked, on_calls, reach, due=due, now_ns=now_ns)
    reached = max(found) if due else before.level
    step.entries.append((EntryKind.ESCALATED, _said(step, reached, before)))
    step.escalation = replace(
        step.escalation,
        level=max(reached, 1),
        next_ns=now_ns + int(timeout_s * _SECOND) if due else before.next_ns,
        told=_told(before, step),
        unheard=False,
    )
    return step


def _nobody_left(
    incident: Incident,
    step: Step,
    asked: Sequence[str],
    on_calls: Mapping[str, OnCall],
    reach: _Reach,
    *,
    due: bool,
    now_ns: int,
) -> Step:
    """No further level has anybody: around again, or else the owner, or else the channels for such cases."""
    before = incident.escalation
    repeat = max((on_calls[one].repeat for one in asked), default=0)
    if due and before.level and before.round < repeat and before.told:
        step.entries.append((EntryKind.ESCALATED, "All levels were told, nobody has it: around again"))
        around = replace(step.escalation, level=0, round=before.round + 1, next_ns=now_ns)
        step.escalation = around
        return step
    tells = [one for agent in asked for one in reach.owner(on_calls[agent])] or reach.defaults()
    fresh_tells = [one for one in tells if one.place not in before.told]
    _add(step, fresh_tells, before, again=False)
    heard = bool(before.told or step.tell)
    if step.tell:
        step.entries.append((EntryKind.ESCALATED, _said(step, 0, before)))
    elif not heard:
        step.entries.append(
            (EntryKind.GAP, "Nobody could be told: no level, owner or default channel can be reached")
        )
    elif due:
        step.entries.append((EntryKind.ESCALATED, "Everybody there is was told, and nobody has it"))
    step.escalation = replace(
        step.escalation, level=max(before.level, 1), next_ns=0, told=_told(before, step), unheard=not heard
    )
    return step


class _Reach:
    """Finds the channels by which somebody can be told."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        self._channels = {one.id: one for one in channels if one.enabled}
        self._post = next((one for one in self._channels.values() if one.kind is ChannelKind.EMAIL), None)

    def level(
        self, on_call: OnCall, first: int, gaps: dict[str, list[str]]
    ) -> tuple[int, float, list[Tell]] | None:
        """The first level from `first` on that can be told: its number, its time-out, whom."""
        if not on_call.levels and first == 1:
            gaps.setdefault(on_call.gap or "nobody is on call", []).append(on_call.agent)
        for level in on_call.levels:
            if level.number < first:
                continue
            tells = [told for one in level.responders if (told := self.responder(one)) is not None]
            if tells:
                return level.number, level.timeout_seconds or DEFAULT_TIMEOUT_S, tells
            names = ", ".join(one.person or one.channel for one in level.responders)
            why = f"{names} cannot be reached: no channel" if names else on_call.gap or "nobody is on call"
            gaps.setdefault(f"{why} (level {level.number})", []).append(on_call.agent)
        return None

    def responder(self, one: Responder) -> Tell | None:
        whom = " ".join(part for part in (one.person, f"({one.why})" if one.why else "") if part)
        ways = [one.channel] if one.channel else list(one.channels)
        known = [way for way in ways if way in self._channels]
        if known:
            channel = self._channels[known[0]]
            return Tell(channel=channel, whom=whom or channel.name, fallbacks=tuple(known[1:]))
        if one.email and self._post is not None:
            return Tell(channel=self._post, whom=whom or one.email, recipient=one.email)
        return None

    def owner(self, on_call: OnCall) -> list[Tell]:
        """An owner that is an e-mail address can be written to."""
        if "@" in on_call.owner and self._post is not None:
            return [Tell(channel=self._post, whom=f"{on_call.owner} (owner)", recipient=on_call.owner)]
        return []

    def defaults(self) -> list[Tell]:
        return [
            Tell(channel=one, whom=f"{one.name} (default channel)")
            for one in self._channels.values()
            if one.default
        ]


def _add(step: Step, tells: Sequence[Tell], before: Escalation, *, again: bool) -> None:
    """Each channel once; with `again` also those that heard of it already."""
    places = {one.place for one in step.tell}
    for one in tells:
        if one.place in places or (one.place in before.told and not again):
            continue
        places.add(one.place)
        step.tell.append(one)


def _told(before: Escalation, step: Step) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*before.told, *(one.place for one in step.tell))))


def _said(step: Step, level: int, before: Escalation) -> str:
    whom = _names([one.whom for one in step.tell]) if step.tell else "those who know already"
    first = not before.told
    if not level:
        return f"Told {whom}: nobody on call could be"
    return f"Told {whom} (level {level})" if first else f"Nobody has it yet: told {whom} (level {level})"


def _names(names: Sequence[str]) -> str:
    some = [name or "no agent" for name in list(dict.fromkeys(names))]
    more = len(some) - NAMES_SHOWN
    return ", ".join(some[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
