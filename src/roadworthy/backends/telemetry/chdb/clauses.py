"""Checked conditions to SQL. Every value goes in as a bound parameter; only names of our own catalogue and
text written here reach the statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from roadworthy.backends.telemetry.fields import Condition, Field, FieldKind, Value
from roadworthy.backends.telemetry.storable import DAY_NS, text
from roadworthy.backends.telemetry.words import has_spaces
from roadworthy.contracts.telemetry import Op

SPOKEN = "lowerUTF8(concat(input, ' ', output))"
"""Must be spelled exactly as in the text index of `spans`, or the index is not used."""
SPAN_DURATION = "if(end_ns = 0, NULL, greatest(0, end_ns - start_ns))"
RUN_COMPLETE = "(missing_parents = 0 AND unended_spans = 0)"
SLACK_DAYS_BEFORE = 1
SLACK_DAYS_AFTER = 7
"""How far the spans of a run may lie from its `sort_ns` where a query over runs must read spans."""


class Parameters:
    """Values of a statement and the placeholders that stand for them."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def text(self, value: str) -> str:
        return self._bind(text(value), "String")

    def texts(self, values: Sequence[str]) -> str:
        return self._bind([text(value) for value in values], "Array(String)")

    def dates(self, values: Sequence[date]) -> str:
        return self._bind([value.isoformat() for value in values], "Array(Date)")

    def pairs(self, values: Sequence[tuple[Any, ...]], kind: str) -> str:
        return self._bind(list(values), f"Array({kind})")

    def whole(self, value: int) -> str:
        return self._bind(value, "Int64")

    def number(self, value: float) -> str:
        return self._bind(value, "Int64" if isinstance(value, int) else "Float64")

    def _bind(self, value: Any, kind: str) -> str:
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"{{{name}:{kind}}}"


def within(column: str, p: Parameters, *, from_ns: int | None, to_ns: int | None) -> list[str]:
    found = []
    if from_ns is not None:
        found.append(f"{column} >= {p.whole(from_ns)}")
    if to_ns is not None:
        found.append(f"{column} < {p.whole(to_ns)}")
    return found


def said(asked: Sequence[str], p: Parameters) -> list[str]:
    """Every word occurs in the span's input or output."""
    found = []
    whole_words = [word for word in asked if has_spaces(word)]
    if whole_words:
        found.append(f"hasAllTokens({SPOKEN}, {p.texts(whole_words)})")
    found.extend(f"position({SPOKEN}, {p.text(word)}) > 0" for word in asked if not has_spaces(word))
    return found


def span_clause(condition: Condition, p: Parameters) -> str:
    if condition.field.kind is FieldKind.ATTRIBUTE:
        return _attribute_clause(condition, p)
    column = SPAN_DURATION if condition.field.name == "duration_ns" else condition.field.name
    return _clause(condition, column, p)


def run_clause(
    condition: Condition, p: Parameters, *, project: str, window: Sequence[str], exact: bool
) -> str:
    """`project` and `window` bound the spans looked at for an attribute; they are SQL already.

    Not `exact`: may also be true because of a span's older version.
    """
    if condition.field.kind is FieldKind.SCORE:
        return _score_clause(condition, p, project=project, window=window)
    if condition.field.kind is not FieldKind.ATTRIBUTE:
        column = RUN_COMPLETE if condition.field.kind is FieldKind.FLAG else condition.field.name
        return _clause(condition, column, p)
    if condition.op is Op.NE:
        positive = Condition(field=condition.field, op=Op.EQ, values=condition.values)
        return f"NOT {run_clause(positive, p, project=project, window=window, exact=True)}"
    if condition.op is Op.MISSING:
        positive = Condition(field=condition.field, op=Op.EXISTS, values=())
        return f"NOT {run_clause(positive, p, project=project, window=window, exact=True)}"
    clause = _attribute_clause(condition, p)
    return f"({clause} OR {of_spans([clause], project=project, window=window, exact=exact)})"


def _score_clause(condition: Condition, p: Parameters, *, project: str, window: Sequence[str]) -> str:
    """Scores come after their run, however late: of `window` only the first day bounds them."""
    if condition.op in (Op.NE, Op.MISSING):
        op, values = (Op.EQ, condition.values) if condition.op is Op.NE else (Op.EXISTS, ())
        positive = Condition(field=condition.field, op=op, values=values)
        return f"NOT {_score_clause(positive, p, project=project, window=window)}"
    since = [clause for clause in window if clause.startswith("day >=")]
    held = [f"project = {project}", f"name = {p.text(condition.field.key)}", "span_id = ''", *since]
    tests = [f"said {_COMPARE.get(condition.op, '=')} {p.number(_real(one))}" for one in condition.values]
    newest = (
        "SELECT subject, argMax(value, (at_ns, version)) AS said FROM scores "
        f"WHERE {' AND '.join(held)} AND value IS NOT NULL GROUP BY subject"
    )
    subjects = f"SELECT subject FROM ({newest}) WHERE {' OR '.join(tests) or '1'}"
    return (
        f"(concat('run:', id) IN ({subjects}) OR id IN (SELECT run_id FROM trace_runs "
        f"WHERE project = {project} AND concat('trace:', trace_id) IN ({subjects})))"
    )


