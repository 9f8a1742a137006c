"""Two schemas, or two texts, compared in words that people read."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from roadworthy.domain.tool_contract import ContractChange, ToolDeclaration

MOST_CHANGES = 60
_DEEPEST = 16
_LONGEST = 300
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_READ = frozenset({"type", "properties", "required", "items", "enum", "format", "minimum", "maximum"})
_SAY_NOTHING = frozenset({"title", "description", "examples", "default", "$schema", "$comment", "deprecated"})
_TOLD = frozenset({"title", "description"})
"""What models are told about a field: an instruction can stand there as well as in the tool's own text."""


def schema_changes(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, *, at: str
) -> list[ContractChange]:
    """At most `MOST_CHANGES`, by place. None is a schema that allows anything."""
    found: list[ContractChange] = []
    for change in _schema(before or {}, after or {}, at=at, depth=0):
        found.append(change)
        if len(found) == MOST_CHANGES:
            break
    return found


def declaration_changes(before: ToolDeclaration, after: ToolDeclaration) -> list[ContractChange]:
    """What a tool says of itself: its text, its hints, its schemas with all that they tell."""
    found: list[ContractChange] = []
    if before.description != after.description:
        found.append(text_change(before.description, after.description, at="description"))
    for name in sorted(before.annotations.keys() | after.annotations.keys()):
        one, other = before.annotations.get(name), after.annotations.get(name)
        if one != other:
            found.append(
                ContractChange(
                    path=f"annotations.{name}", what="hint changed", before=_shown(one), after=_shown(other)
                )
            )
    found += schema_changes(before.arguments, after.arguments, at="arguments")
    found += schema_changes(before.result, after.result, at="result")
    return found[:MOST_CHANGES]


def text_change(before: str, after: str, *, at: str) -> ContractChange:
    """Words that went as [-words-], words that came as {+words+}."""
    one, other = _WORDS.findall(before[:4000]), _WORDS.findall(after[:4000])
    parts: list[str] = []
    for what, i, j, k, m in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if what == "equal":
            same = "".join(one[i:j])
            parts.append(same if len(same) < 120 else f"{same[:50]} … {same[-50:]}")
            continue
        parts.append(f"[-{''.join(one[i:j])}-]" if j > i else "")
        parts.append(f"{{+{''.join(other[k:m])}+}}" if m > k else "")
    return ContractChange(
        path=at, what=f"text changed: {''.join(parts)[:1200]}", before=before[:2000], after=after[:2000]
    )


def _schema(
    before: Mapping[str, Any], after: Mapping[str, Any], *, at: str, depth: int
) -> Iterator[ContractChange]:
    if before == after:
        return
    if depth >= _DEEPEST:
        yield ContractChange(path=at, what="changed, too deep to be told apart", breaking=True)
        return
    yield from _types(before, after, at=at)
    yield from _values(before, after, at=at)
    yield from _bounds(before, after, at=at)
    yield from _names(before, after, at=at, depth=depth)
    inner, other = _sub(before.get("items")), _sub(after.get("items"))
    if inner != other and ("array" in _kinds(before) or "array" in _kinds(after) or inner):
        yield from _schema(inner, other, at=f"{at}[]", depth=depth + 1)
    yield from _rest(before, after, at=at)


def _types(before: Mapping[str, Any], after: Mapping[str, Any], *, at: str) -> Iterator[ContractChange]:
    one, other = _kinds(before), _kinds(after)
    if one == other:
        return
    if one == other - {"null"}:
        yield ContractChange(path=at, what="may now be null", breaking=True)
    elif other == one - {"null"}:
        yield ContractChange(path=at, what="is no longer null")
    else:
        yield ContractChange(
            path=at,
            what=f"{_or(one)} became {_or(other)}",
            before=_or(one),
            after=_or(other),
            breaking=bool(not other or (one and not _within(other, one))),
        )


def _within(inner: set[str], outer: set[str]) -> bool:
    wide = outer | ({"integer"} if "number" in outer else set())
    return inner <= wide


