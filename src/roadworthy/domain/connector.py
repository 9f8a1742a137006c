"""A system that agents call: where it is, how we are known to it, and what it may be asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class ConnectorKind(StrEnum):
    HTTP = "http"
    SQL = "sql"
    BATCH = "batch"
    """Files that come in a folder, by SFTP or to an S3 bucket, loaded into tables of our own."""
    MCP = "mcp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """Identity is (project, name). `settings` are of its kind (`features/gateway/connectors/settings`) and
    hold no secret: where one belongs stands `{"secret": NAME}` or `{"env": NAME}`."""

    project: str
    name: str
    kind: ConnectorKind
    title: str = ""
    description: str = ""
    settings: dict[str, Any]
    sealed: dict[str, str] = field(default_factory=dict)
    """Secrets by name, each sealed."""
    enabled: bool = True
    allow_private: bool = False
    """Whether it may stand at a private address (CRM in the same network)."""
    timeout_s: float = 10.0
    """Of one call, all tries included."""
    max_result_bytes: int = 1 << 20
    updated_ns: int = 0
