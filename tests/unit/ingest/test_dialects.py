"""What each dialect says in its own words, old ones included, is read into the same fields."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from roadworthy.contracts.intake import Encoding, Signal
from roadworthy.domain.score import Score
from roadworthy.domain.span import ContentFormat, Span, SpanFlag, SpanKind, SpanStatus
from roadworthy.features.ingest.decode import Decoded, decode
from roadworthy.features.ingest.dialects.table import DIALECTS
from roadworthy.features.ingest.log_content import join_content
from roadworthy.features.ingest.messages.parse import load_messages, plain_text
from tests.unit.ingest.otlp_bodies import NOW_NS, TRACE, record


def value(item: Any) -> dict[str, Any]:
    if isinstance(item, bool):
        return {"boolValue": item}
    if isinstance(item, int):
        return {"intValue": item}
    if isinstance(item, float):
        return {"doubleValue": item}
    if isinstance(item, list):
        return {"arrayValue": {"values": [value(each) for each in item]}}
    if isinstance(item, dict):
        return {"kvlistValue": {"values": pairs(item)}}
    return {"stringValue": item}


def pairs(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value(item)} for key, item in attributes.items()]


def read(
    attributes: dict[str, Any],
    *,
    scope: str = "my-tracer",
    name: str = "step",
    events: list[tuple[str, dict[str, Any]]] | None = None,
    resource: dict[str, Any] | None = None,
    status: int = 0,
    status_message: str = "",
    parent: str = "",
) -> Span:
    sent = {
        "traceId": TRACE.hex(),
        "spanId": "eee19b7ec3c1b174",
        "parentSpanId": parent,
        "name": name,
        "startTimeUnixNano": NOW_NS,
        "endTimeUnixNano": NOW_NS + 5,
        "attributes": pairs(attributes),
        "events": [{"name": n, "timeUnixNano": NOW_NS, "attributes": pairs(a)} for n, a in events or []],
        "status": {"code": status, "message": status_message},
    }
    body = {
        "resourceSpans": [
            {
                "resource": {"attributes": pairs(resource or {"service.name": "shop"})},
                "scopeSpans": [{"scope": {"name": scope}, "spans": [sent]}],
            }
        ]
    }
    spans = decode(record(json.dumps(body).encode(), encoding=Encoding.JSON), version=3).spans
    assert len(spans) == 1
    return spans[0]


def said(span: Span) -> str:
    return plain_text(load_messages(span.output))


def asked(span: Span) -> str:
    return plain_text(load_messages(span.input))


CHAT_IN = [{"role": "user", "parts": [{"type": "text", "content": "Where is A-17?"}]}]
CHAT_OUT = [
    {"role": "assistant", "parts": [{"type": "text", "content": "On its way."}], "finish_reason": "stop"}
]


def test_otel_genai() -> None:
    span = read(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.response.model": "gpt-4o-2026",
            "gen_ai.response.id": "chatcmpl-1bplilKWKe4adve",
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.conversation.id": "c1",
            "gen_ai.system_instructions": json.dumps([{"type": "text", "content": "Be kind."}]),
            "gen_ai.input.messages": json.dumps(CHAT_IN),
            "gen_ai.output.messages": json.dumps(CHAT_OUT),
            "gen_ai.tool.definitions": json.dumps([{"name": "lookup"}]),
            "gen_ai.usage.input_tokens": 12,
            "gen_ai.usage.output_tokens": 3,
            "gen_ai.usage.cache_read.input_tokens": 4,
            "gen_ai.usage.reasoning.output_tokens": 2,
            "gen_ai.request.temperature": 0.5,
        }
    )
    assert (span.dialect, span.kind, span.provider) == ("otel_genai", SpanKind.LLM, "openai")
    assert (span.model_asked, span.model_answered, span.finish_reason) == ("gpt-4o", "gpt-4o-2026", "stop")
    assert (span.input_tokens, span.output_tokens, span.cache_read_tokens, span.reasoning_tokens) == (
        12,
        3,
        4,
        2,
    )
    assert [m.role for m in load_messages(span.input)] == ["system", "user"]
    assert (said(span), span.session_id) == ("On its way.", "c1")
    assert span.tool_definitions == '[{"name": "lookup"}]'
    assert span.attributes == {"gen_ai.request.temperature": "0.5"}, "what has a field is not kept twice"
    assert span.join_keys[0] == "response:chatcmpl-1bplilKWKe4adve"


def test_otel_genai_of_older_versions() -> None:
    span = read(
        {
            "gen_ai.system": "anthropic",
            "gen_ai.request.model": "claude",
            "gen_ai.usage.prompt_tokens": 9,
            "gen_ai.usage.completion_tokens": 2,
            "gen_ai.prompt.0.role": "user",
            "gen_ai.prompt.0.content": "Where is A-17?",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.content": "",
            "gen_ai.completion.0.tool_calls.0.id": "t1",
            "gen_ai.completion.0.tool_calls.0.name": "lookup",
            "gen_ai.completion.0.tool_calls.0.arguments": '{"id":"A-17"}',
            "llm.request.type": "chat",
        }
    )
    assert (span.kind, span.provider, span.input_tokens, span.output_tokens) == (
        SpanKind.LLM,
        "anthropic",
        9,
        2,
    )
    assert asked(span) == "Where is A-17?"
    (call,) = load_messages(span.output)[0].tool_calls
    assert (call.id, call.name, call.arguments) == ("t1", "lookup", '{"id":"A-17"}')


def test_messages_as_span_events() -> None:
    span = read(
        {"gen_ai.operation.name": "chat", "gen_ai.system": "az.ai.inference"},
        events=[
            ("gen_ai.user.message", {"content": "Where is A-17?"}),
            ("gen_ai.choice", {"message": json.dumps({"role": "assistant", "content": "On its way."})}),
            ("retry", {"n": 1}),
        ],
    )
    assert (asked(span), said(span)) == ("Where is A-17?", "On its way.")
    assert [e["name"] for e in json.loads(span.events)] == ["retry"]


def test_openinference() -> None:
    span = read(
        {
            "openinference.span.kind": "LLM",
            "session.id": "s1",
            "user.id": "u1",
            "metadata": json.dumps({"lc_agent_name": "triage"}),
            "llm.model_name": "gpt-4o",
            "llm.provider": "openai",
            "llm.token_count.prompt": 12,
            "llm.token_count.completion": 3,
            "llm.token_count.prompt_details.cache_read": 1,
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.contents.0.message_content.type": "text",
            "llm.input_messages.0.message.contents.0.message_content.text": "Where is A-17?",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.tool_calls.0.tool_call.id": "call_1",
            "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "lookup",
            "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": "{}",
            "llm.output_messages.0.message.brand_new": "kept",
            "llm.tools.0.tool.json_schema": '{"name":"lookup"}',
            "output.value": '{"id":"chatcmpl-1bplilKWKe4adve","choices":[]}',
        }
    )
    assert (span.kind, span.session_id, span.user_id, span.agent) == (SpanKind.LLM, "s1", "u1", "triage")
    assert (span.input_tokens, span.cache_read_tokens, span.provider) == (12, 1, "openai")
    assert (asked(span), load_messages(span.output)[0].tool_calls[0].name) == ("Where is A-17?", "lookup")
    assert (span.response_id, span.tool_definitions) == ("chatcmpl-1bplilKWKe4adve", '[{"name":"lookup"}]')
    assert span.attributes["llm.output_messages.0.message.brand_new"] == "kept"


def test_openinference_names_of_agents_are_read_off_their_spans() -> None:
    for name in ("triage.run", "agent_run [triage]", "invoke_agent triage"):
        assert read({"openinference.span.kind": "AGENT"}, name=name).agent == "triage"


LANGCHAIN_JS = "@arizeai/openinference-instrumentation-langchain"


def _constructed(name: str, content: Any, **more: Any) -> dict[str, Any]:
    kwargs = {"content": content, "additional_kwargs": {}, "response_metadata": {}, **more}
    return {"lc": 1, "type": "constructor", "id": ["langchain_core", "messages", name], "kwargs": kwargs}


def _langchain_js(**changes: Any) -> Span:
    """As version 4.1.1 sends what Claude was asked and said."""
    blocks = [
        {"type": "text", "text": "I look it up."},
        {"type": "tool_use", "id": "toolu_01", "name": "look_up_order", "input": {"order_id": "A-23"}},
    ]
    call = {"id": "toolu_01", "name": "look_up_order", "args": {"order_id": "A-23"}, "type": "tool_call"}
    asks = _constructed("AIMessage", blocks, id="msg_01", tool_calls=[call], invalid_tool_calls=[])
    system = [{"type": "text", "text": "You are the desk."}, {"type": "text", "text": "Be kind."}]
    chat = [
        _constructed("SystemMessage", system),
        _constructed("HumanMessage", "Where is A-23?"),
        asks,
        _constructed("ToolMessage", "lost", tool_call_id="toolu_01"),
        _constructed("HumanMessage", [{"type": "text", "text": "Look again."}]),
    ]
    answer = {"generations": [[{"text": "I look it up.", "message": asks}]], "llmOutput": {}}
    sent = {
        "openinference.span.kind": "LLM",
        "input.value": json.dumps({"messages": [chat]}),
        "output.value": json.dumps(answer),
        "llm.input_messages.0.message.role": "system",
        "llm.input_messages.1.message.role": "user",
        "llm.input_messages.1.message.content": "Where is A-23?",
        "llm.input_messages.2.message.role": "assistant",
        "llm.input_messages.3.message.role": "tool",
        "llm.input_messages.3.message.content": "lost",
        "llm.input_messages.4.message.role": "user",
        "llm.output_messages.0.message.role": "assistant",
    }
    return read(sent | changes, scope=LANGCHAIN_JS, name="ChatAnthropic")


def test_langchain_js_tells_blocks_of_content_and_calls_in_the_raw_chat_only() -> None:
    span = _langchain_js()
    system, first, asks, result, again = load_messages(span.input)
    assert (system.role, system.content) == ("system", "You are the desk.\nBe kind.")
    assert (first.content, again.content) == ("Where is A-23?", "Look again.")
    (call,) = asks.tool_calls
    assert (call.id, call.name, json.loads(call.arguments)) == (
        "toolu_01",
        "look_up_order",
        {"order_id": "A-23"},
    )
    assert (result.role, result.content, result.tool_call_id) == ("tool", "lost", "toolu_01")
    assert load_messages(span.output) == (asks,)


def test_of_a_raw_chat_that_is_another_one_nothing_is_taken() -> None:
    other = json.dumps({"messages": [[_constructed("HumanMessage", "something else")]]})
    span = _langchain_js(**{"input.value": other, "output.value": "cut off {"})
    assert [(one.role, one.content) for one in load_messages(span.input)] == [
        ("system", ""),
        ("user", "Where is A-23?"),
        ("assistant", ""),
        ("tool", "lost"),
        ("user", ""),
    ]


def test_openinference_preparing_a_request_is_no_call() -> None:
    span = read(
        {"openinference.span.kind": "LLM", "input.value": "x"}, name="OpenAI._prepare_chat_with_tools"
    )
    assert span.kind is SpanKind.PROMPT


def test_traceloop_unwraps_what_a_callback_wrapped() -> None:
    wrapped = {"lc": 1, "type": "constructor", "kwargs": {"content": "delivered", "tool_call_id": "call_9"}}
    span = read(
        {
            "traceloop.span.kind": "tool",
            "traceloop.entity.name": "lookup",
            "traceloop.association.properties.session_id": "s1",
            "traceloop.entity.input": json.dumps({"input_str": "{'id': 'A-17'}", "tags": []}),
            "traceloop.entity.output": json.dumps({"output": wrapped}),
        }
    )
    assert (span.dialect, span.kind, span.tool_name, span.session_id) == (
        "traceloop",
        SpanKind.TOOL,
        "lookup",
        "s1",
    )
    assert (span.input, span.output, span.tool_call_id) == ("{'id': 'A-17'}", "delivered", "call_9")


def test_vercel_ai_counts_the_call_and_not_the_sum_around_it() -> None:
    usage = {"ai.usage.promptTokens": 12, "ai.usage.completionTokens": 3, "ai.response.text": "On its way."}
    outer = read({"ai.operationId": "ai.generateText", "ai.telemetry.functionId": "triage", **usage})
    inner = read(
        {"ai.operationId": "ai.generateText.doGenerate", "ai.model.provider": "openai.chat", **usage}
    )
    assert (outer.kind, outer.agent, SpanFlag.AGGREGATE in outer.flags) == (SpanKind.AGENT, "triage", True)
    assert (inner.kind, inner.provider, inner.input_tokens, said(inner)) == (
        SpanKind.LLM,
        "openai",
        12,
        "On its way.",
    )
    assert SpanFlag.AGGREGATE not in inner.flags
    tool = read(
        {
            "ai.operationId": "ai.toolCall",
            "ai.toolCall.name": "lookup",
            "ai.toolCall.id": "c1",
            "ai.toolCall.args": '{"id":"A-17"}',
            "ai.toolCall.result": '{"ok":false}',
        }
    )
    assert (tool.kind, tool.tool_name, tool.tool_call_id, tool.input) == (
        SpanKind.TOOL,
        "lookup",
        "c1",
        '{"id":"A-17"}',
    )
    assert SpanFlag.NEGATIVE_RESULT in tool.flags and tool.status is SpanStatus.UNSET


def test_langfuse() -> None:
    span = read(
        {
            "langfuse.observation.type": "generation",
            "langfuse.observation.model.name": "gpt-4o",
            "langfuse.observation.input": json.dumps([{"role": "user", "content": "Where is A-17?"}]),
            "langfuse.observation.output": json.dumps({"role": "assistant", "content": "On its way."}),
            "langfuse.observation.usage_details": json.dumps({"input": 12, "output": 3}),
            "langfuse.trace.name": "support",
            "langfuse.release": "7",
        }
    )
    assert (span.kind, span.model_answered, span.input_tokens, span.output_tokens) == (
        SpanKind.LLM,
        "gpt-4o",
        12,
        3,
    )
    assert (asked(span), said(span), span.workflow, span.release) == (
        "Where is A-17?",
        "On its way.",
        "support",
        "7",
    )
    failed = read(
        {
            "langfuse.observation.type": "tool",
            "langfuse.observation.level": "ERROR",
            "langfuse.observation.status_message": "timed out",
        },
        name="refund",
    )
    assert (failed.tool_name, failed.status, failed.error) == ("refund", SpanStatus.ERROR, "timed out")


def test_langsmith_says_ok_beside_an_exception() -> None:
    span = read(
        {
            "langsmith.span.kind": "tool",
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "refund",
            "gen_ai.prompt": '{"id": "A-17"}',
            "langsmith.metadata.thread_id": "t1",
            "langsmith.metadata.lc_agent_name": "triage",
        },
        events=[("exception", {"exception.type": "TimeoutError", "exception.message": "timed out"})],
        status=1,
    )
    assert (span.kind, span.tool_name, span.session_id, span.agent) == (
        SpanKind.TOOL,
        "refund",
        "t1",
        "triage",
    )
    assert (span.status, span.error, span.error_type) == (SpanStatus.ERROR, "timed out", "TimeoutError")
    assert SpanFlag.INFERRED_ERROR in span.flags


def test_langsmith_model_call() -> None:
    generation = {"text": "On its way.", "message": {"kwargs": {"content": "On its way.", "type": "ai"}}}
    span = read(
        {
            "langsmith.span.kind": "llm",
            "gen_ai.system": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.prompt": json.dumps({"messages": [{"role": "user", "content": "Where is A-17?"}]}),
            "gen_ai.completion": json.dumps({"generations": [[generation]]}),
            "gen_ai.usage.input_tokens": 12,
            "gen_ai.usage.output_tokens": 3,
        }
    )
    assert (span.kind, span.input_tokens, asked(span)) == (SpanKind.LLM, 12, "Where is A-17?")
    assert said(span) == "On its way."


def test_pydantic_ai_totals_are_no_call() -> None:
    span = read(
        {
            "agent_name": "triage",
            "model_name": "gpt-4o",
            "final_result": "On its way.",
            "all_messages_events": json.dumps(
                [{"event.name": "gen_ai.user.message", "role": "user", "content": "Hi"}]
            ),
            "gen_ai.aggregated_usage.input_tokens": 30,
            "gen_ai.aggregated_usage.output_tokens": 5,
        },
        scope="pydantic-ai",
    )
    assert (span.kind, span.agent, span.output) == (SpanKind.AGENT, "triage", "On its way.")
    assert (span.input_tokens, SpanFlag.AGGREGATE in span.flags) == (30, True)
    tool = read(
        {"gen_ai.tool.name": "lookup", "tool_arguments": "{}", "tool_response": "ok"}, scope="pydantic-ai"
    )
    assert (tool.kind, tool.input, tool.output) == (SpanKind.TOOL, "{}", "ok")


def test_pydantic_ai_events_in_one_attribute() -> None:
    events = [
        {"event.name": "gen_ai.user.message", "role": "user", "content": "Where is A-17?"},
        {"event.name": "gen_ai.choice", "message": {"role": "assistant", "content": "On its way."}},
    ]
    span = read({"gen_ai.operation.name": "chat", "events": json.dumps(events)}, scope="pydantic-ai")
    assert (asked(span), said(span)) == ("Where is A-17?", "On its way.")


def test_strands_has_a_status_of_its_own_for_tools() -> None:
    span = read(
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "refund",
            "gen_ai.tool.status": "error",
        },
        scope="strands.telemetry.tracer",
        events=[("gen_ai.choice", {"message": json.dumps([{"text": "timed out"}]), "id": "c1"})],
        status=1,
    )
    assert (span.status, span.output, span.flags) == (
        SpanStatus.ERROR,
        "timed out",
        (SpanFlag.INFERRED_ERROR,),
    )


def test_claude_code_counts_cached_input_apart() -> None:
    span = read(
        {
            "span.type": "llm_request",
            "model": "claude-sonnet",
            "input_tokens": 10,
            "cache_read_tokens": 90,
            "cache_creation_tokens": 5,
            "output_tokens": 7,
        },
        scope="com.anthropic.claude_code.tracing",
    )
    assert (span.kind, span.input_tokens, span.output_tokens) == (SpanKind.LLM, 105, 7)
    assert (span.cache_read_tokens, span.cache_write_tokens) == (90, 5)


def test_mcp() -> None:
    call = read({"mcp.method.name": "tools/call"}, name="MCP send tools/call refund")
    assert (call.kind, call.tool_name) == (SpanKind.TOOL, "refund")
    assert read({"mcp.method.name": "tools/list"}).kind is SpanKind.MCP


def test_a_tool_is_called_the_same_with_and_without_its_server() -> None:
    span = read({"langsmith.span.kind": "tool"}, name="mcp__orders__refund")
    assert (span.tool_name, span.attributes["gen_ai.tool.name"]) == ("refund", "mcp__orders__refund")


def test_autogen_keeps_the_topic_as_join_key() -> None:
    topic = "dffe1466-5494-4641-aaef-890b4cce15a8"
    span = read(
        {
            "messaging.operation": "process",
            "messaging.destination": f"triage_{topic}.({topic})-A",
            "message": '{"a":1}',
        },
        scope="autogen SingleThreadedAgentRuntime",
    )
    assert (span.kind, span.output) == (SpanKind.CHAIN, '{"a":1}')
    assert f"topic:{topic}" in span.join_keys


def test_google_adk_of_older_versions() -> None:
    request = {"contents": [{"role": "user", "parts": [{"text": "Where is A-17?"}]}]}
    response = {"content": {"role": "model", "parts": [{"text": "On its way."}]}}
    span = read(
        {
            "gen_ai.system": "gcp.vertex.agent",
            "gen_ai.request.model": "gemini",
            "gcp.vertex.agent.session_id": "s1",
            "gcp.vertex.agent.llm_request": json.dumps(request),
            "gcp.vertex.agent.llm_response": json.dumps(response),
        },
        scope="gcp.vertex.agent",
    )
    assert (span.kind, span.session_id, asked(span), said(span)) == (
        SpanKind.LLM,
        "s1",
        "Where is A-17?",
        "On its way.",
    )


def test_haystack_under_any_scope() -> None:
    reply = {
        "role": "assistant",
        "content": [{"text": "On its way."}],
        "meta": {"model": "gpt-4o", "usage": {}},
    }
    reply["meta"] = {"model": "gpt-4o", "usage": {"prompt_tokens": 12, "completion_tokens": 3}}
    span = read(
        {
            "haystack.component.name": "llm",
            "haystack.component.type": "OpenAIChatGenerator",
            "haystack.component.output": json.dumps({"replies": [reply]}),
        },
        name="haystack.component.run",
    )
    assert (span.dialect, span.kind, span.model_answered) == ("haystack", SpanKind.LLM, "gpt-4o")
    assert (span.input_tokens, span.output_tokens) == (12, 3)
    failed = read(
        {
            "haystack.tool.name": "refund",
            "haystack.agent.step.tool.input": '{"id":"A-17"}',
            "haystack.agent.step.tool.output": json.dumps(
                {"result": "timed out", "origin": {}, "error": True}
            ),
        }
    )
    assert (failed.tool_name, failed.status, failed.flags) == (
        "refund",
        SpanStatus.ERROR,
        (SpanFlag.INFERRED_ERROR,),
    )


def test_mlflow() -> None:
    span = read(
        {"mlflow.spanType": '"TOOL"', "mlflow.spanInputs": '{"id":1}', "mlflow.spanOutputs": '"ok"'}, name="t"
    )
    assert (span.dialect, span.kind, span.tool_name, span.output) == ("mlflow", SpanKind.TOOL, "t", '"ok"')


def test_crewai() -> None:
    span = read(
        {
            "crewai.crew.name": "support",
            "crewai.crew.result": "Done.",
            "gen_ai.operation.name": "invoke_agent",
        }
    )
    assert (span.kind, span.workflow, span.output) == (SpanKind.WORKFLOW, "support", "Done.")


def test_litellm_answers_of_the_call_before_a_failure_are_not_taken_for_its_own() -> None:
    attributes = {
        "litellm.call_id": "x",
        "gen_ai.operation.name": "chat",
        "gen_ai.output.messages": json.dumps(CHAT_OUT),
        "error.type": "ContextWindowExceededError",
    }
    failed = read(attributes, events=[("exception", {"exception.message": "too long"})], status=1)
    assert (failed.dialect, failed.status, failed.output) == ("litellm", SpanStatus.ERROR, "")
    assert "gen_ai.output.messages" in failed.attributes


@pytest.mark.parametrize(
    ("tool", "arguments", "target"),
    [
        ("transfer_to_billing_specialist", "{}", "billing_specialist"),
        ("transfer_to_agent", '{"agent_name": "billing"}', "billing"),
        ("handoff", '{"to_agent": "billing", "reason": "money"}', "billing"),
        ("Delegate work to coworker", '{"coworker": "billing", "task": "x"}', "billing"),
    ],
)
def test_passing_the_task_on_is_a_handoff(tool: str, arguments: str, target: str) -> None:
    span = read(
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": tool,
            "gen_ai.tool.call.arguments": arguments,
        }
    )
    assert (span.kind, span.handoff_to) == (SpanKind.HANDOFF, target)


def test_what_our_sdk_says_wins() -> None:
    span = read(
        {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": "other",
            "roadworthy.agent": "desk",
            "roadworthy.release": "v9",
            "roadworthy.outcome": "failure",
            "roadworthy.outcome.reason": "wrong order",
            "roadworthy.run_id": "r-77",
        },
        resource={"service.name": "shop", "service.version": "1", "deployment.environment.name": "prod"},
    )
    assert (span.agent, span.release, span.environment, span.service) == ("desk", "v9", "prod", "shop")
    assert (span.outcome, span.outcome_reason, span.join_keys) == ("failure", "wrong order", ("run:r-77",))


def test_release_is_the_version_of_the_service() -> None:
    span = read({}, resource={"service.name": "shop", "service.version": "1.4", "host.name": "h"})
    assert (span.release, span.kind, span.dialect) == ("1.4", SpanKind.OTHER, "")
    assert span.attributes == {"resource.host.name": "h"}


def test_evaluations_become_scores() -> None:
    event = {
        "gen_ai.evaluation.name": "helpful",
        "gen_ai.evaluation.score.value": 0.5,
        "gen_ai.evaluation.score.label": "so so",
        "gen_ai.evaluation.explanation": "vague",
    }
    sent = {
        "traceId": TRACE.hex(),
        "spanId": "eee19b7ec3c1b174",
        "events": [{"name": "gen_ai.evaluation.result", "timeUnixNano": NOW_NS, "attributes": pairs(event)}],
    }
    log = {
        "eventName": "gen_ai.evaluation.result",
        "traceId": TRACE.hex(),
        "spanId": "eee19b7ec3c1b174",
        "timeUnixNano": NOW_NS,
        "attributes": pairs(event),
    }
    traces = {"resourceSpans": [{"scopeSpans": [{"spans": [sent]}]}]}
    logs = {"resourceLogs": [{"scopeLogs": [{"logRecords": [log]}]}]}
    from_span = decode(record(json.dumps(traces).encode(), encoding=Encoding.JSON), version=3)
    from_log = decode(
        record(json.dumps(logs).encode(), signal=Signal.LOGS, encoding=Encoding.JSON), version=3
    )
    assert from_span.scores == from_log.scores
    (score,) = from_log.scores
    assert (score.name, score.value, score.label, score.explanation) == ("helpful", 0.5, "so so", "vague")
    assert (score.trace_id, score.source, from_span.spans[0].events) == (TRACE.hex(), "otel", "")


def judged(**attributes: Any) -> Decoded:
    event = {"gen_ai.evaluation.name": "outcome", "gen_ai.evaluation.score.label": "fail"} | attributes
    sent = {
        "traceId": TRACE.hex(),
        "spanId": "eee19b7ec3c1b174",
        "events": [{"name": "gen_ai.evaluation.result", "timeUnixNano": NOW_NS, "attributes": pairs(event)}],
    }
    traces = {"resourceSpans": [{"scopeSpans": [{"spans": [sent]}]}]}
    return decode(record(json.dumps(traces).encode(), encoding=Encoding.JSON), version=3)


def score_said(**attributes: Any) -> Score:
    (score,) = judged(**attributes).scores
    return score


def test_an_evaluation_of_ours_says_who_judged_what_it_cost_and_how_it_was_drawn() -> None:
    score = score_said(
        **{
            "roadworthy.score.source": "judge",
            "roadworthy.score.author": "nightly",
            "roadworthy.score.mode": "ungrounded",
            "roadworthy.score.cost_usd": 0.002,
            "roadworthy.score.sampled": 0.1,
        }
    )
    assert (score.source, score.author, score.mode) == ("judge", "nightly", "ungrounded")
    assert (score.cost_usd, score.sampled) == (0.002, 0.1)


@pytest.mark.parametrize("value", [4.0, -0.5, 1.0000001, math.nan, math.inf, 10**30, [0.5]])
def test_a_value_on_another_scale_is_rejected_with_the_reason(value: Any) -> None:
    said = {"gen_ai.evaluation.score.value": value}
    labelled, bare = judged(**said), judged(**said, **{"gen_ai.evaluation.score.label": ""})
    assert [(one.label, one.value) for one in labelled.scores] == [("fail", None)]
    assert bare.scores == []
    for decoded in (labelled, bare):
        assert [(one.code, one.count, one.signal) for one in decoded.rejections] == [
            ("bad_score", 1, "traces")
        ]
        assert len(decoded.spans) == 1


@pytest.mark.parametrize("cost", [-1.0, math.nan, math.inf, 1e7])
def test_a_cost_rest_would_refuse_is_unknown(cost: float) -> None:
    assert score_said(**{"roadworthy.score.cost_usd": cost}).cost_usd is None


@pytest.mark.parametrize("source", ["reviewer", "user", "business", "api", "detector", "whoever"])
def test_what_an_agent_sends_cannot_speak_as_somebody_else(source: str) -> None:
    assert score_said(**{"roadworthy.score.source": source}).source == "otel"


def test_what_cannot_be_is_unknown() -> None:
    score = score_said(**{"roadworthy.score.mode": "mast-9.9", "roadworthy.score.sampled": 7})
    assert (score.mode, score.sampled) == ("", None)


def log_contents(*records: dict[str, Any]) -> list[Any]:
    body = {
        "resourceLogs": [
            {
                "scopeLogs": [
                    {
                        "logRecords": [
                            {"traceId": TRACE.hex(), "spanId": "eee19b7ec3c1b174", **r} for r in records
                        ]
                    }
                ]
            }
        ]
    }
    return decode(
        record(json.dumps(body).encode(), signal=Signal.LOGS, encoding=Encoding.JSON), version=9
    ).log_contents


def test_content_in_a_log_record_joins_its_span() -> None:
    span = read({"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"})
    (content,) = log_contents(
        {
            "eventName": "gen_ai.client.inference.operation.details",
            "timeUnixNano": NOW_NS,
            "attributes": pairs({"gen_ai.input.messages": CHAT_IN, "gen_ai.output.messages": CHAT_OUT}),
        }
    )
    joined = join_content(span, content)
    assert (asked(joined), said(joined), joined.version) == ("Where is A-17?", "On its way.", 9)
    assert span.input == "", "the span given is not changed"
    assert join_content(joined, content) == joined


def test_the_last_of_several_answers_wins_in_any_order() -> None:
    span = read({"span.type": "interaction"}, scope="com.anthropic.claude_code")
    early, late = log_contents(
        {
            "eventName": "claude_code.assistant_response",
            "timeUnixNano": 5,
            "attributes": pairs({"response": "Let me see."}),
        },
        {
            "eventName": "claude_code.assistant_response",
            "timeUnixNano": 9,
            "attributes": pairs({"response": "Done."}),
        },
    )
    assert join_content(join_content(span, early), late).output == "Done."
    assert join_content(join_content(span, late), early).output == "Done."


def test_messages_in_log_records_of_their_own_are_put_in_order() -> None:
    span = read({"gen_ai.operation.name": "chat"})
    user, system = log_contents(
        {"eventName": "gen_ai.user.message", "timeUnixNano": 9, "body": value({"content": "Where?"})},
        {"eventName": "gen_ai.system.message", "timeUnixNano": 5, "body": value({"content": "Be kind."})},
    )
    for order in ((user, system), (system, user), (user, system, user)):
        joined = span
        for content in order:
            joined = join_content(joined, content)
        assert [m.role for m in load_messages(joined.input)] == ["system", "user"]


def test_resource_attributes_and_otel_kind_are_searchable() -> None:
    made = read({"http.route": "/orders"}, resource={"service.name": "s", "k8s.pod.name": "p"})
    assert made.attributes == {"resource.k8s.pod.name": "p", "http.route": "/orders"}
    assert made.input_format is ContentFormat.NONE


def test_every_dialect_is_named_after_its_module() -> None:
    for dialect in DIALECTS:
        assert dialect.read.__module__.rpartition(".")[2] == dialect.name
        assert dialect.attributes or dialect.scopes
