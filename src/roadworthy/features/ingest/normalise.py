"""A raw span of any dialect to the canonical span."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from roadworthy.domain.span import Span, SpanFlag, SpanKind, SpanStatus
from roadworthy.features.ingest.any_value import Attributes, as_text
from roadworthy.features.ingest.dialects import claude_code, langsmith
from roadworthy.features.ingest.dialects.roadworthy_sdk import overlay
from roadworthy.features.ingest.dialects.table import Dialect, of_scope, recognise
from roadworthy.features.ingest.handoffs import FINAL_ANSWERS, handoff_target, is_handoff
from roadworthy.features.ingest.join_keys import keys_of, topic_key
from roadworthy.features.ingest.raw_span import Frame, RawSpan
from roadworthy.kit.compiled import COMPILED
from roadworthy.kit.tool_results import Verdict, judge

# Enum members that every span is compared with: in Python 3.11 looking one up costs ten times the comparing.
_TOOL, _UNSET, _ERROR = SpanKind.TOOL, SpanStatus.UNSET, SpanStatus.ERROR
_DAY_NS = 86_400 * 1_000_000_000
_CALLS = frozenset({SpanKind.LLM, SpanKind.EMBEDDING, SpanKind.RERANKER})
_QUIET = frozenset({SpanKind.LLM, SpanKind.AGENT, SpanKind.WORKFLOW, SpanKind.CHAIN})
_STATUS = {0: SpanStatus.UNSET, 1: SpanStatus.OK, 2: SpanStatus.ERROR}
_OTEL_KINDS = {2: "server", 3: "client", 4: "producer", 5: "consumer"}


@dataclass(slots=True)
class Source:
    """What the spans of one resource and scope share; made once, read for each of them."""

    project: str
    version: int
    resource: dict[str, str]
    dialect: Dialect | None
    blank: Span
    """What a span of this source begins as."""

    @classmethod
    def of(cls, resource: Attributes, *, scope: str, project: str, received_ns: int, version: int) -> Source:
        get = resource.get
        return cls(
            project=project,
            version=version,
            resource={
                f"resource.{key}": as_text(value)
                for key, value in resource.items()
                if key not in ("service.name", "service.version", "roadworthy.release")
            },
            dialect=of_scope(scope),
            blank=Span(
                project=project,
                trace_id="",
                span_id="",
                scope=scope,
                received_ns=received_ns,
                version=version,
                service=as_text(get("service.name")),
                release=as_text(get("roadworthy.release") or get("service.version")),
                environment=as_text(get("deployment.environment.name") or get("deployment.environment")),
            ),
        )


def copied_by_python(blank: Span) -> Span:
    return Span(
        project=blank.project,
        trace_id="",
        span_id="",
        scope=blank.scope,
        received_ns=blank.received_ns,
        version=blank.version,
        service=blank.service,
        release=blank.release,
        environment=blank.environment,
    )


def kept_by_python(
    resource: dict[str, str], attributes: Attributes, text_of: Callable[[Any], str]
) -> dict[str, str]:
    both = resource.copy()
    for key, value in attributes.items():
        both[key] = value if value.__class__ is str else text_of(value)
    return both


def any_begins_by_python(attributes: Attributes, prefix: str) -> bool:
    # A plain loop: it runs for every span, and a generator costs three times as much.
    length = len(prefix)
    for key in attributes:  # noqa: SIM110
        if key[:length] == prefix:
            return True
    return False


copied: Callable[[Span], Span] = getattr(COMPILED, "copied", copied_by_python)
kept: Callable[..., dict[str, str]] = getattr(COMPILED, "kept", kept_by_python)
any_begins: Callable[[Attributes, str], bool] = getattr(COMPILED, "any_begins", any_begins_by_python)


def normalise(raw: RawSpan, frame: Frame, source: Source) -> Span:
    """Takes `raw` apart. Never raises on anything that came through OTLP."""
    span = copied(source.blank)
    span.trace_id = frame.trace_id
    span.span_id = frame.span_id
    span.parent_id = frame.parent_id
    span.name = raw.name
    span.start_ns = frame.start_ns
    span.end_ns = frame.end_ns
    dialect = recognise(raw, source.dialect)
    if dialect is not None:
        span.dialect = dialect.name
        dialect.read(raw, span)
    # Langfuse's span processor says them on whatever span comes by.
    span.release = span.release or as_text(raw.attributes.get("langfuse.release"))
    span.environment = span.environment or as_text(raw.attributes.get("langfuse.environment"))
    run_id = overlay(raw.attributes, span) if any_begins(raw.attributes, "roadworthy.") else ""
    flags: list[str] = []
    _read_status(raw, span, flags)
    if span.kind is _TOOL:
        if span.tool_name.startswith("mcp__"):
            # Claude's clients put the server's name before the tool's.
            raw.attributes.setdefault("gen_ai.tool.name", span.tool_name)
            span.tool_name = span.tool_name.rpartition("__")[2]
        _settle_tool(span, flags)
    _flag(span, flags)
    if flags:
        span.flags = tuple(flags)
    _keep_rest(raw, frame, span, source)
    if dialect is not None or run_id:
        _set_join_keys(span, frame, run_id)
    return span


_SAYS_NOTHING = frozenset({"run status: error"})
"""What Agno's agents say of every failure: then the step below that failed is asked."""
_TRACEBACK = "Traceback (most recent call last):"
_PASSES_ON = re.compile(r"(?:[\w.]+\.)?(?:ParentCommand|GraphInterrupt|NodeInterrupt)\b")
"""What LangGraph raises to hand the task to another agent, or to wait for a person: nothing went wrong."""
_JS_FRAME = "\n    at "
_HEADERS = re.compile(r"headers: \{.*?\}, (?=status_code: \d)", re.DOTALL)
"""What SDKs made by Fern (Cohere's) print before status and body: dates, ids and cookies."""


