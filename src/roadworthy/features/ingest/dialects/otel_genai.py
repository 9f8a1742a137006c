"""OpenTelemetry's own GenAI conventions, current and older names.

Source: open-telemetry/semantic-conventions-genai (spans, agent spans, events), and the versions before the
split, 1.28 to 1.40. Everything that speaks `gen_ai.*` goes through here; dialects with extras of their own
(OpenLLMetry, Pydantic AI, Strands, ADK ...) read those first and then call `read`.
"""

from __future__ import annotations

from typing import Any

from roadworthy.domain.span import ContentFormat, Span, SpanKind
from roadworthy.features.ingest.any_value import Attributes, as_int, as_text
from roadworthy.features.ingest.content import (
    put_input,
    put_messages,
    put_output,
    put_tool_definitions,
    system_messages,
)
from roadworthy.features.ingest.dialects.span_events import read_events
from roadworthy.features.ingest.indexed_messages import Chats, take_chats
from roadworthy.features.ingest.messages.parse import chat_text, dump_messages
from roadworthy.features.ingest.messages.python_repr import printed_content
from roadworthy.features.ingest.raw_span import RawSpan

# Enum members that every span is compared with: in Python 3.11 looking one up costs ten times the comparing.
_LLM, _TOOL, _OTHER, _MESSAGES = SpanKind.LLM, SpanKind.TOOL, SpanKind.OTHER, ContentFormat.MESSAGES

KINDS: dict[str, SpanKind] = {
    "chat": SpanKind.LLM,
    "generate_content": SpanKind.LLM,
    "text_completion": SpanKind.LLM,
    "completion": SpanKind.LLM,
    "responses": SpanKind.LLM,
    "message": SpanKind.LLM,
    "embeddings": SpanKind.EMBEDDING,
    "embedding": SpanKind.EMBEDDING,
    "retrieval": SpanKind.RETRIEVAL,
    "rerank": SpanKind.RERANKER,
    "invoke_agent": SpanKind.AGENT,
    "invoke_workflow": SpanKind.WORKFLOW,
    "workflow": SpanKind.WORKFLOW,
    "execute_tool": SpanKind.TOOL,
    "handoff": SpanKind.HANDOFF,
    "transfer_agent": SpanKind.HANDOFF,
    "plan": SpanKind.PLAN,
    "memory": SpanKind.MEMORY,
    "search_memory": SpanKind.MEMORY,
    "create_memory": SpanKind.MEMORY,
    "update_memory": SpanKind.MEMORY,
    "delete_memory": SpanKind.MEMORY,
    "upsert_memory": SpanKind.MEMORY,
    "guardrail": SpanKind.GUARDRAIL,
    "evaluate": SpanKind.EVALUATOR,
}
"""Operations that name a kind. Others (create_agent, agent_step, execute_task ...) stay attributes."""

_STEPS = frozenset(
    {"execute_task", "agent_step", "execute_event_loop_cycle", "execute_step", "step", "task", "chain"}
)
_REQUEST_TYPES = {
    "chat": SpanKind.LLM,
    "completion": SpanKind.LLM,
    "embedding": SpanKind.EMBEDDING,
    "rerank": SpanKind.RERANKER,
}
_SYSTEM_ROLE = '"role":"system"'
_FLATTENED = ("gen_ai.prompt.0.role", "gen_ai.completion.0.role", "gen_ai.prompt.0.content")


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    take = attributes.pop
    if span.kind is _OTHER:
        _read_kind(attributes, span)
    span.provider = span.provider or as_text(take("gen_ai.provider.name", "") or take("gen_ai.system", ""))
    _read_names(attributes, span)
    if "gen_ai.request.model" in attributes or "gen_ai.response.model" in attributes:
        span.model_asked = span.model_asked or as_text(take("gen_ai.request.model", ""))
        span.model_answered = span.model_answered or as_text(take("gen_ai.response.model", ""))
    span.response_id = span.response_id or as_text(take("gen_ai.response.id", ""))
    if "gen_ai.response.finish_reasons" in attributes:
        span.finish_reason = span.finish_reason or finish_reason(take("gen_ai.response.finish_reasons"))
    read_usage(attributes, span)
    # On a model's span they name the call it asked for, which stands in its answer.
    if span.kind is _TOOL or ("gen_ai.tool.name" in attributes and span.kind is not _LLM):
        _read_tool(attributes, span)
    read_content(attributes, span)
    if raw.events:
        read_events(raw, span)


