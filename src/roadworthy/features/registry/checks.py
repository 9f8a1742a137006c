"""What may be registered: every field that cannot be so, named, with what was expected."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from roadworthy.domain.agent import TIERS, Agent
from roadworthy.domain.escalation_policy import EscalationPolicy, Target, TargetKind
from roadworthy.domain.schedule import Layer, Override, Schedule, Window
from roadworthy.domain.team import Contact, Team
from roadworthy.features.registry.faults import Fault
from roadworthy.features.registry.local_time import MIDNIGHT_AFTER, day_of, minutes_of, zone_of
from roadworthy.features.registry.snapshot import Snapshot, Thing

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")
NAME_WORDS = "1 to 100 letters, digits and . _ @ + -, the first a letter or digit"
LONGEST_AGENT = 200
_EMAIL = re.compile(r"[^\s@<>,;\"]{1,64}@[^\s@<>,;\"]{1,250}")
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2200, 1, 1)
_LONGEST_OVERRIDE_NS = 366 * 86_400_000_000_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def faults_of(thing: Thing, *, within: Snapshot) -> list[Fault]:
    """`within` is what it will refer to: all that is registered, with what is saved together with it."""
    check: Callable[[Any, Snapshot], Iterator[Fault]] = _CHECKS[type(thing)]
    return list(check(thing, within))


def _agent(agent: Agent, within: Snapshot) -> Iterator[Fault]:
    if not 0 < len(agent.name) <= LONGEST_AGENT or _CONTROL.search(agent.name):
        yield Fault(field="name", expected=f"1 to {LONGEST_AGENT} characters, as the agent's runs name it")
    yield from _refers("team", agent.team, within.teams, what="team")
    yield from _refers("owner", agent.owner, within.contacts, what="contact")
    yield from _refers("schedule", agent.schedule, within.schedules, what="schedule")
    yield from _refers("policy", agent.policy, within.policies, what="escalation policy")
    if agent.tier and agent.tier not in TIERS:
        yield Fault(field="tier", expected=f"one of {', '.join(TIERS)}, not {agent.tier[:40]!r}")
    if agent.runbook and not is_address(agent.runbook):
        yield Fault(field="runbook", expected=f"an http or https address, not {agent.runbook[:80]!r}")
    for place, link in enumerate(agent.links):
        if not is_address(link.url):
            yield Fault(
                field=f"links.{place}.url", expected=f"an http or https address, not {link.url[:80]!r}"
            )


def _contact(contact: Contact, within: Snapshot) -> Iterator[Fault]:
    yield from _named(contact.name)
    if contact.email and not _EMAIL.fullmatch(contact.email):
        yield Fault(field="email", expected=f"an e-mail address, not {contact.email[:80]!r}")
    yield from _once("channels", contact.channels)


def _team(team: Team, within: Snapshot) -> Iterator[Fault]:
    yield from _named(team.name)
    for place, member in enumerate(team.members):
        yield from _refers(f"members.{place}", member, within.contacts, what="contact")
    yield from _once("members", team.members)
    yield from _once("channels", team.channels)
    yield from _refers("schedule", team.schedule, within.schedules, what="schedule")


def _schedule(schedule: Schedule, within: Snapshot) -> Iterator[Fault]:
    yield from _named(schedule.name)
    try:
        zone_of(schedule.time_zone)
    except ValueError as fault:
        yield Fault(field="time_zone", expected=f"an IANA name like Europe/Berlin; {fault}")
    for place, layer in enumerate(schedule.layers):
        for found in _layer(layer, within):
            yield Fault(field=f"layers.{place}.{found.field}", expected=found.expected)
    yield from _once("layers", [layer.name for layer in schedule.layers], each="name")


def _layer(layer: Layer, within: Snapshot) -> Iterator[Fault]:
    if not layer.people:
        yield Fault(field="people", expected="at least one contact")
    for place, person in enumerate(layer.people):
        yield from _refers(f"people.{place}", person, within.contacts, what="contact")
    yield from _day("starts_on", layer.starts_on)
    if layer.ends_on:
        yield from _day("ends_on", layer.ends_on)
        # Written so, dates are in the order of their letters.
        if layer.ends_on <= layer.starts_on:
            yield Fault(field="ends_on", expected=f"a day after {layer.starts_on[:10]}, or none")
    if not 1 <= layer.every <= 366:
        yield Fault(field="every", expected="1 to 366")
    yield from _time("hand_over_time", layer.hand_over_time, latest="23:59")
    for place, window in enumerate(layer.windows):
        for found in _window(window):
            yield Fault(field=f"windows.{place}.{found.field}", expected=found.expected)


def _window(window: Window) -> Iterator[Fault]:
    if not window.days:
        yield Fault(field="days", expected="at least one day of the week")
    yield from _time("start", window.start, latest="23:59")
    yield from _time("end", window.end, latest=MIDNIGHT_AFTER)


def _override(override: Override, within: Snapshot) -> Iterator[Fault]:
    yield from _refers("schedule", override.schedule or "?", within.schedules, what="schedule")
    yield from _refers("person", override.person or "?", within.contacts, what="contact")
    if override.start_ns >= override.end_ns:
        yield Fault(field="end", expected="a time after the start")
    elif override.end_ns - override.start_ns > _LONGEST_OVERRIDE_NS:
        yield Fault(field="end", expected="at most 366 days after the start")
    if within.gone_ns(override.person) <= override.start_ns and override.person in within.contacts:
        yield Fault(
            field="person", expected=f"somebody who is still there then; {override.person!r} has left"
        )


def _policy(policy: EscalationPolicy, within: Snapshot) -> Iterator[Fault]:
    yield from _named(policy.name)
    if not policy.levels:
        yield Fault(field="levels", expected="at least one level")
    for place, level in enumerate(policy.levels):
        if not level.targets:
            yield Fault(field=f"levels.{place}.targets", expected="at least one target")
        if not 30 <= level.timeout_seconds <= 86_400:
            yield Fault(field=f"levels.{place}.timeout_seconds", expected="30 to 86400 seconds")
        for number, target in enumerate(level.targets):
            yield from _target(target, within, field=f"levels.{place}.targets.{number}.name")
    if not 0 <= policy.repeat <= 20:
        yield Fault(field="repeat", expected="0 to 20")


def _target(target: Target, within: Snapshot, *, field: str) -> Iterator[Fault]:
    if target.kind is TargetKind.CHANNEL:
        if not target.name:
            yield Fault(field=field, expected="the id of a notification channel")
        return
    known: Mapping[str, object] = {
        TargetKind.SCHEDULE: within.schedules,
        TargetKind.PERSON: within.contacts,
        TargetKind.TEAM: within.teams,
    }[target.kind]
    what = "contact" if target.kind is TargetKind.PERSON else target.kind.value
    yield from _refers(field, target.name, known, what=what)


def _named(name: str) -> Iterator[Fault]:
    if not NAME.fullmatch(name):
        yield Fault(field="name", expected=f"{NAME_WORDS}, not {name[:60]!r}")


def _refers(field: str, name: str, known: Mapping[str, object], *, what: str) -> Iterator[Fault]:
    if name and name not in known:
        yield Fault(field=field, expected=f"the name of a {what} of the project; there is no {name[:100]!r}")


def twin_faults(things: Sequence[Thing], *, within: Snapshot) -> dict[tuple[type[Thing], str], Fault]:
    """Of things whose name differs from another's by its case alone, by their kind and name."""
    tables: dict[type[Thing], Mapping[str, object]] = {
        Contact: within.contacts,
        Team: within.teams,
        Schedule: within.schedules,
        EscalationPolicy: within.policies,
    }
    found: dict[tuple[type[Thing], str], Fault] = {}
    for kind, table in tables.items():
        names = [one.name for one in things if isinstance(one, kind) and not isinstance(one, Override)]
        if not names:
            continue
        folded: dict[str, list[str]] = {}
        for name in table:
            folded.setdefault(name.casefold(), []).append(name)
        for name in names:
            twin = next((one for one in folded[name.casefold()] if one != name), None)
            if twin is not None:
                expected = f"a name that differs from {twin!r} by more than its case"
                found[kind, name] = Fault(field="name", expected=expected)
    return found


