"""Tools that trace other people's frameworks, in their own words: what their recordings do not hold."""

from __future__ import annotations

from typing import Any

import pytest

from roadworthy.domain.message import Message
from roadworthy.domain.span import SpanKind, SpanStatus
from roadworthy.features.ingest.runs.assemble import assemble
from tests.unit.ingest.test_assemble import model_call, only_run, span
from tests.unit.ingest.test_dialects import asked, read

HANDOFFS = {
    "logfire": (
        "logfire.openai_agents",
        {
            "logfire.msg_template": "Handoff: {from_agent} → {to_agent}",
            "from_agent": "triage",
            "to_agent": "billing",
            "gen_ai.system": "openai",
        },
    ),
    "agentops": ("openai-agents", {"from_agent": "triage", "to_agent": "billing"}),
    "laminar": (
        "lmnr.tracer",
        {
            "lmnr.span.type": "TOOL",
            "openai.agents.handoff.from": "triage",
            "openai.agents.handoff.to": "billing",
        },
    ),
}


@pytest.mark.parametrize("tool", HANDOFFS)
def test_who_hands_over_to_whom(tool: str) -> None:
    scope, attributes = HANDOFFS[tool]
    span = read(attributes, scope=scope)
    assert (span.dialect, span.kind, span.agent, span.handoff_to) == (
        tool,
        SpanKind.HANDOFF,
        "triage",
        "billing",
    )


@pytest.mark.parametrize(
    ("name", "kind", "read_as"),
    [
        ("chat claude-sonnet-4-5", SpanKind.LLM, "claude-sonnet-4-5"),
        ("invoke_agent desk", SpanKind.AGENT, "desk"),
        ("execute_tool issue_refund", SpanKind.TOOL, "issue_refund"),
        ("invoke_workflow crew", SpanKind.WORKFLOW, "crew"),
        ("POST", SpanKind.OTHER, ""),
    ],
)
def test_openlit_says_what_failed_in_the_name_alone(name: str, kind: SpanKind, read_as: str) -> None:
    span = read({}, scope="openlit.instrumentation.crewai", name=name, status=2)
    found = span.model_asked or span.agent or span.tool_name or span.workflow
    assert (span.kind, span.status, found) == (kind, SpanStatus.ERROR, read_as)


def test_openlit_counts_what_anthropic_had_cached_beside_the_input() -> None:
    usage = {
        "gen_ai.operation.name": "chat",
        "gen_ai.usage.input_tokens": 97,
        "gen_ai.usage.output_tokens": 8,
        "gen_ai.usage.cache_read.input_tokens": 90,
        "gen_ai.usage.cache_creation.input_tokens": 7,
    }
    anthropic = read(usage, scope="openlit.instrumentation.anthropic")
    openai = read(usage, scope="openlit.instrumentation.openai")
    assert (anthropic.input_tokens, openai.input_tokens) == (194, 97)


def test_a_traced_function_tells_its_arguments_and_its_result() -> None:
    span = read(
        {
            "function.args": "('Rome', 3)",
            "function.kwargs": "{'unit': 'C'}",
            "gen_ai.output.messages": "sunny",
        },
        scope="openlit",
    )
    assert (span.kind, span.dialect) == (SpanKind.OTHER, "")
    assert (span.input, span.output) == ('{"args":["Rome",3],"kwargs":{"unit":"C"}}', "sunny")
    objects = read({"function.args": "(<Desk object at 0x7f>,)", "function.kwargs": "{}"}, scope="openlit")
    assert objects.input == ""


def test_a_model_call_that_asks_for_a_tool_keeps_its_question() -> None:
    span = read(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "m",
            "gen_ai.tool.name": "weather",
            "gen_ai.tool.call.arguments": '{"city": "Rome"}',
            "gen_ai.system_instructions": '[{"type": "text", "content": "Be brief."}]',
            "gen_ai.input.messages": '[{"role": "system", "content": "Be brief."},'
            ' {"role": "user", "content": "Hot?"}]',
        }
    )
    assert (span.tool_name, span.input.count("Hot?"), span.input.count("Be brief.")) == ("", 1, 1)


def test_laminar_tells_what_the_flattened_messages_leave_out() -> None:
    span = read(
        {
            "lmnr.span.type": "LLM",
            "gen_ai.input.messages": '[{"role": "user", "content": "Hot?"},'
            ' {"type": "function_call", "name": "weather", "call_id": "call_9", "arguments": "{}"},'
            ' {"type": "function_call_output", "call_id": "call_9", "output": "sunny"}]',
            "gen_ai.output.messages": '[{"type": "function_call", "name": "weather", "call_id": "call_7",'
            ' "id": "fc_1", "arguments": "{}", "role": "assistant"}]',
            "gen_ai.prompt.0.role": "system",
            "gen_ai.prompt.0.content": "Be brief.",
            "gen_ai.prompt.1.role": "user",
            "gen_ai.prompt.1.content": "Hot?",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.tool_calls.0.id": "fc_1",
            "gen_ai.completion.0.tool_calls.0.name": "weather",
        },
        scope="lmnr.tracer",
    )
    assert span.input.startswith('[{"role":"system","content":"Be brief."},{"role":"user"')
    assert ('"content":"sunny"' in span.input, '"id":"call_7"' in span.output) == (True, True)


