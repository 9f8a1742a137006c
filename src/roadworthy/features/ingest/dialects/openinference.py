"""OpenInference (Arize Phoenix and its thirty instrumentors).

Source: Arize-ai/openinference, spec/semantic_conventions.md. Spans of instrumentors that rewrite other spans
(Strands, ADK) carry `gen_ai.*` beside it: what OpenInference left open is read from there.
"""

from __future__ import annotations

import re
from dataclasses import replace

from roadworthy.domain.message import Message
from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.any_value import Attributes, as_int, as_json, as_text
from roadworthy.features.ingest.content import put_input, put_messages, put_output, put_tool_definitions
from roadworthy.features.ingest.dialects import openinference_haystack, otel_genai, vercel_ai
from roadworthy.features.ingest.indexed_messages import take_chats
from roadworthy.features.ingest.langchain_metadata import put_metadata
from roadworthy.features.ingest.messages import gemini
from roadworthy.features.ingest.messages.parse import parse_messages
from roadworthy.features.ingest.raw_span import RawSpan

KINDS: dict[str, SpanKind] = {
    "LLM": SpanKind.LLM,
    "TOOL": SpanKind.TOOL,
    "AGENT": SpanKind.AGENT,
    "CHAIN": SpanKind.CHAIN,
    "RETRIEVER": SpanKind.RETRIEVAL,
    "EMBEDDING": SpanKind.EMBEDDING,
    "RERANKER": SpanKind.RERANKER,
    "GUARDRAIL": SpanKind.GUARDRAIL,
    "EVALUATOR": SpanKind.EVALUATOR,
    "PROMPT": SpanKind.PROMPT,
}

_REWRITTEN = "gcp.vertex.agent"
_AI_SDK = "gen_ai"
"""The scope of Vercel's AI SDK 7, rewritten by OpenInference's processor."""
_RESPONSE_ID = re.compile(r'"id": ?"((?:chatcmpl|resp|msg|gen|cmpl|chat)[-_][A-Za-z0-9_-]{8,})"')
_NAMED_ID = re.compile(r'"response_?[Ii]d":')
"""As Gemini calls it, and as a tool may call an argument: only that of the answer itself is meant."""
_AGENT_SPAN = re.compile(
    r"(?:agent_run \[(?P<in_brackets>[^\]]+)\]|invoke_agent (?P<invoked>.+)|(?P<name>[^\[\].]+)\."
    r"(?:run|arun|_execute_core|on_messages|on_messages_stream|run_stream|invoke|ainvoke))$"
)
"""How instrumentors name the span of an agent after it: `triage.run`, `agent_run [triage]`."""
_CURRENT_AGENT = re.compile(r"current_agent_name='([^']+)'")
_EVENT_TAIL = 2_000
_IDS_IN_HISTORY = ".google_genai"
"""Flattens ids of calls with the conversation, not with the answer. Who leaves them out of both (Mistral's)
is not helped by half of them."""
_PRINTED_ERROR = re.compile(r"\s*\w+\([\w.]+\): (.+)")
"""How BeeAI prints an error and, line by line below it, its causes: the last says what happened."""
_LANGCHAIN_RESULT = '{"output":{"lc":'
"""LangChain.js puts what a tool gave into a message, which names the call it answers."""
_LANGCHAIN_JS = "@arizeai/openinference-instrumentation-langchain"
"""Flattens content that is one text, and calls as OpenAI's models ask for them, without their ids: blocks of
content, what Claude and Gemini call, and which call a result answers stand in the raw chat alone."""
_TOOL_SCHEMA = re.compile(r"llm\.tools\.(\d{1,4})\.tool\.json_schema")


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    take = attributes.pop
    span.kind = KINDS.get(as_text(take("openinference.span.kind", "")).upper(), SpanKind.CHAIN)
    span.session_id = as_text(take("session.id", ""))
    span.user_id = as_text(take("user.id", ""))
    span.agent = as_text(take("agent.name", ""))
    if isinstance(metadata := as_json(attributes.get("metadata")), dict):
        put_metadata(span, metadata.get)
    if span.kind is SpanKind.LLM or "llm.model_name" in attributes or "llm.token_count.prompt" in attributes:
        _read_model(attributes, span)
    if raw.scope == openinference_haystack.SCOPE:
        openinference_haystack.read(raw, span)
    elif span.kind is SpanKind.AGENT and not span.agent and (named := _AGENT_SPAN.match(raw.name)):
        span.agent = named["name"] or named["in_brackets"] or named["invoked"]
    elif span.kind is SpanKind.AGENT and not span.agent and "graph.node.id" in attributes:
        span.agent = as_text(attributes["graph.node.id"])
    elif not span.agent and raw.scope.endswith(".llama_index"):
        # LlamaIndex names its agents nowhere but in the printed events of its workflow.
        found = _CURRENT_AGENT.search(as_text(attributes.get("input.value", ""))[-_EVENT_TAIL:])
        span.agent = found[1] if found else ""
    if span.kind is SpanKind.TOOL:
        _read_tool(attributes, span)
    if raw.scope == _REWRITTEN and span.kind is SpanKind.LLM:
        _drop_leftovers(attributes)
    if raw.status_code == 2:
        span.error = _cause(as_text(attributes.get("output.value", "")))
    _read_content(attributes, span)
    if span.kind is SpanKind.LLM:
        span.response_id = span.response_id or _response_id(as_text(attributes.get("output.value", "")))
        if _is_preparation(raw, span):
            span.kind = SpanKind.PROMPT
    if raw.scope == _AI_SDK:
        ended = bool(span.finish_reason) and span.finish_reason != "error"
        vercel_ai.mend_status(raw, span, ended=ended or "gen_ai.tool.call.result" in attributes)
    if "gen_ai.operation.name" in attributes:
        otel_genai.read(raw, span)


