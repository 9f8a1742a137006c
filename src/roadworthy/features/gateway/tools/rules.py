"""What the snapshot says of tools: connectors, contracts ready to be checked, grants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import cast

from roadworthy.contracts.metadata import Record
from roadworthy.contracts.records import read_record
from roadworthy.domain.connector import Connector
from roadworthy.domain.tool_contract import ToolContract
from roadworthy.domain.tool_grant import ToolGrant
from roadworthy.features.gateway.contracts.book import CONTRACT, GRANT
from roadworthy.features.gateway.contracts.check import CompiledContract
from roadworthy.features.gateway.snapshot.model import GatewaySnapshot, RecordsByKind

PART = "tools"
"""The name of this part of the snapshot."""
CONNECTOR = "connector"
KINDS = (CONTRACT, GRANT, CONNECTOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRules:
    """Of one project."""

    connectors: Mapping[str, Connector] = field(default_factory=dict)
    contracts: Mapping[str, CompiledContract] = field(default_factory=dict)
    """By `connector.tool`."""
    grants: tuple[ToolGrant, ...] = ()

    def granted(self, *, agent: str, release: str) -> tuple[ToolGrant, ...]:
        """A release that has grants of its own has those alone."""
        of_agent = [one for one in self.grants if one.agent == agent]
        own = tuple(one for one in of_agent if one.release and one.release == release)
        return own or tuple(one for one in of_agent if not one.release)


_NONE = ToolRules()


class RulesReader:
    """A `PartReader`. Contracts that did not change are not compiled again."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str, int], CompiledContract] = {}

    def __call__(self, records: RecordsByKind, _open: Callable[[str], str]) -> Mapping[str, ToolRules]:
        before, self._compiled = self._compiled, {}
        found: dict[str, ToolRules] = {}
        for project in {project for project, kind in records if kind in KINDS}:
            connectors = (_read(Connector, one) for one in records.get((project, CONNECTOR), ()))
            grants = (_read(ToolGrant, one) for one in records.get((project, GRANT), ()))
            contracts = (self._contract(one, before) for one in records.get((project, CONTRACT), ()))
            found[project] = ToolRules(
                connectors={one.name: one for one in connectors if one is not None and one.enabled},
                contracts={one.name: one for one in contracts if one is not None},
                grants=tuple(one for one in grants if one is not None),
            )
        return MappingProxyType(found)

    def _contract(
        self, record: Record, before: Mapping[tuple[str, str, int], CompiledContract]
    ) -> CompiledContract | None:
        key = (record.project, record.id, record.updated_ns)
        made = before.get(key)
        if made is None:
            contract = _read(ToolContract, record)
            if contract is None:
                return None
            made = CompiledContract(contract)
        self._compiled[key] = made
        return made


def rules_of(snapshot: GatewaySnapshot, project: str) -> ToolRules:
    part = cast("Mapping[str, ToolRules] | None", snapshot.parts.get(PART))
    return (part or {}).get(project, _NONE)


def _read(noun: type, record: Record):  # type: ignore[no-untyped-def] # see `read_record`
    """None for one that cannot be read: it takes no other with it."""
    try:
        return read_record(noun, record)
    except ValueError:
        return None
