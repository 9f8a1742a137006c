"""Columns made while spans come are the columns that would be made of all of them at the end."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.backends.telemetry.chdb import writing
from roadworthy.backends.telemetry.chdb.writing import Insert, inserts_of, prepared, span_day
from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.span import Span

DAY_NS = 86_400 * 10**9
NOW = 20_700 * DAY_NS


def spans(count: int, *, project: str = "p", days_apart: int = 0) -> list[Span]:
    return [
        Span(
            project=project,
            trace_id=f"{number:032x}",
            span_id=f"{number:016x}",
            start_ns=NOW - number * days_apart * DAY_NS,
            received_ns=NOW,
            input="x" * 100,
            attributes={"number": str(number)},
            join_keys=(f"response:{number}",) if number % 2 else (),
        )
        for number in range(count)
    ]


def tables(inserts: list[Insert]) -> dict[str, pa.Table]:
    names = dict.fromkeys(insert.table for insert in inserts)
    return {name: pa.concat_tables([i.rows for i in inserts if i.table == name]) for name in names}


def test_rows_of_parts_are_those_of_the_whole() -> None:
    found = spans(10)
    in_parts = TelemetryBatch(token="t", spans=found, prepared=[*prepared(found[:3]), *prepared(found[3:])])
    whole = TelemetryBatch(token="t", spans=found)
    assert tables(list(inserts_of(in_parts))) == tables(list(inserts_of(whole)))
    assert [i.token for i in inserts_of(in_parts)] == [i.token for i in inserts_of(whole)]


@pytest.mark.parametrize(
    ("limit", "value", "inserts"),
    [("ROWS_AT_ONCE", 4, 3), ("BYTES_AT_ONCE", 500, 2), ("PARTITIONS_AT_ONCE", 4, 3)],
)
def test_parts_go_together_as_far_as_one_insert_can_take_them(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: int, inserts: int
) -> None:
    found = spans(10, days_apart=1)
    parts = [part for span in found for part in prepared([span])]
    monkeypatch.setattr(writing, limit, value)
    made = [
        i for i in inserts_of(TelemetryBatch(token="t", spans=found, prepared=parts)) if i.table == "spans"
    ]
    assert len(made) == inserts
    assert len({insert.token for insert in made}) == inserts
    assert sum(len(insert.rows) for insert in made) == 10


def test_what_was_prepared_of_other_spans_is_refused() -> None:
    found = spans(10)
    batch = TelemetryBatch(token="t", spans=found, prepared=prepared(found[:9]))
    with pytest.raises(ValueError, match="prepared: 9 rows of 10 spans"):
        list(inserts_of(batch))


TIMES = st.integers(-(2**63), 2**63) | st.integers(NOW - 40 * DAY_NS, NOW + 3 * DAY_NS)


@given(st.lists(st.tuples(TIMES, st.sampled_from([0, 1, DAY_NS, NOW, NOW + DAY_NS, 2**63])), max_size=9))
def test_spans_are_filed_under_their_days(times: list[tuple[int, int]]) -> None:
    some = [
        Span(project="p", trace_id="t", span_id="s", start_ns=start, received_ns=received)
        for start, received in times
    ]
    days = [day.as_py() for part in prepared(some) for day in part.spans["day"].cast("int32")]
    assert days == [span_day(span) for span in some]
