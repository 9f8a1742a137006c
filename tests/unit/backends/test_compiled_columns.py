"""Columns by compiled code are those by Python, or there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.backends.telemetry.chdb.columns import REJECTION, RUN, SCORE, SPAN
from roadworthy.backends.telemetry.chdb.gathering import Columns, Shape, compiled, gathered, in_python
from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.backends.telemetry.storable import DAY_NS, INT64_MAX
from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.finding import Evidence, Finding
from roadworthy.domain.rejection import Rejection
from roadworthy.domain.run import Handoff, Outcome, Run, RunStatus
from roadworthy.domain.score import Score
from roadworthy.domain.span import ContentFormat, Span, SpanFlag, SpanKind, SpanStatus
from roadworthy.kit.compiled import COMPILED
from tests.payloads import shared_data as data_folder
from tests.unit.ingest.ingest_path import IngestPath, Payloads

pytestmark = pytest.mark.skipif(
    not hasattr(COMPILED, "gather_columns"),
    reason="needs the compiled part: make setup, with a C compiler and Python's headers",
)

NOW = 20_700 * DAY_NS


def same(found: Columns | None, wanted: Columns) -> None:
    assert found is not None, "compiled code did not take it"
    assert list(found) == list(wanted)
    for name, column in found.items():
        column.validate(full=True)
        assert column.type == wanted[name].type, name
        assert column.null_count == wanted[name].null_count, name
        assert column.equals(wanted[name]), name


class _Kept(MemoryTelemetryStore):
    """Remembers what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[TelemetryBatch] = []

    def write(self, batch: TelemetryBatch) -> None:
        self.batches.append(batch)
        super().write(batch)


def folders() -> list[str]:
    data = data_folder()
    return sorted(one.name for one in (data / "otlp").iterdir()) if data is not None else ["(no shared/data)"]


@pytest.mark.parametrize("folder", folders())
def test_real_spans_and_runs_have_the_same_columns(shared_data: Path, folder: str) -> None:
    kept = _Kept()
    path = IngestPath(store=kept)
    path.take(Payloads(shared_data / "otlp" / folder).records())
    [batch] = kept.batches
    same(compiled(list(batch.spans), SPAN), in_python(batch.spans, SPAN))
    runs = list(batch.runs)
    if runs:
        same(compiled(runs, RUN), in_python(runs, RUN))
    if batch.scores:
        same(compiled(list(batch.scores), SCORE), in_python(batch.scores, SCORE))


