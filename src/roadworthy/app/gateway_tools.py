"""Tools in the gateway, wired: connectors, contracts and grants of the snapshot, and the two doors."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from roadworthy.contracts.metadata import Record
from roadworthy.contracts.recorder import Recorder
from roadworthy.contracts.records import read_record
from roadworthy.contracts.tool_system import Program, ToolSpec, ToolSystem
from roadworthy.contracts.upstream import Transport
from roadworthy.domain.connector import Connector, ConnectorKind
from roadworthy.domain.data_dictionary import Corrections, DataDictionary
from roadworthy.domain.exchange import Ending
from roadworthy.domain.typed_failure import TypedFailure
from roadworthy.doors.gateway.connect import ConnectDoor
from roadworthy.doors.gateway.connection import Handler
from roadworthy.doors.gateway.mcp import McpDoor
from roadworthy.doors.gateway.request import GatewayRequest
from roadworthy.doors.gateway.tool_story import ToolFaults
from roadworthy.doors.gateway.tools import ToolRoom
from roadworthy.features.gateway.connectors.described import DescribedSystem, described
from roadworthy.features.gateway.connectors.opened import Parts
from roadworthy.features.gateway.connectors.opening import open_system
from roadworthy.features.gateway.connectors.service import last_words
from roadworthy.features.gateway.keys.caller import Caller
from roadworthy.features.gateway.profile import dictionary_book
from roadworthy.features.gateway.snapshot.model import GatewaySnapshot, PartReader
from roadworthy.features.gateway.tools import rules
from roadworthy.features.gateway.tools.bell import Bell
from roadworthy.features.gateway.tools.catalog import Catalog
from roadworthy.features.gateway.tools.desk import ToolDesk
from roadworthy.features.gateway.tools.facts import ToolFacts
from roadworthy.features.gateway.tools.guards import Guards
from roadworthy.features.gateway.tools.offering import Offering
from roadworthy.features.gateway.tools.opening import mcp_opener
from roadworthy.features.gateway.tools.systems import Systems

KINDS = (*rules.KINDS, dictionary_book.KIND, dictionary_book.CORRECTIONS)
"""Of the records that the snapshot has to read."""
FACTS = "tools.json"
SWEEP_S = 10.0


def readers() -> dict[str, PartReader]:
    return {rules.PART: rules.RulesReader()}


class GatewayTools:
    """Made in the thread of the event loop. `rooms` are the doors by path; `close` after the last call."""

    def __init__(
        self,
        current: Callable[[], GatewaySnapshot],
        *,
        transport: Transport,
        unseal: Callable[[str], str],
        seal: Callable[[str], str] | None = None,
        folder: Path,
        connectors: Path,
        callers: Callable[[GatewayRequest], Caller | TypedFailure],
        recorder: Recorder | None = None,
        faults: ToolFaults | None = None,
        on_told: Callable[[Ending, str], None] = lambda _ending, _code: None,
    ) -> None:
        self._current = current
        self.parts = Parts(
            transport=transport, unseal=unseal, seal=seal, folder=connectors, dictionary=self.dictionary
        )
        self.facts = ToolFacts(folder / FACTS)
        self.systems = Systems(self._open)
        self.bell = Bell()
        self.catalog = Catalog(
            self.systems,
            seen=self.facts.seen,
            raw=_undescribed,
            describe=self._described,
            on_other=self.bell.ring,
        )
        self._opener = mcp_opener(self.catalog.changed)
        self.guards = Guards()
        desk = ToolDesk(self.systems, guards=self.guards, facts=self.facts)
        offering = Offering(self._rules, self.catalog)
        self._swept = time.monotonic()
        room = ToolRoom(
            desk, offering, callers=callers, recorder=recorder, faults=faults, on_told=on_told, bell=self.bell
        )
        self.rooms: Mapping[str, Handler] = {"/mcp": McpDoor(room), "/connect": ConnectDoor(room)}

    async def close(self) -> None:
        await self.catalog.close()
        await self.systems.close()
        await self.facts.close()

    def state(self) -> dict[str, dict[str, object]]:
        """For health answers, by `project:connector`: how its tools are listed, how calls go, and what a
        program wrote last to standard error."""
        calls = self.guards.state()
        listed: dict[str, dict[str, object]] = {
            f"{one.connector.project}:{one.connector.name}": {"tools": len(one.tools), "problem": one.problem}
            for one in self.catalog.listings()
        }
        said: dict[str, dict[str, object]] = {}
        for (project, name), system in self.systems.held().items():
            inner = _undescribed(system)
            if isinstance(inner, Program) and (words := last_words(inner)):
                said[f"{project}:{name}"] = {"stderr": words}
        known = listed | calls | said
        return {one: {**listed.get(one, {}), **calls.get(one, {}), **said.get(one, {})} for one in known}

    def dictionary(self, project: str, connector: str) -> DataDictionary | None:
        """With what people said; None where it was never profiled, or cannot be read."""
        records = self._current().records
        found = _of(records.get((project, dictionary_book.KIND), ()), connector)
        if found is None:
            return None
        said = _of(records.get((project, dictionary_book.CORRECTIONS), ()), connector)
        try:
            made = read_record(DataDictionary, found)
            return dictionary_book.corrected(made, read_record(Corrections, said)) if said else made
        except ValueError:
            return None

    def _rules(self, project: str) -> rules.ToolRules:
        """Asked with each request. Programs of connectors that are gone are ended on the way."""
        snapshot = self._current()
        now = time.monotonic()
        if now - self._swept > SWEEP_S:
            self._swept = now
            self.systems.keep_only(lambda of, name: name in rules.rules_of(snapshot, of).connectors)
        return rules.rules_of(snapshot, project)

    def _open(self, connector: Connector) -> ToolSystem:
        return open_system(connector, self.parts, more={ConnectorKind.MCP: self._opener})

    def _described(self, connector: Connector, spec: ToolSpec) -> ToolSpec:
        dictionary = self.dictionary(connector.project, connector.name)
        return described(spec, dictionary) if dictionary is not None else spec


def _undescribed(system: ToolSystem) -> ToolSystem:
    """What a system says of itself, without our words: corrections are no drift."""
    return system.inner if isinstance(system, DescribedSystem) else system


def _of(records: tuple[Record, ...], name: str) -> Record | None:
    return next((one for one in records if one.id == name), None)
