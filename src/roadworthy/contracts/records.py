"""Nouns as records of the metadata store and back."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import TypeAdapter

from roadworthy.contracts.metadata import Record

T = TypeVar("T")

_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(noun: type[Any]) -> TypeAdapter[Any]:
    """Made once: it takes milliseconds."""
    found = _ADAPTERS.get(noun)
    if found is None:
        found = _ADAPTERS[noun] = TypeAdapter(noun)
    return found


def as_record(thing: object, *, project: str, kind: str, record_id: str, at_ns: int) -> Record:
    body = _adapter(type(thing)).dump_json(thing).decode()
    return Record(project=project, kind=kind, id=record_id, body=body, updated_ns=at_ns)


def read_record(noun: type[T], record: Record) -> T:
    """Fields that a later version added and this one does not know are left out. Raises ValueError."""
    found: T = _adapter(noun).validate_json(record.body)
    return found