def ordinary_texts() -> st.SearchStrategy[str]:
    long = st.integers(0, 5_000).map(lambda size: 'é"\\\n\x1f\x7f€😀 plain text '[: size % 29] * (size // 29))
    return st.text(max_size=20) | st.just("") | long


def odd_texts() -> st.SearchStrategy[str]:
    return ordinary_texts() | st.text(st.characters(exclude_categories=()), max_size=3)


@dataclass(frozen=True, kw_only=True)
class Values:
    """Strategies of what attributes hold."""

    texts: st.SearchStrategy[Any]
    wholes: st.SearchStrategy[Any]
    costs: st.SearchStrategy[Any]

    @property
    def lists(self) -> st.SearchStrategy[Any]:
        return st.lists(self.texts, max_size=3).map(tuple)

    @property
    def maps(self) -> st.SearchStrategy[Any]:
        return st.dictionaries(self.texts, self.texts, max_size=3)


COSTS = st.none() | st.floats()
ORDINARY = Values(texts=ordinary_texts(), wholes=st.integers(-INT64_MAX + 1, INT64_MAX - 1), costs=COSTS)
ODD = Values(
    texts=odd_texts(),
    wholes=st.integers(-(2**70), 2**70) | st.sampled_from([INT64_MAX, -INT64_MAX, -(2**63), 2**63, 2**64]),
    costs=COSTS,
)


def spans(of: Values) -> st.SearchStrategy[Span]:
    counts = st.none() | of.wholes
    return st.builds(
        Span,
        project=of.texts,
        trace_id=of.texts,
        span_id=of.texts,
        name=of.texts,
        kind=st.sampled_from(SpanKind),
        status=st.sampled_from(SpanStatus),
        start_ns=of.wholes,
        end_ns=of.wholes,
        version=of.wholes,
        input_tokens=counts,
        reasoning_tokens=counts,
        cost_usd=of.costs,
        input=of.texts,
        output=of.texts,
        output_format=st.sampled_from(ContentFormat),
        tool_definitions=of.texts,
        events=of.texts,
        flags=of.lists | st.lists(st.sampled_from(SpanFlag)).map(tuple),
        join_keys=of.lists,
        attributes=of.maps,
    )


def runs(of: Values) -> st.SearchStrategy[Run]:
    places = st.builds(Evidence, span_id=of.texts, excerpt=of.texts, start=of.wholes)
    findings = st.builds(
        Finding,
        detector=of.texts,
        confidence=st.floats(0, 1),
        evidence=st.lists(places, max_size=2).map(tuple),
    )
    handoffs = st.builds(Handoff, from_agent=of.texts, to_agent=of.texts, at_ns=of.wholes)
    return st.builds(
        Run,
        project=of.texts,
        id=of.texts,
        sort_ns=of.wholes,
        trace_ids=of.lists,
        agents=of.lists,
        duration_ns=st.none() | of.wholes,
        status=st.sampled_from(RunStatus),
        outcome=st.sampled_from(Outcome),
        cost_usd=of.costs,
        p_failure=of.costs,
        attributes=of.maps,
        step_attributes=of.maps,
        handoffs=st.lists(handoffs, max_size=2).map(tuple),
        findings=st.lists(findings, max_size=2).map(tuple),
        first_step_ns=of.wholes,
    )


def some_of(one: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(one, min_size=1, max_size=12)


@given(some_of(spans(ORDINARY)))
def test_ordinary_spans_are_taken(some: list[Span]) -> None:
    same(compiled(some, SPAN), in_python(some, SPAN))


@given(some_of(runs(ORDINARY)))
def test_ordinary_runs_are_taken(some: list[Run]) -> None:
    same(compiled(some, RUN), in_python(some, RUN))


@given(some_of(spans(ODD)))
def test_of_odd_spans_the_columns_are_those_by_python(some: list[Span]) -> None:
    same(gathered(some, SPAN), in_python(some, SPAN))


@given(some_of(runs(ODD)))
def test_of_odd_runs_the_columns_are_those_by_python(some: list[Run]) -> None:
    same(gathered(some, RUN), in_python(some, RUN))


@given(some_of(st.builds(Score, project=ORDINARY.texts, value=ORDINARY.costs, explanation=ORDINARY.texts)))
def test_scores_are_taken(some: list[Score]) -> None:
    same(compiled(some, SCORE), in_python(some, SCORE))


def test_rejections_are_taken() -> None:
    some = [Rejection(project="p", signal="traces", reason="é", code="c", at_ns=NOW)]
    same(compiled(some, REJECTION), in_python(some, REJECTION))


def test_more_rows_than_a_byte_of_validity_and_texts_larger_than_any_first_room() -> None:
    some = [
        Span(
            project="p",
            trace_id=str(at),
            span_id="s",
            input="x" * (at * 300),
            output="ж" * at,
            events='"\n' * (at * 10),
            input_tokens=None if at % 3 else at,
            cost_usd=None if at % 5 else at / 7,
            join_keys=tuple(map(str, range(at % 4))),
            attributes={str(key): "€" * key for key in range(at % 7)},
        )
        for at in range(517)
    ]
    same(compiled(some, SPAN), in_python(some, SPAN))


def a_span(**changed: Any) -> Span:
    return replace(Span(project="p", trace_id="t", span_id="s", start_ns=NOW, received_ns=NOW), **changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"name": None},
        {"name": b"bytes"},
        {"name": "\ud800"},
        {"tool_definitions": "\udfff"},
        {"start_ns": 2**63},
        {"start_ns": INT64_MAX},
        {"start_ns": -INT64_MAX},
        {"start_ns": True},
        {"start_ns": 1.5},
        {"cost_usd": 1},
        {"flags": ["a list"]},
        {"flags": ("\ud800",)},
        {"flags": (1,)},
        {"attributes": {"number": 1}},
        {"attributes": {"k": "\ud800"}},
        {"attributes": None},
    ],
    ids=str,
)
def test_what_is_out_of_the_ordinary_is_left_to_python(changed: dict[str, Any]) -> None:
    assert compiled([a_span(), a_span(**changed)], SPAN) is None


def test_what_is_no_list_of_one_class_is_left_to_python() -> None:
    assert compiled((a_span(),), SPAN) is None
    assert compiled([], SPAN) is None
    assert compiled([a_span(), Run(project="p", id="r", sort_ns=1)], SPAN) is None
    without = a_span()
    del without.name
    assert compiled([without], SPAN) is None


@dataclass
class NoSlots:
    name: str = "n"


def test_what_has_no_slots_is_left_to_python() -> None:
    shape = Shape(texts=("name",), wholes=(), reals=())
    assert compiled([NoSlots()], shape) is None
    with pytest.raises(AttributeError):
        compiled([a_span()], Shape(texts=("no_such",), wholes=(), reals=()))


def gather(nouns: Sequence[Any], dumps: Any) -> Any:
    return COMPILED.gather_columns(nouns, (), (), (), (), (), ("project", "cost_usd"), dumps)


def test_whatever_dumps_does_is_no_harm() -> None:
    some = [a_span(cost_usd=float(at), project="ж" * 50) for at in range(20)]

    def emptying(value: Any) -> bytes:
        some.clear()
        return orjson.dumps(value)

    def changing(value: Any) -> bytes:
        for one in held:
            one.cost_usd = None
        return orjson.dumps(value)

    def refusing(value: Any) -> bytes:
        raise KeyError(value)

    held = list(some)
    assert gather(held, lambda value: "text") is None
    with pytest.raises(KeyError):
        gather(held, refusing)
    assert gather(some, emptying) is None
    *_, (ends, packed) = gather(held, changing)
    assert len(ends) == 8 * 21
    assert packed.endswith(b",null]")
