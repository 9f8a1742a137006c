"""Every kind of connector, opened as tools: one visible table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from roadworthy.contracts.tool_system import ToolSystem
from roadworthy.domain.connector import Connector, ConnectorKind
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.connectors.described import DescribedSystem
from roadworthy.features.gateway.connectors.failing import failed
from roadworthy.features.gateway.connectors.http.openapi import DocumentInvalid
from roadworthy.features.gateway.connectors.opened import Parts, SecretMissing
from roadworthy.features.gateway.connectors.settings.table import ConnectorInvalid, read_settings

Opener = Callable[[Connector, Any, Parts], ToolSystem]
"""With its settings, checked. May raise SecretMissing."""


def _http(connector: Connector, settings: Any, parts: Parts) -> ToolSystem:
    from roadworthy.features.gateway.connectors.http.system import HttpSystem

    return HttpSystem(connector, settings, parts)


def _sql(connector: Connector, settings: Any, parts: Parts) -> ToolSystem:
    from roadworthy.features.gateway.connectors.sql.system import SqlSystem

    return SqlSystem(connector, settings, parts)


def _batch(connector: Connector, settings: Any, parts: Parts) -> ToolSystem:
    from roadworthy.features.gateway.connectors.batch.system import BatchSystem

    return BatchSystem(connector, settings, parts)


# Imported when one is opened: SQLAlchemy and its drivers cost memory that most gateways need for nothing.
OPENERS: Mapping[ConnectorKind, Opener] = MappingProxyType(
    {ConnectorKind.HTTP: _http, ConnectorKind.SQL: _sql, ConnectorKind.BATCH: _batch}
)


def open_system(
    connector: Connector, parts: Parts, *, more: Mapping[ConnectorKind, Opener] = MappingProxyType({})
) -> ToolSystem:
    """`more`: kinds that other rooms bring (MCP). For one event loop. Raises ToolFailed."""
    opener = more.get(connector.kind) or OPENERS.get(connector.kind)
    try:
        if not connector.enabled:
            raise SecretMissing("it is switched off")
        if opener is None:
            raise SecretMissing(f"connectors of kind {connector.kind.value} are not opened here")
        system = opener(connector, read_settings(connector.kind, connector.settings), parts)
    except (SecretMissing, ConnectorInvalid, DocumentInvalid) as fault:
        raise failed(
            FailureCode.NOT_ALLOWED if not connector.enabled else FailureCode.GATEWAY_ERROR,
            f"{connector.name} cannot be used: {fault}",
            about=connector.name,
        ) from None
    return DescribedSystem(system, lambda: parts.dictionary(connector.project, connector.name))
