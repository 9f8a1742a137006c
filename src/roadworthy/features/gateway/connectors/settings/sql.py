"""What a SQL connector needs to be told."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from roadworthy.features.gateway.connectors.settings.http import TOOL_NAME
from roadworthy.features.gateway.connectors.settings.secret_ref import Secret, Settings

KEPT_FROM_WRITING = frozenset({"sqlite", "postgresql", "mysql", "mariadb", "oracle", "duckdb"})
"""Databases whose sessions can be made read-only (`sql/sessions.py`)."""
ADDRESS_OPTIONS = frozenset({"host", "hostaddr", "unix_socket", "server", "dsn", "service", "servicefile"})
"""Of drivers: they lead elsewhere than the URL."""


class NamedQuery(Settings):
    """A tool: a statement with `:name` parameters, which are bound and never written into it."""

    sql: str = Field(min_length=1, max_length=50_000)
    description: str = Field(default="", max_length=8_000)
    arguments: dict[str, Any] = Field(default_factory=dict, description="JSON Schema of each, by name")
    required: list[str] | None = Field(default=None, description="Left out: all")
    idempotent: bool = True


class SqlSettings(Settings):
    url: str = Field(max_length=2_000, description="SQLAlchemy's, without the password")
    password: Secret | None = None
    read_only: bool = Field(
        default=True, description="Whether nothing can be written; false lets declared queries write"
    )
    read_only_user: bool = Field(
        default=False, description="That its user may only read: for databases where nothing else keeps it"
    )
    free_queries: bool = Field(default=True, description="Whether agents may write SELECTs of their own")
    schemas: list[str] = Field(default_factory=list, description="Shown and profiled; empty: the default one")
    tables: list[str] = Field(
        default_factory=list, description="With * and ?; empty: all that the user may see"
    )
    row_limit: int = Field(default=200, ge=1, le=100_000)
    queries: dict[Annotated[str, Field(pattern=TOOL_NAME)], NamedQuery] = Field(default_factory=dict)
    pool: int = Field(default=4, ge=1, le=64, description="Connections at once")
    options: dict[str, str | int | float | bool] = Field(
        default_factory=dict, description="Of the driver's connect()"
    )

    @model_validator(mode="after")
    def _url_fits(self) -> SqlSettings:
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            url = make_url(self.url)
        except (ArgumentError, ValueError):
            raise ValueError(
                "url: expected one of SQLAlchemy like postgresql://reader@db.example/crm"
            ) from None
        if url.password:
            raise ValueError("url: it holds a password; expected it as password: {secret: NAME}")
        kind = url.get_backend_name()
        if self.read_only and kind not in KEPT_FROM_WRITING and not self.read_only_user:
            raise ValueError(
                f"read_only: no session of {kind} can be kept from writing; connect as a user that may only "
                "read, and say so by read_only_user: true"
            )
        for name in ("query", "describe"):
            if name in self.queries:
                raise ValueError(f"queries.{name}: that name is the connector's own")
        return self