def _message(text: str) -> str:
    """LangSmith writes the traceback behind the message, LangChain.js the stack, which begins with the
    message again; in the event they stay."""
    told = text.partition(_TRACEBACK)[0].rstrip()
    if not told or told.endswith(":"):
        # Nothing was said before it, or only that it follows: its last line is what was said.
        told = text
    if found := _HEADERS.match(told):
        told = told[found.end() :]
    if _JS_FRAME in told:
        told = told.partition(_JS_FRAME)[0].rstrip() or told
        before, _, again = told.partition("\n\n")
        told = before if before in again else told
    return told


def _read_status(raw: RawSpan, span: Span, flags: list[str]) -> None:
    if span.status is _UNSET:
        span.status = _STATUS.get(raw.status_code, _UNSET)
    elif raw.status_code != 2:
        # The dialect has a word of its own for it.
        flags.append(SpanFlag.INFERRED_ERROR)
    attributes = raw.attributes
    exception = raw.exception() if raw.events else None
    if span.status is not _ERROR:
        if exception is None or not _fails(span):
            return
        # A status of OK beside an exception: LangSmith, and code that records without setting the status.
        span.status = SpanStatus.ERROR
        flags.append(SpanFlag.INFERRED_ERROR)
    if exception is not None:
        span.error = span.error or _message(as_text(exception.attributes.get("exception.message")))
        span.error_type = as_text(exception.attributes.get("exception.type"))
    elif "error.type" in attributes:
        span.error_type = as_text(attributes.pop("error.type"))
    said = "" if raw.status_message in _SAYS_NOTHING else raw.status_message
    span.error = span.error or (_message(said) if said else "") or as_text(attributes.get("error.message"))
    # Most spans tell of no error: nothing is looked for in them.
    if (span.error_type or span.error) and _passes_on(span):
        span.status, span.error, span.error_type = SpanStatus.OK, "", ""
        flags.clear()


def _passes_on(span: Span) -> bool:
    return any(_PASSES_ON.match(text) for text in (span.error_type, span.error))


def _fails(span: Span) -> bool:
    """A tool that raised has failed; a step that raised and still gave something has mended it."""
    return span.kind is _TOOL or (span.kind in _QUIET and not span.output)


def _settle_tool(span: Span, flags: list[str]) -> None:
    if not span.tool_name and is_handoff(span.name):
        span.tool_name = span.name
    # ADK sums up parallel calls, which have spans of their own, as "(merged tools)".
    if span.tool_name in FINAL_ANSWERS or span.tool_name == "(merged tools)":
        span.kind = SpanKind.CHAIN
    elif is_handoff(span.tool_name):
        span.kind = SpanKind.HANDOFF
        span.handoff_to = handoff_target(span.tool_name, span.input)
    elif span.output and span.status is not _ERROR:
        verdict = judge(span.output)
        if verdict is Verdict.ERROR:
            span.status = SpanStatus.ERROR
            span.error = span.output[:500]
            flags.append(SpanFlag.INFERRED_ERROR)
        elif verdict is Verdict.NEGATIVE:
            flags.append(SpanFlag.NEGATIVE_RESULT)


def _flag(span: Span, flags: list[str]) -> None:
    if (span.input_tokens is not None or span.output_tokens is not None) and span.kind not in _CALLS:
        flags.append(SpanFlag.AGGREGATE)
    if not span.end_ns:
        flags.append(SpanFlag.UNENDED)
    elif span.end_ns < span.start_ns:
        flags.append(SpanFlag.CLOCK_SKEW)
        return
    seen = span.received_ns
    if abs(seen - span.start_ns) > _DAY_NS or (span.end_ns and abs(seen - span.end_ns) > _DAY_NS):
        flags.append(SpanFlag.CLOCK_SKEW)


def _keep_rest(raw: RawSpan, frame: Frame, span: Span, source: Source) -> None:
    span.attributes = kept(source.resource, raw.attributes, as_text)
    if frame.kind in _OTEL_KINDS:
        span.attributes["otel.kind"] = _OTEL_KINDS[frame.kind]
    if raw.events:
        span.events = _dump(
            [{"name": e.name, "time_ns": e.time_ns, "attributes": e.attributes} for e in raw.events]
        )
    if frame.links:
        span.links = _dump(
            [{"trace_id": x.trace_id, "span_id": x.span_id, "attributes": x.attributes} for x in frame.links]
        )


def _dump(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except (TypeError, ValueError):
        return as_text(value)


def _set_join_keys(span: Span, frame: Frame, run_id: str) -> None:
    keys = keys_of(span)
    if run_id:
        keys = (*keys, f"run:{run_id}")
    if span.dialect == "autogen":
        get = span.attributes.get
        topic = topic_key(get("messaging.destination", ""), get("gen_ai.agent.id", ""))
        if topic:
            keys = (*keys, topic)
    elif span.dialect == "claude_code":
        keys = (*keys, *claude_code.join_keys(span))
    elif span.dialect == "langsmith":
        keys = (*keys, *langsmith.join_keys(span))
    if frame.links:
        others = {link.trace_id for link in frame.links if link.trace_id != span.trace_id}
        keys = (*keys, *(f"trace:{other}" for other in sorted(others)))
    if not span.parent_id and span.dialect == "autogen":
        keys = (*keys, f"trace:{span.trace_id}")
    span.join_keys = keys
