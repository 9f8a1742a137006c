"""LiteLLM's own OpenTelemetry callback: OTel GenAI, beside names of OpenLLMetry and of its own.

It writes onto the span of whoever called it, call after call: of several calls within one span of the
application only the last is left, and what the calls before said is in its messages.
"""

from __future__ import annotations

from roadworthy.domain.message import Message, ToolCall
from roadworthy.domain.span import Span
from roadworthy.features.ingest.any_value import as_text
from roadworthy.features.ingest.content import put_messages
from roadworthy.features.ingest.dialects import traceloop
from roadworthy.features.ingest.raw_span import RawSpan

_CALL = "gen_ai.completion.0.function_call."
_ANSWER = "gen_ai.output.messages"


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    failed = "error.type" in attributes and raw.exception() is not None
    # After a failure the answer is still that of the call before.
    stale = attributes.pop(_ANSWER, None) if failed else None
    traceloop.read(raw, span)
    if stale is not None:
        attributes[_ANSWER] = stale
    name, arguments = attributes.get(_CALL + "name"), attributes.get(_CALL + "arguments")
    if name and not failed and '"tool_calls":' not in span.output:
        # The messages it sends leave out the calls they ask for.
        call = ToolCall(name=as_text(name), arguments=as_text(arguments))
        put_messages(span, said=[Message(role="assistant", tool_calls=(call,))])
