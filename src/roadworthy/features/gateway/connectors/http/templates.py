"""`{name}` in what an operation sends, replaced so that a value stays a value: it cannot leave its segment
of the path, its parameter, its header or its place in the body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson

PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_.-]*)\}")
_DOTS = re.compile(r"^\.{1,2}$")


class CannotFill(ValueError):  # noqa: N818 (what the caller is told, not a bug)
    """Names the argument, and what is wrong with its value."""


def names_in(template: Any) -> set[str]:
    if isinstance(template, str):
        return set(PLACE.findall(template))
    if isinstance(template, Mapping):
        return {name for key, value in template.items() for name in names_in(value) | names_in(key)}
    if isinstance(template, list):
        return {name for one in template for name in names_in(one)}
    return set()


def fill_path(template: str, values: Mapping[str, Any]) -> str:
    """Each value is one segment or a part of one: `/`, `?`, `#` and `%` in it are escaped. Raises
    CannotFill."""
    segments = []
    for segment in template.split("/"):
        filled = PLACE.sub(lambda match: _segment(match.group(1), values), segment)
        if filled != segment and _DOTS.match(filled):
            raise CannotFill(f"{', '.join(sorted(names_in(segment)))}: . and .. are no names")
        segments.append(filled)
    return "/".join(segments)


def _segment(name: str, values: Mapping[str, Any]) -> str:
    if name not in values or values[name] is None:
        raise CannotFill(f"{name}: expected a value, it is part of the path")
    text = as_text(values[name], name=name)
    if not text:
        raise CannotFill(f"{name}: expected a value that is not empty, it is part of the path")
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise CannotFill(f"{name}: expected no control characters")
    # What a careless server decodes twice would be a slash to it.
    if "/" in text or "\\" in text or "%2f" in text.lower() or "%5c" in text.lower():
        raise CannotFill(f"{name}: expected no slash, it is one segment of the path")
    return quote(text, safe="")


def fill_query(templates: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """`a=1&b=2`, each part escaped; parameters whose arguments were not given are left out, lists
    repeated."""
    parts = []
    for name, template in templates.items():
        filled = fill_value(template, values)
        if filled is _ABSENT or filled is None:
            continue
        for one in filled if isinstance(filled, list) else [filled]:
            parts.append(f"{quote(name, safe='')}={quote(as_text(one, name=name), safe='')}")
    return "&".join(parts)


def fill_header(template: str, values: Mapping[str, Any]) -> str | None:
    """None where an argument was not given. Raises CannotFill for what would end the header."""
    if any(values.get(name) is None for name in names_in(template)):
        return None
    text = PLACE.sub(lambda match: as_text(values[match.group(1)], name=match.group(1)), template)
    if any((ord(c) < 32 and c != "\t") or ord(c) == 127 or ord(c) > 255 for c in text):
        names = ", ".join(sorted(names_in(template)))
        raise CannotFill(f"{names}: expected one line of latin-1 text, it goes into a header")
    return text


def fill_body(template: Any, values: Mapping[str, Any]) -> Any:
    """JSON of the same shape. A string that is one place takes the value as it is; what was not given is left
    out of objects and lists."""
    filled = fill_value(template, values)
    return None if filled is _ABSENT else filled


class _Absent:
    pass


_ABSENT = _Absent()


def fill_value(template: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(template, str):
        whole = PLACE.fullmatch(template)
        if whole:
            return values.get(whole.group(1), _ABSENT)
        if any(name not in values for name in names_in(template)):
            return _ABSENT
        return PLACE.sub(lambda match: as_text(values[match.group(1)], name=match.group(1)), template)
    if isinstance(template, Mapping):
        filled = {key: fill_value(value, values) for key, value in template.items()}
        return {key: value for key, value in filled.items() if value is not _ABSENT}
    if isinstance(template, list):
        return [value for value in (fill_value(one, values) for one in template) if value is not _ABSENT]
    return template


def as_text(value: Any, *, name: str) -> str:
    """Of a plain value. Raises CannotFill for lists and objects."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise CannotFill(f"{name}: expected Unicode text, it holds half a character") from None
        return value
    if isinstance(value, int | float):
        return orjson.dumps(value).decode() if abs(value) < 1 << 63 else str(value)
    if value is None:
        return ""
    raise CannotFill(f"{name}: expected a text, a number, true or false")
