"""Runs, spans and scores as plain records: the one shape that files of exports have, in either format.

A record holds every field of the domain object under its own name: times in Unix ns, unknown as null. What is
read back is checked field by field: a file may come from anywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from enum import StrEnum
from typing import Any, TypeVar, get_type_hints

from roadworthy.domain.finding import Evidence, Finding
from roadworthy.domain.run import Handoff, Run
from roadworthy.domain.score import Score
from roadworthy.domain.span import Span

_INT64 = 2**63
_HEX = frozenset("0123456789abcdef")
Noun = Run | Span | Score
Made = TypeVar("Made", Run, Span, Score)


class BadRecord(ValueError):  # noqa: N818 (what the file is told, not a bug)
    """Names the field and what was expected."""


def record_of(item: Noun) -> dict[str, Any]:
    """What JSON can hold, with tuples for lists and enums that are their values."""
    return asdict(item)


def run_from(record: object, *, project: str) -> Run:
    """A run of `project`, whatever project the record names. Raises BadRecord."""
    return _make(Run, record, project=project, required=("id", "sort_ns"))


def span_from(record: object, *, project: str) -> Span:
    """A span of `project`, whatever project the record names. Raises BadRecord."""
    span = _make(Span, record, project=project, required=("trace_id", "span_id"))
    _check_id(span.trace_id, "trace_id", digits=32)
    _check_id(span.span_id, "span_id", digits=16)
    return span


def score_from(record: object, *, project: str) -> Score:
    """A score of `project`, whatever project the record names. Raises BadRecord."""
    subject = "run_id" if isinstance(record, Mapping) and record.get("run_id") else "trace_id"
    score = _make(Score, record, project=project, required=(subject, "name"))
    if score.trace_id and not score.by_key:
        _check_id(score.trace_id, "trace_id", digits=32)
    if score.span_id:
        _check_id(score.span_id, "span_id", digits=16)
    return score


def _check_id(value: str, name: str, *, digits: int) -> None:
    if len(value) != digits or not _HEX.issuperset(value):
        raise BadRecord(f"{name}: expected {digits} lower-case hex digits")


def _make(kind: type[Made], record: object, *, project: str, required: tuple[str, ...]) -> Made:
    if not isinstance(record, Mapping):
        raise BadRecord("expected an object")
    missing = [name for name in required if record.get(name) in (None, "")]
    if missing:
        raise BadRecord(f"{missing[0]}: missing")
    given = {
        name: reader(record[name], name)
        for name, reader in _READERS[kind].items()
        # Null is the default, which is null where a field can be unknown. Fields nobody knows are of a later
        # version, and passed over.
        if name != "project" and record.get(name) is not None
    }
    return kind(project=project, **given)


Reader = Callable[[Any, str], Any]


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise BadRecord(f"{name}: expected a text")
    return value


def _whole(value: Any, name: str) -> int:
    if type(value) is not int or not -_INT64 <= value < _INT64:
        raise BadRecord(f"{name}: expected a whole number of 64 bits")
    return value


def _number(value: Any, name: str) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise BadRecord(f"{name}: expected a number")
    return float(value)


def _texts(value: Any, name: str) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) for one in value):
        raise BadRecord(f"{name}: expected a list of texts")
    return tuple(value)


def _map(value: Any, name: str) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(
        isinstance(k, str) and isinstance(v, str) for k, v in value.items()
    ):
        raise BadRecord(f"{name}: expected an object of texts")
    return dict(value)


def _handoffs(value: Any, name: str) -> tuple[Handoff, ...]:
    try:
        return tuple(
            Handoff(
                from_agent=_text(one["from_agent"], f"{name}.from_agent"),
                to_agent=_text(one["to_agent"], f"{name}.to_agent"),
                reason=_text(one.get("reason", ""), f"{name}.reason"),
                span_id=_text(one.get("span_id", ""), f"{name}.span_id"),
                at_ns=_whole(one.get("at_ns", 0), f"{name}.at_ns"),
            )
            for one in _objects(value, name)
        )
    except KeyError as missing:
        raise BadRecord(f"{name}.{missing.args[0]}: missing") from None


def _findings(value: Any, name: str) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            detector=_text(one.get("detector"), f"{name}.detector"),
            version=_whole(one.get("version", 1), f"{name}.version"),
            confidence=_number(one.get("confidence", 1.0), f"{name}.confidence"),
            mode=_text(one.get("mode", ""), f"{name}.mode"),
            reason=_text(one.get("reason", ""), f"{name}.reason"),
            tool=_text(one.get("tool", ""), f"{name}.tool"),
            evidence=_evidence(one.get("evidence", ()), f"{name}.evidence"),
        )
        for one in _objects(value, name)
    )


def _evidence(value: Any, name: str) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(
            span_id=_text(one.get("span_id", ""), f"{name}.span_id"),
            place=_text(one.get("place", ""), f"{name}.place"),
            excerpt=_text(one.get("excerpt", ""), f"{name}.excerpt"),
            start=_whole(one.get("start", -1), f"{name}.start"),
            end=_whole(one.get("end", -1), f"{name}.end"),
        )
        for one in _objects(value, name)
    )


def _objects(value: Any, name: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, Mapping) for one in value):
        raise BadRecord(f"{name}: expected a list of objects")
    return list(value)


def _choice(kind: type[StrEnum]) -> Reader:
    def read(value: Any, name: str) -> StrEnum:
        try:
            return kind(value)
        except ValueError:
            raise BadRecord(f"{name}: expected one of {', '.join(repr(str(c)) for c in kind)}") from None

    return read


_BY_TYPE: dict[Any, Reader] = {
    str: _text,
    int: _whole,
    int | None: _whole,
    float | None: _number,
    tuple[str, ...]: _texts,
    tuple[Handoff, ...]: _handoffs,
    tuple[Finding, ...]: _findings,
    tuple[Evidence, ...]: _evidence,
    dict[str, str]: _map,
}


def _readers(kind: type[Any]) -> dict[str, Reader]:
    hints = get_type_hints(kind)
    out: dict[str, Reader] = {}
    for field in fields(kind):
        hint = hints[field.name]
        is_enum = isinstance(hint, type) and issubclass(hint, StrEnum)
        out[field.name] = _choice(hint) if is_enum else _BY_TYPE[hint]
    return out


_READERS: dict[type[Any], dict[str, Reader]] = {kind: _readers(kind) for kind in (Run, Span, Score)}
