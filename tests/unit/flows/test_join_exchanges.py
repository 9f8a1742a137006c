"""Exchanges find their runs, whatever their callers said of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from roadworthy.backends.exchange_joins.sqlite import SqliteExchangeJoins
from roadworthy.backends.exchange_log.sqlite.log import SqliteExchangeLog
from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.exchange import LISTED, Binding, Dialect, Exchange, ExchangeKind
from roadworthy.domain.run import Run
from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.join_keys import response_key
from roadworthy.flows.join_exchanges import CONFIRMED_WITHIN_NS, LOOKED_FOR_NS, Joined, JoinExchanges
from tests.unit.gateway.recording.making import AT_NS, exchange

SECOND = 1_000_000_000
A, B, OTHER = "a" * 32, "b" * 32, "c" * 32
ANSWER = "chatcmpl-Bx7dQ2mK9sLw4RtY8vNz"


@dataclass
class Joining:
    store: MemoryTelemetryStore
    log: SqliteExchangeLog
    joins: SqliteExchangeJoins
    now: int = AT_NS + 60 * SECOND
    told: list[Joined] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.flow = JoinExchanges(
            self.log,
            self.store,
            joins=self.joins,
            on_joined=self.told.extend,
            on_unjoined=lambda found: self.missed.extend(one.id for _, one in found),
            now_ns=lambda: self.now,
        )

    def run(self, run_id: str, *, answer: str = "", trace: str = "", **changes: object) -> None:
        trace = trace or run_id
        run = Run(
            project="p",
            id=run_id,
            sort_ns=AT_NS,
            trace_ids=(trace,),
            started_ns=AT_NS,
            **changes,  # type: ignore[arg-type]
        )
        spans = [
            Span(
                project="p",
                trace_id=trace,
                span_id="1" * 16,
                kind=SpanKind.LLM,
                start_ns=AT_NS,
                response_id=answer,
                join_keys=(response_key(answer),) if answer else (),
            )
        ]
        self.store.write(TelemetryBatch(token=f"{run_id}{answer}{changes}", runs=[run], spans=spans))

    def of(self, one: Exchange) -> tuple[str, str] | None:
        join = self.joins.of_exchanges("p", [one.id]).get(one.id)
        return (join.run_id, join.by) if join else None

    def later(self, ns: int) -> None:
        self.now += ns
        self.flow.refresh()


@pytest.fixture
def joining(tmp_path: Path) -> Iterator[Joining]:
    made = Joining(
        store=MemoryTelemetryStore(),
        log=SqliteExchangeLog(tmp_path / "x.db"),
        joins=SqliteExchangeJoins(tmp_path / "joins.db"),
    )
    yield made
    made.log.close()
    made.joins.close()


def call(number: int = 1, /, **binding: str) -> Exchange:
    return exchange(number, response_id=ANSWER, binding=Binding(**binding))


@pytest.mark.parametrize(
    ("binding", "expected"),
    [
        ({"run_id": B, "by": "header", "trace_id": A}, (B, "header")),
        ({"trace_id": A, "by": "traceparent"}, (A, "traceparent")),
        ({"run_id": B, "by": "baggage"}, (B, "baggage")),
        ({"run_id": "a name of theirs", "by": "header", "trace_id": A}, (A, "traceparent")),
        ({"run_id": B, "by": "traceparent", "trace_id": A}, (A, "traceparent")),
        ({"trace_id": OTHER, "by": "traceparent"}, None),
        ({}, None),
    ],
)
def test_what_headers_say_in_its_order(
    joining: Joining, binding: dict[str, str], expected: tuple[str, str] | None
) -> None:
    joining.run(A)
    joining.run(B)
    one = call(**binding)
    joining.log.append([one])

    joining.flow.refresh()

    assert joining.of(one) == expected


def test_what_an_agent_was_told_of_its_tools_is_no_call_of_anybodys(joining: Joining) -> None:
    listed = exchange(
        7, target=LISTED, upstream=LISTED, kind=ExchangeKind.TOOL, dialect=Dialect.MCP, binding=Binding()
    )
    joining.log.append([listed, call()])

    joining.flow.refresh()

    assert listed.id not in joining.missed and call().id in joining.missed


def test_the_span_with_the_answers_id_overrules_a_trace_that_was_made_up(joining: Joining) -> None:
    joining.run(A)
    one = call(trace_id=A, by="traceparent")
    joining.log.append([one])
    joining.flow.refresh()
    assert joining.of(one) == (A, "traceparent")

    joining.run(B, answer=ANSWER)
    joining.later(70 * SECOND)

    assert joining.of(one) == (B, "response_id")
    assert [joined.run.id for joined in joining.told] == [A, B]


def test_telemetry_that_comes_late_is_found(joining: Joining) -> None:
    one = call()
    joining.log.append([one])
    joining.flow.refresh()
    assert joining.of(one) is None
    for _ in range(8):
        joining.later(60 * SECOND)

    joining.run(B, answer=ANSWER)
    joining.later(61 * SECOND)

    assert joining.of(one) == (B, "response_id")
    assert joining.missed.count(one.id) == 9


def test_after_an_hour_nobody_is_looked_for_any_more(joining: Joining) -> None:
    found, lost = call(1, trace_id=A, by="traceparent"), call(2)
    joining.run(A)
    joining.log.append([found, lost])
    joining.flow.refresh()
    joining.later(CONFIRMED_WITHIN_NS + SECOND)
    assert [one.exchange_id for one in joining.joins.due(joining.now + 10**15)] == [lost.id]

    joining.later(LOOKED_FOR_NS)

    assert joining.joins.due(joining.now + 10**15) == []


def llm_span(trace: str, *, start_ns: int, end_ns: int, output_tokens: int | None = 34) -> Span:
    return Span(
        project="p",
        trace_id=trace,
        span_id="2" * 16,
        kind=SpanKind.LLM,
        start_ns=start_ns,
        end_ns=end_ns,
        output_tokens=output_tokens,
    )


@pytest.mark.parametrize(
    ("spans", "expected", "silent"),
    [
        ([(A, -50, 1500, 34)], (A, "time"), False),
        ([(A, -50, 1500, None)], (A, "time"), False),
        ([(A, -50, 1500, 35)], None, True),
        ([(A, -50, 400, 34)], None, True),
        ([(A, 900, 1500, 34)], None, True),
        ([(A, -50, 1500, 34), (B, -40, 1600, 34)], None, False),
        ([], None, True),
    ],
    ids=["encloses", "no tokens", "others", "ended before", "began later", "two", "none"],
)
def test_where_an_id_says_nothing_the_span_round_the_call_does(
    joining: Joining,
    spans: list[tuple[str, int, int, int | None]],
    expected: tuple[str, str] | None,
    silent: bool,
) -> None:
    """Agents behind servers that number their answers are not told of a second time."""
    one = exchange(1, response_id="chatcmpl-12", binding=Binding())
    for trace, start_ms, end_ms, tokens in spans:
        joining.run(trace)
        at = one.started_ns
        made = llm_span(
            trace, start_ns=at + start_ms * 10**6, end_ns=at + end_ms * 10**6, output_tokens=tokens
        )
        joining.store.write(TelemetryBatch(token=f"span {trace}", spans=[made]))
    joining.log.append([one])

    joining.flow.refresh()

    assert joining.of(one) == expected
    assert (one.id in joining.missed) == silent


def test_a_tools_call_needs_no_confirmation(joining: Joining) -> None:
    joining.run(A)
    one = replace(call(trace_id=A, by="traceparent"), kind=ExchangeKind.TOOL)
    joining.log.append([one])

    joining.flow.refresh()

    assert joining.joins.due(joining.now + 10**15) == []


def test_of_several_runs_in_a_trace_it_is_the_last_that_had_begun(joining: Joining) -> None:
    joining.run(f"{A}-1", trace=A)
    joining.store.write(
        TelemetryBatch(
            token="two",
            runs=[
                Run(
                    project="p",
                    id=f"{A}-{n}",
                    sort_ns=AT_NS,
                    trace_ids=(A,),
                    started_ns=AT_NS + n * 100 * SECOND,
                )
                for n in (2, 3)
            ],
        )
    )
    one = replace(call(trace_id=A, by="traceparent"), started_ns=AT_NS + 250 * SECOND)
    joining.log.append([one])

    joining.flow.refresh()

    assert joining.of(one) == (f"{A}-2", "traceparent")


def test_a_run_that_became_part_of_another_is_the_other(joining: Joining) -> None:
    joining.run(B)
    joining.run(A, superseded_by=B)
    one = call(run_id=A, by="header")
    joining.log.append([one])

    joining.flow.refresh()

    assert joining.of(one) == (B, "header")


def test_a_crash_before_the_joins_were_kept_joins_them_again(tmp_path: Path, joining: Joining) -> None:
    joining.run(A)
    one = call(trace_id=A, by="traceparent")
    joining.log.append([one])

    def fail(_: object) -> None:
        raise RuntimeError("killed here")

    crashing = JoinExchanges(
        joining.log, joining.store, joins=joining.joins, on_joined=fail, now_ns=lambda: joining.now
    )
    with pytest.raises(RuntimeError):
        crashing.refresh()
    assert joining.joins.position() > 0

    again = SqliteExchangeJoins(tmp_path / "joins.db")
    JoinExchanges(joining.log, joining.store, joins=again, now_ns=lambda: joining.now).refresh()

    assert joining.of(one) == (A, "traceparent")
    again.close()


def test_what_was_deleted_meanwhile_waits_no_more(joining: Joining) -> None:
    joining.log.append([call()])
    joining.flow.refresh()
    joining.log.delete_project("p")

    joining.later(61 * SECOND)

    assert joining.joins.due(joining.now + 10**15) == []


def test_projects_do_not_meet(joining: Joining) -> None:
    joining.run(A, answer=ANSWER)
    one = replace(call(trace_id=A, run_id=A, by="header"), project="q")
    joining.log.append([one])

    joining.flow.refresh()

    assert joining.joins.of_exchanges("q", [one.id]) == {}
    assert joining.joins.of_runs("q", [A]) == []
