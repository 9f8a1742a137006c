"""Runs of agents that send no telemetry, made of their calls."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from roadworthy.app.told_spans import ToldSpans
from roadworthy.backends.exchange_joins.sqlite import SqliteExchangeJoins
from roadworthy.contracts.exchange_joins import WaitingExchange
from roadworthy.contracts.intake import Encoding, IntakeFull, IntakeRecord, Signal
from roadworthy.domain.exchange import Binding, Dialect, Ending, Exchange, ExchangeKind
from roadworthy.domain.recording import Recording
from roadworthy.domain.span import SpanKind
from roadworthy.features.ingest.decode import decode
from roadworthy.features.ingest.replay import runs_in
from roadworthy.features.ingest.runs.assemble import assemble
from roadworthy.flows.tell_silent_runs import SILENT_NS, TRACED_NS, TellSilentRuns
from tests.unit.gateway.recording.making import AT_NS, answer, exchange, request

JsonSpan = dict[str, object]
USER = {"role": "user", "content": "Where is order 4711?"}


@dataclass
class Silent:
    joins: SqliteExchangeJoins
    recordings: dict[str, Recording] = field(default_factory=dict)
    bodies: list[tuple[str, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.now = AT_NS
        self.flow = TellSilentRuns(
            joins=self.joins,
            recording_of=lambda one: self.recordings.get(one.id),
            give=lambda project, body: self.bodies.append((project, body)),
            now_ns=lambda: self.now,
        )

    def tell(self, *exchanges: Exchange, waited_ns: int = SILENT_NS) -> list[dict[str, JsonSpan]]:
        """The spans told of it, by name, one dict for each body."""
        before = len(self.bodies)
        self.flow.on_unjoined(
            [
                (WaitingExchange(project=e.project, exchange_id=e.id, since_ns=self.now - waited_ns), e)
                for e in exchanges
            ]
        )
        return [
            {
                str(span["name"]): span
                for span in json.loads(body)["resourceSpans"][0]["scopeSpans"][0]["spans"]
            }
            for _, body in self.bodies[before:]
        ]

    def chat(self, number: int, messages: list[object], said: object, **changes: object) -> Exchange:
        """A call without any binding, and its recording."""
        one = exchange(number, **{"binding": Binding(), **changes})
        body = {"model": "planner", "messages": messages}
        told = {"id": "x", "choices": [{"index": 0, "message": said}]}
        self.recordings[one.id] = Recording(
            exchange_id=one.id,
            request=request(json.dumps(body).encode()),
            answer=answer([json.dumps(told).encode()]) if said else None,
        )
        return one

    def run_of(self, one: Exchange) -> str:
        return self.joins.of_exchanges(one.project, [one.id])[one.id].run_id


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[Silent]:
    made = Silent(joins=SqliteExchangeJoins(tmp_path / "joins.db"))
    yield made
    made.joins.close()


def said(content: str = "", call: str = "", tool: str = "find_order") -> dict[str, object]:
    calls = [{"id": call, "type": "function", "function": {"name": tool, "arguments": "{}"}}]
    return {"role": "assistant", "content": content, **({"tool_calls": calls} if call else {})}


def attribute(span: JsonSpan, key: str) -> object:
    held = {one["key"]: next(iter(one["value"].values())) for one in span["attributes"]}  # type: ignore[attr-defined]
    return held.get(key)


def test_a_task_of_several_calls_is_one_run(silent: Silent) -> None:
    asked = said(call="call_abc123")
    result = {"role": "tool", "tool_call_id": "call_abc123", "content": "on its way"}
    first = silent.chat(1, [USER], asked)
    tool = exchange(
        2,
        kind=ExchangeKind.TOOL,
        dialect=Dialect.MCP,
        target="crm.find_order",
        asked="find_order",
        binding=Binding(),
    )
    last = silent.chat(3, [USER, asked, result], said("It is on its way."))

    (spans,) = silent.tell(last, tool, first)

    assert len({silent.run_of(one) for one in (first, tool, last)}) == 1
    root = spans["invoke_agent planner"]
    assert root["startTimeUnixNano"] == str(first.started_ns)
    assert "on its way" in str(attribute(root, "gen_ai.output.messages"))
    assert "4711" in str(attribute(root, "gen_ai.input.messages"))
    assert spans["execute_tool find_order"]["parentSpanId"] == root["spanId"]
    model = spans["chat gpt-4o-2024-08-06"]
    assert attribute(model, "gen_ai.usage.input_tokens") == "12"
    assert attribute(model, "gen_ai.response.id") == last.response_id


def test_two_tasks_that_begin_alike_at_the_same_time_stay_two(silent: Silent) -> None:
    asked = [said(call=f"call_abc12{n}") for n in range(2)]
    firsts = [silent.chat(n, [USER], asked[n]) for n in range(2)]
    results = [{"role": "tool", "tool_call_id": f"call_abc12{n}", "content": "x"} for n in range(2)]
    lasts = [silent.chat(10 + n, [USER, asked[n], results[n]], said(f"answer {n}")) for n in range(2)]

    silent.tell(*firsts, *lasts)

    assert [silent.run_of(one) for one in lasts] == [silent.run_of(one) for one in firsts]
    assert silent.run_of(firsts[0]) != silent.run_of(firsts[1])


def test_a_second_turn_is_another_run_of_the_same_session(silent: Silent) -> None:
    first = silent.chat(1, [USER], said("On its way."))
    second = silent.chat(
        2, [USER, said("On its way."), {"role": "user", "content": "When?"}], said("Friday.")
    )

    one, two = silent.tell(first, second)

    assert silent.run_of(first) != silent.run_of(second)
    sessions = {attribute(spans["invoke_agent planner"], "gen_ai.conversation.id") for spans in (one, two)}
    assert len(sessions) == 1
    assert None not in sessions


def test_what_callers_named_wins(silent: Silent) -> None:
    named = [silent.chat(n, [USER], said("x"), binding=Binding(run_id="task-7", by="header")) for n in (1, 2)]
    traced = silent.chat(3, [USER], said("x"), binding=Binding(trace_id="a" * 32, by="traceparent"))

    silent.tell(*named, traced, waited_ns=TRACED_NS)

    assert silent.run_of(named[0]) == silent.run_of(named[1])
    assert silent.run_of(traced) == "a" * 32


def test_nobody_is_spoken_for_too_early(silent: Silent) -> None:
    assert silent.tell(exchange(1, binding=Binding()), waited_ns=SILENT_NS - 1) == []
    assert silent.tell(exchange(2), waited_ns=TRACED_NS - 1) == []
    assert silent.tell(exchange(3, ending=Ending.REFUSED), waited_ns=TRACED_NS) == []
    assert len(silent.tell(exchange(2), waited_ns=TRACED_NS)) == 1


def test_telling_twice_says_the_same(silent: Silent, tmp_path: Path) -> None:
    calls = [silent.chat(1, [USER], said("x")), exchange(2, binding=Binding(run_id="t", by="header"))]
    silent.tell(*calls)

    again = Silent(joins=silent.joins, recordings=silent.recordings)
    again.tell(*calls)

    assert again.bodies == silent.bodies


def test_a_first_call_asked_again_after_no_answer_is_the_same_task(silent: Silent) -> None:
    failed = replace(silent.chat(1, [USER], None), ending=Ending.FAILED)
    good = silent.chat(2, [USER], said("On its way."))
    other = silent.chat(3, [USER], said("On its way."))

    silent.tell(failed, good, other)

    assert silent.run_of(failed) == silent.run_of(good)
    assert silent.run_of(other) != silent.run_of(good)


class Log:
    def __init__(self) -> None:
        self.records: list[IntakeRecord] = []
        self.full = False

    async def append(self, record: IntakeRecord) -> int:
        if self.full:
            raise IntakeFull("no space", retry_after=1)
        self.records.append(record)
        return len(self.records)

    async def close(self) -> None: ...


def test_what_is_told_reaches_the_log_once_there_is_room(tmp_path: Path) -> None:
    told, log = ToldSpans(tmp_path / "told"), Log()
    assert asyncio.run(told.take_all(log)) == 0
    told.give("shop/a-b", b"{1}")
    told.give("default", b"{2}")
    log.full = True
    with pytest.raises(IntakeFull):
        asyncio.run(told.take_all(log))
    log.full = False

    assert asyncio.run(told.take_all(log)) == 2
    assert asyncio.run(told.take_all(log)) == 0

    assert [(one.project, one.body, one.encoding) for one in log.records] == [
        ("shop/a-b", b"{1}", Encoding.JSON),
        ("default", b"{2}", Encoding.JSON),
    ]


STRONG = "chatcmpl-Bx7dQ2mK9sLw4RtY8vNz"


def test_the_worker_reads_it_as_one_run_with_its_steps(silent: Silent) -> None:
    asked = said(call="call_abc123")
    result = {"role": "tool", "tool_call_id": "call_abc123", "content": "on its way"}
    silent.tell(
        silent.chat(1, [USER], asked),
        exchange(
            2,
            kind=ExchangeKind.TOOL,
            dialect=Dialect.MCP,
            asked="find_order",
            target="crm.find_order",
            binding=Binding(),
        ),
        silent.chat(3, [USER, asked, result], said("It is on its way.")),
    )

    ((run, spans),) = runs_in(silent.bodies[0][1], received_ns=AT_NS)

    assert (run.agent, run.model_calls, run.tool_calls) == ("planner", 2, 1)
    assert (run.input_tokens, run.output_tokens) == (24, 68)
    assert run.input == "Where is order 4711?"
    assert run.final_answer == "It is on its way."
    assert {span.kind for span in spans} == {SpanKind.AGENT, SpanKind.LLM, SpanKind.TOOL}


def test_spans_of_the_agents_own_that_come_after_all_are_the_same_call(silent: Silent) -> None:
    silent.tell(silent.chat(1, [USER], said("On its way."), response_id=STRONG))
    own = json.loads(silent.bodies[0][1])
    (scope,) = own["resourceSpans"][0]["scopeSpans"]
    scope["scope"]["name"] = "opentelemetry.instrumentation.openai_v2"
    scope["spans"] = [span for span in scope["spans"] if "parentSpanId" in span]
    scope["spans"][0].update(traceId="d" * 32, spanId="e" * 16)
    del scope["spans"][0]["parentSpanId"]
    bodies = [silent.bodies[0][1], json.dumps(own).encode()]

    assembly = assemble(
        [
            span
            for version, body in enumerate(bodies, 1)
            for span in decode(
                IntakeRecord(
                    project="p", signal=Signal.TRACES, encoding=Encoding.JSON, received_ns=AT_NS, body=body
                ),
                version=version,
            ).spans
        ]
    )

    (run,) = assembly.runs
    assert run.model_calls == 1
    assert run.input_tokens == 12
