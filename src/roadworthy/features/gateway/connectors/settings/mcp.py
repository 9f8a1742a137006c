"""What a connector to an MCP server needs to be told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from roadworthy.features.gateway.connectors.settings.http import (
    Auth,
    HeaderName,
    HeaderValue,
    NoAuth,
    Proxy,
    Tls,
    Url,
)
from roadworthy.features.gateway.connectors.settings.secret_ref import Secret, Settings


class McpSettings(Settings):
    """Either `url` (streamable HTTP) or `command` (a child process that speaks on its standard input and
    output)."""

    url: Url | None = None
    protocol: Literal["auto", "2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"] = "auto"
    auth: Auth = NoAuth()
    tls: Tls = Tls()
    proxy: Proxy | None = Field(
        default=None, description="http://host:port, or a secret where it holds a password"
    )
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict)
    command: str = Field(default="", max_length=2_000)
    arguments: list[Annotated[str, Field(max_length=4_000)]] = Field(default_factory=list, max_length=200)
    environment: dict[str, str | Secret] = Field(default_factory=dict)
    folder: str = Field(default="", max_length=2_000, description="Working directory of the command")
    read_only: bool = Field(default=False, description="Whether only tools annotated as reading are offered")
    include: list[str] = Field(default_factory=list, description="Tools by name, with * and ?; empty: all")
    exclude: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one(self) -> McpSettings:
        if bool(self.url) is bool(self.command):
            raise ValueError("expected either url or command")
        return self
