"""The calls of a run that only its root span tells of become its steps."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.exchange import Binding, Dialect, Exchange, ExchangeKind
from roadworthy.domain.recording import RecordedMessage, Recording
from roadworthy.domain.run import Run
from roadworthy.domain.span import Span, SpanKind
from roadworthy.flows.join_exchanges import Joined
from roadworthy.flows.tell_recorded_steps import BARE_NS, LOOKED_BACK_NS, TellRecordedSteps
from tests.unit.gateway.recording.making import AT_NS, exchange

TRACE, ROOT = "ab" * 16, "cd" * 8
RUN = Run(
    project="p",
    id=TRACE,
    sort_ns=AT_NS,
    trace_ids=(TRACE,),
    root_span_id=ROOT,
    agent="support (replay)",
    environment="replay",
    started_ns=AT_NS,
    ended_ns=AT_NS + 9,
)
ROOT_SPAN = Span(project="p", trace_id=TRACE, span_id=ROOT, kind=SpanKind.AGENT, start_ns=AT_NS)


@dataclass
class Told:
    store: MemoryTelemetryStore = field(default_factory=MemoryTelemetryStore)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    now: int = AT_NS
    kept: int = 0

    def __post_init__(self) -> None:
        self.exchanges = [
            exchange(1, binding=Binding(run_id=TRACE)),
            exchange(
                2,
                kind=ExchangeKind.TOOL,
                dialect=Dialect.MCP,
                asked="crm__find",
                target="crm.find",
                binding=Binding(),
            ),
        ]
        self.flow = self.started()

    def started(self) -> TellRecordedSteps:
        """As after a start of the core: nothing is known of what went before."""
        return TellRecordedSteps(
            self.store,
            exchanges_of=lambda _run: self.exchanges,
            recording_of=recording_of,
            give=lambda project, body: self.bodies.append({"project": project, **json.loads(body)}),
            now_ns=lambda: self.now,
        )

    def keep(self, run: Run, *spans: Span) -> None:
        self.kept += 1
        self.store.write(TelemetryBatch(token=str(self.kept), runs=[run], spans=list(spans)))

    def joined(self, run: Run = RUN) -> None:
        self.flow.on_joined([Joined(exchange=one, run=run, by="header") for one in self.exchanges])

    def later(self, ns: int = BARE_NS) -> int:
        self.now += ns
        return self.flow.refresh()


def recording_of(one: Exchange) -> Recording:
    if one.kind is ExchangeKind.MODEL:
        asked: Any = {"model": "planner", "messages": [{"role": "user", "content": "Find 7"}]}
        said: Any = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "On it"}}]}
    else:
        asked = {"jsonrpc": "2.0", "id": 1, "params": {"name": "crm__find", "arguments": {"id": 7}}}
        said = {"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": '{"n": 9}'}]}}
    return Recording(
        exchange_id=one.id,
        request=RecordedMessage(head="POST /", chunks=((0.0, json.dumps(asked).encode()),)),
        answer=RecordedMessage(head="200", chunks=((1.0, json.dumps(said).encode()),)),
    )


def spans_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    spans: list[dict[str, Any]] = body["resourceSpans"][0]["scopeSpans"][0]["spans"]
    return spans


def attributes(span: dict[str, Any]) -> dict[str, Any]:
    return {one["key"]: one["value"].get("stringValue") for one in span["attributes"]}


def test_calls_are_steps_below_the_root_once_nobody_else_has_told_of_any() -> None:
    told = Told()
    told.keep(RUN, ROOT_SPAN)
    told.joined()

    assert told.later(BARE_NS - 1) == 0
    assert told.later(1) == 1

    (body,) = told.bodies
    model, tool = spans_of(body)
    assert body["project"] == "p"
    assert {one["parentSpanId"] for one in (model, tool)} == {ROOT}
    assert {one["traceId"] for one in (model, tool)} == {TRACE}
    assert "Find 7" in attributes(model)["gen_ai.input.messages"]
    assert json.loads(attributes(tool)["gen_ai.tool.call.arguments"]) == {"id": 7}
    assert json.loads(attributes(tool)["gen_ai.tool.call.result"]) == {"n": 9}
    resource = attributes(body["resourceSpans"][0]["resource"])
    assert resource["deployment.environment.name"] == "replay"


def test_what_comes_later_is_told_with_the_rest_by_the_same_ids() -> None:
    told = Told()
    told.keep(RUN, ROOT_SPAN)
    told.joined()
    told.later()
    mine = Span(
        project="p",
        trace_id=TRACE,
        span_id="1" * 16,
        kind=SpanKind.LLM,
        start_ns=AT_NS,
        attributes={"roadworthy.exchange_id": told.exchanges[0].id},
    )
    told.keep(replace(RUN, version=2, model_calls=1), mine)
    told.exchanges.append(exchange(3, binding=Binding(run_id=TRACE)))
    told.joined(replace(RUN, model_calls=1))

    assert told.later() == 1
    first, again = (spans_of(body) for body in told.bodies)
    assert [one["spanId"] for one in again[:2]] == [one["spanId"] for one in first]
    assert len(again) == 3


def test_a_run_whose_own_spans_tell_of_calls_is_left_alone() -> None:
    told = Told()
    told.keep(RUN, ROOT_SPAN)
    told.joined()
    span = Span(project="p", trace_id=TRACE, span_id="2" * 16, kind=SpanKind.TOOL, start_ns=AT_NS)
    told.keep(replace(RUN, version=2, tool_calls=1), span)
    assert told.later() == 0

    known = replace(RUN, model_calls=2)
    told.joined(known)
    assert told.later() == 0
    assert told.bodies == []


def test_a_run_that_went_meanwhile_is_passed_over() -> None:
    told = Told()
    told.joined()
    assert told.later() == 0
    assert told.bodies == []


def test_what_waited_when_the_core_stopped_is_found_again() -> None:
    told = Told()
    told.keep(RUN, ROOT_SPAN)
    told.joined()
    told.later(BARE_NS // 2)
    told.flow = told.started()

    assert told.later(0) == 0, "spans of its own may be on their way still"
    assert told.later() == 1
    assert len(told.bodies) == 1
    assert told.later() == 0, "once"


def test_after_a_start_runs_with_steps_and_old_ones_are_left_alone() -> None:
    told = Told()
    span = Span(project="p", trace_id=TRACE, span_id="2" * 16, kind=SpanKind.TOOL, start_ns=AT_NS)
    told.keep(replace(RUN, tool_calls=1), ROOT_SPAN, span)
    old = "ef" * 16
    told.keep(replace(RUN, id=old, trace_ids=(old,), sort_ns=AT_NS - LOOKED_BACK_NS - 1))
    told.later(0)

    assert told.later() == 0
    assert told.bodies == []


def test_a_run_that_was_told_of_before_a_start_and_goes_on_is_told_of_whole() -> None:
    told = Told()
    told.keep(RUN, ROOT_SPAN)
    told.joined()
    told.later()
    told.now += 1
    told.flow = told.started()
    mine = Span(
        project="p",
        trace_id=TRACE,
        span_id="1" * 16,
        kind=SpanKind.LLM,
        start_ns=AT_NS,
        attributes={"roadworthy.exchange_id": told.exchanges[0].id},
    )
    known = replace(RUN, version=2, model_calls=1)
    told.keep(known, mine)
    told.exchanges.append(exchange(3, binding=Binding(run_id=TRACE)))
    told.joined(known)

    assert told.later() == 1
    assert len(spans_of(told.bodies[-1])) == 3