def _read_kind(attributes: Attributes, span: Span) -> None:
    operation = attributes.get("gen_ai.operation.name")
    if operation is None:
        span.kind = _guessed_kind(attributes)
        return
    if operation.__class__ is not str:
        return
    kind = KINDS.get(operation)
    if kind is not None:
        span.kind = kind
        del attributes["gen_ai.operation.name"]
    elif operation in _STEPS:
        span.kind = SpanKind.CHAIN


def _guessed_kind(attributes: Attributes) -> SpanKind:
    request_type = attributes.get("llm.request.type")
    if isinstance(request_type, str) and request_type in _REQUEST_TYPES:
        return _REQUEST_TYPES[request_type]
    if "gen_ai.tool.name" in attributes or "gen_ai.tool.call.id" in attributes:
        return SpanKind.TOOL
    if "gen_ai.request.model" in attributes or "gen_ai.response.model" in attributes:
        return SpanKind.LLM
    if "gen_ai.agent.name" in attributes:
        return SpanKind.AGENT
    if "gen_ai.workflow.name" in attributes:
        return SpanKind.WORKFLOW
    return SpanKind.OTHER


def _read_names(attributes: Attributes, span: Span) -> None:
    take = attributes.pop
    # A field a dialect has filled already keeps its value; the attribute then stays in the map.
    if not span.agent:
        span.agent = as_text(take("gen_ai.agent.name", ""))
    if not span.workflow:
        span.workflow = as_text(take("gen_ai.workflow.name", ""))
    if not span.session_id:
        span.session_id = as_text(
            take("session.id", "") or take("gen_ai.conversation.id", "") or take("gen_ai.session.id", "")
        )
    if span.session_id and attributes.get("gen_ai.conversation.id") == span.session_id:
        del attributes["gen_ai.conversation.id"]
    if not span.user_id:
        span.user_id = as_text(take("user.id", "") or take("enduser.id", "") or take("gen_ai.user.id", ""))


def finish_reason(value: Any) -> str:
    """The last reason of a list, of the JSON of a list, or the text itself."""
    if isinstance(value, str):
        if value[:1] == "[":
            value = value.strip("[]\"' ")
        return str(value)
    if isinstance(value, list):
        return as_text(value[-1]) if value else ""
    return as_text(value)


_INPUT_TOKENS = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens")
_OUTPUT_TOKENS = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.usage.completion_tokens",
)
_TOKEN_NAMES = frozenset((*_INPUT_TOKENS, *_OUTPUT_TOKENS))
_CACHE_READ = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.details.cache_read_tokens",
    "gen_ai.usage.input_token_details.cache_read",
    "gen_ai.usage.cached_tokens",
)
_CACHE_WRITE = (
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.cache_write_input_tokens",
    "gen_ai.usage.details.cache_write_tokens",
    "gen_ai.usage.input_token_details.cache_creation",
)
_REASONING = (
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.reasoning_tokens",
    "gen_ai.usage.reasoning.tokens",
    "gen_ai.usage.details.reasoning_tokens",
    "gen_ai.usage.output_token_details.reasoning",
)
_DETAILS = frozenset((*_CACHE_READ, *_CACHE_WRITE, *_REASONING))
_CACHE_APART = (
    "opentelemetry.instrumentation.bedrock",
    "opentelemetry.instrumentation.genai.bedrock",
    "opentelemetry.instrumentation.botocore.bedrock-runtime",
)
"""Scopes that hand on what AWS counts: cached tokens stand beside the input, which by convention has them."""


def read_usage(attributes: Attributes, span: Span) -> None:
    """Tokens in all spellings seen; what a dialect set before stays."""
    take = attributes.pop
    if _TOKEN_NAMES.isdisjoint(attributes):
        if span.input_tokens is None and span.output_tokens is None:
            return
    else:
        if span.input_tokens is None:
            span.input_tokens = _first(attributes, *_INPUT_TOKENS)
        if span.output_tokens is None:
            span.output_tokens = _first(attributes, *_OUTPUT_TOKENS)
    if span.input_tokens is None and span.output_tokens is None:
        return
    # Sums of the two and repetitions under older names say nothing new.
    take("gen_ai.usage.total_tokens", None)
    take("llm.usage.total_tokens", None)
    if not _DETAILS.isdisjoint(attributes):
        if span.cache_read_tokens is None:
            span.cache_read_tokens = _first(attributes, *_CACHE_READ)
        if span.cache_write_tokens is None:
            span.cache_write_tokens = _first(attributes, *_CACHE_WRITE)
        if span.reasoning_tokens is None:
            span.reasoning_tokens = _first(attributes, *_REASONING)
    if span.input_tokens is not None and span.scope.startswith(_CACHE_APART):
        span.input_tokens += (span.cache_read_tokens or 0) + (span.cache_write_tokens or 0)


