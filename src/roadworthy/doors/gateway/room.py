"""Whom the doors of tools work with: the systems that are connected, or a recording."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Protocol

from roadworthy.contracts.tool_system import Progress, ToolResult
from roadworthy.contracts.upstream import Headers
from roadworthy.domain.exchange import Dialect
from roadworthy.domain.typed_failure import TypedFailure
from roadworthy.doors.gateway.reply import Reply
from roadworthy.doors.gateway.request import GatewayRequest


class Done(Protocol):
    """`result`, `failure` (both where the tool itself said that it failed), or `told`."""

    @property
    def result(self) -> ToolResult | None: ...
    @property
    def failure(self) -> TypedFailure | None: ...
    @property
    def told(self) -> bytes:
        """Of a recording: the result as JSON, handed on as it is; b"" otherwise."""
        ...

    @property
    def told_status(self) -> int:
        """Of plain HTTP, where `told` is there."""
        ...


class Changes(Protocol):
    """One for each that the caller may have to be told of: True where its tools are others now, False where
    nothing has changed for a while. Ends where the caller is let in no longer, or after `leave`."""

    def __aiter__(self) -> AsyncIterator[bool]: ...
    def leave(self) -> None: ...
    def close(self) -> None:
        """By whoever has taken it."""
        ...


class Notes(Protocol):
    """Where a call may tell how far it is, before it is answered."""

    headers: Headers

    def tell(self, progress: Progress) -> None: ...
    def end(self, answer: bytes) -> bool:
        """Whether the answer was given that way: else it is to be sent as usual."""
        ...


Shape = Callable[[Done], tuple[int, bytes]]
"""(status, body) of an answer, in the caller's protocol."""


class Room(Protocol):
    """A caller is whatever `caller` made of the request; the doors pass it back."""

    def caller(self, request: GatewayRequest, reply: Reply, *, agent: str = "") -> Any | None:
        """None: it was told why not. `agent` is the one that the path names."""
        ...

    tells_changes: bool
    """Whether clients are told when their tools are others."""

    def changes(self, request: GatewayRequest, caller: Any) -> Changes | None:
        """None where none are told of, or too many listen already."""
        ...

    async def listed(self, caller: Any, *, modern: bool) -> bytes:
        """The result of `tools/list`, as JSON."""
        ...

    async def paths(self, caller: Any) -> Sequence[Mapping[str, Any]]:
        """The same for plain HTTP: each with `path` and `connector`."""
        ...

    async def call(
        self,
        request: GatewayRequest,
        reply: Reply,
        caller: Any,
        *,
        name: str,
        arguments: Mapping[str, Any],
        dialect: Dialect,
        shape: Shape,
        traceparent: str = "",
        notes: Notes | None = None,
    ) -> None:
        """Calls, answers and records."""
        ...
