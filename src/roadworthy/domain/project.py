"""A tenant, and the keys that open it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

DEFAULT_PROJECT = "default"


class KeyScope(StrEnum):
    INGEST = "ingest"
    READ = "read"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """`id` is a short slug ([a-z0-9-]{1,40}) and never changes."""

    id: str
    name: str
    created_ns: int
    retention_days: int | None = None
    """None keeps everything."""
    require_key: bool = False
    """Whether OTLP without a key is refused for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """`rw_<id>_<secret>`; only a hash of the secret is kept."""

    id: str
    project: str
    name: str
    scopes: frozenset[KeyScope]
    created_ns: int
    last_used_ns: int | None = None
    revoked_ns: int | None = None
