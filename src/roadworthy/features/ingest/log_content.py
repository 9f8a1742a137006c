"""What log records say about a span: content kept out of spans, joined again here."""

from __future__ import annotations

from dataclasses import dataclass, field

from roadworthy.domain.span import ContentFormat, Span


@dataclass(slots=True, kw_only=True)
class LogContent:
    """Content for the span (`trace_id`, `span_id`) of `project`, which may come earlier or later."""

    project: str
    trace_id: str
    span_id: str
    version: int
    at_ns: int = 0
    input: str = ""
    input_format: ContentFormat = ContentFormat.NONE
    output: str = ""
    output_format: ContentFormat = ContentFormat.NONE
    tool_definitions: str = ""
    attributes: dict[str, str] = field(default_factory=dict)


def join_content(span: Span, content: LogContent) -> Span:
    """A copy of `span` with what `content` adds; what the span itself holds wins. Joining twice changes
    nothing more. The copy's version is the higher of the two."""
    raise NotImplementedError
