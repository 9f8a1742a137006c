"""What the API says about data dictionaries."""

from __future__ import annotations

from pydantic import BaseModel, Field

from roadworthy.domain.data_dictionary import (
    Correction,
    DataDictionary,
    FieldEntry,
    Join,
    JoinCorrection,
    Share,
    TableEntry,
)
from roadworthy.doors.rest.models.settings import Body
from roadworthy.doors.rest.times import rfc3339


class DictionaryShare(BaseModel):
    value: float
    low: float = Field(description="95 % interval for all rows, from the sample")
    high: float


class CommonValueView(BaseModel):
    value: str
    share: float


class DictionaryField(BaseModel):
    name: str
    declared: str = Field(description="Type in the system's own words")
    type: str = Field(description="As its values show")
    stored_as: str
    nulls: DictionaryShare | None
    distinct: int
    distinct_share: DictionaryShare | None
    minimum: str
    maximum: str
    format: str
    values: list[CommonValueView] = Field(description="Of an enumeration, the commonest first")
    examples: list[str] = Field(description="Never of a field with a PII mark")
    unit: str
    unit_from: str = Field(description="name, values, declared or person")
    meaning: str
    meaning_from: str = Field(description="name, comment, values or person")
    pii: str = Field(description='What of a person it holds, or "secret"; empty: nothing was found')
    pii_from: str
    key: str = Field(description="primary, candidate or part")
    description: str


class DictionaryTableView(BaseModel):
    name: str
    rows: int | None
    sampled: int
    whole: bool = Field(description="Whether the sample is all of it")
    description: str
    keys: list[list[str]]
    fields: list[DictionaryField]
    problem: str


class JoinView(BaseModel):
    table: str
    field: str
    to_table: str
    to_field: str
    inclusion: DictionaryShare
    confidence: float
    declared: bool


class DriftView(BaseModel):
    table: str
    field: str
    what: str


class DictionaryView(BaseModel):
    connector: str
    version: int
    profiled_at: str
    tables: list[DictionaryTableView]
    joins: list[JoinView]
    drift: list[DriftView] = Field(description="Against the profile before")
    corrections: int = Field(description="What people have said; it outlives the next profile")


class CorrectionBody(Body):
    """Left out or null says nothing. Without `field` it is about the table."""

    table: str = Field(max_length=500)
    field: str = Field(default="", max_length=500)
    meaning: str | None = Field(default=None, max_length=2_000)
    description: str | None = Field(default=None, max_length=8_000)
    type: str | None = Field(default=None, max_length=100)
    unit: str | None = Field(default=None, max_length=100)
    pii: str | None = Field(default=None, max_length=100, description='"": it holds nothing of a person')
    key: str | None = Field(default=None, max_length=20)


class JoinCorrectionBody(Body):
    table: str = Field(max_length=500)
    field: str = Field(max_length=500)
    to_table: str = Field(max_length=500)
    to_field: str = Field(max_length=500)
    is_join: bool


class CorrectionsBody(Body):
    corrections: list[CorrectionBody] = Field(default_factory=list, max_length=2_000)
    joins: list[JoinCorrectionBody] = Field(default_factory=list, max_length=500)


class ProfileBody(Body):
    rows: int = Field(default=2_000, ge=10, le=100_000, description="Sampled of each table")
    seconds: float = Field(default=30, gt=0, le=600, description="For each table")
    tables: list[str] = Field(default_factory=list, max_length=500, description="With * and ?; empty: all")


def _share(one: Share | None) -> DictionaryShare | None:
    return DictionaryShare(value=one.value, low=one.low, high=one.high) if one else None


def dictionary_view(found: DataDictionary, *, corrections: int) -> DictionaryView:
    return DictionaryView(
        connector=found.connector,
        version=found.version,
        profiled_at=rfc3339(found.profiled_ns),
        tables=[_table(one) for one in found.tables],
        joins=[_join(one) for one in found.joins],
        drift=[DriftView(table=one.table, field=one.field, what=one.what) for one in found.drift],
        corrections=corrections,
    )


def _table(one: TableEntry) -> DictionaryTableView:
    return DictionaryTableView(
        name=one.name,
        rows=one.rows,
        sampled=one.sampled,
        whole=one.whole,
        description=one.description,
        keys=[list(key) for key in one.keys],
        fields=[_field(each) for each in one.fields],
        problem=one.problem,
    )


def _field(one: FieldEntry) -> DictionaryField:
    return DictionaryField(
        name=one.name,
        declared=one.declared,
        type=one.type,
        stored_as=one.stored_as,
        nulls=_share(one.nulls),
        distinct=one.distinct,
        distinct_share=_share(one.distinct_share),
        minimum=one.minimum,
        maximum=one.maximum,
        format=one.format,
        values=[CommonValueView(value=each.value, share=each.share) for each in one.values],
        examples=list(one.examples),
        unit=one.unit,
        unit_from=one.unit_from,
        meaning=one.meaning,
        meaning_from=one.meaning_from,
        pii=one.pii,
        pii_from=one.pii_from,
        key=one.key,
        description=one.description,
    )


def _join(one: Join) -> JoinView:
    inclusion = DictionaryShare(value=one.inclusion.value, low=one.inclusion.low, high=one.inclusion.high)
    return JoinView(
        table=one.table,
        field=one.field,
        to_table=one.to_table,
        to_field=one.to_field,
        inclusion=inclusion,
        confidence=one.confidence,
        declared=one.declared,
    )


def corrections_of(body: CorrectionsBody) -> tuple[list[Correction], list[JoinCorrection]]:
    return (
        [Correction(**one.model_dump()) for one in body.corrections],
        [JoinCorrection(**one.model_dump()) for one in body.joins],
    )
