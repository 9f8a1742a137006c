"""`filter=field:op:value` to contract filters, in the field names and units of the REST API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import nan

from roadworthy.contracts.telemetry import Filter, Op
from roadworthy.domain.run import Outcome, RunStatus
from roadworthy.doors.rest.problems import bad_field
from roadworthy.doors.rest.times import parse_time


class FieldType(StrEnum):
    TEXT = "text"
    LIST = "list"
    """Several texts; `=` is true where one of them is equal."""
    COUNT = "count"
    NUMBER = "number"
    DURATION = "duration_ms"
    TIME = "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterField:
    """`name` is the API's, `stored` the domain's."""

    name: str
    type: FieldType
    stored: str
    help: str
    choices: tuple[str, ...] = ()
    """The only values it has; () for any."""


def _field(
    name: str, kind: FieldType, text: str, *, stored: str = "", choices: tuple[str, ...] = ()
) -> FilterField:
    return FilterField(name=name, type=kind, stored=stored or name, help=text, choices=choices)


_T, _L, _C = FieldType.TEXT, FieldType.LIST, FieldType.COUNT

RUN_FIELDS: dict[str, FilterField] = {
    field.name: field
    for field in (
        _field("id", _T, "Id of the run"),
        _field("name", _T, "Name of its root span"),
        _field("agent", _T, "Agent that was given the task"),
        _field("agents", _L, "Agents that took part"),
        _field("service", _T, "service.name"),
        _field("release", _T, "Release of the agent"),
        _field("environment", _T, "deployment.environment"),
        _field("session_id", _T, "Conversation"),
        _field("user_id", _T, "User who asked"),
        _field("status", _T, "Technically: ok, error or running", choices=tuple(RunStatus)),
        _field("outcome", _T, "Of the task, as somebody said", choices=tuple(Outcome)),
        _field("outcome_source", _T, "Who said the outcome"),
        _field("started_at", FieldType.TIME, "Start", stored="started_ns"),
        _field("duration_ms", FieldType.DURATION, "Duration in ms", stored="duration_ns"),
        _field("model_calls", _C, "Answered model calls"),
        _field("failed_model_calls", _C, "Failed model calls"),
        _field("tool_calls", _C, "Tool executions"),
        _field("failed_tool_calls", _C, "Failed tool executions, hidden ones included"),
        _field("inferred_tool_calls", _C, "Tool executions read out of messages"),
        _field("inferred_failed_tool_calls", _C, "Failures that said OK"),
        _field("negative_results", _C, "Tool results that say no without failing"),
        _field("tools", _L, "Tools that were called"),
        _field("failed_tools", _L, "Tools that failed"),
        _field("models", _L, "Models that answered"),
        _field("input_tokens", _C, "Input tokens, cached ones included"),
        _field("output_tokens", _C, "Output tokens, reasoning ones included"),
        _field("cache_read_tokens", _C, "Input tokens read from a cache"),
        _field("cache_write_tokens", _C, "Input tokens written to a cache"),
        _field("reasoning_tokens", _C, "Reasoning tokens"),
        _field("cost_usd", FieldType.NUMBER, "Cost in USD"),
        _field("error_type", _T, "Type of the error"),
        _field("error", _T, "Message of the error"),
        _field("input", _T, "What was asked"),
        _field("final_answer", _T, "What was answered"),
        _field("spans", _C, "Number of spans"),
        _field("merged_spans", _C, "Spans that report a call again"),
        _field("missing_parents", _C, "Spans whose parent never came"),
        _field("unended_spans", _C, "Spans that have not ended"),
        _field("flags", _L, "What a reader must know before believing it"),
        _field("dialects", _L, "Conventions it spoke"),
        _field("judged", _T, "Detectors and model that judged it; missing while nobody has"),
        _field("p_failure", FieldType.NUMBER, "How likely the task failed, 0 to 1"),
        _field("detectors", _L, "Detectors that found something"),
        _field("modes", _L, "Failure modes of what was found or said"),
        _field("issues", _L, "Ids of the issues it belongs to"),
    )
}

_OPS = {
    "=": Op.EQ, "eq": Op.EQ, "!=": Op.NE, "ne": Op.NE, "<": Op.LT, "lt": Op.LT, "<=": Op.LE, "le": Op.LE,
    ">": Op.GT, "gt": Op.GT, ">=": Op.GE, "ge": Op.GE, "in": Op.IN, "contains": Op.CONTAINS,
    "exists": Op.EXISTS, "missing": Op.MISSING,
}  # fmt: skip
_SHAPE = re.compile(
    r"(?P<field>.+?):(?P<op>" + "|".join(re.escape(op) for op in sorted(_OPS, key=len, reverse=True)) + r")"
    r"(?::(?P<value>.*))?",
    re.DOTALL,
)
_NUMERIC = (FieldType.COUNT, FieldType.NUMBER, FieldType.DURATION, FieldType.TIME)
OPS_OF_TYPE: dict[FieldType, tuple[Op, ...]] = {
    kind: (
        (Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE, Op.IN, Op.EXISTS, Op.MISSING)
        if kind in _NUMERIC
        else (Op.EQ, Op.NE, Op.IN, Op.CONTAINS, Op.EXISTS, Op.MISSING)
    )
    for kind in FieldType
}
_MAX_FILTERS = 30
_LARGEST = 9e12
_WHERE = "query.filter"


def parse_filters(texts: list[str], *, where: str = _WHERE) -> tuple[Filter, ...]:
    """Filters over runs. Raises a 400 that names the filter and what was expected; `where` they stand."""
    return parse_filters_of(texts, fields=RUN_FIELDS, where=where)


def parse_filters_of(
    texts: list[str], *, fields: Mapping[str, FilterField], where: str = _WHERE
) -> tuple[Filter, ...]:
    """The same over any table of fields."""
    if len(texts) > _MAX_FILTERS:
        raise bad_field(where, f"at most {_MAX_FILTERS} filters, got {len(texts)}")
    return tuple(_parse(text, fields=fields, where=where) for text in texts)


def stored_field(name: str, *, where: str, fields: Mapping[str, FilterField] = RUN_FIELDS) -> str:
    """The domain's name of the field the API calls `name`."""
    if name.startswith("attributes.") and len(name) > len("attributes."):
        return name
    if _is_score(name, fields=fields):
        return name
    if name not in fields:
        also = ", or use attributes.<key>" + (" or scores.<name>" if fields is RUN_FIELDS else "")
        raise bad_field(where, f"no field {name[:80]!r}: see GET /api/v1/fields{also}")
    return fields[name].stored