def _first(attributes: Attributes, *names: str) -> int | None:
    """The first name that holds a number; equal numbers under the other names go with it."""
    found: int | None = None
    for name in names:
        if name in attributes:
            number = as_int(attributes[name])
            if found is None and number is not None:
                found = number
                del attributes[name]
            elif number is not None and number == found:
                del attributes[name]
    return found


def _read_tool(attributes: Attributes, span: Span) -> None:
    take = attributes.pop
    if not span.tool_name:
        span.tool_name = as_text(take("gen_ai.tool.name", ""))
    elif attributes.get("gen_ai.tool.name") == span.tool_name:
        del attributes["gen_ai.tool.name"]
    if not span.tool_call_id:
        call_id = as_text(take("gen_ai.tool.call.id", ""))
        span.tool_call_id = "" if call_id.startswith("<") else call_id
    if put_input(span, attributes.get("gen_ai.tool.call.arguments")):
        del attributes["gen_ai.tool.call.arguments"]
    if put_output(span, printed_content(attributes.get("gen_ai.tool.call.result"))):
        del attributes["gen_ai.tool.call.result"]


def read_content(attributes: Attributes, span: Span) -> None:
    """Messages, system instructions and tool definitions, whole or flattened."""
    given, said = attributes.get("gen_ai.input.messages"), attributes.get("gen_ai.output.messages")
    system = attributes.get("gen_ai.system_instructions")
    if given is not None or system is not None:
        _put_given(attributes, span, given, system)
    if said is not None and put_output(span, said, chat=True):
        del attributes["gen_ai.output.messages"]
    for name in _FLATTENED:
        if name in attributes:
            _put_flattened(take_chats(attributes), span)
            break
    if "gen_ai.tool.definitions" in attributes and put_tool_definitions(
        span, attributes["gen_ai.tool.definitions"]
    ):
        del attributes["gen_ai.tool.definitions"]
    _read_older_content(attributes, span)


def _put_flattened(chats: Chats, span: Span) -> None:
    """Beside messages told whole, flattened ones leave results of tools out (Laminar): then only the
    instructions count that the others do not have."""
    given, said = chats.given, chats.said
    if span.input_format == ContentFormat.MESSAGES:
        if given and given[0].role == "system" and _SYSTEM_ROLE not in span.input:
            span.input = f"{dump_messages(given[:1])[:-1]},{span.input[1:]}"
        given = []
    if span.output_format == ContentFormat.MESSAGES:
        said = []
    put_messages(span, given=given, said=said)


def _put_given(attributes: Attributes, span: Span, given: Any, system: Any) -> None:
    if span.input:
        return
    chat = chat_text(given, default_role="user") if given is not None else ""
    if given is not None and not chat:
        if given not in ("[]", []):  # Semantic Kernel's agents, where the conversation is kept elsewhere
            put_input(span, given)
        del attributes["gen_ai.input.messages"]
        return
    instructions = system_messages(system) if system is not None else []
    if instructions:
        del attributes["gen_ai.system_instructions"]
        first = dump_messages(instructions)
        if not chat:
            chat = first
        elif not chat.startswith(first[:-1]):  # OpenLIT says them in both places
            chat = f"{first[:-1]},{chat[1:]}"
    if given is not None:
        del attributes["gen_ai.input.messages"]
    if chat:
        span.input, span.input_format = chat, _MESSAGES


def _read_older_content(attributes: Attributes, span: Span) -> None:
    """`gen_ai.prompt` and `gen_ai.completion` as one value each (LangSmith, LangChain4j, first drafts)."""
    if "gen_ai.prompt" in attributes and put_input(span, attributes["gen_ai.prompt"], chat=True):
        del attributes["gen_ai.prompt"]
    if "gen_ai.completion" in attributes and put_output(span, attributes["gen_ai.completion"], chat=True):
        del attributes["gen_ai.completion"]
