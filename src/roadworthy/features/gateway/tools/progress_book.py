"""Who is told how far a running call to an MCP server is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from roadworthy.contracts.tool_system import Progress
from roadworthy.features.gateway.tools.reading import read_progress


class ProgressBook:
    """By the number a call is asked with, which is its token. For one event loop."""

    def __init__(self) -> None:
        self._told: dict[int, Callable[[Progress], None]] = {}

    def asked(
        self, number: int, params: dict[str, Any], on_progress: Callable[[Progress], None] | None
    ) -> dict[str, Any]:
        """The parameters to ask with: they ask for progress where somebody wants to be told of it."""
        if on_progress is None:
            return params
        self._told[number] = on_progress
        return {**params, "_meta": {**params.get("_meta", {}), "progressToken": number}}

    def heard(self, message: Mapping[str, Any]) -> bool:
        """Whether it tells of progress; of a call that is over nobody is told."""
        told = read_progress(message)
        if told is None:
            return False
        number, progress = told
        if (on_progress := self._told.get(number)) is not None:
            on_progress(progress)
        return True

    def over(self, number: int) -> None:
        self._told.pop(number, None)