def _response_id(answer: str) -> str:
    """Out of the raw answer; "" where it has none."""
    if found := _RESPONSE_ID.search(answer):
        return found[1]
    loaded = as_json(answer) if _NAMED_ID.search(answer) else None
    if not isinstance(loaded, dict):
        return ""
    return as_text(loaded.get("response_id") or loaded.get("responseId"))


def _cause(output: str) -> str:
    """What the innermost of printed errors says; "" where none is printed."""
    head = output[:_EVENT_TAIL]
    if not _PRINTED_ERROR.match(head):
        return ""
    found = [line[1] for line in map(_PRINTED_ERROR.match, head.split("\n")) if line]
    return found[-1] if found else ""


def _drop_leftovers(attributes: Attributes) -> None:
    """Google ADK makes several calls within one span, each writing over the last: `output.value` is that of
    the last call, but tool calls of earlier ones stay among the flattened messages."""
    if parse_messages(attributes.get("output.value"), default_role="assistant"):
        for key in [k for k in attributes if k.startswith("llm.output_messages.")]:
            del attributes[key]


def _read_model(attributes: Attributes, span: Span) -> None:
    take = attributes.pop
    name = as_text(take("llm.model_name", ""))
    span.model_asked = as_text(take("llm.request.model_name", "")) or name
    if not span.model_asked and "llm.invocation_parameters" in attributes:
        # A refused call may name its model nowhere else.
        asked = as_json(attributes["llm.invocation_parameters"])
        span.model_asked = as_text(asked.get("model")) if isinstance(asked, dict) else ""
    span.model_answered = as_text(take("llm.response.model_name", "")) or name
    span.provider = as_text(take("llm.provider", "") or take("llm.system", ""))
    if attributes.get("llm.system") == span.provider:
        del attributes["llm.system"]
    span.finish_reason = as_text(take("llm.finish_reason", ""))
    span.input_tokens = as_int(take("llm.token_count.prompt", None))
    span.output_tokens = as_int(take("llm.token_count.completion", None))
    take("llm.token_count.total", None)
    span.cache_read_tokens = as_int(take("llm.token_count.prompt_details.cache_read", None))
    span.cache_write_tokens = as_int(take("llm.token_count.prompt_details.cache_write", None))
    span.reasoning_tokens = as_int(take("llm.token_count.completion_details.reasoning", None))
    schemas = [(int(found[1]), key) for key in attributes if (found := _TOOL_SCHEMA.fullmatch(key))]
    if schemas:
        put_tool_definitions(span, [take(key) for _, key in sorted(schemas)])


