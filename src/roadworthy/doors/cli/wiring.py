"""What commands need from the floor above; `app.main` passes it in. Each is called late: help stays fast."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import typer

from roadworthy.contracts.metadata import MetadataStore


class ServerSettings(Protocol):
    """The settings of `roadworthy up` that commands look at."""

    @property
    def data(self) -> Path: ...
    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def otlp_bind(self) -> str: ...
    @property
    def otlp_http_port(self) -> int: ...
    @property
    def otlp_grpc_port(self) -> int: ...
    @property
    def gateway_bind(self) -> str: ...
    @property
    def gateway_port(self) -> int: ...
    @property
    def min_free_bytes(self) -> int: ...
    @property
    def loopback_only(self) -> bool: ...


Given = Mapping[str, object]
"""Settings given as flags, by field name; the others come from ROADWORTHY_* variables and the defaults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    settings: Callable[[Given], ServerSettings]
    """Raises ValueError with plain words for a value that cannot be."""
    run_up: Callable[[Given], int]
    """Runs until it is stopped; the exit code."""
    open_metadata: Callable[[Path], AbstractContextManager[MetadataStore]]
    """The metadata of a data folder, which is made where it is not there. Raises OSError."""
    run_mcp: Callable[[str, str | None], None]
    """MCP over standard input and output, reading from the server at this address with this key."""


def wiring(context: typer.Context) -> Wiring:
    found = context.find_object(Wiring)
    if found is None:
        raise RuntimeError("commands are run by roadworthy.app.main")
    return found
