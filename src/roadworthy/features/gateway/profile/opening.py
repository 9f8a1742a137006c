"""What a profile of each kind of connector reads."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from roadworthy.domain.connector import Connector, ConnectorKind
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.connectors.batch.paths import tables_file
from roadworthy.features.gateway.connectors.failing import failed
from roadworthy.features.gateway.connectors.opened import Parts, SecretMissing
from roadworthy.features.gateway.connectors.opening import Opener, open_system
from roadworthy.features.gateway.connectors.settings.table import ConnectorInvalid, read_settings
from roadworthy.features.gateway.profile.source import ProfileSource


def open_source(
    connector: Connector, parts: Parts, *, openers: Mapping[ConnectorKind, Opener] = MappingProxyType({})
) -> ProfileSource:
    """For one event loop. Raises ToolFailed."""
    try:
        settings: Any = read_settings(connector.kind, connector.settings)
        if connector.kind is ConnectorKind.SQL:
            # Imported where it is needed: SQLAlchemy's dialects take memory.
            from roadworthy.features.gateway.connectors.sql.system import SqlSystem
            from roadworthy.features.gateway.profile.sources_sql import SqlSource

            return SqlSource(
                SqlSystem(connector, settings, parts),
                name=connector.name,
                wanted=settings.tables,
                schemas=settings.schemas,
            )
    except (SecretMissing, ConnectorInvalid) as fault:
        what = f"{connector.name} cannot be used: {fault}"
        raise failed(FailureCode.GATEWAY_ERROR, what, about=connector.name) from None
    if connector.kind is ConnectorKind.BATCH:
        from roadworthy.features.gateway.profile.sources_sql import LoadedSource

        return LoadedSource(tables_file(parts.folder, connector), names=list(settings.tables))
    from roadworthy.features.gateway.profile.sources_tools import ToolSource

    return ToolSource(open_system(connector, parts, more=openers), connector)
