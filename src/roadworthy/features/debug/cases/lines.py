"""Single lines of a case file: an object of JSON each, whose first field says what it is."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from typing import Any, TypeVar

import orjson

from roadworthy.domain.agent_ended import Ending as AgentEnding
from roadworthy.domain.agent_ended import RecordedEnd
from roadworthy.domain.exchange import Dialect, Ending, Exchange, ExchangeKind
from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure
from roadworthy.features.debug.inquiry import Check, EntryPoint, Via
from roadworthy.features.debug.plan import Change, ChangeKind

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_WORDS = {str: "a text", int: "a whole number", bool: "true or false", float: "a number", dict: "an object"}


class BadCaseFile(ValueError):  # noqa: N818 (a condition)
    """It cannot be run; the message says what is wrong and where."""


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    values: dict[str, Any]

    @classmethod
    def read(cls, number: int, text: bytes) -> Line:
        try:
            values = orjson.loads(text)
        except orjson.JSONDecodeError as odd:
            raise BadCaseFile(f"line {number} is no JSON: {odd}") from None
        if not isinstance(values, dict) or not values:
            raise BadCaseFile(f"line {number}: expected an object")
        return cls(number, values)

    @property
    def name(self) -> str:
        return next(iter(self.values))

    def value(self, name: str, kind: type[T]) -> T:
        found = self.values.get(name)
        if kind is float and type(found) is int:
            found = float(found)
        if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
            raise self.bad(f"{name}: expected {_WORDS[kind]}")
        return found

    def optional(self, name: str, kind: type[T]) -> T | None:
        """None where it is null or not there."""
        return None if self.values.get(name) is None else self.value(name, kind)

    def word(self, name: str, words: type[E]) -> E:
        found = self.value(name, str)
        if found not in set(words):
            raise self.bad(f"{name}: {found!r}; expected one of {', '.join(words)}")
        return words(found)

    def inner(self, name: str) -> Line:
        return Line(self.number, self.value(name, dict))

    def bad(self, message: str) -> BadCaseFile:
        return BadCaseFile(f"line {self.number}: {message}")


def said(thing: Any) -> dict[str, Any]:
    """The fields of a noun that are not as they would be anyway."""
    found: dict[str, Any] = {}
    for one in fields(thing):
        value = getattr(thing, one.name)
        if one.default is MISSING or value != one.default:
            found[one.name] = value
    return found


def check_of(line: Line) -> Check:
    inner = line.inner("check")
    return Check(**_given(inner, {"how": str, "expected": str}))


def entry_of(line: Line) -> EntryPoint:
    inner = line.inner("entry")
    texts = dict.fromkeys(
        ("via", "command", "callable", "python", "folder", "url", "body", "answer_field"), str
    )
    given = _given(inner, {**texts, "timeout_s": float})
    if "via" in given:
        given["via"] = inner.word("via", Via)
    return EntryPoint(**given)


def end_of(line: Line) -> RecordedEnd:
    inner = line.inner("recorded_end")
    given = _given(inner, {"ending": str, "exit_code": int, "error": str})
    if "ending" in given:
        given["ending"] = inner.word("ending", AgentEnding)
    return RecordedEnd(**given)


def change_of(line: Line) -> Change:
    inner = line.inner("change")
    texts = dict.fromkeys(("kind", "text", "find", "code", "tool_calls"), str)
    given = _given(inner, {**texts, "step": int, "onwards": bool})
    given["kind"], given["step"] = inner.word("kind", ChangeKind), inner.value("step", int)
    return Change(**given)


def _given(line: Line, kinds: dict[str, type[Any]]) -> dict[str, Any]:
    unknown = [name for name in line.values if name not in kinds]
    if unknown:
        raise line.bad(f"{unknown[0]!r} is nothing this version knows")
    return {name: line.value(name, kinds[name]) for name in line.values}


def exchange_line(exchange: Exchange) -> dict[str, Any]:
    """What of an exchange it takes to answer it again, and to say which it was."""
    failure = exchange.failure
    line: dict[str, Any] = {
        "kind": exchange.kind.value,
        "dialect": exchange.dialect.value,
        "target": exchange.target,
        "asked": exchange.asked,
        "answered": exchange.answered,
        "status": exchange.status,
        "ending": exchange.ending.value,
        "streamed": exchange.streamed,
        "started_ns": exchange.started_ns,
        "elapsed_ms": round(exchange.elapsed_ms, 3),
        "exchange": exchange.id,
    }
    if failure is not None:
        line["failure"] = {
            "code": failure.code.value,
            "what": failure.what,
            "retry": failure.retry.value,
            "do_not_conclude": failure.do_not_conclude,
            "retry_after_s": failure.retry_after_s,
            "facts": failure.facts,
        }
    return line


def exchange_of(line: Line) -> Exchange:
    return Exchange(
        project="",
        agent="",
        id=line.value("exchange", str),
        kind=line.word("kind", ExchangeKind),
        dialect=line.word("dialect", Dialect),
        target=line.value("target", str),
        asked=line.value("asked", str),
        answered=line.value("answered", str),
        status=line.optional("status", int),
        ending=line.word("ending", Ending),
        streamed=line.value("streamed", bool),
        started_ns=line.value("started_ns", int),
        elapsed_ms=line.value("elapsed_ms", float),
        failure=_failure(line.inner("failure")) if line.values.get("failure") is not None else None,
    )


def _failure(line: Line) -> TypedFailure:
    return TypedFailure(
        code=line.word("code", FailureCode),
        what=line.value("what", str),
        retry=line.word("retry", Retry),
        do_not_conclude=line.value("do_not_conclude", str),
        retry_after_s=line.optional("retry_after_s", float),
        facts={str(name): str(value) for name, value in line.value("facts", dict).items()},
    )
