"""What a connector promises: tools of a system, called by name, that either give data or fail in a typed way.

Promises
- `call` ends within the tool's latency budget. What is no data is never returned as data: every failure is
  `ToolFailed`.
- Cancelling a call cancels it upstream as far as the system allows.
- Nothing is written to a system whose connector is read-only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from roadworthy.domain.typed_failure import TypedFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """As agents see it. Schemas are JSON Schema (2020-12)."""

    name: str
    """Of the connector's own making: the gateway offers it as `connector.tool`, or as MCP clients allow."""
    description: str
    arguments: Mapping[str, Any]
    result: Mapping[str, Any] | None = None
    read_only: bool = True
    idempotent: bool = True
    """Whether calling it twice does no more than calling it once: only then may it be tried again."""
    annotations: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a running call says of itself. `message` is the system's own words: for people, not for models."""

    progress: float
    total: float | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallContext:
    """Whose call it is: passed on where the system understands it (traceparent), never as a credential."""

    project: str
    agent: str
    traceparent: str = ""
    deadline_s: float = 30.0
    on_progress: Callable[[Progress], None] | None = None
    """Told of a running call's progress by systems that tell of it. Must not raise or wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """`content` are MCP content blocks; `structured` the JSON value behind them, where there is one."""

    content: Sequence[Mapping[str, Any]]
    structured: Any = None
    is_error: bool = False
    """The tool itself said that it failed, in words of its own."""
    as_of_ns: int | None = None
    """How old the data is; None where the system does not say."""


class ToolFailed(Exception):  # noqa: N818 (a condition, not a bug)
    def __init__(self, failure: TypedFailure) -> None:
        super().__init__(failure.what)
        self.failure = failure


@runtime_checkable
class Program(Protocol):
    """A system that may be a program on this machine."""

    def said(self) -> Sequence[str]:
        """The last lines that it wrote to standard error, masked and bounded, the newest last."""
        ...


class ToolSystem(Protocol):
    async def tools(self) -> Sequence[ToolSpec]:
        """Raises ToolFailed."""
        ...

    async def call(self, name: str, arguments: Mapping[str, Any], *, context: ToolCallContext) -> ToolResult:
        """Raises ToolFailed."""
        ...

    async def close(self) -> None: ...
