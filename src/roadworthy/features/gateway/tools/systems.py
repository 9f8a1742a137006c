"""The systems behind connectors, each opened once, and anew when its connector has changed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from roadworthy.contracts.tool_system import ToolSystem
from roadworthy.domain.connector import Connector

log = logging.getLogger(__name__)

LINGER_S = 60.0
"""How long a system that was replaced may finish the calls it has."""


class Systems:
    """For one event loop. `open_one` raises ToolFailed where a connector cannot be used."""

    def __init__(self, open_one: Callable[[Connector], ToolSystem], *, linger_s: float = LINGER_S) -> None:
        self._open_one = open_one
        self._linger_s = linger_s
        self._held: dict[tuple[str, str], tuple[Connector, ToolSystem]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def of(self, connector: Connector) -> ToolSystem:
        """Raises ToolFailed."""
        key = (connector.project, connector.name)
        held = self._held.get(key)
        if held is not None and (held[0] is connector or held[0] == connector):
            return held[1]
        made = self._open_one(connector)
        self._held[key] = (connector, made)
        if held is not None:
            self._close_later(held[1])
        return made

    def held(self) -> dict[tuple[str, str], ToolSystem]:
        """Those that are open, by project and connector."""
        return {key: system for key, (_, system) in self._held.items()}

    def keep_only(self, known: Callable[[str, str], bool]) -> None:
        """Closes those whose connector is gone: `known` is asked (project, name)."""
        for key in [key for key in self._held if not known(*key)]:
            self._close_later(self._held.pop(key)[1])

    async def close(self) -> None:
        held, self._held = self._held, {}
        for task in tuple(self._closing):
            task.cancel()
        await asyncio.gather(*(_closed(system) for _, system in held.values()))
        await asyncio.gather(*tuple(self._closing), return_exceptions=True)

    def _close_later(self, system: ToolSystem) -> None:
        async def close() -> None:
            try:
                await asyncio.sleep(self._linger_s)
            finally:
                await _closed(system)

        task = asyncio.get_running_loop().create_task(close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


async def _closed(system: ToolSystem) -> None:
    try:
        await system.close()
    except Exception:
        # What cannot be closed must not keep others open.
        log.exception("a system cannot be closed")