def _read_tool(attributes: Attributes, span: Span) -> None:
    take = attributes.pop
    result = attributes.get("output.value")
    if isinstance(result, str) and result.startswith(_LANGCHAIN_RESULT):
        loaded = as_json(result)
        answer = parse_messages(loaded["output"], default_role="tool") if isinstance(loaded, dict) else ()
        if len(answer) == 1 and answer[0].role == "tool" and put_output(span, answer[0].content):
            span.tool_call_id = answer[0].tool_call_id
            del attributes["output.value"]
    span.tool_name = as_text(take("tool.name", ""))
    if span.scope.endswith(".dspy"):
        span.tool_name = (span.tool_name or span.name).removesuffix(".__call__").removesuffix(".acall")
    if span.tool_name == "finish" and ".dspy" in span.scope:
        # DSPy's ReAct ends its loop with a tool that does nothing.
        span.kind = SpanKind.CHAIN
    call_id = take("tool_call.id", "") or take("tool.id", "") or take("tool.call_id", "")
    span.tool_call_id = as_text(call_id) or span.tool_call_id


def _read_content(attributes: Attributes, span: Span) -> None:
    chats = take_chats(attributes)
    answer = attributes.get("output.value")
    given, said = _with_history(chats.given, answer), chats.said
    given = _with_all_results(given, attributes.get("input.value"))
    if span.scope.endswith(_IDS_IN_HISTORY):
        said = _with_ids(said, answer)
    elif span.scope.startswith(_LANGCHAIN_JS):
        given = _whole(given, attributes.get("input.value"), default_role="user")
        said = _whole(said, answer, default_role="assistant")
    put_messages(span, given=given, said=said)
    chat = span.kind in (SpanKind.LLM, SpanKind.AGENT)
    # A raw request or response says more than the messages read from it: then it stays, too.
    if put_input(span, attributes.get("input.value"), chat=chat) and span.input_format != "messages":
        del attributes["input.value"]
        attributes.pop("input.mime_type", None)
    if put_output(span, attributes.get("output.value"), chat=chat) and span.output_format != "messages":
        del attributes["output.value"]
        attributes.pop("output.mime_type", None)


def _with_history(given: list[Message], answer: object) -> list[Message]:
    """Where google-genai calls the tools itself, the one span there is has the first question and the last
    answer; what came between stands in the raw answer."""
    if not (isinstance(answer, str) and gemini.HISTORY in answer):
        return given
    loaded = as_json(answer)
    told = loaded.get(gemini.HISTORY) if isinstance(loaded, dict) else None
    history = parse_messages(told, default_role="user")
    asked = [message for message in given if message.role != "system"]
    if len(history) <= len(asked):
        return given
    return [*(message for message in given if message.role == "system"), *history]


def _with_all_results(given: list[Message], request: object) -> list[Message]:
    """Results of calls made at once are blocks of one message of Anthropic's, of which flattening keeps the
    last; the raw request has them all."""
    asked = sum(len(message.tool_calls) for message in given)
    told = sum(message.role == "tool" for message in given)
    if not 0 < told < asked:
        return given
    raw = parse_messages(request, default_role="user")
    return list(raw) if sum(message.role == "tool" for message in raw) > told else given


def _with_ids(said: list[Message], answer: object) -> list[Message]:
    """Ids of calls that the flattened answer leaves out and the raw one has."""
    calls = [call for message in said for call in message.tool_calls]
    if all(call.id for call in calls):
        return said
    raw = parse_messages(answer, default_role="assistant")
    told = [call for message in raw for call in message.tool_calls]
    if [call.name for call in told] != [call.name for call in calls]:
        return said
    ids = iter([call.id or known.id for call, known in zip(calls, told, strict=True)])
    return [
        replace(message, tool_calls=tuple(replace(call, id=next(ids)) for call in message.tool_calls))
        for message in said
    ]


def _whole(flattened: list[Message], raw: object, *, default_role: str) -> list[Message]:
    """The chat of the raw request or answer, where it is the same one."""
    told = parse_messages(raw, default_role=default_role) if flattened and isinstance(raw, str) else ()
    same = [one.role for one in told] == [one.role for one in flattened]
    return list(told) if same else flattened


def _is_preparation(raw: RawSpan, span: Span) -> bool:
    """LlamaIndex marks the building of a request as a model call, too: it has nothing of an answer."""
    answered = span.output_format == "messages" or span.output_tokens is not None or span.response_id
    return not answered and raw.status_code != 2 and raw.name.rpartition(".")[2].startswith("_prepare")
