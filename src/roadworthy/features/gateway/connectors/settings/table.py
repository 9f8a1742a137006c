"""The kinds of connectors and what each needs to be told: one visible table."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from roadworthy.domain.connector import ConnectorKind
from roadworthy.features.gateway.connectors.settings.batch import BatchSettings
from roadworthy.features.gateway.connectors.settings.http import HttpSettings
from roadworthy.features.gateway.connectors.settings.mcp import McpSettings
from roadworthy.features.gateway.connectors.settings.secret_ref import Settings
from roadworthy.features.gateway.connectors.settings.sql import SqlSettings

SETTINGS: dict[ConnectorKind, type[Settings]] = {
    ConnectorKind.HTTP: HttpSettings,
    ConnectorKind.SQL: SqlSettings,
    ConnectorKind.BATCH: BatchSettings,
    ConnectorKind.MCP: McpSettings,
}


class ConnectorInvalid(ValueError):  # noqa: N818 (what the person is told, not a bug)
    """Names each field that is wrong and what was expected."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, message in faults))
        self.faults = faults


def read_settings(kind: ConnectorKind, settings: dict[str, Any]) -> Settings:
    """Raises ConnectorInvalid."""
    try:
        return SETTINGS[kind].model_validate(settings)
    except ValidationError as fault:
        raise ConnectorInvalid([_told(one) for one in fault.errors(include_url=False)]) from None


def _told(one: Any) -> tuple[str, str]:
    # Pydantic names the branch of a union it tried, too: people wrote no such field.
    parts = [str(part) for part in one["loc"] if not str(part).startswith(("function-", "constrained-"))]
    message = str(one["msg"]).removeprefix("Value error, ")
    return ".".join(["settings", *parts]), message
