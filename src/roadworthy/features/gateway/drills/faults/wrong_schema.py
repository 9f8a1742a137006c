"""A field under another name, missing, or of another type, in every record."""

from __future__ import annotations

import random
import re
from typing import Any

from roadworthy.features.gateway.drills.faults.paths import GONE, Path, changed, leaves

_WAYS = ("renamed", "missing", "retyped")


def other_schema(value: Any, *, seed: int) -> Any | None:
    """None where it has no fields. Which field and which way follows from the seed."""
    paths = list(leaves(value))
    if not paths:
        return None
    rng = random.Random(f"schema {seed}")  # noqa: S311 (no secret)
    path: Path = rng.choice(paths)
    way = rng.choice(_WAYS)
    if way == "renamed":
        return changed(value, path, lambda one: one, name=_renamed(path[-1]))
    if way == "missing":
        return changed(value, path, lambda _: GONE)
    return changed(value, path, _retyped)


def _renamed(name: str) -> str:
    if "_" in name.strip("_"):
        head, *rest = name.split("_")
        return head + "".join(part.capitalize() for part in rest)
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return snake if snake != name else f"{name}_value"


def _retyped(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return {"value": value}
    if value is None:
        return "null"
    return [value]
