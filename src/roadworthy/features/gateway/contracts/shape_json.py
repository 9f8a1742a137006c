"""A shape as JSON and back; and how large it may grow."""

from __future__ import annotations

from typing import Any

from roadworthy.features.gateway.contracts.shape import DEEPEST, Shape

MOST_PLACES = 4000
"""Places of one shape: beyond, what is deepest is no longer told apart."""
_COUNTS = ("nulls", "booleans", "integers", "numbers", "strings", "arrays", "objects", "deeper")


def shape_as_json(shape: Shape) -> dict[str, Any]:
    """Without what is as in a new one."""
    made: dict[str, Any] = {name: count for name in _COUNTS if (count := getattr(shape, name))}
    if shape.least is not None:
        made |= {"least": shape.least, "most": shape.most}
    if shape.formats is not None:
        made["formats"] = sorted(shape.formats)
    if shape.values != {}:
        made["values"] = shape.values
    if shape.partly:
        made["partly"] = True
    if shape.items is not None:
        made["items"] = shape_as_json(shape.items)
    if shape.names is None:
        made["names"] = None
    elif shape.names:
        made["names"] = {name: shape_as_json(one) for name, one in shape.names.items()}
    if shape.rest is not None:
        made["rest"] = shape_as_json(shape.rest)
    return made


def shape_of_json(kept: dict[str, Any]) -> Shape:
    names = kept.get("names", {})
    return Shape(
        **{name: int(kept.get(name, 0)) for name in _COUNTS},
        least=kept.get("least"),
        most=kept.get("most"),
        formats=frozenset(kept["formats"]) if "formats" in kept else None,
        values=kept.get("values", {}),
        partly=bool(kept.get("partly")),
        items=shape_of_json(kept["items"]) if "items" in kept else None,
        names=None if names is None else {name: shape_of_json(one) for name, one in names.items()},
        rest=shape_of_json(kept["rest"]) if "rest" in kept else None,
    )


def places(shape: Shape) -> int:
    inner = [shape.items, shape.rest, *(shape.names or {}).values()]
    return 1 + sum(places(one) for one in inner if one is not None)


def bounded(shape: Shape, *, most: int = MOST_PLACES) -> Shape:
    """The same, or one that looks less deep: it still accepts everything it has seen."""
    depth = DEEPEST
    while places(shape) > most and depth > 1:
        depth -= 1
        shape = _cut(shape, depth=depth)
    return shape


def _cut(shape: Shape, *, depth: int) -> Shape:
    if depth == 0:
        return Shape(deeper=shape.seen)
    kept = shape_of_json({**shape_as_json(shape), "names": {}, "items": {}, "rest": {}})
    kept.items = _cut(shape.items, depth=depth - 1) if shape.items is not None else None
    kept.rest = _cut(shape.rest, depth=depth - 1) if shape.rest is not None else None
    kept.names = (
        None
        if shape.names is None
        else {name: _cut(one, depth=depth - 1) for name, one in shape.names.items()}
    )
    return kept
