"""What tracers say of agents of other frameworks than their own: LangSmith and MLflow around the OpenAI
Agents SDK, LangGraph's supervisors, older versions of Google's ADK."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from roadworthy.domain.span import SpanKind, SpanStatus
from roadworthy.features.ingest.runs.assemble import assemble
from tests.unit.ingest.otlp_bodies import NOW_NS
from tests.unit.ingest.test_dialects import read


def test_mlflow_wraps_a_method_which_is_no_name_of_an_agent() -> None:
    sent = {
        "mlflow.spanType": '"AGENT"',
        "mlflow.spanInputs": '"Where is A-17?"',
        "mlflow.spanOutputs": "null",
    }
    wrapped = read(sent, name="AgentRunner.run_streamed")
    assert (wrapped.kind, wrapped.agent, wrapped.input, wrapped.output) == (
        SpanKind.AGENT,
        "",
        "Where is A-17?",
        "",
    )
    assert read({"mlflow.spanType": '"AGENT"'}, name="triage").agent == "triage"


@pytest.mark.parametrize(("counted", "known"), [(0, None), (7, 7)])
def test_mlflow_counts_nothing_where_a_stream_told_nothing(counted: int, known: int | None) -> None:
    usage = {"input_tokens": counted, "output_tokens": counted, "cache_read_input_tokens": counted}
    span = read({"mlflow.spanType": '"CHAT_MODEL"', "mlflow.chat.tokenUsage": json.dumps(usage)})
    assert (span.input_tokens, span.output_tokens, span.cache_read_tokens) == (known, known, known)


def test_langsmith_tells_agents_of_others_by_the_tools_they_are_offered() -> None:
    sent = {"langsmith.span.kind": "chain", "gen_ai.prompt": "{}", "gen_ai.completion": '{"output":null}'}
    agent = read({**sent, "gen_ai.tool.definitions": '["look_up_order"]'}, name="triage")
    assert (agent.kind, agent.agent, agent.input, agent.output) == (SpanKind.AGENT, "triage", "", "")
    assert read(sent, name="Handoff").kind is SpanKind.CHAIN


def test_langsmith_counts_of_others_are_in_its_metadata() -> None:
    usage = {"input_tokens": 20, "output_tokens": 4, "input_token_details": {"cache_read": 10}}
    span = read({"langsmith.span.kind": "llm", "langsmith.metadata.usage_metadata": json.dumps(usage)})
    assert (span.input_tokens, span.output_tokens, span.cache_read_tokens) == (20, 4, 10)


def test_older_adk_names_the_agent_in_the_name_of_the_span() -> None:
    span = read({}, scope="gcp.vertex.agent", name="agent_run [triage]")
    assert (span.kind, span.agent) == (SpanKind.AGENT, "triage")


@pytest.mark.parametrize("status", [0, 1, 2])
@pytest.mark.parametrize(
    ("error_type", "message"),
    [
        ("langgraph.errors.ParentCommand", "Command(graph='__parent__', goto='billing')"),
        ("langgraph.errors.GraphInterrupt", "(Interrupt(value='Is that right?'),)"),
        ("Exception", "ParentCommand(Command(graph='__parent__', goto='billing'))"),
    ],
)
def test_what_langgraph_raises_to_hand_over_or_to_wait_is_no_failure(
    status: int, error_type: str, message: str
) -> None:
    raised = ("exception", {"exception.type": error_type, "exception.message": message})
    span = read({"openinference.span.kind": "CHAIN"}, events=[raised], status=status)
    assert (span.status, span.error, span.error_type, span.flags) == (SpanStatus.OK, "", "", ())


def test_a_node_of_a_react_agent_among_others_belongs_to_its_graph() -> None:
    metadata = {"langgraph_node": "agent", "langgraph_checkpoint_ns": "triage:1a|agent:2b"}
    sent = {"openinference.span.kind": "AGENT", "metadata": json.dumps(metadata)}
    assert read(sent, name="agent").agent == "triage"
    alone = {**sent, "metadata": json.dumps({"langgraph_checkpoint_ns": "agent:2b"})}
    assert read(alone, name="agent").agent == ""


def test_traceloop_around_llama_index_tells_tools_and_agents_by_events() -> None:
    result = {
        "tool_name": "issue_refund",
        "tool_kwargs": {"order_id": "A-23"},
        "tool_id": "call_1",
        "tool_output": {"blocks": [{"block_type": "text", "text": "no answer within 5 s"}], "is_error": True},
    }
    task = {"traceloop.span.kind": "task", "traceloop.entity.name": "FunctionAgent.task"}
    tool = read({**task, "traceloop.entity.output": json.dumps(result)})
    assert (tool.kind, tool.tool_name, tool.tool_call_id, tool.input) == (
        SpanKind.TOOL,
        "issue_refund",
        "call_1",
        '{"order_id":"A-23"}',
    )
    assert (tool.status, tool.error) == (SpanStatus.ERROR, "no answer within 5 s")
    step = read({**task, "traceloop.entity.output": '{"input": [], "current_agent_name": "billing"}'})
    assert (step.kind, step.agent) == (SpanKind.CHAIN, "billing")
    call = read({**task, "gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 5})
    assert (call.kind, call.input_tokens) == (SpanKind.LLM, 5)


def test_the_root_that_langsmith_sends_again_makes_no_second_run() -> None:
    root = {"langsmith.span.kind": "chain", "langsmith.trace.name": "support desk"} | {
        "langsmith.metadata.ls_integration": "openai-agents-sdk"
    }
    alone = read({**root, "gen_ai.prompt": "Where is A-17?"}, name="support desk")
    first = replace(read(root), trace_id="b" * 32, span_id="b" * 16, start_ns=alone.start_ns + 1)
    first = replace(first, end_ns=alone.end_ns - 1)
    call = read({"langsmith.span.kind": "llm"}, parent="b" * 16)
    call = replace(call, trace_id="b" * 32, span_id="c" * 16)
    assert set(alone.join_keys) & set(first.join_keys)
    (run,) = assemble([alone, first, call]).runs
    assert (len(run.trace_ids), run.model_calls, run.root_span_id) == (2, 1, "b" * 16)
    # Another run that ended just then, and did not lie within: they stay two.
    later = [replace(span, start_ns=span.start_ns - 9) for span in (first, call)]
    assert len(assemble([alone, *later]).runs) == 2
    # Two equal runs at once, each with its root sent again.
    spans = []
    for trace, at in (("d", 0), ("e", 100)):
        for sent, ident, parent, more in (
            (alone, "1", "", 0),
            (first, "2", "", 5),
            (call, "3", "2" * 16, 6),
        ):
            trace_id = (trace if sent is not alone else ident + trace).ljust(32, "0")
            span = replace(sent, trace_id=trace_id, span_id=ident * 16, parent_id=parent)
            spans.append(replace(span, start_ns=NOW_NS + at + more, end_ns=NOW_NS + 1_000 - at - more))
    runs = assemble(spans).runs
    assert sorted(tuple(t.rstrip("0") for t in run.trace_ids) for run in runs) == [("1d", "d"), ("1e", "e")]


@pytest.mark.parametrize(("goes_on", "handed"), [("billing", [("triage", "billing")]), ("shipping", [])])
def test_a_hand_off_that_a_framework_took_for_itself_is_in_what_the_model_asked(
    goes_on: str, handed: list[tuple[str, str]]
) -> None:
    call = {"type": "tool_call", "id": "call_1", "name": "handoff_to_billing", "arguments": {}}
    said = json.dumps([{"role": "assistant", "parts": [call]}])
    agents = [
        read({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name}, parent="0" * 15 + "1")
        for name in ("triage", goes_on)
    ]
    first, second = (
        replace(agent, span_id=str(place) * 16, start_ns=NOW_NS + 20 * place, end_ns=NOW_NS + 20 * place + 5)
        for place, agent in enumerate(agents, start=2)
    )
    asked = read({"gen_ai.operation.name": "chat", "gen_ai.output.messages": said}, parent="2" * 16)
    asked = replace(asked, span_id="4" * 16, start_ns=first.start_ns, end_ns=first.end_ns)
    (run,) = assemble([first, second, asked]).runs
    assert [(h.from_agent, h.to_agent) for h in run.handoffs] == handed


def test_traceloop_dumps_haystacks_messages_field_by_field_below_the_component() -> None:
    call = {"tool_name": "look_up_order", "arguments": {"order_id": "A-23"}, "id": "call_1"}
    messages = [
        {"_role": "user", "_content": [{"text": "Where is A-23?"}], "_meta": {}},
        {"_role": "assistant", "_content": [call]},
        {"_role": "tool", "_content": [{"result": "on its way", "origin": call, "error": False}]},
        {"_role": "assistant", "_content": [{"text": "It is on its way."}]},
    ]
    given = {"args": [], "kwargs": {"desk": {"messages": messages[:1]}}}
    gave = json.dumps({"desk": {"messages": messages, "last_message": messages[-1]}})
    sent = {"traceloop.span.kind": "workflow", "traceloop.entity.output": gave}
    root = read({**sent, "traceloop.entity.input": json.dumps(given)}, name="haystack_pipeline.workflow")
    (run,) = assemble([root]).runs
    assert run.final_answer == "It is on its way."


def test_the_answer_of_a_call_reported_twice_is_that_of_the_report_which_has_one() -> None:
    said = json.dumps([{"role": "assistant", "parts": [{"type": "text", "content": "It is on its way."}]}])
    outer = replace(read({"gen_ai.operation.name": "chat"}), span_id="2" * 16)
    sent = {"gen_ai.operation.name": "chat", "gen_ai.output.messages": said, "gen_ai.usage.output_tokens": 5}
    (run,) = assemble([outer, read(sent, parent="2" * 16)]).runs
    assert (run.model_calls, run.final_answer) == (1, "It is on its way.")
