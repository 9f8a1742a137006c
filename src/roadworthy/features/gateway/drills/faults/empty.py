"""Nothing where there was something: lists without items, counts of 0, an object without fields."""

from __future__ import annotations

import re
from typing import Any

_COUNT = re.compile(r"(^|_)(count|total|size|hits|matches|found|number)(_|$)|(^|_)n(um)?_")


def emptied(value: Any) -> Any | None:
    """None where it is empty already."""
    if value in ({}, [], "", None):
        return None
    if isinstance(value, list):
        return []
    if isinstance(value, dict):
        if not any(isinstance(one, list) for one in value.values()):
            return {}
        new: dict[str, Any] = {
            key: [] if isinstance(one, list) else 0 if _is_count(key, one) else one
            for key, one in value.items()
        }
        return None if new == value else new
    return ""


def _is_count(key: str, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and bool(_COUNT.search(key.lower()))
