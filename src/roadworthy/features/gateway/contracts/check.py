"""One exchange held against a tool's contract. Compiled once, then microseconds; knows nothing of who calls.

What is found is told in the words of the contract. What the system answered is in none of it: it may be an
instruction to a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import jsonschema_rs

from roadworthy.domain.tool_contract import ContractMode, ContractVersion, ToolContract, ToolTerms
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.contracts.terms import as_unix_ns, at_path, seconds

_LONGEST = 240


class Broken(StrEnum):
    ARGUMENTS = "arguments"
    RESULT = "result"
    STALE = "stale"
    SLOW = "slow"
    SIZE = "size"
    EMPTY = "empty"
    CHANGED = "changed"


CODES = {
    Broken.ARGUMENTS: FailureCode.CONTRACT_REFUSED,
    Broken.RESULT: FailureCode.CONTRACT_BROKEN,
    Broken.STALE: FailureCode.STALE,
    Broken.SLOW: FailureCode.TIMEOUT,
    Broken.SIZE: FailureCode.TOO_LARGE,
    Broken.EMPTY: FailureCode.CONTRACT_BROKEN,
    Broken.CHANGED: FailureCode.CONTRACT_BROKEN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractFinding:
    """`line` goes into the exchange; `path` is where, `expected` what was promised there."""

    kind: Broken
    path: str
    expected: str

    @property
    def line(self) -> str:
        return (
            f"{self.kind.value}: {self.path}: {self.expected}"
            if self.path
            else (f"{self.kind.value}: {self.expected}")
        )


class SchemaInvalid(ValueError):  # noqa: N818 (a condition, not a bug)
    """It is no JSON Schema that can be held against anything."""


class CompiledContract:
    """Of one version of one contract. Safe from any thread."""

    __slots__ = ("_arguments", "_result", "mode", "name", "pinned", "terms")

    def __init__(self, contract: ToolContract) -> None:
        """A schema that cannot be compiled checks nothing: `compiled` refuses it when it is pinned."""
        pinned = contract.pinned
        self.name = contract.name
        self.mode = contract.mode
        self.terms: ToolTerms = contract.terms
        self.pinned: ContractVersion | None = pinned
        self._arguments = _or_none(pinned.arguments if pinned else None)
        self._result = _or_none(pinned.result if pinned else None)

    @property
    def enforced(self) -> bool:
        return self.mode is ContractMode.ENFORCE

    def arguments(self, arguments: Mapping[str, Any]) -> ContractFinding | None:
        return _shape(self._arguments, arguments, kind=Broken.ARGUMENTS)

    def result(
        self, value: Any, *, size: int, elapsed_ms: float, now_ns: int, as_of_ns: int | None = None
    ) -> list[ContractFinding]:
        """All that does not hold; `size` is bytes of the result as JSON."""
        terms, found = self.terms, []
        if (wrong := _shape(self._result, value, kind=Broken.RESULT)) is not None:
            found.append(wrong)
        if terms.max_age_s is not None:
            found += self._age(value, now_ns=now_ns, as_of_ns=as_of_ns)
        if terms.latency_ms is not None and elapsed_ms > terms.latency_ms:
            found.append(
                ContractFinding(
                    kind=Broken.SLOW,
                    path="",
                    expected=f"took {elapsed_ms:.0f} ms of a budget of {terms.latency_ms:.0f} ms",
                )
            )
        if terms.max_bytes is not None and size > terms.max_bytes:
            found.append(
                ContractFinding(
                    kind=Broken.SIZE, path="", expected=f"{size} bytes of at most {terms.max_bytes}"
                )
            )
        return found

    def _age(self, value: Any, *, now_ns: int, as_of_ns: int | None) -> list[ContractFinding]:
        field, most_s = self.terms.age_field, self.terms.max_age_s or 0.0
        if field:
            as_of_ns = as_unix_ns(at_path(value, field))
        if as_of_ns is None:
            where = f"no time can be read at {field!r}" if field else "it does not say how old it is"
            return [ContractFinding(kind=Broken.STALE, path=field, expected=where)]
        age_ns = now_ns - as_of_ns
        if age_ns <= most_s * 1e9:
            return []
        said = f"{seconds(age_ns)} old, at most {seconds(int(most_s * 1e9))} was promised"
        return [ContractFinding(kind=Broken.STALE, path=field, expected=said)]


def compiled(schema: Mapping[str, Any] | None) -> jsonschema_rs.Draft202012Validator | None:
    """None for a schema that allows anything. Nothing is fetched, and no pattern can take long. Raises
    SchemaInvalid."""
    if not schema:
        return None
    try:
        return jsonschema_rs.Draft202012Validator(
            dict(schema),
            validate_formats=True,
            offline=True,
            pattern_options=jsonschema_rs.RegexOptions(),
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError, TypeError) as odd:
        raise SchemaInvalid(str(odd)[:_LONGEST]) from None


def _or_none(schema: Mapping[str, Any] | None) -> jsonschema_rs.Draft202012Validator | None:
    try:
        return compiled(schema)
    except SchemaInvalid:
        return None


def _shape(
    validator: jsonschema_rs.Draft202012Validator | None, value: Any, *, kind: Broken
) -> ContractFinding | None:
    if validator is None:
        return None
    try:
        if validator.is_valid(value):
            return None
        wrong = next(iter(validator.iter_errors(value)), None)
    except (ValueError, TypeError, RecursionError):
        return ContractFinding(kind=kind, path="", expected="it cannot be held against the schema")
    if wrong is None:
        return None
    return ContractFinding(kind=kind, path=_where(wrong), expected=_expected(wrong))


def _where(wrong: jsonschema_rs.ValidationError) -> str:
    """Names only where the schema has them: others are the upstream's words."""
    known = {str(part) for part in wrong.schema_path}
    parts: list[str] = []
    for part in wrong.instance_path:
        if isinstance(part, int):
            parts.append("[]")
        else:
            parts.append(f".{part}" if part in known else ".*")
    return "".join(parts).lstrip(".")[:_LONGEST]


def _expected(wrong: jsonschema_rs.ValidationError) -> str:
    kind = wrong.kind
    value = kind.value
    match kind.name:
        case "type":
            said = " or ".join(sorted(map(str, value))) if isinstance(value, list | tuple) else str(value)
            return f"expected {said}"
        case "required":
            return f"{str(value)[:_LONGEST]!r} is missing"
        case "enum":
            return "expected one of the values that were pinned"
        case "format" | "pattern":
            return f"expected the {kind.name} {str(value)[:_LONGEST]}"
        case "additionalProperties" | "unevaluatedProperties":
            return "a name that was not pinned"
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            return f"expected {kind.name} {value}"
        case "minItems" | "maxItems" | "minLength" | "maxLength" | "minProperties" | "maxProperties":
            return f"expected {kind.name} {value}"
        case name:
            return f"does not hold: {name}"
