"""What messages say of a tool whose span says nothing; and what they cannot say, where calls share an id."""

from __future__ import annotations

from roadworthy.domain.message import Message
from roadworthy.domain.span import Span, SpanFlag, SpanKind
from roadworthy.features.ingest.runs.assemble import assemble
from tests.unit.ingest.test_assemble import ANSWER, CALL, USER, asks, model_call, result, span


def _refund(*, output: str, said: str) -> Span:
    agent = span(SpanKind.AGENT, agent="desk", lasts=100)
    call = asks("issue_refund", arguments='{"order": 1}')
    first = model_call(USER, said=call, parent=agent, at=1)
    tool = span(
        SpanKind.TOOL, parent=agent, at=20, tool_name="issue_refund", tool_call_id=CALL, output=output
    )
    last = model_call(USER, call, result(said), said=ANSWER, parent=agent, at=40)
    assembled = assemble([agent, first, tool, last])
    assert assembled.runs[0].tool_calls == 1
    return next(s for s in assembled.spans if s.span_id == tool.span_id)


def test_a_mute_tool_gets_its_arguments_and_result_from_the_conversation() -> None:
    tool = _refund(output="", said='{"ok": false, "reason": "unknown order"}')
    assert tool.input == '{"order": 1}' and "unknown order" in tool.output
    assert SpanFlag.NEGATIVE_RESULT in tool.flags


def test_what_a_span_says_itself_stays() -> None:
    assert _refund(output="all well", said='{"ok": false}').output == "all well"


def test_an_id_that_several_calls_share_says_nothing_of_either() -> None:
    agent = span(SpanKind.AGENT, agent="desk", lasts=200)
    history: list[Message] = [USER]
    spans = [agent]
    for at, (name, brought) in enumerate((("update", "Error: no seats"), ("look_up", "a seat"))):
        call = asks(name)
        spans.append(model_call(*history, said=call, parent=agent, at=at * 40 + 1))
        spans.append(
            span(
                SpanKind.TOOL,
                parent=agent,
                at=at * 40 + 20,
                tool_name=name,
                tool_call_id=CALL,
                output=brought,
            )
        )
        history += [call, result(brought)]
    spans.append(model_call(*history, said=ANSWER, parent=agent, at=100))
    assembled = assemble(spans)
    failed = {s.tool_name for s in assembled.spans if SpanFlag.INFERRED_ERROR in s.flags}
    assert "look_up" not in failed and assembled.runs[0].tool_calls == 2
