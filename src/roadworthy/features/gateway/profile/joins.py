"""Which fields lead to which tables: inclusion dependencies, with names and keys to tell chance from meaning.

Whole numbers of one table are nearly always among the ids of another, so inclusion alone says little: what
the names say weighs as much.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from roadworthy.domain.data_dictionary import FieldEntry, Join, TableEntry
from roadworthy.features.gateway.profile.meaning import meaning_of, words_of
from roadworthy.features.gateway.profile.source import ProfileSource
from roadworthy.features.gateway.profile.table import wilson

INCLUDED_MIN = 0.9
CONFIDENT = 0.5
CANDIDATES_MOST = 2_000
_EACH = 4
"""Fields of other tables that are looked at for one."""
_GENERIC = frozenset({"id", "number", "code", "name", "key", "sequence", "row", "line", "item", ""})
_LINKS = frozenset({"ref", "fk", "reference", "parent"})
_TABLE_WORDS = frozenset(
    {"tbl", "t", "tab", "table", "stamm", "master", "mst", "data", "hdr", "head", "kopf"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    table: str
    field: str
    to_table: str
    to_field: str
    names: float
    """0 to 1: how well the names fit."""


def candidates(tables: Sequence[TableEntry]) -> list[Candidate]:
    """Pairs worth asking the system about, the likeliest of each field; by table and field."""
    keys = [
        (table, field) for table in tables for field in table.fields if field.key in ("primary", "candidate")
    ]
    found: list[Candidate] = []
    for table in tables:
        for field in table.fields:
            if field.type not in ("integer", "text") or field.distinct < 2:
                continue
            scored = [
                Candidate(
                    table=table.name,
                    field=field.name,
                    to_table=other.name,
                    to_field=key.name,
                    names=names_fit(field.name, to_table=other.name, to_field=key.name),
                )
                for other, key in keys
                if other.name != table.name and _may_join(field, key)
            ]
            scored = [one for one in scored if one.names > 0.3]
            found += sorted(scored, key=lambda one: -one.names)[:_EACH]
    found.sort(key=lambda one: (-one.names, one.table, one.field))
    return sorted(found[:CANDIDATES_MOST], key=lambda one: (one.table, one.field))


def _may_join(field: FieldEntry, key: FieldEntry) -> bool:
    if field.type != key.type or (field.key == "primary" and field.name == key.name and key.key != "primary"):
        return False
    return field.distinct <= max(key.distinct, 1) * 50


def names_fit(field: str, *, to_table: str, to_field: str) -> float:
    """`cust_no` fits `customers.id`, `KNA1.KUNNR` and `kunden.kunden_nr`."""
    own = [one for one in meaning_of(field).text.split() if one not in _LINKS]
    key = meaning_of(to_field).text.split()
    table = [one for one in _meanings(to_table) if one not in _TABLE_WORDS]
    specific = {*own} - _GENERIC
    if field.lower() == to_field.lower():
        # A running number of each table's own is called alike everywhere, and leads nowhere.
        return 0.95 if specific else 0.0
    of_key = {*key} - _GENERIC
    if of_key and specific and of_key == specific:
        return 0.85
    if specific and table and specific & {*table}:
        # customer_id → customers.id; ship_customer_id → customers.id
        return 0.9 if {*own} & {"id", "number", "code"} or len(own) == 1 else 0.5
    words = "".join(one for one in words_of(field) if one not in ("id", "nr", "no", "fk", "ref", "key"))
    plain = "".join(words_of(to_table))
    if len(words) >= 3 and (plain.startswith(words) or words in plain or plain.rstrip("s") in words):
        return 0.85
    return 0.6 * difflib.SequenceMatcher(None, words, plain).ratio() if words else 0.0


def _meanings(table: str) -> list[str]:
    found = []
    for word in words_of(table):
        said = meaning_of(word).text or meaning_of(word.rstrip("s")).text or word.rstrip("s")
        found += said.split()
    return found


async def joined(
    source: ProfileSource, wanted: Sequence[Candidate], *, rows: int, seconds: float, most: int
) -> list[Join]:
    """Asks the system how many values of each field are there. Raises ToolFailed."""
    found: list[Join] = []
    samples: dict[str, dict[str, list[object]]] = {}
    declared: dict[str, set[tuple[str, str, str]]] = {}
    for one in wanted:
        if one.table not in samples:
            sampled = await source.sample(one.table, rows=rows, seconds=seconds)
            samples[one.table] = {
                each.name: list(dict.fromkeys(v for v in each.values if v is not None and v != ""))
                for each in sampled.fields
            }
            declared[one.table] = {(key.field, key.to_table, key.to_field) for key in sampled.foreign}
        values = samples[one.table].get(one.field, [])[:most]
        if not values:
            continue
        included = await source.included(values, table=one.to_table, field=one.to_field, seconds=seconds)
        if included is None or not included.asked:
            continue
        is_declared = (one.field, one.to_table, one.to_field) in declared[one.table]
        made = judged(one, found=included.found, asked=included.asked, declared=is_declared)
        if made is not None:
            found.append(made)
    return found


def judged(candidate: Candidate, *, found: int, asked: int, declared: bool) -> Join | None:
    """None where it is no join."""
    share = wilson(found, asked)
    few = min(1.0, asked / 5)
    confidence = 1.0 if declared else candidate.names * share.value**4 * (0.6 + 0.4 * few)
    if not declared and (share.value < INCLUDED_MIN or confidence < CONFIDENT):
        return None
    return Join(
        table=candidate.table,
        field=candidate.field,
        to_table=candidate.to_table,
        to_field=candidate.to_field,
        inclusion=share,
        confidence=round(confidence, 3),
        declared=declared,
    )
