"""Which fields a query may name, what kind of value each holds, and what a filter on it must look like.

One catalogue for every backend, so that a filter refused by one is refused by all, with the same words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import get_type_hints

from roadworthy.contracts.telemetry import BadQuery, Filter, Op, TallyQuery
from roadworthy.domain.run import Outcome, Run, RunStatus
from roadworthy.domain.span import Span, SpanKind, SpanStatus

ATTRIBUTES = "attributes."
SCORES = "scores."
MAX_VALUES = 1000
"""Values one `in` may list."""

Value = str | float | bool


class FieldKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    LIST = "list"
    """A tuple of strings: `=`, `in` and `contains` are true where any element fits."""
    FLAG = "flag"
    ATTRIBUTE = "attribute"
    SCORE = "score"
    """The value of the score of that name that was said last of a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """`optional` numbers may be unknown; the others read 0 for "not there" (`ended_ns` of a running run)."""

    name: str
    kind: FieldKind
    optional: bool = False
    choices: tuple[str, ...] = ()
    key: str = ""
    """Of an attribute or a score: what follows `attributes.` or `scores.`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A filter that was checked: `values` has one entry for the single-valued operators, none for EXISTS."""

    field: Field
    op: Op
    values: tuple[Value, ...]


def run_field(name: str) -> Field:
    """Raises BadQuery."""
    if name.startswith(SCORES) and len(name) > len(SCORES):
        return Field(name=name, kind=FieldKind.SCORE, optional=True, key=name[len(SCORES) :])
    return _find(name, RUN_FIELDS, "run")


def span_field(name: str) -> Field:
    """Raises BadQuery."""
    return _find(name, SPAN_FIELDS, "span")


def run_conditions(filters: tuple[Filter, ...]) -> list[Condition]:
    """Raises BadQuery."""
    return [_condition(run_field(one.field), one) for one in filters]


def span_conditions(filters: tuple[Filter, ...]) -> list[Condition]:
    """Raises BadQuery."""
    return [_condition(span_field(one.field), one) for one in filters]


def group_fields(names: tuple[str, ...]) -> list[Field]:
    """The fields an aggregate groups by. Raises BadQuery."""
    found = [run_field(name) for name in names]
    if len(set(names)) != len(names):
        raise BadQuery(f"by: {', '.join(names)} names a field twice")
    if sum(one.kind is FieldKind.ATTRIBUTE for one in found) > 1:
        raise BadQuery("by: at most one attribute can be grouped by")
    for one in found:
        if one.kind in (FieldKind.NUMBER, FieldKind.SCORE):
            raise BadQuery(f"by: {one.name} is a number; expected a text field, a list or an attribute")
    return found


def check_tally(query: TallyQuery) -> None:
    """Raises BadQuery."""
    if query.bucket_ns < 1:
        raise BadQuery(f"bucket_ns: {query.bucket_ns} is not a positive number of nanoseconds")
    if not query.tallies:
        raise BadQuery("tallies: none given; expected at least one")
    if query.by and run_field(query.by).kind is not FieldKind.TEXT:
        raise BadQuery(f"by: {query.by} is not a text field of a run")
    for name in {one.total_of for one in query.tallies} - {""}:
        if run_field(name).kind is not FieldKind.NUMBER:
            raise BadQuery(f"total_of: {name} is not a number; expected a numeric field of a run")


def completion_field(name: str) -> Field:
    """A field whose values can be listed. Raises BadQuery."""
    found = run_field(name)
    if found.kind not in (FieldKind.TEXT, FieldKind.LIST, FieldKind.ATTRIBUTE):
        raise BadQuery(f"field: {name} is not a text field")
    return found


def check_limit(limit: int) -> int:
    """Raises BadQuery."""
    if limit < 1 or limit > 10_000:
        raise BadQuery(f"limit: {limit} is not between 1 and 10000")
    return limit


def _find(name: str, catalogue: dict[str, Field], noun: str) -> Field:
    if name.startswith(ATTRIBUTES) and len(name) > len(ATTRIBUTES):
        return Field(name=name, kind=FieldKind.ATTRIBUTE, key=name[len(ATTRIBUTES) :])
    found = catalogue.get(name)
    if found is None:
        known = ", ".join(sorted(catalogue))
        raise BadQuery(f"field: a {noun} has no {name!r}; expected attributes.<key> or one of {known}")
    return found


_ALLOWED = {
    FieldKind.TEXT: (Op.EQ, Op.NE, Op.IN, Op.CONTAINS, Op.EXISTS, Op.MISSING),
    FieldKind.LIST: (Op.EQ, Op.NE, Op.IN, Op.CONTAINS, Op.EXISTS, Op.MISSING),
    FieldKind.NUMBER: (Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE, Op.IN, Op.EXISTS, Op.MISSING),
    FieldKind.FLAG: (Op.EQ, Op.NE),
    FieldKind.ATTRIBUTE: tuple(Op),
}
_ALLOWED[FieldKind.SCORE] = _ALLOWED[FieldKind.NUMBER]


