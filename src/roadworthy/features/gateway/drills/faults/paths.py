"""Where values are in a JSON value: paths of keys, in which `[]` stands for every item of a list.

A fault changes a field of a schema, and so the same field of every record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Path = tuple[str, ...]
ITEM = "[]"
GONE = object()
"""What a change gives back for a field that is to go."""


def leaves(value: Any) -> dict[Path, list[Any]]:
    """Values that are neither an object nor a list, by path, in order."""
    found: dict[Path, list[Any]] = {}
    for path, one in _walk(value, ()):
        if path and path[-1] != ITEM and not isinstance(one, dict | list):
            found.setdefault(path, []).append(one)
    return found


def records(value: Any) -> dict[Path, list[list[Any]]]:
    """Lists of objects that are not empty, by path."""
    found: dict[Path, list[list[Any]]] = {}
    for path, one in _walk(value, ()):
        if isinstance(one, list) and one and all(isinstance(item, dict) for item in one):
            found.setdefault(path, []).append(one)
    return found


def changed(value: Any, path: Path, change: Callable[[Any], Any], *, name: str = "") -> Any:
    """A copy in which each value at the path is what `change` says, under another `name` if one is given."""
    if not path:
        return change(value)
    step, rest = path[0], path[1:]
    if step == ITEM:
        return [changed(one, rest, change, name=name) for one in value] if isinstance(value, list) else value
    if not isinstance(value, dict) or step not in value:
        return value
    copy: dict[str, Any] = {}
    for key, one in value.items():
        if key != step:
            copy[key] = one
            continue
        new = changed(one, rest, change, name=name)
        if new is not GONE:
            copy[name if name and not rest else key] = new
    return copy


def _walk(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    yield path, value
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _walk(one, (*path, str(key)))
    elif isinstance(value, list):
        for one in value:
            yield from _walk(one, (*path, ITEM))
