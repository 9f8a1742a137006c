"""An MCP server that takes no argument it does not know."""

from __future__ import annotations

from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, InputRequiredResult


class StrictServer(MCPServer[Any]):
    """The library drops what a tool has no parameter for: a coding agent that misspells a filter would be
    given everything, and believe that it was filtered."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Raises ToolError as the library does, also for unknown arguments: it names them and the known."""
        tools = {tool.name: tool for tool in await self.list_tools()}
        if name in tools:
            known = tools[name].input_schema.get("properties", {})
            strangers = [repr(one[:60]) for one in arguments if one not in known]
            if strangers:
                are = "are no arguments" if len(strangers) > 1 else "is no argument"
                said = (
                    f"{', '.join(strangers[:5])} {are} of {name}, which takes: {', '.join(known) or 'none'}"
                )
                raise ToolError(said)
        return await super().call_tool(name, arguments, context)
