"""Which tools each system has, known without asking it for each agent that lists them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from roadworthy.contracts.tool_system import ToolFailed, ToolSpec, ToolSystem
from roadworthy.domain.connector import Connector
from roadworthy.domain.tool_contract import ToolDeclaration
from roadworthy.features.gateway.contracts.declared import declaration_of
from roadworthy.features.gateway.tools.names import tool_names
from roadworthy.features.gateway.tools.systems import Systems

log = logging.getLogger(__name__)

FRESH_S = 60.0
CALM_S = 0.5
"""Between two looks that a system asked for by saying that its tools have changed."""
RETRY_S = 10.0
"""After a look that failed."""
WAIT_S = 15.0
Seen = Callable[[Connector, Mapping[str, ToolDeclaration]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTool:
    """`name` is the gateway's, `spec.name` the system's own. `declared` is what the system said, before
    anybody's corrections."""

    name: str
    spec: ToolSpec
    declared: ToolDeclaration


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Of one connector. `problem`: why it could not be listed now; the tools are those of the last time."""

    connector: Connector
    tools: Mapping[str, KnownTool] = field(default_factory=dict)
    """By the gateway's name."""
    problem: str = ""
    number: int = 0
    """Another one for each listing that says something else."""


@dataclass(slots=True, kw_only=True)
class _Held:
    listing: Listing
    until: float
    looking: asyncio.Task[Listing] | None = None
    told: bool = False
    """Its system said since the last look began that its tools are others."""
    following: asyncio.Task[None] | None = None


class Catalog:
    """For one event loop. `seen` hears of what each system declares, each time it was asked; `on_other` that
    a listing says something else now."""

    def __init__(
        self,
        systems: Systems,
        *,
        seen: Seen = lambda _connector, _tools: None,
        raw: Callable[[ToolSystem], ToolSystem] = lambda system: system,
        describe: Callable[[Connector, ToolSpec], ToolSpec] = lambda _connector, spec: spec,
        on_other: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._systems = systems
        self._on_other = on_other
        self._seen = seen
        self._raw = raw
        self._describe = describe
        self._clock = clock
        self._held: dict[tuple[str, str], _Held] = {}
        self._number = 0

    async def of(self, connector: Connector) -> Listing:
        """Never raises. What is a little old is given at once, and looked at again behind; only the first
        time, and after a change that was told of, is the system waited for."""
        held = self._held.get((connector.project, connector.name))
        if held is None or (held.listing.connector is not connector and held.listing.connector != connector):
            return await self._look(connector, before=None)
        if held.until > self._clock():
            return held.listing
        if held.until == 0.0:
            return await self._look(connector, before=held)
        self._look_behind(connector, held)
        return held.listing

    def known(self, connector: Connector) -> Listing | None:
        """What is known now, without asking."""
        held = self._held.get((connector.project, connector.name))
        return held.listing if held is not None and held.listing.connector == connector else None

    def listings(self) -> list[Listing]:
        """All that were asked for."""
        return [held.listing for held in self._held.values()]

    def changed(self, project: str, connector: str) -> None:
        """The system says that its tools are others now: it is asked at once, and not by the next agent."""
        held = self._held.get((project, connector))
        if held is None:
            return
        held.until, held.told = 0.0, True
        if held.following is None or held.following.done():
            held.following = asyncio.get_running_loop().create_task(self._follow(held))

    async def _follow(self, held: _Held) -> None:
        """One look after the other: one that had begun before it was told does not count."""
        while held.told:
            if held.looking is not None and not held.looking.done():
                await asyncio.wait({held.looking})
            held.told = False
            self._look_behind(held.listing.connector, held)
            if held.looking is not None:
                await asyncio.wait({held.looking})
            await asyncio.sleep(CALM_S)

    async def close(self) -> None:
        held = self._held.values()
        looking: list[asyncio.Task[Any]] = [one.looking for one in held if one.looking is not None]
        looking += [one.following for one in held if one.following is not None]
        for task in looking:
            task.cancel()
        await asyncio.gather(*looking, return_exceptions=True)

    async def _look(self, connector: Connector, *, before: _Held | None) -> Listing:
        held = before
        if held is None:
            held = _Held(listing=Listing(connector=connector), until=0.0)
            there = self._held.get((connector.project, connector.name))
            if there is not None and there.looking is not None:
                there.looking.cancel()
            self._held[connector.project, connector.name] = held
        self._look_behind(connector, held)
        assert held.looking is not None  # noqa: S101 - just begun, or under way
        try:
            # Shielded: who asked may go away, the others wait for the same look.
            return await asyncio.wait_for(asyncio.shield(held.looking), WAIT_S)
        except TimeoutError:
            return held.listing

    def _look_behind(self, connector: Connector, held: _Held) -> None:
        if held.looking is None or held.looking.done():
            held.looking = asyncio.get_running_loop().create_task(self._looked(connector, held))

    async def _looked(self, connector: Connector, held: _Held) -> Listing:
        try:
            system = self._raw(self._systems.of(connector))
            specs = await system.tools()
        except ToolFailed as failure:
            held.until = self._clock() + RETRY_S
            held.listing = self._as_before(held.listing, problem=failure.failure.what)
            return held.listing
        except Exception:
            # A connector's mistake must not take the other connectors' tools away.
            log.exception("the tools of %s cannot be listed", connector.name)
            held.until = self._clock() + RETRY_S
            held.listing = self._as_before(held.listing, problem="a mistake of the gateway")
            return held.listing
        names = tool_names(one.name for one in specs)
        tools = {
            names[one.name]: KnownTool(
                name=names[one.name], spec=self._describe(connector, one), declared=declaration_of(one)
            )
            for one in specs
        }
        if held.listing.tools != tools or held.listing.problem or not held.listing.number:
            self._number += 1
            held.listing = Listing(connector=connector, tools=tools, number=self._number)
            self._on_other()
        held.until = self._clock() + FRESH_S
        self._seen(connector, {name: one.declared for name, one in tools.items()})
        return held.listing

    def _as_before(self, listing: Listing, *, problem: str) -> Listing:
        if listing.problem == problem:
            return listing
        self._number += 1
        return Listing(connector=listing.connector, tools=listing.tools, problem=problem, number=self._number)
