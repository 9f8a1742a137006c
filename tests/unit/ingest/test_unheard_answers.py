"""Calls whose answer nobody recorded: streams that an instrumentation does not read, calls it leaves out."""

from __future__ import annotations

from typing import Any

import pytest

from roadworthy.domain.message import Message
from roadworthy.domain.span import ContentFormat, Span, SpanKind, SpanStatus
from roadworthy.features.ingest.join_keys import keys_of
from roadworthy.features.ingest.runs.assemble import assemble
from tests.unit.ingest.test_assemble import ANSWER, OTHER_CALL, USER, asks, model_call, result, span

PRINTED = "<groq.Stream object at 0x7f742b9e9a50>"


def unheard(*given: Message, printed: str = PRINTED, **fields: Any) -> Span:
    made = model_call(*given, **fields)
    made.output, made.output_format = printed, ContentFormat.TEXT if printed else ContentFormat.NONE
    made.join_keys = keys_of(made)
    return made


@pytest.mark.parametrize("printed", [PRINTED, ""])
def test_a_call_goes_with_the_one_that_brings_on_what_it_was_given(printed: str) -> None:
    """Equal tasks one after the other are runs of their own all the same."""
    spans = []
    for number in range(3):
        at = number * 1_000
        spans.append(unheard(USER, printed=printed, trace=10 + number, at=at))
        since: tuple[Message, ...] = (USER, asks("lookup"), result("fine"))
        spans.append(unheard(*since, printed=printed, trace=20 + number, at=at + 100))
        since += (asks("lookup", ident=OTHER_CALL), result("fine", ident=OTHER_CALL))
        spans.append(unheard(*since, printed=printed, trace=30 + number, at=at + 200))
    for call in spans:  # ids of one run are drawn for it alone
        number = int(call.trace_id, 16) % 10
        call.input = call.input.replace("Xq81", f"Xq8{number}").replace("9fLw", f"9fL{number}")
        call.join_keys = keys_of(call)
    runs = assemble(spans).runs
    assert [(r.model_calls, r.tool_calls, len(r.trace_ids)) for r in runs] == [(3, 2, 3)] * 3


def test_a_call_without_ids_goes_with_the_one_before_it() -> None:
    first = unheard(USER, printed="", trace=1)
    second = model_call(
        USER, asks("lookup", ident=""), result("fine", ident=""), said=ANSWER, trace=2, at=100
    )
    (run,) = assemble([first, second]).runs
    assert (run.model_calls, run.tool_calls, run.final_answer) == (2, 1, ANSWER.content)


def test_an_answer_that_was_recorded_stands_for_itself() -> None:
    """Asked the same, answered at once: nothing of it is in the other conversation."""
    first = model_call(USER, said=ANSWER, trace=1)
    second = unheard(USER, asks("lookup"), result("fine"), trace=2, at=100)
    assert [run.trace_ids for run in assemble([first, second]).runs] == [
        (first.trace_id,),
        (second.trace_id,),
    ]


@pytest.mark.parametrize("ident", ["", "call_Xq81mZr4Tt0aBcD2"])
def test_a_call_whose_asker_was_heard_goes_with_no_other(ident: str) -> None:
    """Somebody else asked the same before, and his answer was not recorded."""
    other = unheard(USER, printed="", trace=1)
    first = model_call(USER, said=asks("lookup", ident=ident), trace=2, at=100)
    brought = asks("lookup", ident=ident), result("fine", ident=ident)
    second = unheard(USER, *brought, printed="", trace=3, at=200)
    runs = assemble([other, first, second]).runs
    assert [(run.model_calls, len(run.trace_ids)) for run in runs] == [(1, 1), (2, 2)]


def test_a_call_that_tells_nothing_within_a_refused_one_is_that_one() -> None:
    refused: dict[str, Any] = {"status": SpanStatus.ERROR, "error": "too long", "scope": "wrapper"}
    step = span(SpanKind.OTHER, lasts=100)
    outer = model_call(USER, parent=step, at=1, lasts=50, model_asked="m", **refused)
    inner = model_call(parent=step, at=2, lasts=40, model_asked="m", scope="sdk", status=SpanStatus.UNSET)
    (run,) = assemble([step, outer, inner]).runs
    assert (run.model_calls, run.failed_model_calls) == (0, 1)
    answered = model_call(said=ANSWER, parent=step, at=2, lasts=40, model_asked="m", scope="sdk")
    (run,) = assemble([step, outer, answered]).runs
    assert (run.model_calls, run.failed_model_calls) == (1, 1)


@pytest.mark.parametrize(("tokens", "failed"), [(3, 0), (None, 1)])
def test_a_call_that_was_answered_in_the_end_has_not_failed(tokens: int | None, failed: int) -> None:
    """Its words are kept back, and of what it tried below the first attempt alone was told."""
    agent = span(SpanKind.AGENT, agent="desk", lasts=100)
    outer = model_call(parent=agent, at=1, lasts=50, model_asked="m", output_tokens=tokens)
    tried = model_call(parent=outer, at=2, lasts=5, model_asked="m", status=SpanStatus.ERROR, error="busy")
    (run,) = assemble([agent, outer, tried]).runs
    assert run.failed_model_calls == failed