def _is_score(name: str, *, fields: Mapping[str, FilterField]) -> bool:
    return fields is RUN_FIELDS and name.startswith("scores.") and len(name) > len("scores.")


def _parse(text: str, *, fields: Mapping[str, FilterField], where: str) -> Filter:
    found = _SHAPE.fullmatch(text)
    if found is None:
        ops = ", ".join(op.value for op in Op)
        raise bad_field(where, f"{text[:80]!r}: expected field:op:value with one of the ops {ops}")
    name, op, value = found["field"], _OPS[found["op"]], found["value"]
    stored = stored_field(name, where=where, fields=fields)
    score = _is_score(name, fields=fields)
    attribute = name not in fields and not score
    kind = FieldType.NUMBER if score else FieldType.TEXT if attribute else fields[name].type
    # An attribute may hold a number, and the store compares it as one.
    if op not in OPS_OF_TYPE[kind] and not attribute:
        raise bad_field(where, f"{name}: {op.value} does not apply to a field of type {kind.value}")
    if op in (Op.EXISTS, Op.MISSING):
        return Filter(field=stored, op=op)
    if value is None:
        raise bad_field(where, f"{name}: {op.value} needs a value, like {name}:{found['op']}:value")
    if op is Op.IN:
        parts = tuple(_value(part, kind=kind, name=name, where=where) for part in value.split(",") if part)
        if not parts:
            raise bad_field(where, f"{name}: in needs values, separated by commas")
        return Filter(field=stored, op=op, value=parts)
    if attribute and op in (Op.LT, Op.LE, Op.GT, Op.GE):
        kind = FieldType.NUMBER
    return Filter(field=stored, op=op, value=_value(value, kind=kind, name=name, where=where))


def _value(text: str, *, kind: FieldType, name: str, where: str) -> str | int | float:
    if kind in (FieldType.TEXT, FieldType.LIST):
        return text
    if kind is FieldType.TIME:
        return parse_time(text, field=f"{where} ({name})")
    try:
        number = float(text)
    except ValueError:
        number = nan
    if not abs(number) <= _LARGEST:
        raise bad_field(where, f"{name}: {text[:60]!r} is no number of at most {_LARGEST:g}")
    if kind is FieldType.DURATION:
        return int(number * 1_000_000)
    if kind is FieldType.COUNT and number.is_integer():
        return int(number)
    return number
