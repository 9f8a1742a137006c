"""Tools that do nothing but pass the task on, by the names frameworks give them."""

from __future__ import annotations

import re
from functools import lru_cache

import orjson

_NAMES = re.compile(
    r"(?:transfer_to_(?P<to>\w+)|transfer_back_to_(?P<back>\w+)|hand_?off_to_(?P<handoff>\w+)|handoff|"
    r"transfer_to|delegate_work_to_coworker|ask_question_to_coworker|delegate_work_to_co_worker|"
    r"ask_question_to_co_worker|delegate_to_(?P<delegate>\w+))$"
)
_SPACES = re.compile(r"[\s-]+")
_TARGETS = ("to_agent", "agent_name", "agent", "coworker", "co_worker", "recipient", "target")
_REASONS = (
    "reason",
    "context",
    "message",
    "task",
    "request",
    "question",
    "instructions",
    "query",
    "prompt",
    "input",
)

FINAL_ANSWERS = frozenset({"final_answer", "final_result"})
"""Tools through which a model gives its answer: nothing is executed (smolagents, Pydantic AI)."""


def is_handoff(tool_name: str) -> bool:
    return _known(tool_name) if len(tool_name) <= _LONGEST_KNOWN else _names_handoff(tool_name)


def _names_handoff(tool_name: str) -> bool:
    return _NAMES.match(_plain(tool_name)) is not None


_known = lru_cache(maxsize=4096)(_names_handoff)
_LONGEST_KNOWN = 200
"""Names repeat; only hostile ones are long, and those are not remembered."""


def handoff_target(tool_name: str, arguments: str) -> str:
    """Agent named by the tool or by its arguments, "" where neither does."""
    found = _NAMES.match(_plain(tool_name))
    named = next((group for group in found.groups() if group), "") if found else ""
    if named and named != "agent":
        return named
    return _argument(arguments, _TARGETS) or ("" if named == "agent" else named)


def handoff_reason(arguments: str) -> str:
    return _argument(arguments, _REASONS)


def _argument(arguments: str, names: tuple[str, ...]) -> str:
    if not arguments.startswith("{"):
        return ""
    try:
        loaded = orjson.loads(arguments)
    except ValueError:
        return ""
    if isinstance(loaded, dict) and isinstance(loaded.get("kwargs"), dict):
        loaded = loaded["kwargs"]
    for name in names:
        value = loaded.get(name)
        if isinstance(value, str) and value:
            return value
    return ""


def _plain(tool_name: str) -> str:
    return _SPACES.sub("_", tool_name.strip().lower())
