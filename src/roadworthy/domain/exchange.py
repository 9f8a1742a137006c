"""One call of an agent through the gateway, to a model or to a system: what was asked, answered and paid."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from roadworthy.domain.typed_failure import TypedFailure


class ExchangeKind(StrEnum):
    MODEL = "model"
    TOOL = "tool"
    """A tool of a connector, by MCP or plain HTTP."""


class Dialect(StrEnum):
    """How the bytes are to be read. A dialect is never translated into another."""

    OPENAI_CHAT = "openai_chat"
    OPENAI_RESPONSES = "openai_responses"
    OPENAI_EMBEDDINGS = "openai_embeddings"
    ANTHROPIC_MESSAGES = "anthropic_messages"
    GEMINI = "gemini"
    MCP = "mcp"
    HTTP = "http"
    """A plain HTTP connector, or a call the gateway passes on without reading it."""


class Ending(StrEnum):
    COMPLETE = "complete"
    FAILED = "failed"
    """The agent got a typed failure, or the upstream's own error."""
    CUT_OFF = "cut_off"
    """The upstream ended or stalled in the middle of a stream."""
    ABORTED = "aborted"
    """The agent went away."""
    REFUSED = "refused"
    """No upstream was asked: key, limit, budget, contract."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at one upstream."""

    upstream: str
    """`provider/model` or the connector's name."""
    started_ns: int
    elapsed_ms: float
    status: int | None = None
    """Of HTTP; None where none came."""
    failure: str = ""
    """A FailureCode, "" where it answered."""
    hedge: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """None is unknown, never 0. `input` includes what was read from a cache, `output` what was reasoned."""

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None
    estimated: bool = False
    """The stream was aborted before usage came: counted from the bytes that did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Whose call it was. Empty strings are unknown."""

    trace_id: str = ""
    """32 hex digits, of traceparent."""
    span_id: str = ""
    """16 hex digits: the caller's span."""
    run_id: str = ""
    """The run, where the caller named it (x-roadworthy-run, baggage) or it was joined later."""
    session_id: str = ""
    by: str = ""
    """What bound it to a run: header, traceparent, baggage, response_id, prefix; "" while nothing did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Identity is (project, id). Ids sort by time (UUID 7, 32 hex digits)."""

    project: str
    id: str
    kind: ExchangeKind
    dialect: Dialect
    agent: str
    release: str = ""
    key_id: str = ""
    target: str
    """The route, or `connector.tool`."""
    asked: str = ""
    """The model the agent named, or the tool."""
    pinned: str = ""
    """The model of the route that was asked of the upstream."""
    answered: str = ""
    """The model that the answer says it is from."""
    upstream: str = ""
    """Of the attempt that answered."""
    started_ns: int
    first_byte_ms: float | None = None
    elapsed_ms: float
    streamed: bool = False
    status: int | None = None
    """What the agent got."""
    ending: Ending
    failure: TypedFailure | None = None
    attempts: tuple[Attempt, ...] = ()
    cached: bool = False
    fault: str = ""
    """The fault that a drill put into it; "" for none."""
    drill: str = ""
    """Id of the drill or canary experiment it belonged to."""
    tokens: Tokens | None = None
    cost_usd: float | None = None
    response_id: str = ""
    """The upstream's id of its answer: joins the span that carries gen_ai.response.id."""
    binding: Binding = field(default_factory=Binding)
    request_bytes: int = 0
    response_bytes: int = 0
    recording: str = ""
    """Digest of the recording in the blob store; "" where none was kept."""
    contract_findings: tuple[str, ...] = ()
    """What of the tool's contract did not hold, one line each."""


LISTED = "tools/list"
"""Target of what the gateway told an agent of its tools."""


def is_listing(exchange: Exchange) -> bool:
    """Whether it is no call: the tools that an agent was shown, kept each time they change. `asked` is the
    form of it, `modern` or `older`. It belongs to no run, and nothing is learned from it."""
    return exchange.target == LISTED and exchange.dialect is Dialect.MCP and exchange.upstream == LISTED