def _values(before: Mapping[str, Any], after: Mapping[str, Any], *, at: str) -> Iterator[ContractChange]:
    one, other = before.get("enum"), after.get("enum")
    if one == other:
        return
    if one is None or other is None:
        what = "is now one of a closed set" if one is None else "is no longer one of a closed set"
        yield ContractChange(
            path=at, what=what, before=_shown(one), after=_shown(other), breaking=other is None
        )
        return
    gained = [value for value in other if value not in one]
    lost = [value for value in one if value not in other]
    if gained:
        shown = ", ".join(map(_shown, gained))[:_LONGEST]
        yield ContractChange(path=at, what=f"may now be {shown}", after=shown, breaking=True)
    if lost:
        shown = ", ".join(map(_shown, lost))[:_LONGEST]
        yield ContractChange(path=at, what=f"is no longer {shown}", before=shown)


def _bounds(before: Mapping[str, Any], after: Mapping[str, Any], *, at: str) -> Iterator[ContractChange]:
    for name, word, wider in (
        ("format", "format", None),
        ("minimum", "least value", -1),
        ("maximum", "largest value", 1),
    ):
        one, other = before.get(name), after.get(name)
        if one == other:
            continue
        breaking = one is not None
        if wider and isinstance(one, int | float) and isinstance(other, int | float):
            breaking = (other - one) * wider > 0
        yield ContractChange(
            path=at,
            what=f"{word} {_shown(one) if one is not None else 'any'} became "
            f"{_shown(other) if other is not None else 'any'}",
            before=_shown(one),
            after=_shown(other),
            breaking=breaking,
        )


def _names(
    before: Mapping[str, Any], after: Mapping[str, Any], *, at: str, depth: int
) -> Iterator[ContractChange]:
    one, other = _properties(before), _properties(after)
    always, still = _required(before), _required(after)
    for name in sorted(one.keys() | other.keys()):
        place = f"{at}.{name}"
        if name not in other:
            yield ContractChange(path=place, what="is gone", before=_summary(one[name]), breaking=True)
        elif name not in one:
            yield ContractChange(
                path=place,
                what="is new" + (" and demanded" if name in still and at.startswith("arguments") else ""),
                after=_summary(other[name]),
                breaking=name in still and at.startswith("arguments"),
            )
        else:
            if (name in always) != (name in still):
                now = name in still
                yield ContractChange(
                    path=place,
                    what="is now always there" if now else "is no longer always there",
                    breaking=now is at.startswith("arguments"),
                )
            yield from _schema(one[name], other[name], at=place, depth=depth + 1)


def _rest(before: Mapping[str, Any], after: Mapping[str, Any], *, at: str) -> Iterator[ContractChange]:
    """Keywords this module does not read, as they are."""
    for name in sorted(before.keys() | after.keys()):
        if name in _READ or before.get(name) == after.get(name):
            continue
        if name in _TOLD:
            yield text_change(str(before.get(name, "")), str(after.get(name, "")), at=f"{at} ({name})")
        else:
            yield ContractChange(
                path=at,
                what=f"{name} changed",
                before=_shown(before.get(name)),
                after=_shown(after.get(name)),
                breaking=name not in _SAY_NOTHING,
            )


def _kinds(schema: Mapping[str, Any]) -> set[str]:
    kinds = schema.get("type", [])
    return {kinds} if isinstance(kinds, str) else {str(one) for one in kinds if isinstance(one, str)}


def _or(kinds: set[str]) -> str:
    return " or ".join(sorted(kinds)) or "anything"


def _sub(schema: Any) -> Mapping[str, Any]:
    return schema if isinstance(schema, Mapping) else {}


def _properties(schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    found = schema.get("properties")
    return {str(name): _sub(one) for name, one in found.items()} if isinstance(found, Mapping) else {}


def _required(schema: Mapping[str, Any]) -> set[str]:
    found = schema.get("required")
    return {str(one) for one in found} if isinstance(found, list | tuple) else set()


def _summary(schema: Mapping[str, Any]) -> str:
    return _or(_kinds(schema))


def _shown(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
