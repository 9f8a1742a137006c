"""What the doors ask about connectors: try one, list its tools, call one, see what was delivered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

from roadworthy.contracts.tool_system import (
    Program,
    ToolCallContext,
    ToolFailed,
    ToolResult,
    ToolSpec,
    ToolSystem,
)
from roadworthy.domain.connector import Connector, ConnectorKind
from roadworthy.domain.delivery import BadRow, Delivery, TableState
from roadworthy.domain.typed_failure import TypedFailure
from roadworthy.features.gateway.connectors.access.credentials import forget_tokens
from roadworthy.features.gateway.connectors.book import ConnectorBook
from roadworthy.features.gateway.connectors.described import DescribedSystem
from roadworthy.features.gateway.connectors.opened import Parts
from roadworthy.features.gateway.connectors.opening import Opener, open_system

_LAST_WORDS_S = 0.2
_LINES_SHOWN = 20
PERSON = "(person)"
"""The agent of calls that people make to try a tool."""


@runtime_checkable
class Checkable(Protocol):
    async def check(self) -> str:
        """Reaches the system, as little as may be; what was seen, in words. Raises ToolFailed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    ok: bool
    seconds: float
    said: str
    tools: int = 0
    failure: TypedFailure | None = None
    stderr: tuple[str, ...] = ()
    """What a program that failed wrote last, masked."""


class Deliveries(Protocol):
    """What is known of the files of a batch connector, for any process."""

    def tables(self, connector: Connector) -> list[TableState]: ...
    def deliveries(self, connector: Connector, *, limit: int) -> list[Delivery]:
        """Newest first."""
        ...

    def bad_rows(self, connector: Connector, *, limit: int) -> list[BadRow]: ...
    def hurry(self, connector: Connector) -> None:
        """Look at the source now."""
        ...

    def forget(self, connector: Connector) -> None:
        """The connector was deleted: its tables go."""
        ...


def last_words(system: Program) -> tuple[str, ...]:
    """For people to read."""
    return tuple(system.said())[-_LINES_SHOWN:]


class ConnectorService:
    """`parts` makes what one opened connector works with; `folder` is DATA/connectors."""

    def __init__(
        self,
        book: ConnectorBook,
        *,
        parts: Callable[[], Parts],
        folder: Path,
        deliveries: Deliveries,
        openers: Mapping[ConnectorKind, Opener] = MappingProxyType({}),
    ) -> None:
        self.book = book
        self.deliveries = deliveries
        self._parts = parts
        self._folder = folder
        self._openers = openers

    @asynccontextmanager
    async def opened(self, connector: Connector) -> AsyncIterator[ToolSystem]:
        """Raises ToolFailed."""
        parts = self._parts()
        try:
            system = open_system(connector, parts, more=self._openers)
            try:
                yield system
            finally:
                await system.close()
        finally:
            await parts.transport.close()

    async def test(self, connector: Connector) -> Tested:
        started = time.monotonic()
        stderr: tuple[str, ...] = ()
        try:
            async with self.opened(connector) as system:
                inner = system.inner if isinstance(system, DescribedSystem) else system
                try:
                    said = await inner.check() if isinstance(inner, Checkable) else "it lists its tools"
                    tools = len(await system.tools())
                except ToolFailed:
                    if isinstance(inner, Program):
                        # Told on another pipe than the one whose end was noticed.
                        await asyncio.sleep(_LAST_WORDS_S)
                        stderr = last_words(inner)
                    raise
        except ToolFailed as failure:
            return Tested(
                ok=False,
                seconds=time.monotonic() - started,
                said=failure.failure.what,
                failure=failure.failure,
                stderr=stderr,
            )
        return Tested(ok=True, seconds=time.monotonic() - started, said=said, tools=tools)

    async def tools(self, connector: Connector) -> Sequence[ToolSpec]:
        """Raises ToolFailed."""
        async with self.opened(connector) as system:
            return await system.tools()

    async def call(self, connector: Connector, tool: str, arguments: Mapping[str, Any]) -> ToolResult:
        """A person tries a tool. Raises ToolFailed."""
        context = ToolCallContext(project=connector.project, agent=PERSON, deadline_s=connector.timeout_s)
        async with self.opened(connector) as system:
            return await system.call(tool, arguments, context=context)

    def delete(self, project: str, name: str) -> bool:
        connector = self.book.connector(project, name)
        if connector is None:
            return False
        self.book.delete(project, name)
        forget_tokens(self._folder, connector)
        if connector.kind is ConnectorKind.BATCH:
            self.deliveries.forget(connector)
        return True
