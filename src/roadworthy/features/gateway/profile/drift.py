"""What is another than at the profile before."""

from __future__ import annotations

from collections.abc import Iterator

from roadworthy.domain.data_dictionary import DataDictionary, Drift, FieldEntry, Share

MOST = 500


def drift_between(before: DataDictionary, after: DataDictionary) -> tuple[Drift, ...]:
    """Rates count as changed where their intervals do not overlap. Tables that were not profiled say
    nothing."""
    found: list[Drift] = []
    old = {one.name: one for one in before.tables if not one.problem}
    new = {one.name: one for one in after.tables if not one.problem}
    failed = {one.name for one in after.tables if one.problem}
    for name in sorted({*old} - {*new} - failed):
        found.append(Drift(table=name, field="", what="the table is gone"))
    for name in sorted({*new} - {*old}):
        found.append(Drift(table=name, field="", what="a new table"))
    for name in sorted({*old} & {*new}):
        fields = {one.name: one for one in old[name].fields}
        now = {one.name: one for one in new[name].fields}
        found += [Drift(table=name, field=one, what="the field is gone") for one in fields if one not in now]
        found += [Drift(table=name, field=one, what="a new field") for one in now if one not in fields]
        for one in fields:
            if one in now:
                found += [Drift(table=name, field=one, what=what) for what in _changes(fields[one], now[one])]
    return tuple(found[:MOST])


def _changes(old: FieldEntry, new: FieldEntry) -> Iterator[str]:
    if old.declared != new.declared:
        yield f"declared {new.declared or 'nothing'}, before {old.declared or 'nothing'}"
    if old.type != new.type and "empty" not in (old.type, new.type):
        yield f"holds {new.type}, before {old.type}"
    if old.stored_as != new.stored_as and old.type == new.type:
        yield f"stored as {new.stored_as or 'it is'}, before {old.stored_as or 'as it was'}"
    if old.unit != new.unit:
        yield f"in {new.unit or 'no unit'}, before {old.unit or 'no unit'}"
    if _apart(old.nulls, new.nulls):
        yield f"empty in {_told(new.nulls)}, before in {_told(old.nulls)}"
    if old.pii != new.pii:
        yield f"personal data: {new.pii or 'none'}, before {old.pii or 'none'}"
    if old.values and new.values:
        more = {one.value for one in new.values} - {one.value for one in old.values}
        if more:
            yield f"new values: {', '.join(sorted(more)[:8])}"


def _apart(old: Share | None, new: Share | None) -> bool:
    return old is not None and new is not None and (old.high < new.low or new.high < old.low)


def _told(share: Share | None) -> str:
    return f"{share.value:.1%}" if share else "no rows"
