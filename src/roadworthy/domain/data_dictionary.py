"""What the fields of a system mean, found out from a sample of it and corrected by people."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Of the rows sampled, with its 95 % interval (Wilson) for all rows."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonValue:
    value: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldEntry:
    """Empty strings are unknown. Values of a field with a PII mark are never kept."""

    name: str
    declared: str = ""
    """Its type in the system's own words."""
    type: str = ""
    """As its values show: text, integer, number, boolean, date, datetime, time, json, binary; empty."""
    stored_as: str = ""
    """How, where that differs: epoch_s, epoch_ms, yyyymmdd, iso, text with decimal commas ..."""
    nulls: Share | None = None
    """None, and texts that mean it (empty, blank)."""
    distinct: int = 0
    """Values in the sample."""
    distinct_share: Share | None = None
    """Of the rows that have a value."""
    minimum: str = ""
    maximum: str = ""
    format: str = ""
    """What all its values look like: `AA-9999`, uuid, e-mail ..."""
    values: tuple[CommonValue, ...] = ()
    """Of an enumeration: all of them, the commonest first."""
    examples: tuple[str, ...] = ()
    unit: str = ""
    unit_from: str = ""
    """name, values, declared or person."""
    meaning: str = ""
    meaning_from: str = ""
    """name, comment, values or person."""
    pii: str = ""
    """What of a person it holds: email, iban, person_name, birth_date ...; `secret` for credentials."""
    pii_from: str = ""
    key: str = ""
    """primary (declared), candidate (no value twice in the sample), or part (of a key of several)."""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Each value of the first is one of the second (an inclusion dependency), as far as was looked."""

    table: str
    field: str
    to_table: str
    to_field: str
    inclusion: Share
    confidence: float
    """0 to 1: how likely it is meant, from inclusion, names and keys."""
    declared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableEntry:
    name: str
    rows: int | None = None
    """In all, where the system says."""
    sampled: int = 0
    whole: bool = False
    """Whether the sample is all of it."""
    description: str = ""
    keys: tuple[tuple[str, ...], ...] = ()
    """The declared one first, then candidates."""
    fields: tuple[FieldEntry, ...] = ()
    problem: str = ""
    """Why it could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What changed since the profile before."""

    table: str
    field: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataDictionary:
    """Identity is (project, connector)."""

    project: str
    connector: str
    version: int = 1
    job: str = ""
    """That made it."""
    profiled_ns: int = 0
    tables: tuple[TableEntry, ...] = ()
    joins: tuple[Join, ...] = ()
    drift: tuple[Drift, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a person says of a field, or with `field` empty of a table. None says nothing."""

    table: str
    field: str = ""
    meaning: str | None = None
    description: str | None = None
    type: str | None = None
    unit: str | None = None
    pii: str | None = None
    """"" says that it holds nothing of a person."""
    key: str | None = None
    by: str = ""
    at_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinCorrection:
    """A join that is one, or is none, whatever the values say."""

    table: str
    field: str
    to_table: str
    to_field: str
    is_join: bool
    by: str = ""
    at_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """Kept apart from what was found, so that they outlive the next profile."""

    fields: tuple[Correction, ...] = field(default_factory=tuple)
    joins: tuple[JoinCorrection, ...] = field(default_factory=tuple)
