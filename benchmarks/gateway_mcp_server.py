"""An MCP server of the protocol's own SDK with one tool: what the gateways of `gateway_mcp` stand before.

python -m benchmarks.gateway_mcp_server PORT
"""

from __future__ import annotations

import sys
from typing import Any

import uvicorn
from mcp.server.mcpserver import MCPServer
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

server = MCPServer("crm")


@server.tool()
def find(customer: int) -> dict[str, Any]:
    """Finds a customer."""
    return {"id": customer, "name": "Ada Lovelace", "status": "open", "orders": [1, 2, 3]}


@server.custom_route("/ready", methods=["GET"])  # type: ignore[untyped-decorator]
async def ready(_request: Request) -> Response:
    return PlainTextResponse("ok")


if __name__ == "__main__":
    app = server.streamable_http_app(stateless_http=True, json_response=True)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", timeout_keep_alive=60)
