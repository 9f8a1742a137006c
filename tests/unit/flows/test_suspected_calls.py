"""Where a bisect begins: what the ranking of steps suspects, as shares of the recorded calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.span import ContentFormat, Span, SpanKind
from roadworthy.features.debug.inquiry import EntryPoint, Inquiry, InquiryKind
from roadworthy.features.ingest.runs.assemble import assemble
from roadworthy.features.observe.service import ObserveService
from roadworthy.flows.debug_tape import RunTapes
from roadworthy.flows.silent_run_spans import EXCHANGE_ID
from roadworthy.flows.suspected_calls import SuspectedCalls
from tests.unit.flows.test_debug_tape import CALLS, RUN, World

SAID = ["I look it up.", "I will use a placeholder with dummy values. " * 9, "Done."]
BISECT = Inquiry(
    project="p",
    id="one",
    kind=InquiryKind.BISECT,
    agent="planner",
    run_id=RUN.id,
    input="Add them up",
    entry=EntryPoint(),
    created_ns=0,
    steps=3,
    tape_ids=tuple(one.id for one in CALLS),
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def _suspected(world: World, spans: list[Span]) -> tuple[float, ...]:
    store = MemoryTelemetryStore()
    store.write(TelemetryBatch(token="run", runs=[RUN], spans=spans))
    observe = ObserveService(store, assemble=assemble)
    return SuspectedCalls(observe, RunTapes(world.recordings, observe)).of(BISECT)


def _said(number: int, *, exchange_id: str) -> Span:
    message = [{"role": "assistant", "content": SAID[number]}]
    return Span(
        project="p",
        trace_id=RUN.id,
        span_id=f"{number + 1:016x}",
        name="chat",
        kind=SpanKind.LLM,
        start_ns=CALLS[number].started_ns,
        end_ns=CALLS[number].started_ns + 1,
        version=1,
        output=orjson.dumps(message).decode(),
        output_format=ContentFormat.MESSAGES,
        attributes={EXCHANGE_ID: exchange_id},
    )


def test_each_recorded_call_has_the_share_of_the_step_that_it_is(world: World) -> None:
    shares = _suspected(world, [_said(n, exchange_id=one.id) for n, one in enumerate(CALLS)])
    assert sum(shares) == pytest.approx(1)
    assert max(shares) == shares[1], "placeholders"


def test_where_steps_are_not_known_to_be_calls_nothing_is_suspected(world: World) -> None:
    assert _suspected(world, [_said(n, exchange_id="another") for n in range(3)]) == ()
    assert _suspected(world, []) == ()
