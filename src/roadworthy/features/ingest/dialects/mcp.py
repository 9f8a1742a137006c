"""Model Context Protocol, client and server side.

Source: OTel semantic conventions for MCP (mcp.method.name, jsonrpc.request.id, mcp.session.id).
"""

from __future__ import annotations

from roadworthy.domain.span import Span, SpanKind
from roadworthy.features.ingest.any_value import as_text
from roadworthy.features.ingest.dialects import otel_genai
from roadworthy.features.ingest.raw_span import RawSpan

_CALL = "tools/call"


def read(raw: RawSpan, span: Span) -> None:
    attributes = raw.attributes
    method = as_text(attributes.get("mcp.method.name"))
    if method == _CALL:
        span.kind = SpanKind.TOOL
        if attributes.get("gen_ai.operation.name") == "execute_tool":
            del attributes["gen_ai.operation.name"]
        named = raw.name.partition(_CALL)[2].strip()
        span.tool_name = as_text(attributes.pop("gen_ai.tool.name", "")) or named
    else:
        span.kind = SpanKind.MCP
    otel_genai.read(raw, span)
