"""A tool's call that says nothing of its run is of the run whose model asked for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from roadworthy.backends.exchange_joins.sqlite import SqliteExchangeJoins
from roadworthy.backends.exchange_log.sqlite.log import SqliteExchangeLog
from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.exchange import Binding, Dialect, Exchange, ExchangeKind
from roadworthy.domain.recording import RecordedMessage, Recording
from roadworthy.domain.run import Run
from roadworthy.flows.asked_tools import AskedTools
from roadworthy.flows.join_exchanges import JoinExchanges
from tests.unit.gateway.recording.making import AT_NS, exchange

SECOND = 1_000_000_000
A, B = "a" * 32, "b" * 32


@dataclass
class House:
    log: SqliteExchangeLog
    joins: SqliteExchangeJoins
    store: MemoryTelemetryStore = field(default_factory=MemoryTelemetryStore)
    recordings: dict[str, Recording] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)
    number: int = 0

    def __post_init__(self) -> None:
        self.now = AT_NS + 60 * SECOND
        self.flow = JoinExchanges(
            self.log,
            self.store,
            joins=self.joins,
            asker_of=AskedTools(self.log, recording_of=lambda one: self.recordings.get(one.id)).asker,
            on_unjoined=lambda found: self.missed.extend(one.id for _, one in found),
            now_ns=lambda: self.now,
        )

    def run(self, run_id: str) -> None:
        run = Run(project="p", id=run_id, sort_ns=AT_NS, trace_ids=(run_id,), started_ns=AT_NS)
        self.store.write(TelemetryBatch(token=run_id, runs=[run]))

    def model(self, run_id: str, *asked: tuple[str, dict[str, object]]) -> Exchange:
        calls = [
            {"id": f"call_{at}", "function": {"name": name, "arguments": json.dumps(what)}}
            for at, (name, what) in enumerate(asked)
        ]
        body = {"choices": [{"index": 0, "message": {"role": "assistant", "tool_calls": calls}}]}
        binding = Binding(run_id=run_id, by="header", trace_id=run_id) if run_id else Binding()
        return self._kept(json.dumps(body), kind=ExchangeKind.MODEL, binding=binding)

    def tool(self, name: str, given: dict[str, object]) -> Exchange:
        params = {"name": name, "arguments": given}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        return self._kept(
            "{}",
            request=json.dumps(body),
            kind=ExchangeKind.TOOL,
            dialect=Dialect.MCP,
            asked=name,
            target=name.replace("__", "."),
            binding=Binding(),
        )

    def _kept(self, answer: str, *, request: str = "{}", **changes: object) -> Exchange:
        self.number += 1
        at = AT_NS + self.number * SECOND
        one = exchange(self.number, started_ns=at, response_id="", **changes)
        self.recordings[one.id] = Recording(
            exchange_id=one.id,
            request=RecordedMessage(head="POST /", chunks=((0.0, request.encode()),)),
            answer=RecordedMessage(head="200", chunks=((1.0, answer.encode()),)),
        )
        self.log.append([one])
        return one

    def joined(self, one: Exchange) -> tuple[str, str] | None:
        join = self.joins.of_exchanges("p", [one.id]).get(one.id)
        return (join.run_id, join.by) if join else None

    def later(self, seconds: int) -> None:
        self.now += seconds * SECOND
        self.flow.refresh()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(log=SqliteExchangeLog(tmp_path / "x.db"), joins=SqliteExchangeJoins(tmp_path / "joins.db"))
    yield made
    made.log.close()
    made.joins.close()


def test_by_name_and_arguments_also_where_two_runs_ask_at_once(house: House) -> None:
    house.run(A)
    house.run(B)
    house.model(A, ("crm__find", {"id": 1}), ("crm__find", {"id": 2}))
    house.model(B, ("crm__find", {"id": 3}))
    tools = [house.tool("crm__find", {"id": number}) for number in (2, 3, 1)]

    house.later(0)
    house.later(5)

    assert [house.joined(one) for one in tools] == [(A, "asked"), (B, "asked"), (A, "asked")]


def test_each_asking_is_for_one_call(house: House) -> None:
    house.run(A)
    house.run(B)
    house.model(A, ("crm__find", {"id": 1}))
    house.model(B, ("crm__find", {"id": 1}))
    tools = [house.tool("crm__find", {"id": 1}) for _ in range(3)]

    house.later(0)
    house.later(5)

    assert {house.joined(one) for one in tools} == {(A, "asked"), (B, "asked"), None}


def test_defaults_that_a_framework_adds_do_not_hide_it_unless_it_could_be_anothers(house: House) -> None:
    house.run(A)
    house.run(B)
    house.model(A, ("crm__find", {"id": 1}))
    alone = house.tool("crm__find", {"id": 1, "limit": 10})
    house.later(0)
    house.later(5)
    assert house.joined(alone) == (A, "asked")

    house.model(A, ("crm__find", {"id": 4}))
    house.model(B, ("crm__find", {"id": 5}))
    either = house.tool("crm__find", {"id": 6, "limit": 10})
    house.later(5)
    assert house.joined(either) is None


def test_while_its_runs_telemetry_is_on_its_way_nobody_makes_a_run_of_the_call(house: House) -> None:
    house.model(A, ("crm__find", {"id": 1}))
    tool = house.tool("crm__find", {"id": 1})
    house.later(0)
    house.later(120)
    assert tool.id not in house.missed

    house.run(A)
    for _ in range(4):
        house.later(60)
    assert house.joined(tool) == (A, "asked")


def test_a_call_of_a_silent_run_or_that_no_model_asked_for_is_told_as_before(house: House) -> None:
    house.model("", ("crm__find", {"id": 1}))
    silent = house.tool("crm__find", {"id": 1})
    unasked = house.tool("crm__delete", {"id": 1})
    house.later(0)

    assert {silent.id, unasked.id} <= set(house.missed)
    assert house.joined(silent) is None
