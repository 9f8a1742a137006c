"""Data dictionaries as they are kept: what was found, and what people said, which goes before it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import fields, replace

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.records import as_record, read_record
from roadworthy.domain.data_dictionary import (
    Correction,
    Corrections,
    DataDictionary,
    FieldEntry,
    Join,
    JoinCorrection,
    Share,
    TableEntry,
)

KIND = "data_dictionary"
CORRECTIONS = "data_dictionary_corrections"
_CORRECTED = ("meaning", "description", "type", "unit", "pii", "key")


class UnknownField(Exception):  # noqa: N818 (a condition)
    """The dictionary has no such field."""

    def __init__(self, *, table: str, field: str) -> None:
        super().__init__(f"{table}.{field}")
        self.table = table
        self.field = field


class DictionaryBook:
    """Safe to call from several threads."""

    def __init__(self, metadata: MetadataStore, *, clock: Callable[[], int] = time.time_ns) -> None:
        self._metadata = metadata
        self._clock = clock

    def found(self, project: str, connector: str) -> DataDictionary | None:
        """As the last profile made it."""
        record = self._metadata.record(project, KIND, connector)
        return read_record(DataDictionary, record) if record else None

    def corrections(self, project: str, connector: str) -> Corrections:
        record = self._metadata.record(project, CORRECTIONS, connector)
        return read_record(Corrections, record) if record else Corrections()

    def dictionary(self, project: str, connector: str) -> DataDictionary | None:
        """With what people said."""
        found = self.found(project, connector)
        return corrected(found, self.corrections(project, connector)) if found else None

    def save(self, dictionary: DataDictionary) -> None:
        """Corrections stay."""
        record = as_record(
            dictionary,
            project=dictionary.project,
            kind=KIND,
            record_id=dictionary.connector,
            at_ns=dictionary.profiled_ns,
        )
        self._metadata.save_records([record])

    def correct(
        self,
        project: str,
        connector: str,
        *,
        said: Sequence[Correction],
        joins: Sequence[JoinCorrection],
        by: str,
    ) -> DataDictionary | None:
        """Each says more of its field, or takes back what it says again. None before the first profile.
        Raises UnknownField."""
        found = self.found(project, connector)
        if found is None:
            return None
        _check(found, said, joins)
        before = self.corrections(project, connector)
        now = self._clock()
        by_field = {(one.table, one.field): one for one in before.fields}
        for one in said:
            old = by_field.get((one.table, one.field), Correction(table=one.table, field=one.field))
            new = {name: value for name in _CORRECTED if (value := getattr(one, name)) is not None}
            by_field[(one.table, one.field)] = replace(old, **new, by=by, at_ns=now)
        by_join = {_join(one): one for one in before.joins}
        by_join |= {_join(one): replace(one, by=by, at_ns=now) for one in joins}
        self._keep(
            project,
            connector,
            Corrections(fields=tuple(by_field.values()), joins=tuple(by_join.values())),
        )
        return self.dictionary(project, connector)

    def withdraw(self, project: str, connector: str, *, table: str, field: str) -> bool:
        """What was found holds again."""
        before = self.corrections(project, connector)
        left = tuple(one for one in before.fields if (one.table, one.field) != (table, field))
        if len(left) == len(before.fields):
            return False
        self._keep(project, connector, replace(before, fields=left))
        return True

    def delete(self, project: str, connector: str) -> None:
        for kind in (KIND, CORRECTIONS):
            self._metadata.delete_record(project, kind, connector)

    def _keep(self, project: str, connector: str, corrections: Corrections) -> None:
        record = as_record(
            corrections, project=project, kind=CORRECTIONS, record_id=connector, at_ns=self._clock()
        )
        self._metadata.save_records([record])


def corrected(found: DataDictionary, said: Corrections) -> DataDictionary:
    """Corrections of what the system has no longer are not shown, and are kept."""
    by_field = {(one.table, one.field): one for one in said.fields}
    tables = tuple(
        replace(
            _table(table, by_field.get((table.name, ""))),
            fields=tuple(_field(one, by_field.get((table.name, one.name))) for one in table.fields),
        )
        for table in found.tables
    )
    verdicts = {_join(one): one.is_join for one in said.joins}
    joins = [
        replace(one, confidence=1.0) if _join(one) in verdicts else one
        for one in found.joins
        if verdicts.get(_join(one), True)
    ]
    there = {_join(one) for one in joins}
    joins += [
        Join(
            table=one.table,
            field=one.field,
            to_table=one.to_table,
            to_field=one.to_field,
            inclusion=Share(value=1.0, low=0.0, high=1.0),
            confidence=1.0,
        )
        for one in said.joins
        if one.is_join and _join(one) not in there
    ]
    return replace(found, tables=tables, joins=tuple(joins))


def _table(table: TableEntry, said: Correction | None) -> TableEntry:
    text = said.description if said else None
    return replace(table, description=text) if text is not None else table


def _field(found: FieldEntry, said: Correction | None) -> FieldEntry:
    if said is None:
        return found
    known = {one.name for one in fields(FieldEntry)}
    new = {name: value for name in _CORRECTED if (value := getattr(said, name)) is not None}
    new |= {f"{name}_from": "person" for name in tuple(new) if f"{name}_from" in known}
    if new.get("pii"):
        # What a person calls personal is not shown any longer, either.
        new |= {"values": (), "examples": (), "minimum": "", "maximum": ""}
    return replace(found, **new)


def _join(one: Join | JoinCorrection) -> tuple[str, str, str, str]:
    return (one.table, one.field, one.to_table, one.to_field)


def _check(found: DataDictionary, said: Sequence[Correction], joins: Sequence[JoinCorrection]) -> None:
    known = {(table.name, one.name) for table in found.tables for one in table.fields}
    tables = {table.name for table in found.tables}
    named = [(one.table, one.field) for one in said]
    named += [(one.table, one.field) for one in joins] + [(one.to_table, one.to_field) for one in joins]
    for table, field in named:
        if (table, field) not in known and not (table in tables and not field):
            raise UnknownField(table=table, field=field)
