"""Arguments or an answer that do not fit the schema that was agreed on, or are no JSON where JSON was."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

import jsonschema_rs
import orjson

from roadworthy.domain.finding import Finding
from roadworthy.domain.span import ContentFormat, Span, SpanFlag
from roadworthy.features.judge.detector import Detector, excerpt
from roadworthy.features.judge.history import History
from roadworthy.features.judge.transcript import ToolUse, Transcript, loads_or_none

_MOST = 5
_FAR_BACK = 2_000
_LONGEST = 200_000
_ASKED_FOR = (
    "llm.invocation_parameters",
    "gen_ai.request.structured_output_schema",
    "gen_ai.request.structured_output",
    "gen_ai.request.response_format",
    "gen_ai.openai.request.response_format",
    "gen_ai.output.type",
    "response_format",
)
"""Attributes in which dialects say what shape of answer was asked for."""
_KEYS = frozenset(_ASKED_FOR)
_FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*\Z", re.S)
_CHANGED = frozenset({SpanFlag.TRUNCATED, SpanFlag.MASKED, SpanFlag.INFERRED})
_BELIEVED = frozenset({"type", "required", "enum", "additionalProperties", "const", "maxItems", "minItems"})


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    found: list[Finding] = []
    offered = transcript.offered
    for tool in transcript.tools[:_FAR_BACK]:
        broken = _arguments(transcript, tool, offered.get(tool.name))
        if broken is not None:
            found.append(broken)
    for span in transcript.model_calls[:_FAR_BACK]:
        broken = _output(span)
        if broken is not None:
            found.append(broken)
    return found[:_MOST]


# --- arguments ---------------------------------------------------------------------------------------------


def _arguments(transcript: Transcript, tool: ToolUse, schema: dict[str, Any] | None) -> Finding | None:
    text = tool.arguments
    if not text or len(text) > _LONGEST:
        return None
    given = tool.parsed_arguments()
    if given is None and not text.startswith('{"'):
        return None
    if given is not None and (schema is None or not isinstance(given, dict)):
        return None
    span = transcript.by_id.get(tool.span_id)
    if span is None or not _CHANGED.isdisjoint(span.flags):
        return None
    if given is None or schema is None:
        return _finding("arguments that are no valid JSON", tool.name, text, span.span_id, place="input")
    wrong = _wrong(_unwrapped(given), schema, failed=tool.failed)
    if wrong is None:
        return None
    what = f"arguments that do not fit its schema: {wrong}"
    return _finding(
        what, tool.name, text, span.span_id, place="input", confidence=0.95 if tool.failed else 0.8
    )


def _unwrapped(given: dict[str, Any]) -> dict[str, Any]:
    """Some instrumentations note how Python was called, not what the model sent."""
    inner = given.get("kwargs")
    return inner if isinstance(inner, dict) and not given.get("args") else given


def _wrong(given: dict[str, Any], schema: dict[str, Any], *, failed: bool) -> str | None:
    properties = schema.get("properties")
    if not isinstance(properties, dict) or (not failed and not any(name in properties for name in given)):
        # Recorded in a shape of its own, or not at all: no sign of what the model sent.
        return None
    for error in _errors(schema, given):
        if error.instance is None and error.kind.name in ("type", "enum"):
            continue  # null for an argument that may be left out
        if isinstance(error.instance, str) and error.kind.name == "type" and not failed and _as_text(given):
            continue  # recorded as text, every one of them
        return _said(error)
    return None


def _as_text(given: dict[str, Any]) -> bool:
    return all(isinstance(value, str) for value in given.values())


# --- answers -----------------------------------------------------------------------------------------------


def _output(span: Span) -> Finding | None:
    if _KEYS.isdisjoint(span.attributes):
        return None
    asked = next(
        (value for key in _ASKED_FOR if (value := span.attributes.get(key)) and "json" in value), None
    )
    if asked is None or not span.output or not _CHANGED.isdisjoint(span.flags):
        return None
    wanted = _wanted(asked)
    text = _answer(span)
    if wanted is None or not text or len(text) > _LONGEST:
        return None
    fenced = _FENCE.match(text)
    body = fenced.group(1) if fenced else text
    given = loads_or_none(body.strip())
    if given is None and body.strip() != "null":
        return _finding("an answer that is no JSON, where JSON was asked for", "", text, span.span_id)
    wrong = next((_said(error) for error in _errors(wanted, given)), "")
    return (
        _finding(f"an answer that does not fit its schema: {wrong}", "", text, span.span_id)
        if wrong
        else None
    )


def _wanted(asked: str) -> dict[str, Any] | None:
    """The schema of the answer; {} where any JSON will do, None where none was asked for."""
    if asked in ("json", "json_object", "json_schema"):
        return {}
    held = loads_or_none(asked)
    if not isinstance(held, dict):
        return None
    text = held.get("text")
    shape = held.get("response_format") or (text.get("format") if isinstance(text, dict) else None) or held
    if not isinstance(shape, dict):
        return None
    if shape.get("type") == "json_object":
        return {}
    inner = shape.get("json_schema", shape)
    schema = inner.get("schema") if isinstance(inner, dict) else None
    if isinstance(schema, dict):
        return schema
    return shape if isinstance(shape.get("properties"), dict) else None


def _answer(span: Span) -> str:
    """The text a model answered with; "" where it called a tool or refused."""
    if span.output_format != ContentFormat.MESSAGES:
        return span.output
    messages = loads_or_none(span.output)
    if not isinstance(messages, list) or len(messages) != 1 or not isinstance(messages[0], dict):
        return ""
    parts = messages[0].get("parts") or ()
    if messages[0].get("tool_calls") or any(
        isinstance(part, dict) and part.get("type") not in ("text", "json", "reasoning") for part in parts
    ):
        return ""
    content = messages[0].get("content")
    return content if isinstance(content, str) else ""


# --- both --------------------------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def _validator(schema: bytes) -> jsonschema_rs.Validator | None:
    """None where the schema itself is none. Nothing is fetched; patterns take linear time."""
    try:
        return jsonschema_rs.validator_for(
            orjson.loads(schema), offline=True, pattern_options=jsonschema_rs.RegexOptions()
        )
    except (ValueError, TypeError):
        return None


def _errors(schema: dict[str, Any], given: Any) -> list[jsonschema_rs.ValidationError]:
    """The first few; none of what is nested too deep to be looked at."""
    validator = _validator(orjson.dumps(schema)) if schema else None
    if validator is None:
        return []
    try:
        if validator.is_valid(given):
            return []
        return [one for one in islice(validator.iter_errors(given), 20) if one.kind.name in _BELIEVED]
    except ValueError:
        return []


def _said(error: jsonschema_rs.ValidationError) -> str:
    where = ".".join(str(step) for step in error.instance_path)[:80]
    return f"{f'{where}: ' if where else ''}{' '.join(error.message[:160].split())}"


def _finding(
    what: str, tool: str, text: str, span_id: str, *, place: str = "output", confidence: float = 0.9
) -> Finding:
    return DETECTOR.finding(
        f"{f'{tool} was called with' if tool else 'The model gave'} {what}.",
        excerpt(text, start=0, end=min(len(text), 200), span_id=span_id, place=place),
        confidence=confidence,
        tool=tool,
    )


DETECTOR = Detector(
    name="contract_broken",
    title="Contract broken",
    description="A tool was called with arguments that do not fit the schema the model was offered or are no "
    "JSON, or a model's answer does not fit the shape that was asked for. Silent where the span was cut or "
    "masked, on nulls for what may be left out, and where arguments were recorded in another shape.",
    mode="contract-broken",
    detect=detect,
)