def of_spans(clauses: Sequence[str], *, project: str, window: Sequence[str], exact: bool) -> str:
    """The run has a span for which all the clauses hold; unless `exact`, perhaps only an older version."""
    held = " AND ".join([f"project = {project}", *window, *clauses])
    return (
        f"id IN (SELECT run_id FROM trace_runs WHERE project = {project} AND trace_id IN "
        f"(SELECT trace_id FROM spans {'FINAL' if exact else ''} WHERE {held}))"
    )


def span_window(p: Parameters, *, from_ns: int | None, to_ns: int | None) -> list[str]:
    """Days in which spans of runs of the window may be filed."""
    found = []
    if from_ns is not None:
        found.append(f"day >= toDate({p.whole(_day(from_ns) - SLACK_DAYS_BEFORE)})")
    if to_ns is not None:
        found.append(f"day <= toDate({p.whole(_day(to_ns) + SLACK_DAYS_AFTER)})")
    return found


def _day(at_ns: int) -> int:
    return max(SLACK_DAYS_BEFORE, min(65_000, at_ns // DAY_NS))


_COMPARE = {Op.EQ: "=", Op.LT: "<", Op.LE: "<=", Op.GT: ">", Op.GE: ">="}


def _clause(condition: Condition, column: str, p: Parameters) -> str:
    kind = condition.field.kind
    if condition.op is Op.NE:
        positive = Condition(field=condition.field, op=Op.EQ, values=condition.values)
        return f"NOT {_clause(positive, column, p)}"
    if condition.op in (Op.EXISTS, Op.MISSING):
        there = _exists(condition.field, column)
        return there if condition.op is Op.EXISTS else f"NOT {there}"
    if kind is FieldKind.LIST:
        return _list_clause(condition, column, p)
    if kind is FieldKind.FLAG:
        return f"({column} = {1 if condition.values[0] else 0})"
    if kind is FieldKind.NUMBER:
        tests = [
            f"{column} {_COMPARE.get(condition.op, '=')} {p.number(_real(one))}" for one in condition.values
        ]
        return f"ifNull({' OR '.join(tests)}, 0)"
    if condition.op is Op.CONTAINS:
        return _contains(column, condition.values[0], p)
    return f"({column} IN {p.texts([str(one) for one in condition.values])})"


def _list_clause(condition: Condition, column: str, p: Parameters) -> str:
    if condition.op is Op.CONTAINS:
        return f"arrayExists(one -> {_contains('one', condition.values[0], p)}, {column})"
    return f"hasAny({column}, {p.texts([str(one) for one in condition.values])})"


def _exists(field: Field, column: str) -> str:
    if field.kind is FieldKind.LIST:
        return f"notEmpty({column})"
    if field.kind is FieldKind.TEXT:
        return f"({column} != '')"
    return f"({column} IS NOT NULL)" if field.optional else f"({column} != 0)"


def _contains(column: str, value: Value, p: Parameters) -> str:
    return f"(position(lowerUTF8({column}), {p.text(str(value).lower())}) > 0)"


def _has_attribute(key: str) -> str:
    """`key` is SQL. Reads the keys alone, where mapContains reads the values too, four times the work; where
    the value is wanted as well, mapContains is the cheaper."""
    return f"has(attributes.keys, {key})"


def _attribute_clause(condition: Condition, p: Parameters) -> str:
    """On a Map: a key that is missing reads as "", so where that could match, the key is asked for too."""
    key = p.text(condition.field.key)
    value, there = f"attributes[{key}]", f"mapContains(attributes, {key})"
    op = condition.op
    if op is Op.EXISTS:
        return _has_attribute(key)
    if op is Op.MISSING:
        return f"NOT {_has_attribute(key)}"
    if op is Op.NE:
        positive = Condition(field=condition.field, op=Op.EQ, values=condition.values)
        return f"NOT {_attribute_clause(positive, p)}"
    if op is Op.CONTAINS:
        return f"({there} AND {_contains(value, condition.values[0], p)})"
    tests = []
    texts = [one for one in condition.values if isinstance(one, str)]
    if texts:
        test = f"{value} = {p.text(texts[0])}" if len(texts) == 1 else f"{value} IN {p.texts(texts)}"
        tests.append(f"({there} AND {test})" if "" in texts else test)
    tests.extend(
        f"ifNull(toFloat64OrNull({value}) {_COMPARE.get(op, '=')} {p.number(one)}, 0)"
        for one in condition.values
        if not isinstance(one, str)
    )
    return f"({' OR '.join(tests)})"


def _real(value: Value) -> float:
    """The catalogue has made sure of it."""
    assert not isinstance(value, str)  # noqa: S101
    return value
