"""Vercel AI SDK 3 to 6 (`ai.*`); 7 sends OTel GenAI.

Source: ai-sdk.dev, "Telemetry". `ai.<call>.do<Call>` is the model call; the span around it repeats the sum of
its calls, so its tokens are an aggregate.

OpenInference's span processor for it (`@arizeai/openinference-vercel`) leaves these attributes as they are,
and says them again in its own words, worse: arguments encoded twice, empty tool calls, no session. What the
SDK said counts.
"""

from __future__ import annotations

import orjson

from roadworthy.domain.message import Message, ToolCall
from roadworthy.domain.span import Span, SpanKind, SpanStatus
from roadworthy.features.ingest.any_value import Attributes, as_int, as_json, as_text
from roadworthy.features.ingest.content import put_input, put_messages, put_output, put_tool_definitions
from roadworthy.features.ingest.dialects import otel_genai
from roadworthy.features.ingest.raw_span import RawSpan

_METADATA = "ai.telemetry.metadata."
_SAID_AGAIN = (
    "llm.",
    "input.",
    "output.",
    "metadata.",
    "embedding.",
    "tool.",
    "tool_call.",
    "openinference.",
)


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    take = attributes.pop
    operation = as_text(take("ai.operationId", ""))
    if "openinference.span.kind" in attributes:
        for name in [name for name in attributes if name.startswith(_SAID_AGAIN)]:
            del attributes[name]
        mend_status(raw, span, ended=_ended(attributes))
    span.kind = _kind(operation)
    span.agent = as_text(take("ai.telemetry.functionId", ""))
    for name in ("sessionId", "session_id", "conversationId", "threadId", "chatId"):
        if not span.session_id:
            span.session_id = as_text(take(_METADATA + name, ""))
    span.user_id = as_text(take(_METADATA + "userId", "") or take(_METADATA + "user_id", ""))
    if span.kind is SpanKind.TOOL:
        _read_tool(attributes, span)
    else:
        _read_model(attributes, span)
    attributes.setdefault("ai.operationId", operation)
    otel_genai.read(raw, span)


def mend_status(raw: RawSpan, span: Span, *, ended: bool) -> None:
    """OpenInference's processor gives the error of one span to those that end after it. The SDK records an
    exception where it fails: who has none and came to an end did not fail."""
    if raw.status_code == 2 and raw.status_message and ended and raw.exception() is None:
        span.status = SpanStatus.OK


def _ended(attributes: Attributes) -> bool:
    reason = attributes.get("ai.response.finishReason")
    gave = "ai.toolCall.result" in attributes or "ai.toolCall.output" in attributes
    return gave or reason not in (None, "", "error")


def _kind(operation: str) -> SpanKind:
    if operation == "ai.toolCall":
        return SpanKind.TOOL
    call = operation.rpartition(".")[2]
    if "embed" in operation.lower():
        return SpanKind.EMBEDDING if call.startswith("do") else SpanKind.CHAIN
    if "rerank" in operation.lower():
        return SpanKind.RERANKER if call.startswith("do") else SpanKind.CHAIN
    return SpanKind.LLM if call.startswith("do") and call[2:3].isupper() else SpanKind.AGENT


def _read_tool(attributes: Attributes, span: Span) -> None:
    take = attributes.pop
    span.tool_name = as_text(take("ai.toolCall.name", ""))
    span.tool_call_id = as_text(take("ai.toolCall.id", ""))
    put_input(span, take("ai.toolCall.args", take("ai.toolCall.input", None)))
    put_output(span, take("ai.toolCall.result", take("ai.toolCall.output", None)))


def _read_model(attributes: Attributes, span: Span) -> None:
    take = attributes.pop
    span.model_asked = as_text(take("ai.model.id", ""))
    span.model_answered = as_text(take("ai.response.model", ""))
    span.provider = as_text(take("ai.model.provider", "")).partition(".")[0]
    if as_text(attributes.get("gen_ai.system")).partition(".")[0] == span.provider:
        attributes.pop("gen_ai.system", None)
    span.response_id = as_text(take("ai.response.id", ""))
    span.finish_reason = as_text(take("ai.response.finishReason", ""))
    span.input_tokens = _tokens(
        attributes, "ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens"
    )
    span.output_tokens = _tokens(attributes, "ai.usage.outputTokens", "ai.usage.completionTokens")
    span.cache_read_tokens = _tokens(
        attributes, "ai.usage.cachedInputTokens", "ai.usage.inputTokenDetails.cacheReadTokens"
    )
    span.cache_write_tokens = _tokens(attributes, "ai.usage.inputTokenDetails.cacheWriteTokens")
    span.reasoning_tokens = _tokens(
        attributes, "ai.usage.reasoningTokens", "ai.usage.outputTokenDetails.reasoningTokens"
    )
    _drop_repetitions(attributes, span)
    _read_content(attributes, span)


def _tokens(attributes: Attributes, *names: str) -> int | None:
    found: int | None = None
    for name in names:
        number = as_int(attributes.pop(name, None))
        if found is None:
            found = number
    return found


def _drop_repetitions(attributes: Attributes, span: Span) -> None:
    """The SDK says model, id and tokens again under `gen_ai.*`."""
    for name, value in (
        ("gen_ai.request.model", span.model_asked),
        ("gen_ai.response.model", span.model_answered),
        ("gen_ai.response.id", span.response_id),
        ("gen_ai.usage.input_tokens", span.input_tokens),
        ("gen_ai.usage.output_tokens", span.output_tokens),
    ):
        if name in attributes and attributes[name] == value:
            del attributes[name]
    attributes.pop("ai.usage.totalTokens", None)


def _read_content(attributes: Attributes, span: Span) -> None:
    take = attributes.pop
    given = take("ai.prompt.messages", None)
    put_input(span, given if given is not None else take("ai.prompt", None), chat=True)
    put_input(span, take("ai.value", None) or take("ai.values", None))
    put_tool_definitions(span, take("ai.prompt.tools", None))
    text = as_text(take("ai.response.text", ""))
    calls = as_json(take("ai.response.toolCalls", None))
    if text or calls:
        put_messages(span, said=[_answer(text, calls if isinstance(calls, list) else [])])
    put_output(span, take("ai.response.object", None) or take("ai.embedding", None))


def _answer(text: str, calls: list[object]) -> Message:
    read = []
    for call in calls:
        if isinstance(call, dict):
            given = call.get("input", call.get("args", ""))
            read.append(
                ToolCall(
                    id=as_text(call.get("toolCallId")),
                    name=as_text(call.get("toolName")),
                    arguments=given if isinstance(given, str) else orjson.dumps(given).decode(),
                )
            )
    return Message(role="assistant", content=text, tool_calls=tuple(read))
