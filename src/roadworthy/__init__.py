"""Roadworthy inside an agent: `import roadworthy; roadworthy.init()`.

Names are loaded on first use, so that the import itself costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from roadworthy.sdk.queue import ExportStats as ExportStats
    from roadworthy.sdk.scope import current_run as current_run
    from roadworthy.sdk.scope import propagate as propagate
    from roadworthy.sdk.scope import session as session
    from roadworthy.sdk.setup import export_stats as export_stats
    from roadworthy.sdk.setup import flush as flush
    from roadworthy.sdk.setup import init as init
    from roadworthy.sdk.setup import shutdown as shutdown
    from roadworthy.sdk.steps import agent as agent
    from roadworthy.sdk.steps import tool as tool
    from roadworthy.sdk.verdicts import outcome as outcome
    from roadworthy.sdk.verdicts import score as score

_HOME = {
    "ExportStats": "queue",
    "agent": "steps",
    "current_run": "scope",
    "flush": "setup",
    "init": "setup",
    "outcome": "verdicts",
    "propagate": "scope",
    "score": "verdicts",
    "session": "scope",
    "shutdown": "setup",
    "export_stats": "setup",
    "tool": "steps",
}

__all__ = [
    "ExportStats",
    "agent",
    "current_run",
    "export_stats",
    "flush",
    "init",
    "outcome",
    "propagate",
    "score",
    "session",
    "shutdown",
    "tool",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"roadworthy.sdk.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
