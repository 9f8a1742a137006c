"""What projects have registered: read, changed, deleted, each change with who made it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from roadworthy.contracts.metadata import MetadataStore, Record
from roadworthy.domain.agent import Agent
from roadworthy.domain.escalation_policy import EscalationPolicy
from roadworthy.domain.schedule import Override, Schedule
from roadworthy.domain.team import Contact, Team
from roadworthy.features.registry.checks import faults_of, twin_faults
from roadworthy.features.registry.faults import Fault, RegistryChanged, RegistryInUse, RegistryInvalid
from roadworthy.features.registry.history import changed_fields, earlier_changes, with_change
from roadworthy.features.registry.records import (
    Kind,
    kind_of,
    name_of,
    read_snapshot,
    record_kind,
    record_of,
    words_of,
)
from roadworthy.features.registry.references import references_to
from roadworthy.features.registry.snapshot import Snapshot, Thing
from roadworthy.kit.kept import Kept

T = TypeVar("T", bound=Thing)

MOST_KEPT = 20_000
"""Things of one kind in a project."""


class RegistryBook:
    """Safe to call from several threads. What another process changed is seen within a second.

    Several writers: who says which version they read (`expected_ns`) is refused where somebody was faster;
    who does not say it wins, and the history shows both."""

    def __init__(self, metadata: MetadataStore, *, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._metadata = metadata
        self._now_ns = now_ns
        self._kept: Kept[str, Snapshot] = Kept(
            lambda project: read_snapshot(metadata, project), counter=metadata.change_counter
        )
        self._lock = threading.Lock()  # protects the time from checking to writing

    def of(self, project: str) -> Snapshot:
        return self._kept.of(project)

    def save(self, thing: T, *, by: str, expected_ns: int | None = None, source: str = "hand") -> T:
        """As it was kept. `expected_ns` is the `updated_ns` of the version that was read, 0 for none: then
        it must be new. Raises RegistryInvalid and RegistryChanged."""
        with self._lock:
            before = find(self._fresh(thing.project), kind_of(thing), name_of(thing))
            if expected_ns is not None and (before.updated_ns if before else 0) != expected_ns:
                raise RegistryChanged
            return self._saved([thing], by=by, source=source)[0]

    def save_all(self, things: Sequence[T], *, by: str, source: str) -> list[T]:
        """All or none, in one transaction; they may refer to each other. What would change nothing is not
        written. Raises RegistryInvalid, its fields led by what they belong to: "agent 'support'.tier"."""
        with self._lock:
            return self._saved(things, by=by, source=source)

    def check(self, thing: Thing) -> None:
        """Raises RegistryInvalid where it could not be saved so."""
        _check([thing], known=self.of(thing.project))

    def delete(self, project: str, kind: Kind, name: str, *, by: str) -> bool:
        """False where there is none. A schedule takes its overrides with it. Raises RegistryInUse."""
        with self._lock:
            snapshot = self._fresh(project)
            thing = find(snapshot, kind, name)
            if thing is None:
                return False
            if references := references_to(snapshot, kind, name):
                raise RegistryInUse(references)
            if kind is Kind.SCHEDULE:
                for override in snapshot.overrides_of(name):
                    self._metadata.delete_record(project, record_kind(Kind.OVERRIDE), override.id)
            # The history first: cut off in between, the thing is there and can be deleted again.
            history = with_change(
                earlier_changes(self._metadata, project, [thing]).get((kind, name), ()),
                project=project,
                before=thing,
                after=None,
                by=by,
                source="hand",
                at_ns=self._now_ns(),
            )
            if history:
                self._metadata.save_records([history])
            gone = self._metadata.delete_record(project, record_kind(kind), name)
            self._kept.forget()
            return gone

    def _fresh(self, project: str) -> Snapshot:
        """Under the lock: what is there now, whatever was kept."""
        self._kept.forget()
        return self._kept.of(project)

    def _saved(self, things: Sequence[T], *, by: str, source: str) -> list[T]:
        """Under the lock."""
        if not things:
            return []
        project = things[0].project
        known = self._fresh(project)
        _check(things, known=known)
        at_ns = self._now_ns()
        saved: list[T] = []
        records: list[Record] = []
        everything: list[Thing] = [*things, *_no_longer_default(things, known=known)]
        earlier = earlier_changes(self._metadata, project, everything)
        for thing in everything:
            before = find(known, kind_of(thing), name_of(thing))
            if before is not None and not changed_fields(before, thing):
                saved.append(before)  # type: ignore[arg-type]  # of the same kind
                continue
            # Times of versions rise, whatever the clock does.
            written = replace(
                thing, updated_ns=max(at_ns, before.updated_ns + 1 if before else 0), updated_by=by
            )
            if isinstance(written, Agent):
                written = replace(written, source=source)
            history = with_change(
                earlier.get((kind_of(thing), name_of(thing)), ()),
                project=project,
                before=before,
                after=written,
                by=by,
                source=source,
                at_ns=at_ns,
            )
            saved.append(written)  # type: ignore[arg-type]  # of the same kind
            records += [record_of(written), *([history] if history else [])]
        if records:
            self._metadata.save_records(records)
        self._kept.forget()
        return saved[: len(things)]


def find(snapshot: Snapshot, kind: Kind, name: str) -> Thing | None:
    tables: dict[Kind, Mapping[str, Thing]] = {
        Kind.AGENT: snapshot.agents,
        Kind.TEAM: snapshot.teams,
        Kind.CONTACT: snapshot.contacts,
        Kind.SCHEDULE: snapshot.schedules,
        Kind.OVERRIDE: snapshot.overrides,
        Kind.POLICY: snapshot.policies,
    }
    return tables[kind].get(name)


def with_things(snapshot: Snapshot, things: Sequence[Thing]) -> Snapshot:
    """The snapshot as it will be once these are saved."""
    return replace(
        snapshot,
        agents={**snapshot.agents, **{one.name: one for one in things if isinstance(one, Agent)}},
        teams={**snapshot.teams, **{one.name: one for one in things if isinstance(one, Team)}},
        contacts={**snapshot.contacts, **{one.name: one for one in things if isinstance(one, Contact)}},
        schedules={**snapshot.schedules, **{one.name: one for one in things if isinstance(one, Schedule)}},
        overrides={**snapshot.overrides, **{one.id: one for one in things if isinstance(one, Override)}},
        policies={
            **snapshot.policies,
            **{one.name: one for one in things if isinstance(one, EscalationPolicy)},
        },
    )


def faults_by_thing(things: Sequence[Thing], *, within: Snapshot) -> list[tuple[Thing, list[Fault]]]:
    """Things that cannot be saved so, with why."""
    twins = twin_faults(things, within=within)
    found = []
    for thing in things:
        twin = twins.get((type(thing), name_of(thing)))
        faults = [*faults_of(thing, within=within), *([twin] if twin else [])]
        if faults:
            found.append((thing, faults))
    return found


def _check(things: Sequence[Thing], *, known: Snapshot) -> None:
    within = with_things(known, things)
    alone = len(things) == 1
    faults: list[Fault] = []
    for thing, found in faults_by_thing(things, within=within):
        lead = "" if alone else f"{words_of(kind_of(thing))} {name_of(thing)!r}."
        faults += [replace(one, field=lead + one.field) for one in found]
    sizes = (len(within.agents), len(within.contacts), len(within.overrides), len(within.schedules))
    if max(sizes) > MOST_KEPT:
        faults.append(Fault(field="name", expected=f"at most {MOST_KEPT} of a kind in a project"))
    if faults:
        raise RegistryInvalid(faults)


def _no_longer_default(things: Sequence[Thing], *, known: Snapshot) -> list[EscalationPolicy]:
    """One policy at most is the project's default: the one that was makes way."""
    names = {one.name for one in things if isinstance(one, EscalationPolicy)}
    if not any(isinstance(one, EscalationPolicy) and one.default for one in things):
        return []
    return [
        replace(one, default=False)
        for one in known.policies.values()
        if one.default and one.name not in names
    ]
