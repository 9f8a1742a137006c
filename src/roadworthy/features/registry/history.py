"""Who changed what is registered, when, and from what to what."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

from roadworthy.contracts.metadata import MetadataStore, Record
from roadworthy.features.registry.records import Kind, fields_of, kind_of, name_of
from roadworthy.features.registry.snapshot import Thing

RECORD_KIND = "registry-history"
CHANGES_KEPT = 500
"""Of one thing; older ones go."""
_ONE_BY_ONE = 20
_OF_THE_WRITING = frozenset({"project", "updated_ns", "updated_by", "source"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    field: str
    before: Any
    """As JSON has it; None where it was not there."""
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryChange:
    at_ns: int
    by: str
    """Name of the person or key."""
    source: str = "hand"
    """hand, or what was imported: backstage, codeowners, csv."""
    action: str
    """added, changed or deleted."""
    fields: tuple[FieldChange, ...] = field(default=())


_ADAPTER = TypeAdapter(tuple[RegistryChange, ...])


def history_of(metadata: MetadataStore, project: str, *, kind: Kind, name: str) -> list[RegistryChange]:
    """Newest first."""
    return list(reversed(_read(metadata, project, record_id=_id(kind, name))))


def earlier_changes(
    metadata: MetadataStore, project: str, things: Sequence[Thing]
) -> dict[tuple[Kind, str], tuple[RegistryChange, ...]]:
    """Oldest first; of many things in one reading."""
    ids = {(kind_of(one), name_of(one)): _id(kind_of(one), name_of(one)) for one in things}
    if len(ids) <= _ONE_BY_ONE:
        return {key: _read(metadata, project, record_id=record_id) for key, record_id in ids.items()}
    kept = {one.id: one.body for one in metadata.records(project, RECORD_KIND)}
    return {
        key: _ADAPTER.validate_json(kept[record_id]) for key, record_id in ids.items() if record_id in kept
    }


def with_change(
    earlier: Sequence[RegistryChange],
    *,
    project: str,
    before: Thing | None,
    after: Thing | None,
    by: str,
    source: str,
    at_ns: int,
) -> Record | None:
    """The history, so far `earlier` (oldest first), with this change at its end, to be saved with the thing
    itself; None where nothing changed."""
    thing = after or before
    assert thing is not None  # noqa: S101 (narrowing: one of the two is there)
    fields = changed_fields(before, after)
    if not fields:
        return None
    action = "added" if before is None else "deleted" if after is None else "changed"
    change = RegistryChange(at_ns=at_ns, by=by, source=source, action=action, fields=fields)
    known = (*earlier, change)[-CHANGES_KEPT:]
    return Record(
        project=project,
        kind=RECORD_KIND,
        id=_id(kind_of(thing), name_of(thing)),
        body=_ADAPTER.dump_json(known).decode(),
        updated_ns=at_ns,
    )


def changed_fields(before: Thing | None, after: Thing | None) -> tuple[FieldChange, ...]:
    old: Mapping[str, Any] = fields_of(before) if before else {}
    new: Mapping[str, Any] = fields_of(after) if after else {}
    return tuple(
        FieldChange(field=name, before=old.get(name), after=new.get(name))
        for name in (new or old)
        if name not in _OF_THE_WRITING and old.get(name) != new.get(name) and (old.get(name) or new.get(name))
    )


def _read(metadata: MetadataStore, project: str, *, record_id: str) -> tuple[RegistryChange, ...]:
    record = metadata.record(project, RECORD_KIND, record_id)
    return _ADAPTER.validate_json(record.body) if record else ()


def _id(kind: Kind, name: str) -> str:
    # Names of agents are as long as an id may be.
    return f"{kind.value}/{hashlib.sha256(name.encode()).hexdigest()}"
