"""What frameworks say of themselves: AG2, LlamaIndex, Strands' teams, Google's ADK; and DSPy under MLflow."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from roadworthy.domain.span import SpanFlag, SpanKind, SpanStatus
from roadworthy.features.ingest.runs.assemble import assemble
from tests.unit.ingest.otlp_bodies import NOW_NS
from tests.unit.ingest.test_dialects import read

LLAMA = "llamaindex.opentelemetry.tracer"
CALLED = "ToolCall(tool_name='add', tool_kwargs={'a': 1}, tool_id='call_1')"


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("model_call", SpanKind.CHAIN), ("subtask", SpanKind.CHAIN), ("compaction", SpanKind.LLM)],
)
def test_ag2s_accounts_of_a_call_are_no_call(kind: str, wanted: SpanKind) -> None:
    sent = {"ag2.span.type": "usage", "ag2.usage.kind": kind, "gen_ai.response.model": "gpt-4.1-mini"}
    counts = {"gen_ai.usage.input_tokens": 7, "gen_ai.usage.thinking_tokens": 2}
    span = read({**sent, **counts}, name=f"record_usage {kind}")
    assert (span.kind, span.input_tokens, span.reasoning_tokens) == (wanted, 7, 2)
    assert (SpanFlag.AGGREGATE in span.flags) == (wanted is SpanKind.CHAIN)


@pytest.mark.parametrize("operation", ["invoke_swarm", "invoke_graph"])
def test_a_team_of_strands_is_a_workflow(operation: str) -> None:
    span = read({"gen_ai.operation.name": operation}, scope="strands.telemetry.tracer", name=operation)
    assert span.kind is SpanKind.WORKFLOW


def test_llama_index_tells_a_call_in_its_events() -> None:
    started = {"messages": '[{"role": "user", "blocks": [{"block_type": "text", "text": "Hi"}]}]'}
    ended = {
        **started,
        "response.message.role": "assistant",
        "response.message.blocks": '[{"block_type": "text", "text": "Hello"}]',
        "response.raw.id": "msg_1",
        "response.raw.model": "claude-sonnet-4-5",
        "response.raw.usage.input_tokens": 3,
        "response.raw.usage.output_tokens": 2,
        "response.raw.usage.cache_read_input_tokens": 10,
    }
    span = read(
        {"llamaindex.run_id": "r"},
        scope=LLAMA,
        name="Anthropic.achat",
        events=[("LLMChatStartEvent", {**started, "model_dict.model": "claude"}), ("LLMChatEndEvent", ended)],
    )
    assert (span.kind, span.model_asked, span.model_answered) == (SpanKind.LLM, "claude", "claude-sonnet-4-5")
    assert (span.input_tokens, span.output_tokens, span.cache_read_tokens) == (13, 2, 10)
    assert ("Hi" in span.input, "Hello" in span.output, span.response_id, span.events) == (
        True,
        True,
        "msg_1",
        "",
    )


def test_llama_index_tells_a_tool_in_the_step_it_is_part_of() -> None:
    given = "ToolCallResult(tool_output=ToolOutput(blocks=[TextBlock(block_type='text', text='it is 2')]))"
    sent = {"llamaindex.step.input_event": "ToolCall", "llamaindex.step.input_summary": CALLED}
    span = read(
        sent, scope=LLAMA, name="FunctionAgent.call_tool", events=[("step.output", {"output": given})]
    )
    assert (span.kind, span.tool_name, span.tool_call_id) == (SpanKind.TOOL, "add", "call_1")
    assert (span.input, span.output) == ('{"a":1}', "it is 2")
    # What was cut is no result; a step that is no tool stays one, also below a tool.
    cut = read(
        sent,
        scope=LLAMA,
        name="A.call_tool",
        events=[("step.output", {"output": "TextBlock(block_type='text', text='it..."})],
    )
    assert (cut.kind, cut.output) == (SpanKind.TOOL, "")
    assert read(sent, scope=LLAMA, name="RetrieverQueryEngine.query").kind is SpanKind.CHAIN


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("RetrievalStartEvent", SpanKind.RETRIEVAL),
        ("EmbeddingStartEvent", SpanKind.EMBEDDING),
        ("ReRankStartEvent", SpanKind.RERANKER),
    ],
)
def test_llama_index_tells_the_kind_of_a_step_by_its_events(event: str, kind: SpanKind) -> None:
    span = read({}, scope=LLAMA, name="X.retrieve", events=[(event, {"str_or_query_bundle": "warranty"})])
    assert (span.kind, span.input) == (kind, "warranty")


def test_an_answer_that_was_cut_is_the_models_own_where_it_tells_it() -> None:
    output = "StopEvent(result=AgentOutput(blocks=[TextBlock(block_type='text', text='It is on..."
    root = read({}, scope=LLAMA, name="FunctionAgent.run", events=[("workflow.output", {"output": output})])
    assert (root.kind, root.output) == (SpanKind.AGENT, "It is on...")
    message = {"response.message.role": "assistant", "response.message.content": "It is on its way."}
    call = replace(
        read({}, scope=LLAMA, name="OpenAI.achat", events=[("LLMChatEndEvent", message)]),
        span_id="a1",
        parent_id=root.span_id,
        start_ns=NOW_NS + 1,
        end_ns=NOW_NS + 2,
    )
    root.end_ns = NOW_NS + 9
    assert [run.final_answer for run in assemble([root, call]).runs] == ["It is on its way."]
    silent = replace(call, output="")
    assert [run.final_answer for run in assemble([root, silent]).runs] == ["It is on..."]


def test_an_agent_of_adk_that_is_a_tool_is_named_though_a_workflow_is_around_it() -> None:
    tool = read(
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "billing",
            "gen_ai.agent.name": "triage",
        }
    )
    flow = replace(
        read(
            {"gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": "billing"},
            name="invoke_workflow billing",
        ),
        span_id="a1",
        parent_id=tool.span_id,
    )
    agent = replace(
        read({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "billing"}),
        span_id="a2",
        parent_id="a1",
    )
    (run,) = assemble([tool, flow, agent]).runs
    assert [(h.from_agent, h.to_agent) for h in run.handoffs] == [("triage", "billing")]
    assert tool.status is not SpanStatus.ERROR


def test_a_handoff_that_failed_and_names_nobody_is_none() -> None:
    asked = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "transfer_to_agent"}
    transfer = read({**asked, "gen_ai.agent.name": "billing"}, status=2)
    (run,) = assemble([transfer]).runs
    assert (transfer.kind, run.handoffs) == (SpanKind.HANDOFF, ())
    named = read({**asked, "gen_ai.tool.call.arguments": '{"agent_name": "shipping"}'}, status=2)
    assert [h.to_agent for h in assemble([named]).runs[0].handoffs] == ["shipping"]


def test_dspys_predict_under_mlflow_is_a_step_around_the_call() -> None:
    predict = {"mlflow.spanType": '"LLM"', "signature": '"question -> answer"'}
    assert read(predict, name="Predict.forward").kind is SpanKind.CHAIN
    said = {"mlflow.spanType": '"CHAT_MODEL"', "mlflow.llm.model": '"openai/gpt-4.1-mini"'}
    call = read({**said, "mlflow.spanOutputs": '["On its way."]'}, name="LM.__call__")
    assert (call.kind, call.model_asked, call.output) == (SpanKind.LLM, "openai/gpt-4.1-mini", "On its way.")


def test_dspys_tools_under_mlflow_have_their_own_names() -> None:
    sent = {"mlflow.spanType": '"TOOL"', "name": '"look_up_order"'}
    assert read(sent, name="Tool.look_up_order").tool_name == "look_up_order"
    assert read(sent, name="search").tool_name == "search"


def test_what_a_tool_of_langchain_js_gave_is_in_the_message_around_it() -> None:
    message = {
        "content": '{"ok":false,"reason":"too much"}',
        "tool_call_id": "call_1",
        "name": "issue_refund",
    }
    sent = {
        "lc": 1,
        "type": "constructor",
        "id": ["langchain_core", "messages", "ToolMessage"],
        "kwargs": message,
    }
    output = json.dumps({"output": sent}, separators=(",", ":"))
    span = read({"openinference.span.kind": "TOOL", "tool.name": "issue_refund", "output.value": output})
    assert (span.output, span.tool_call_id) == (message["content"], "call_1")
    assert SpanFlag.NEGATIVE_RESULT in span.flags
    other = read({"openinference.span.kind": "TOOL", "tool.name": "t", "output.value": '{"output":{"lc":1}}'})
    assert other.output == '{"output":{"lc":1}}'
