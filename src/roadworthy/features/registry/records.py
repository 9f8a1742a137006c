"""What is registered, as records of the metadata store and back."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter, ValidationError

from roadworthy.contracts.metadata import MetadataStore, Record
from roadworthy.domain.agent import Agent
from roadworthy.domain.escalation_policy import EscalationPolicy
from roadworthy.domain.schedule import Override, Schedule
from roadworthy.domain.team import Contact, Team
from roadworthy.features.registry.snapshot import Snapshot, Thing

log = logging.getLogger(__name__)


class Kind(StrEnum):
    AGENT = "agent"
    TEAM = "team"
    CONTACT = "contact"
    SCHEDULE = "schedule"
    OVERRIDE = "override"
    POLICY = "policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """How a kind of thing is kept."""

    record_kind: str
    type: type[Thing]
    adapter: TypeAdapter[Any]
    words: str


def _stored(kind: type[Thing], *, record_kind: str, words: str) -> _Stored:
    return _Stored(record_kind=record_kind, type=kind, adapter=TypeAdapter(kind), words=words)


_STORED = {
    Kind.AGENT: _stored(Agent, record_kind="registry-agent", words="agent"),
    Kind.TEAM: _stored(Team, record_kind="registry-team", words="team"),
    Kind.CONTACT: _stored(Contact, record_kind="registry-contact", words="contact"),
    Kind.SCHEDULE: _stored(Schedule, record_kind="registry-schedule", words="schedule"),
    Kind.OVERRIDE: _stored(Override, record_kind="registry-override", words="override"),
    Kind.POLICY: _stored(EscalationPolicy, record_kind="registry-policy", words="escalation policy"),
}
_KIND_OF = {stored.type: kind for kind, stored in _STORED.items()}


def kind_of(thing: Thing) -> Kind:
    return _KIND_OF[type(thing)]


def name_of(thing: Thing) -> str:
    return thing.id if isinstance(thing, Override) else thing.name


def words_of(kind: Kind) -> str:
    """What people call it."""
    return _STORED[kind].words


def record_kind(kind: Kind) -> str:
    return _STORED[kind].record_kind


def fields_of(thing: Thing) -> dict[str, Any]:
    """As JSON has them."""
    kept: dict[str, Any] = _STORED[kind_of(thing)].adapter.dump_python(thing, mode="json")
    return kept


def record_of(thing: Thing) -> Record:
    stored = _STORED[kind_of(thing)]
    return Record(
        project=thing.project,
        kind=stored.record_kind,
        id=name_of(thing),
        body=stored.adapter.dump_json(thing).decode(),
        updated_ns=thing.updated_ns,
    )


def read_snapshot(metadata: MetadataStore, project: str) -> Snapshot:
    return Snapshot(
        agents=_read(metadata, project, Kind.AGENT),
        teams=_read(metadata, project, Kind.TEAM),
        contacts=_read(metadata, project, Kind.CONTACT),
        schedules=_read(metadata, project, Kind.SCHEDULE),
        overrides=_read(metadata, project, Kind.OVERRIDE),
        policies=_read(metadata, project, Kind.POLICY),
    )


def _read(metadata: MetadataStore, project: str, kind: Kind) -> dict[str, Any]:
    stored = _STORED[kind]
    found: dict[str, Any] = {}
    for record in metadata.records(project, stored.record_kind):
        try:
            found[record.id] = stored.adapter.validate_json(record.body)
        except ValidationError as fault:
            # Written by another version. What cannot be read is not forgotten: the record stays.
            log.warning("the %s %r of project %r cannot be read: %s", stored.words, record.id, project, fault)
    return found
