"""What a file would change, held against what is registered: shown first, then done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from roadworthy.domain.agent import Agent
from roadworthy.domain.team import Contact, Team
from roadworthy.features.registry.book import faults_by_thing, find, with_things
from roadworthy.features.registry.history import FieldChange, changed_fields
from roadworthy.features.registry.imports.wish import Draft, ImportFault, Wish
from roadworthy.features.registry.records import Kind, kind_of, name_of
from roadworthy.features.registry.snapshot import Snapshot, Thing

_NEW: Mapping[Kind, type[Agent | Team | Contact]] = {
    Kind.AGENT: Agent,
    Kind.TEAM: Team,
    Kind.CONTACT: Contact,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChange:
    kind: Kind
    name: str
    action: str
    """added or changed."""
    where: str
    """Which place of the file wishes it."""
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`things` are what is to be saved. With faults in it, they are only those that have none."""

    things: tuple[Thing, ...]
    changes: tuple[PlannedChange, ...]
    unchanged: int
    """Things the file speaks of that are so already."""
    faults: tuple[ImportFault, ...]
    notes: tuple[str, ...]


def plan_of(draft: Draft, *, snapshot: Snapshot, project: str) -> Plan:
    """Reading the same file again after it was applied plans no change."""
    # A row with a fault is no part of it, its other fields neither.
    faulty = {fault.where for fault in draft.faults}
    wishes = [wish for wish in draft.wishes if wish.where not in faulty]
    merged = _merged(wishes, snapshot=snapshot, project=project)
    places = {key: wish.where for key, (_, wish) in merged.items()}
    fine, faults = _without_faulty([thing for thing, _ in merged.values()], places, snapshot=snapshot)
    changes: list[PlannedChange] = []
    unchanged = 0
    for thing in fine:
        before = find(snapshot, kind_of(thing), name_of(thing))
        fields = changed_fields(before, thing)
        if not fields:
            unchanged += 1
            continue
        key = (kind_of(thing), name_of(thing))
        changes.append(
            PlannedChange(
                kind=key[0],
                name=key[1],
                action="changed" if before else "added",
                where=places[key],
                fields=fields,
            )
        )
    changed = {(one.kind, one.name) for one in changes}
    return Plan(
        things=tuple(one for one in fine if (kind_of(one), name_of(one)) in changed),
        changes=tuple(changes),
        unchanged=unchanged,
        faults=(*draft.faults, *faults),
        notes=tuple(dict.fromkeys(draft.notes)),
    )


def _merged(
    wishes: Sequence[Wish], *, snapshot: Snapshot, project: str
) -> dict[tuple[Kind, str], tuple[Thing, Wish]]:
    """One thing for each name, as it would be; people first, agents last, in the order of the file. The wish
    is the one that says most of it."""
    found: dict[tuple[Kind, str], tuple[Thing, Wish]] = {}
    for kind in (Kind.CONTACT, Kind.TEAM, Kind.AGENT):
        for wish in wishes:
            if wish.kind is not kind:
                continue
            key = (kind, wish.name)
            known = find(snapshot, kind, wish.name)
            so_far, earlier = found.get(key, (known, wish))
            if wish.mentioned and so_far is not None and (known is not None or key in found):
                found.setdefault(key, (so_far, earlier))
                continue
            thing = so_far or _NEW[kind](project=project, name=wish.name)
            best = wish if earlier.mentioned else earlier
            found[key] = (_with(thing, wish), best)
    # Somebody only mentioned who is known already is no change and no news.
    return {key: one for key, one in found.items() if not (one[1].mentioned and find(snapshot, *key))}


def _with(thing: Thing, wish: Wish) -> Thing:
    fields: dict[str, Any] = dict(wish.fields)
    if wish.joins:
        fields = {
            name: tuple(dict.fromkeys((*getattr(thing, name), *value))) if isinstance(value, tuple) else value
            for name, value in fields.items()
        }
    return replace(thing, **fields)


def _without_faulty(
    things: list[Thing], places: Mapping[tuple[Kind, str], str], *, snapshot: Snapshot
) -> tuple[list[Thing], list[ImportFault]]:
    """Until none is left that cannot be saved: what refers to a faulty one is faulty, too."""
    faults: list[ImportFault] = []
    while True:
        found = faults_by_thing(things, within=with_things(snapshot, things))
        if not found:
            return things, faults
        for thing, wrong in found:
            key = (kind_of(thing), name_of(thing))
            where = f"{places[key]}, {key[0].value} {key[1]!r}"
            faults += [ImportFault(where=where, field=one.field, expected=one.expected) for one in wrong]
        faulty = {(kind_of(thing), name_of(thing)) for thing, _ in found}
        things = [one for one in things if (kind_of(one), name_of(one)) not in faulty]
