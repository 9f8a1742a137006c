"""A sampled table as an entry of the dictionary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import Any

from roadworthy.domain.data_dictionary import CommonValue, FieldEntry, Share, TableEntry
from roadworthy.features.gateway.profile.meaning import meaning_of, words_of
from roadworthy.features.gateway.profile.observing import Observed, observe
from roadworthy.features.gateway.profile.pii import Mark, mark_of
from roadworthy.features.gateway.profile.source import SampledField, SampledTable
from roadworthy.features.gateway.profile.units import unit_of
from roadworthy.kit.masking import mask_text

_ENUM_MOST = 24
_ENUM_ROWS = 40
_EXAMPLES = 3
_SHOWN = 60
_KEY_ROWS = 20
_Z = 1.959963984540054
_KEYLIKE = frozenset({"integer", "text"})
_FOREIGN = frozenset({"ref", "extern", "external", "fk", "parent", "old", "prev"})
_NAMES_KEY = ("number", "id", "code")


def wilson(found: int, of: int) -> Share:
    """Of a share (Wilson 1927); of nothing nothing is known."""
    if not of:
        return Share(value=0.0, low=0.0, high=1.0)
    p, z2 = found / of, _Z * _Z
    middle = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z / (1 + z2 / of) * (p * (1 - p) / of + z2 / (4 * of * of)) ** 0.5
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    # At its ends the formula is off by rounding alone.
    return Share(value=p, low=0.0 if found == 0 else low, high=1.0 if found == of else high)


def profile_table(sampled: SampledTable) -> TableEntry:
    """Pure: what is kept of the sample is what stands in the entry."""
    seen = {one.name: observe(one.values, name=one.name) for one in sampled.fields}
    marks = {one.name: _mark(one.name, seen[one.name]) for one in sampled.fields}
    keys = _keys(sampled, seen, personal={name for name, mark in marks.items() if mark})
    fields = tuple(
        _field(one, seen[one.name], sampled=sampled, keys=keys, mark=marks[one.name])
        for one in sampled.fields
    )
    return TableEntry(
        name=sampled.name,
        rows=sampled.rows,
        sampled=sampled.sampled,
        whole=sampled.whole,
        description=sampled.comment,
        keys=tuple(keys),
        fields=fields,
    )


def _mark(name: str, seen: Observed) -> Mark | None:
    texts = [one.strip() for one in seen.texts]
    return mark_of(texts, concept=meaning_of(name).concept, name=name, kind=seen.type)


def _field(
    field: SampledField,
    seen: Observed,
    *,
    sampled: SampledTable,
    keys: Sequence[tuple[str, ...]],
    mark: Mark | None,
) -> FieldEntry:
    meaning = meaning_of(field.name)
    texts = [one.strip() for one in seen.texts]
    counts = Counter(texts)
    unit, unit_from = unit_of(field.name, texts=texts, kind=seen.type, stored_as=seen.stored_as)
    shown = mark is None
    low, high = _range(texts, seen) if shown else ("", "")
    return FieldEntry(
        name=field.name,
        declared=field.declared,
        type=seen.type,
        stored_as=seen.stored_as,
        nulls=wilson(seen.nulls, sampled.sampled),
        distinct=len(counts),
        distinct_share=wilson(len(counts), len(texts)) if texts else None,
        minimum=low,
        maximum=high,
        format=seen.format,
        values=_enumeration(counts, len(texts), seen) if shown else (),
        examples=_examples(counts, seen) if shown else (),
        unit=unit,
        unit_from=unit_from,
        meaning=field.comment or meaning.text,
        meaning_from="comment" if field.comment else "name" if meaning.text else "",
        pii=mark.kind if mark else "",
        pii_from=mark.by if mark else "",
        key=_key_of(field.name, sampled, keys),
    )


def _keys(sampled: SampledTable, seen: dict[str, Observed], *, personal: set[str]) -> list[tuple[str, ...]]:
    """The declared ones, then fields without nulls and doubles that a key would be; else the likeliest pair.
    What is of a person (an IBAN) is no key, nor what another system calls its own."""
    keys: list[tuple[str, ...]] = [sampled.primary] if sampled.primary else []
    keys += [one for one in sampled.unique if one not in keys]
    if sampled.sampled < _KEY_ROWS:
        return keys
    whole = [
        one.name
        for one in sampled.fields
        if seen[one.name].type in _KEYLIKE and not seen[one.name].nulls and one.name not in personal
    ]
    single = [one for one in whole if len({*seen[one].texts}) == sampled.sampled and _keyish(one, seen[one])]
    keys += [(one,) for one in single if (one,) not in keys]
    return keys if keys else _pairs(sampled, seen, whole)


def _keyish(name: str, seen: Observed) -> bool:
    """Texts of people (notes, names) hold no value twice either; and amounts hardly do."""
    if {*words_of(name)} & _FOREIGN:
        return False
    if seen.type == "integer":
        return not any(part in name.lower() for part in ("amount", "amt", "total", "price", "betrag", "sum"))
    longest = max((len(one) for one in seen.texts), default=0)
    return longest <= 40 and not any(" " in one.strip() for one in seen.texts[:50])


def _pairs(sampled: SampledTable, seen: dict[str, Observed], whole: list[str]) -> list[tuple[str, ...]]:
    named = [one for one in whole if set(meaning_of(one).text.split()) & {*_NAMES_KEY, "item", "sequence"}][
        :8
    ]
    columns = {one.name: [str(value) for value in one.values] for one in sampled.fields if one.name in named}
    for first, second in combinations(named, 2):
        if len({*zip(columns[first], columns[second], strict=True)}) == sampled.sampled:
            return [(first, second)]
    return []


def _key_of(name: str, sampled: SampledTable, keys: Sequence[tuple[str, ...]]) -> str:
    if sampled.primary == (name,):
        return "primary"
    if (name,) in keys:
        return "candidate"
    return "part" if any(name in one for one in keys) else ""


def _range(texts: list[str], seen: Observed) -> tuple[str, str]:
    if not texts or seen.type in ("json", "binary", "boolean"):
        return "", ""
    if seen.type in ("integer", "number"):
        numbers = [(value, one) for one in texts if (value := _number(one)) is not None]
        if numbers:
            return min(numbers)[1][:_SHOWN], max(numbers)[1][:_SHOWN]
    if seen.type in ("date", "datetime", "time") and seen.stored_as not in (
        "dd.mm.yyyy",
        "dd/mm/yyyy",
        "mm/dd/yyyy",
    ):
        return min(texts)[:_SHOWN], max(texts)[:_SHOWN]
    return "", ""


def _number(text: str) -> float | None:
    plain = text.replace(".", "").replace(",", ".") if "," in text else text
    try:
        return float(plain)
    except ValueError:
        return None


def _enumeration(counts: Counter[str], present: int, seen: Observed) -> tuple[CommonValue, ...]:
    """Few values that come again and again."""
    few = len(counts) <= _ENUM_MOST and present >= _ENUM_ROWS and len(counts) <= present / 5
    if not few or seen.type not in ("text", "integer", "boolean") or any(len(one) > 40 for one in counts):
        return ()
    return tuple(
        CommonValue(value=mask_text(value).text, share=often / present)
        for value, often in counts.most_common()
    )


def _examples(counts: Counter[str], seen: Observed) -> tuple[str, ...]:
    """Short ones; free text may tell of a person what no mark sees, so of it none are kept."""
    if seen.type in ("json", "binary") or any(one.count(" ") > 2 for one in list(counts)[:20]):
        return ()
    return tuple(mask_text(one).text[:_SHOWN] for one, _ in counts.most_common(_EXAMPLES))


def as_rows(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> tuple[SampledField, ...]:
    """Rows of a result as sampled fields."""
    return tuple(
        SampledField(name=name, values=tuple(row[place] for row in rows)) for place, name in enumerate(names)
    )
