"""Loops, calls made again and storms of retries, told from waiting, changes and what was asked anew."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.domain.finding import Finding
from roadworthy.domain.run import Run
from roadworthy.domain.span import Span, SpanKind, SpanStatus
from roadworthy.features.judge.detectors import loop, repeated_call, retry_storm
from roadworthy.features.judge.repeats import LONGEST_CYCLE, longest_cycle
from roadworthy.features.judge.transcript import Transcript
from tests.unit.judge.detectors.making import START_NS, Talk, found

ORDER = {"order_id": "A-17", "status": "delivered"}


def _looks(times: int) -> Talk:
    talk = Talk("Where is A-17?")
    for _ in range(times):
        talk.tool("lookup_order", {"order_id": "A-17"}, ORDER)
    return talk.says("It was delivered.")


def test_the_same_call_three_times() -> None:
    [finding] = found(loop.DETECTOR, _looks(3))
    assert finding.tool == "lookup_order" and "3 times" in finding.reason and finding.mode == "mast-1.3"
    assert not found(loop.DETECTOR, _looks(2))


def test_arguments_are_compared_as_json() -> None:
    talk = Talk("?").tool("get", '{"a": 1, "b": 2}', "x").tool("get", '{"b":2,"a":1}', "x")
    assert found(loop.DETECTOR, talk.tool("get", '{"a":1,"b":2}', "x").says("x"))


def test_numbers_of_calls_do_not_make_them_differ() -> None:
    talk, other = Talk("?"), Talk("?")
    for number in range(3):
        talk.tool("get", "{}", {"id": f"call_abcdef{number}", "content": "x"})
        other.tool("get", {"id": f"A-1{number}"}, {"id": f"A-1{number}"})
    assert found(loop.DETECTOR, talk.says("x")) and not found(loop.DETECTOR, other.says("x"))


def test_two_calls_in_turn() -> None:
    talk = Talk("?")
    for _ in range(3):
        talk.tool("get_page", {"n": 1}, "one").tool("get_page", {"n": 2}, "two")
    [finding] = found(loop.DETECTOR, talk.says("done"))
    assert "went round 3 times" in finding.reason


def test_no_loop_where_something_new_comes_or_was_asked_anew() -> None:
    pages = Talk("?")
    for number in range(5):
        pages.tool("next_page", "{}", f"page {number}")
    assert not found(loop.DETECTOR, pages.says("done"))
    asked = Talk("Status?").tool("get", "{}", "x").says("x").user("And now, please tell me?")
    asked.tool("get", "{}", "x").says("x still").user("Now?").tool("get", "{}", "x").says("x again")
    assert not found(loop.DETECTOR, asked)


def test_the_same_words() -> None:
    talk = Talk("Solve it.")
    for _ in range(3):
        talk.says("Let me think about the problem step by step again.")
    [finding] = found(loop.DETECTOR, talk)
    assert "said the same 3 times" in finding.reason
    short = Talk("Go").says("TERMINATE").says("TERMINATE").says("TERMINATE").says("TERMINATE")
    assert not found(loop.DETECTOR, short)


def test_a_result_that_was_known() -> None:
    [finding] = found(repeated_call.DETECTOR, _looks(2))
    assert finding.tool == "lookup_order" and "again" in finding.reason
    assert not found(repeated_call.DETECTOR, _looks(1))


@pytest.mark.parametrize("between", ["cancel_order", "python"])
def test_silent_where_something_may_have_changed(between: str) -> None:
    talk = Talk("?").tool("lookup_order", {"id": 1}, "x").tool(between, "{}", "ok")
    assert not found(repeated_call.DETECTOR, talk.tool("lookup_order", {"id": 1}, "x").says("x"))


def test_silent_where_the_first_failed_or_brought_something_else() -> None:
    failed = Talk("?").tool("lookup", "{}", failed=True, error="boom").tool("lookup", "{}", "x").says("x")
    assert not found(repeated_call.DETECTOR, failed)
    other = Talk("?").tool("lookup", "{}", "x").tool("lookup", "{}", "y").says("y")
    assert not found(repeated_call.DETECTOR, other)


def _storm(waits: list[float], *, kind: SpanKind = SpanKind.TOOL) -> list[Finding]:
    spans, at = [], START_NS
    for number, wait in enumerate([0.0, *waits]):
        at += int(wait * 10**9)
        spans.append(
            Span(
                project="p",
                trace_id="0" * 32,
                span_id=f"{number + 1:016x}",
                kind=kind,
                tool_name="issue_refund" if kind is SpanKind.TOOL else "",
                status=SpanStatus.ERROR,
                error="timed out",
                start_ns=at,
                end_ns=at + 10**8,
            )
        )
        at += 10**8
    failed = len(spans) if kind is SpanKind.LLM else 0
    run = Run(project="p", id="r", sort_ns=START_NS, failed_model_calls=failed)
    return list(found(retry_storm.DETECTOR, Transcript(run, spans)))


@pytest.mark.parametrize("kind", [SpanKind.TOOL, SpanKind.LLM])
def test_a_storm(kind: SpanKind) -> None:
    [finding] = _storm([0.1] * 5, kind=kind)
    assert "6 times" in finding.reason and finding.evidence[0].excerpt == "timed out"


@pytest.mark.parametrize("waits", [[0.1, 0.1], [0.5, 1, 2, 4, 8], [20, 20, 20, 20], [7.0] * 6])
def test_no_storm(waits: list[float]) -> None:
    assert not _storm(waits)


@given(st.lists(st.integers(0, 3), max_size=40))
def test_a_cycle_is_one(sequence: list[int]) -> None:
    cycle = longest_cycle(sequence)
    if cycle is None:
        assert all(one != other for one, other in pairwise(sequence))
        return
    part = sequence[cycle.start : cycle.end]
    assert 1 <= cycle.period <= LONGEST_CYCLE and cycle.rounds >= 2
    assert all(part[at] == part[at - cycle.period] for at in range(cycle.period, len(part)))


@pytest.mark.parametrize("arguments", ["", "{broken", "\x00", "[" * 500, '{"a": "' + "x" * 50_000 + '"}'])
def test_any_arguments(arguments: str) -> None:
    talk = Talk("?").tool("get", arguments, "x").tool("get", arguments, "x").tool("get", arguments, "x")
    assert found(loop.DETECTOR, talk.says("x")) and found(repeated_call.DETECTOR, talk)


def test_calls_of_which_only_the_name_is_known() -> None:
    talk = Talk("Where are A-17 and A-31?")
    for _ in range(3):
        talk.tool("lookup_order")
    assert not found(repeated_call.DETECTOR, talk) and not found(loop.DETECTOR, talk)
    [finding] = found(loop.DETECTOR, talk.tool("lookup_order").tool("lookup_order").says("x"))
    assert "not recorded" in finding.reason


def test_ten_thousand_calls() -> None:
    talk = Talk("?")
    for number in range(3_000):
        talk.tool("get", {"n": number % 7}, "x", failed=number % 2 == 0, error="e")
    for detector in (loop.DETECTOR, repeated_call.DETECTOR, retry_storm.DETECTOR):
        assert len(found(detector, talk.says("x"))) <= 5
