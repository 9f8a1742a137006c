"""A connector of kind MCP, opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Any

from roadworthy.contracts.tool_system import Program, ToolCallContext, ToolResult, ToolSpec, ToolSystem
from roadworthy.domain.connector import Connector
from roadworthy.features.gateway.connectors.access.credentials import credentials_of
from roadworthy.features.gateway.connectors.failing import no_such_tool
from roadworthy.features.gateway.connectors.opened import Parts, SecretMissing
from roadworthy.features.gateway.connectors.reaching import identity_of
from roadworthy.features.gateway.connectors.settings.http import ApiKeyAuth
from roadworthy.features.gateway.connectors.settings.mcp import McpSettings
from roadworthy.features.gateway.tools.child import ChildCommand
from roadworthy.features.gateway.tools.mcp_http import McpEndpoint, McpHttpSystem
from roadworthy.features.gateway.tools.mcp_stdio import McpStdioSystem

Changed = Callable[[str, str], None]
"""(project, connector): its tools are others now."""


def mcp_opener(on_changed: Changed) -> Callable[[Connector, Any, Parts], ToolSystem]:
    """For `open_system(more={ConnectorKind.MCP: ...})`."""

    def open_mcp(connector: Connector, settings: McpSettings, parts: Parts) -> ToolSystem:
        def changed() -> None:
            on_changed(connector.project, connector.name)

        system: McpHttpSystem | McpStdioSystem
        if settings.url is not None:
            endpoint = _endpoint(connector, settings, parts)
            system = McpHttpSystem(endpoint, parts.transport, on_changed=changed)
        else:
            system = McpStdioSystem(
                connector.name,
                _command(connector, settings, parts),
                timeout_s=connector.timeout_s,
                on_changed=changed,
            )
        return ChosenTools(system, settings, connector=connector.name)

    return open_mcp


class ChosenTools:
    """The tools of a system that its settings let through."""

    def __init__(self, system: ToolSystem, settings: McpSettings, *, connector: str) -> None:
        self._system = system
        self._settings = settings
        self._connector = connector
        self._all = not (settings.include or settings.exclude or settings.read_only)
        self._known: set[str] | None = None

    async def tools(self) -> list[ToolSpec]:
        found = [one for one in await self._system.tools() if self._is_chosen(one)]
        self._known = {one.name for one in found}
        return found

    async def call(self, name: str, arguments: Any, *, context: ToolCallContext) -> ToolResult:
        if not self._all:
            if self._known is None:
                await self.tools()
            if name not in (self._known or ()):
                raise no_such_tool(name, connector=self._connector)
        return await self._system.call(name, arguments, context=context)

    def said(self) -> Sequence[str]:
        """What a program wrote to standard error; nothing of a server."""
        return self._system.said() if isinstance(self._system, Program) else ()

    async def close(self) -> None:
        await self._system.close()

    def _is_chosen(self, spec: ToolSpec) -> bool:
        settings = self._settings
        if settings.read_only and not spec.read_only:
            return False
        if settings.include and not any(fnmatchcase(spec.name, one) for one in settings.include):
            return False
        return not any(fnmatchcase(spec.name, one) for one in settings.exclude)


def _command(connector: Connector, settings: McpSettings, parts: Parts) -> ChildCommand:
    environment = {
        name: value if isinstance(value, str) else parts.secret(connector, value)
        for name, value in settings.environment.items()
    }
    return ChildCommand(
        command=settings.command,
        arguments=tuple(settings.arguments),
        environment=environment,
        folder=settings.folder,
        most_line_bytes=connector.max_result_bytes + 64 * 1024,
    )


def _endpoint(connector: Connector, settings: McpSettings, parts: Parts) -> McpEndpoint:
    auth = settings.auth
    if isinstance(auth, ApiKeyAuth) and auth.header is None:
        raise SecretMissing("a key of an MCP server goes into a header; expected auth.header")
    identity = identity_of(connector, tls=settings.tls, proxy=settings.proxy, parts=parts)
    shown = credentials_of(connector, auth, identity=identity, parts=parts)
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in settings.headers.items()]
    return McpEndpoint(
        name=connector.name,
        url=settings.url or "",
        headers=[*headers, *shown.headers],
        tokens=shown.tokens,
        identity=identity,
        allow_private=connector.allow_private,
        timeout_s=connector.timeout_s,
        max_result_bytes=connector.max_result_bytes,
        protocol=settings.protocol,
    )