def _condition(field: Field, asked: Filter) -> Condition:
    if asked.op not in _ALLOWED[field.kind]:
        allowed = " ".join(op.value for op in _ALLOWED[field.kind])
        raise BadQuery(
            f"{field.name}: {asked.op.value!r} does not work on a {field.kind.value}; expected {allowed}"
        )
    if asked.op in (Op.EXISTS, Op.MISSING):
        return Condition(field=field, op=asked.op, values=())
    given = asked.value if isinstance(asked.value, tuple) else (asked.value,)
    if isinstance(asked.value, tuple) != (asked.op is Op.IN):
        raise BadQuery(
            f"{field.name}: {asked.op.value!r} takes {'a list' if asked.op is Op.IN else 'one value'}"
        )
    if not given or len(given) > MAX_VALUES:
        raise BadQuery(f"{field.name}: {len(given)} values given; expected 1 to {MAX_VALUES}")
    return Condition(field=field, op=asked.op, values=tuple(_value(field, asked.op, one) for one in given))


def _value(field: Field, op: Op, value: object) -> Value:
    if value is None:
        raise BadQuery(f"{field.name}: {op.value!r} needs a value")
    if field.kind in (FieldKind.NUMBER, FieldKind.SCORE):
        return _number(field.name, value)
    if field.kind is FieldKind.FLAG:
        if value in (True, "true"):
            return True
        if value in (False, "false"):
            return False
        raise BadQuery(f"{field.name}: {value!r} is neither true nor false")
    if field.kind is FieldKind.ATTRIBUTE:
        return _attribute_value(field.name, op, value)
    text = _text(value)
    if field.choices and op is not Op.CONTAINS and text not in field.choices:
        raise BadQuery(f"{field.name}: {text!r} is not one of {', '.join(filter(None, field.choices))}")
    return text


def _attribute_value(name: str, op: Op, value: object) -> Value:
    """Attributes are stored as text; they are compared as numbers where a number is asked for."""
    if op in (Op.LT, Op.LE, Op.GT, Op.GE):
        return _number(name, value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and op is not Op.CONTAINS:
        return _number(name, value)
    return _text(value)


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise BadQuery(f"{name}: {value!r} is not a number")
    try:
        number = value if isinstance(value, int) else float(value)
    except ValueError:
        raise BadQuery(f"{name}: {value!r} is not a number") from None
    if isinstance(number, int):
        if not -(2**63) <= number < 2**63:
            raise BadQuery(f"{name}: {number} does not fit 64 bits")
        return number
    if not math.isfinite(number):
        raise BadQuery(f"{name}: {value!r} is not a finite number")
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _text(value: object) -> str:
    """Text as it is stored: JSON spelling of true and false, no lone surrogates."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value if isinstance(value, str) else str(value)
    return text.encode("utf-8", "replace").decode() if not text.isascii() else text


_CHOICES = {
    RunStatus: tuple(RunStatus),
    Outcome: tuple(Outcome),
    SpanKind: tuple(SpanKind),
    SpanStatus: tuple(SpanStatus),
}
_NOT_ASKED_FOR = {
    Run: {
        "project",
        "attributes",
        "step_attributes",
        "handoffs",
        "findings",
        "first_step_ns",
        "last_step_ns",
    },
    Span: {
        "project",
        "attributes",
        "input_format",
        "output_format",
        "tool_definitions",
        "outcome_reason",
        "events",
        "links",
        "merged_into",
    },
}


def _catalogue(noun: type[Run] | type[Span]) -> dict[str, Field]:
    hints = get_type_hints(noun)
    found: dict[str, Field] = {}
    for one in fields(noun):
        if one.name in _NOT_ASKED_FOR[noun]:
            continue
        hint = hints[one.name]
        if hint in (int, float):
            found[one.name] = Field(name=one.name, kind=FieldKind.NUMBER)
        elif hint in (int | None, float | None):
            found[one.name] = Field(name=one.name, kind=FieldKind.NUMBER, optional=True)
        elif hint == tuple[str, ...]:
            found[one.name] = Field(name=one.name, kind=FieldKind.LIST)
        else:
            choices = tuple(str(choice) for choice in _CHOICES.get(hint, ()))
            found[one.name] = Field(name=one.name, kind=FieldKind.TEXT, choices=choices)
    return found


RUN_FIELDS = _catalogue(Run) | {"complete": Field(name="complete", kind=FieldKind.FLAG)}
SPAN_FIELDS = _catalogue(Span) | {
    "duration_ns": Field(name="duration_ns", kind=FieldKind.NUMBER, optional=True)
}
