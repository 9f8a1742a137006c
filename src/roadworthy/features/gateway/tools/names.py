"""Names that every client, framework and model takes: letters, digits, _ and -, at most 64 characters."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

LONGEST = 64
BETWEEN = "__"
_OTHERS = re.compile(r"[^A-Za-z0-9_.-]")


def tool_names(upstream: Iterable[str]) -> dict[str, str]:
    """The gateway's name for each tool of one connector, by the system's own. What is no plain name is made
    one; two that would be the same are told apart: no tool takes another's place by looking like it."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in upstream:
        plain = _OTHERS.sub("_", name)
        if plain != name or plain in taken:
            plain = f"{plain[:80]}-{_mark(name)}"
        taken.add(plain)
        found[name] = plain
    return found


def offered_name(connector: str, tool: str) -> str:
    """As MCP clients see it: `crm__find_customer`."""
    left, right = (_OTHERS.sub("_", one).replace(".", "_") for one in (connector, tool))
    name = f"{left}{BETWEEN}{right}"
    if len(name) <= LONGEST and right == tool:
        return name
    return f"{name[: LONGEST - 9]}-{_mark(f'{connector}.{tool}')}"


def _mark(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