def test_braintrust_says_everything_as_json() -> None:
    span = read(
        {
            "braintrust.span_attributes": '{"type": "llm"}',
            "braintrust.metadata": '{"model": "gpt-4.1-mini", "provider": "openai", "user_id": "mia"}',
            "braintrust.input_json": '[{"role": "user", "content": "Hot?"}]',
            "braintrust.output_json": '"Yes."',
            "braintrust.metrics": '{"prompt_tokens": 9, "completion_tokens": 2, "prompt_cached_tokens": 4}',
        }
    )
    assert (span.kind, span.model_asked, span.provider) == (SpanKind.LLM, "gpt-4.1-mini", "openai")
    assert (span.input_tokens, span.output_tokens, span.cache_read_tokens) == (9, 2, 4)
    assert (asked(span), span.output, span.user_id) == ("Hot?", "Yes.", "mia")


def test_a_printed_message_of_langchain_is_unwrapped() -> None:
    span = read(
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "issue_refund",
            "gen_ai.tool.call.result": "content='Error: no answer' name='issue_refund' tool_call_id='call_1'",
        }
    )
    assert (span.output, span.status) == ("Error: no answer", SpanStatus.ERROR)


def test_a_run_without_a_group_has_no_session() -> None:
    span = read(
        {"logfire.msg_template": "OpenAI Agents trace: {name}", "name": "desk", "group_id": "null"},
        scope="logfire.openai_agents",
    )
    assert (span.kind, span.workflow, span.session_id) == (SpanKind.WORKFLOW, "desk", "")


def test_a_request_and_what_its_stream_gave_are_one_call() -> None:
    root = span(SpanKind.AGENT, agent="desk", lasts=100)
    question = Message(role="user", content="Hot?")
    request = model_call(question, name="chat with m", parent=root, at=1, lasts=5, model_asked="m")
    answer = model_call(
        question,
        name="stream from m",
        said=Message(role="assistant", content="Yes."),
        parent=root,
        at=6,
        lasts=4,
        model_asked="m",
        input_tokens=9,
        output_tokens=2,
    )
    again = model_call(question, name="chat with m", parent=root, at=20, lasts=5, model_asked="m")
    run = only_run(root, request, answer)
    assert (run.model_calls, run.input_tokens, run.flags) == (1, 9, ())
    # Asked once more without an answer, it is a call of its own.
    assert only_run(root, request, answer, again).model_calls == 2


@pytest.mark.parametrize(("name", "at", "calls"), [("chat", 20, 2), ("stream", 5, 2), ("stream", 20, 1)])
def test_a_call_that_is_made_again_or_beside_is_no_stream_of_the_first(
    name: str, at: int, calls: int
) -> None:
    root = span(SpanKind.AGENT, agent="desk", lasts=100)
    question, said = Message(role="user", content="Hot?"), Message(role="assistant", content="Yes.")
    unheard = model_call(question, name="chat", parent=root, at=1, lasts=10, model_asked="m")
    heard = model_call(question, name=name, said=said, parent=root, at=at, model_asked="m", output_tokens=2)
    assert only_run(root, unheard, heard).model_calls == calls


def test_halves_of_equal_calls_at_one_time_go_with_the_half_that_is_closest() -> None:
    usage: dict[str, Any] = {"lasts": 50, "model_asked": "m", "input_tokens": 9, "output_tokens": 2}
    question, said = Message(role="user", content="Hot?"), Message(role="assistant", content="Yes.")
    spans = []
    for task in range(3):
        spans.append(model_call(question, said=said, trace=10 + task, at=task, scope="words", **usage))
        ident = f"msg_ujOeHwdFcAefAZh{task}"
        spans.append(model_call(trace=20 + task, at=task, scope="sdk", response_id=ident, **usage))
    runs = assemble(spans).runs
    assert [(r.model_calls, [t[-2:] for t in r.trace_ids]) for r in runs] == [
        (1, ["0a", "14"]),
        (1, ["0b", "15"]),
        (1, ["0c", "16"]),
    ]


@pytest.mark.parametrize(("other", "calls"), [(97, 1), (194, 1), (96, 2)])
def test_two_reports_of_a_call_may_count_cached_tokens_in_or_not(other: int, calls: int) -> None:
    root = span(SpanKind.AGENT, agent="desk", lasts=100)
    tracer = model_call(
        parent=root, at=1, lasts=20, scope="tracer", model_asked="m", input_tokens=other, output_tokens=8
    )
    sdk = model_call(
        parent=root,
        at=2,
        lasts=10,
        scope="sdk",
        model_asked="m",
        response_id="msg_ujOeHwdFcAefAZhn",
        input_tokens=194,
        cache_read_tokens=97,
        output_tokens=8,
    )
    run = only_run(root, tracer, sdk)
    assert run.model_calls == calls
    assert calls == 2 or (run.input_tokens, run.cache_read_tokens) == (194, 97)
