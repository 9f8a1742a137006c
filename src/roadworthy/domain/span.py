"""One step of a run, in the one shape every dialect is turned into."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class SpanKind(StrEnum):
    """What a step did. `OTHER` is a span no GenAI convention describes (HTTP, database, plain code)."""

    AGENT = "agent"
    WORKFLOW = "workflow"
    LLM = "llm"
    TOOL = "tool"
    RETRIEVAL = "retrieval"
    EMBEDDING = "embedding"
    RERANKER = "reranker"
    HANDOFF = "handoff"
    GUARDRAIL = "guardrail"
    EVALUATOR = "evaluator"
    PLAN = "plan"
    MEMORY = "memory"
    PROMPT = "prompt"
    CHAIN = "chain"
    MCP = "mcp"
    OTHER = "other"


class SpanStatus(StrEnum):
    """The status after hidden errors were found: see `Span.flags` for `inferred_error`."""

    OK = "ok"
    ERROR = "error"
    UNSET = "unset"


class ContentFormat(StrEnum):
    """How `Span.input` and `Span.output` are to be read."""

    NONE = ""
    TEXT = "text"
    JSON = "json"
    MESSAGES = "messages"
    """A JSON array of `domain.message.Message` objects."""


class SpanFlag(StrEnum):
    """What a reader must know before believing a span."""

    AGGREGATE = "aggregate"
    """Its token counts are totals of its children; it is not a call of its own."""
    INFERRED = "inferred"
    """No span was sent for this step: it was read out of the messages of its neighbours."""
    INFERRED_ERROR = "inferred_error"
    """Its status said OK, what it carried said otherwise."""
    NEGATIVE_RESULT = "negative_result"
    """A tool result that says no (`{"ok": false}`) without being a failure of the tool."""
    UNENDED = "unended"
    CLOCK_SKEW = "clock_skew"
    """Start or end is more than a day away from the time of receipt, or the end lies before the start."""
    DUPLICATE = "duplicate"
    """Reports the same call as another span (`merged_into`); shown, not counted."""
    ORPHAN = "orphan"
    """Its parent was not received."""
    PARENT_CYCLE = "parent_cycle"
    ESTIMATED_TOKENS = "estimated_tokens"
    MASKED = "masked"
    """A secret was masked in it before it was stored."""
    TRUNCATED = "truncated"
    PLACEHOLDER = "placeholder"
    """Only content for it has come so far (a log record); the span itself is still on its way."""


@dataclass(slots=True, kw_only=True)
class Span:
    """A canonical span. Identity is (project, trace_id, span_id); a later `version` replaces an earlier.

    Not frozen: it is built on the hot path, where frozen construction costs twice as much. Treat it as
    frozen once it has left `features.ingest`.

    Times are Unix ns; `end_ns` is 0 while the span has not ended. Tokens are counts; None is unknown,
    never 0. Money is USD; None is unknown.
    """

    project: str
    trace_id: str
    """32 lower-case hex digits."""
    span_id: str
    """16 lower-case hex digits."""
    parent_id: str = ""
    """16 lower-case hex digits, "" for a root."""
    name: str = ""
    kind: SpanKind = SpanKind.OTHER
    dialect: str = ""
    """Which convention it spoke: the name of a module in `features.ingest.dialects`."""
    scope: str = ""
    """Name of the instrumentation scope."""
    start_ns: int = 0
    end_ns: int = 0
    received_ns: int = 0
    version: int = 0
    """Offset in the intake log of the record that said this last."""
    status: SpanStatus = SpanStatus.UNSET
    error_type: str = ""
    error: str = ""
    """Message of the error, "" where there is none."""
    service: str = ""
    release: str = ""
    environment: str = ""
    agent: str = ""
    workflow: str = ""
    session_id: str = ""
    user_id: str = ""
    provider: str = ""
    model_asked: str = ""
    model_answered: str = ""
    response_id: str = ""
    finish_reason: str = ""
    input_tokens: int | None = None
    """All input tokens, cached ones included."""
    output_tokens: int | None = None
    """All output tokens, reasoning ones included."""
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: float | None = None
    tool_name: str = ""
    tool_call_id: str = ""
    handoff_to: str = ""
    """Agent this step hands the task to."""
    input: str = ""
    input_format: ContentFormat = ContentFormat.NONE
    output: str = ""
    output_format: ContentFormat = ContentFormat.NONE
    tool_definitions: str = ""
    """JSON array of the tools the model was offered, "" where none."""
    outcome: str = ""
    """What `roadworthy.outcome` or a convention said on this span: success, failure or ""."""
    outcome_reason: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    """Every attribute not held by a field above, resource attributes as `resource.<key>`. Strings as sent,
    other values as JSON."""
    events: str = ""
    """JSON array of {"name", "time_ns", "attributes"}, "" where none."""
    links: str = ""
    """JSON array of {"trace_id", "span_id", "attributes"}, "" where none."""
    flags: tuple[str, ...] = ()
    merged_into: str = ""
    """span_id of the span that is counted in its place (set by run assembly, on reading)."""
    join_keys: tuple[str, ...] = ()
    """What it shares with spans of other traces of the same run (`features.ingest.runs`)."""

    @property
    def duration_ns(self) -> int | None:
        """None while unended; 0 where clocks went backwards."""
        return max(0, self.end_ns - self.start_ns) if self.end_ns else None
