"""On an invented fleet every backend answers as the plain one in memory does."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from roadworthy.backends.telemetry.chdb.store import ChdbTelemetryStore
from roadworthy.backends.telemetry.fields import RUN_FIELDS, SPAN_FIELDS, Field, FieldKind
from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.telemetry import (
    AggregateQuery,
    AggregateRow,
    Filter,
    Op,
    RunQuery,
    SpanQuery,
    TelemetryStore,
)
from tests.contract.telemetry.making import HOUR, NOON, invented

PROJECT = "fleet"
OPERATORS = {
    FieldKind.TEXT: (Op.EQ, Op.NE, Op.IN, Op.CONTAINS, Op.EXISTS, Op.MISSING),
    FieldKind.LIST: (Op.EQ, Op.NE, Op.IN, Op.CONTAINS, Op.EXISTS, Op.MISSING),
    FieldKind.NUMBER: (Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE, Op.IN, Op.EXISTS, Op.MISSING),
    FieldKind.FLAG: (Op.EQ, Op.NE),
    FieldKind.ATTRIBUTE: tuple(Op),
}
ATTRIBUTE = {
    name: Field(name=f"attributes.{name}", kind=FieldKind.ATTRIBUTE, key=name) for name in ("tier", "lane")
}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TelemetryStore, TelemetryStore]]:
    plain, tested = MemoryTelemetryStore(), ChdbTelemetryStore(tmp_path_factory.mktemp("telemetry"))
    for store in (plain, tested):
        for seed in range(4):
            store.write(invented(PROJECT, seed=seed, runs=60))
        # The same fleet again, later versions of some: many rows that must not be read.
        again = invented(PROJECT, seed=1, runs=60)
        for number, one in enumerate(again.runs):
            if number % 3 == 0:
                one.version, one.agent, one.cost_usd = one.version + 5, "rewritten", 0.5
        for number, step in enumerate(again.spans):
            if number % 3 == 0:
                step.version, step.attributes = step.version + 5, {"tier": "platinum"}
        store.write(dataclasses.replace(again, token="rewritten"))
    yield plain, tested
    tested.close()


def filters_of(field: Field, sample: object) -> Iterator[Filter]:
    for op in OPERATORS[field.kind]:
        if op in (Op.EXISTS, Op.MISSING):
            yield Filter(field=field.name, op=op)
        elif op is Op.IN:
            other = 7 if field.kind is FieldKind.NUMBER else sample
            yield Filter(field=field.name, op=op, value=(sample, other))  # type: ignore[arg-type]
        elif op in (Op.LT, Op.LE, Op.GT, Op.GE) and field.kind is FieldKind.ATTRIBUTE:
            yield Filter(field=field.name, op=op, value=2)
        else:
            yield Filter(field=field.name, op=op, value=sample)  # type: ignore[arg-type]


def sample_of(field: Field, nouns: list[object]) -> object:
    """A value that occurs, from the middle of those that do."""
    if field.kind is FieldKind.ATTRIBUTE:
        return {"tier": "gold", "lane": "2"}[field.key]
    if field.kind is FieldKind.FLAG:
        return True
    held = [getattr(noun, field.name) for noun in nouns]
    if field.kind is FieldKind.LIST:
        held = [element for value in held for element in value] or ["nothing"]
    known = sorted(value for value in held if value not in (None, "")) or [
        "" if field.kind is FieldKind.TEXT else 0
    ]
    sample = known[len(known) // 2]
    return str(sample) if isinstance(sample, str) else sample


@pytest.mark.parametrize("name", [*RUN_FIELDS, "attributes.tier", "attributes.lane"])
def test_filters_on_runs(both: tuple[TelemetryStore, TelemetryStore], name: str) -> None:
    plain, tested = both
    everything = plain.runs(PROJECT, RunQuery(limit=1000))
    field = RUN_FIELDS.get(name) or ATTRIBUTE[name.removeprefix("attributes.")]
    for one in filters_of(field, sample_of(field, list(everything))):
        asked = RunQuery(filters=(one,), limit=1000)
        expected = plain.runs(PROJECT, asked)
        assert tested.runs(PROJECT, asked) == expected, one
        assert tested.count_runs(PROJECT, asked) == len(expected), one


@pytest.mark.parametrize("name", [*SPAN_FIELDS, "attributes.tier", "attributes.lane"])
def test_filters_on_spans(both: tuple[TelemetryStore, TelemetryStore], name: str) -> None:
    plain, tested = both
    everything = plain.spans(PROJECT, SpanQuery(limit=2000))
    field = SPAN_FIELDS.get(name) or ATTRIBUTE[name.removeprefix("attributes.")]
    for one in filters_of(field, sample_of(field, list(everything))):
        asked = SpanQuery(filters=(one,), limit=2000)
        assert tested.spans(PROJECT, asked) == plain.spans(PROJECT, asked), one


@pytest.mark.parametrize("number", [2, 7, 7.0, 0])
def test_attributes_as_numbers(both: tuple[TelemetryStore, TelemetryStore], number: float) -> None:
    plain, tested = both
    for key in ("lane", "tier"):
        for op in (Op.EQ, Op.NE, Op.LT, Op.GE):
            asked = RunQuery(filters=(Filter(field=f"attributes.{key}", op=op, value=number),), limit=1000)
            assert tested.runs(PROJECT, asked) == plain.runs(PROJECT, asked), asked


@pytest.mark.parametrize(
    "text", ["refund", "order flight", "müller", "東京", "night", "night_owl", "42 price", "absent"]
)
def test_full_text(both: tuple[TelemetryStore, TelemetryStore], text: str) -> None:
    plain, tested = both
    for start, end in ((None, None), (NOON - 20 * HOUR, NOON - 2 * HOUR)):
        runs = RunQuery(text=text, limit=1000, from_ns=start, to_ns=end)
        spans = SpanQuery(text=text, limit=1000, from_ns=start, to_ns=end)
        assert tested.runs(PROJECT, runs) == plain.runs(PROJECT, runs)
        assert tested.search(PROJECT, spans) == plain.search(PROJECT, spans)


@pytest.mark.parametrize(
    "by",
    [
        (),
        ("agent",),
        ("agents",),
        ("release", "status"),
        ("tools", "agent"),
        ("attributes.tier",),
        ("attributes.lane", "agent"),
    ],
)
@pytest.mark.parametrize("bucket_ns", [None, HOUR, 24 * HOUR])
def test_aggregates(
    both: tuple[TelemetryStore, TelemetryStore], by: tuple[str, ...], bucket_ns: int | None
) -> None:
    plain, tested = both
    filters = (
        Filter(field="model_calls", op=Op.GT, value=0),
        Filter(field="attributes.tier", op=Op.NE, value="free"),
    )
    for asked in (
        AggregateQuery(by=by, bucket_ns=bucket_ns),
        AggregateQuery(by=by, bucket_ns=bucket_ns, filters=filters, from_ns=NOON - 30 * HOUR, to_ns=NOON),
    ):
        rows, expected = tested.aggregate(PROJECT, asked), plain.aggregate(PROJECT, asked)
        assert [exact(row) for row in rows] == [exact(row) for row in expected]
        for row, other in zip(rows, expected, strict=True):
            assert row.duration_p50_ns == pytest.approx(other.duration_p50_ns)
            assert row.duration_p95_ns == pytest.approx(other.duration_p95_ns)


def exact(row: AggregateRow) -> AggregateRow:
    """Without the quantiles, which are interpolated and so may differ in the last bit."""
    return dataclasses.replace(row, duration_p50_ns=None, duration_p95_ns=None)


def test_sessions(both: tuple[TelemetryStore, TelemetryStore]) -> None:
    plain, tested = both
    rows = plain.sessions(PROJECT)
    assert len(rows) == 3
    assert tested.sessions(PROJECT) == rows
    first = rows[0]
    assert tested.sessions(PROJECT, after=(first.last_ns, first.session_id)) == rows[1:]
    since = NOON - 10 * HOUR
    assert tested.sessions(PROJECT, from_ns=since) == plain.sessions(PROJECT, from_ns=since)


def test_completions(both: tuple[TelemetryStore, TelemetryStore]) -> None:
    plain, tested = both
    for field in ("agent", "tools", "session_id"):
        assert tested.field_values(PROJECT, field) == plain.field_values(PROJECT, field)
    for field in ("attributes.tier", "attributes.lane"):
        # Older versions of a span count too where they are still there, so the order may differ.
        assert set(tested.field_values(PROJECT, field)) >= set(plain.field_values(PROJECT, field))
    assert tested.field_values(PROJECT, "agent", prefix="b") == ["booking"]


def test_what_is_held(both: tuple[TelemetryStore, TelemetryStore]) -> None:
    plain, tested = both
    assert tested.days(PROJECT) == plain.days(PROJECT)
    expected, read = plain.stats(PROJECT), tested.stats(PROJECT)
    assert (read.spans, read.runs, read.first_ns, read.last_ns) == (
        expected.spans,
        expected.runs,
        expected.first_ns,
        expected.last_ns,
    )
    assert read.bytes_on_disk > 0