def _once(field: str, names: Sequence[str], *, each: str = "") -> Iterator[Fault]:
    for place, name in enumerate(names):
        if name in names[:place]:
            where = f"{field}.{place}.{each}" if each else f"{field}.{place}"
            yield Fault(field=where, expected=f"each once; {name[:100]!r} is there already")
        elif not name.strip():
            yield Fault(field=f"{field}.{place}" + (f".{each}" if each else ""), expected="not empty")


def _day(field: str, text: str) -> Iterator[Fault]:
    try:
        fine = _FIRST_DAY <= day_of(text) < _LAST_DAY
    except ValueError:
        fine = False
    if not fine:
        yield Fault(field=field, expected=f"a day from 2000 to 2199 as YYYY-MM-DD, not {text[:20]!r}")


def _time(field: str, text: str, *, latest: str) -> Iterator[Fault]:
    try:
        fine = minutes_of(text) <= minutes_of(latest)
    except ValueError:
        fine = False
    if not fine:
        yield Fault(field=field, expected=f"a time of day, 00:00 to {latest}, not {text[:20]!r}")


def is_address(text: str) -> bool:
    if len(text) > 2000 or _CONTROL.search(text) or " " in text:
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


_CHECKS: dict[type[Thing], Callable[[Any, Snapshot], Iterator[Fault]]] = {
    Agent: _agent,
    Contact: _contact,
    Team: _team,
    Schedule: _schedule,
    Override: _override,
    EscalationPolicy: _policy,
}
