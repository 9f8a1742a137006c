"""An agent that bisects are measured on: a loop around a model and its tools, on the standard library alone.

It does what the model says until the model answers, or hands the answer in with the tool `submit`. Started as
any agent is (task on standard input, addresses and key in the environment), it asks an OpenAI-shaped model
and calls tools through MCP. It knows nothing of what is planted; `work` is the same agent in one process.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import urllib.parse
from collections.abc import Callable
from typing import Any

SYSTEM = "You add up orders. Look each of them up, one after the other, and keep the running total in words."
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": said,
            "parameters": {"type": "object", "properties": {field: {"type": "integer"}}, "required": [field]},
        },
    }
    for name, field, said in (
        ("orders__find", "order", "The order with this number."),
        ("orders__find_archived", "order", "The order as it was archived."),
        ("orders__submit", "total", "Hands in the total."),
    )
]
_MOST_CALLS = 200
_MODERN = "2026-07-28"

Ask = Callable[[dict[str, Any]], dict[str, Any]]
"""Body of a chat completion → its answer's body."""
Call = Callable[[str, dict[str, Any]], str]
"""(tool, arguments) → the text of its result."""


def work(task: str, *, ask: Ask, call: Call) -> str:
    """What the agent answers. It gives up after 200 calls of the model."""
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": task},
    ]
    for _ in range(_MOST_CALLS):
        said = ask({"model": "clerk", "messages": messages, "tools": TOOLS})["choices"][0]["message"]
        messages.append(said)
        if not said.get("tool_calls"):
            return str(said["content"])
        for one in said["tool_calls"]:
            name, arguments = one["function"]["name"], json.loads(one["function"]["arguments"])
            result = call(name, arguments)
            if name == "orders__submit":
                return f"{said['content']} Handed in: {arguments['total']}."
            messages.append({"role": "tool", "tool_call_id": one["id"], "content": result})
    return "I gave up."


class Gateway:
    """Calls over one connection, as SDKs make them. RuntimeError of what is no answer."""

    def __init__(self) -> None:
        base = urllib.parse.urlsplit(os.environ["ROADWORTHY_GATEWAY_URL"])
        self._connection = http.client.HTTPConnection(base.hostname or "", base.port, timeout=60)
        marks = [line.partition(": ") for line in os.environ.get("OPENAI_CUSTOM_HEADERS", "").splitlines()]
        self._headers = {
            "authorization": f"Bearer {os.environ['OPENAI_API_KEY']}",
            "content-type": "application/json",
            **{name: value for name, _, value in marks if name},
        }
        self._id = 0

    def ask(self, body: dict[str, Any]) -> dict[str, Any]:
        return self._post("/v1/chat/completions", body, {})

    def call(self, tool: str, arguments: dict[str, Any]) -> str:
        self._id += 1
        envelope = {
            "io.modelcontextprotocol/protocolVersion": _MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
        }
        params = {"name": tool, "arguments": arguments, "_meta": envelope}
        headers = {
            "accept": "application/json, text/event-stream",
            "mcp-protocol-version": _MODERN,
            "mcp-method": "tools/call",
            "mcp-name": tool,
        }
        body = {"jsonrpc": "2.0", "id": self._id, "method": "tools/call", "params": params}
        answer = self._post("/mcp", body, headers)
        if "result" not in answer:
            raise RuntimeError(f"{tool}: {answer}")
        return "".join(part.get("text", "") for part in answer["result"]["content"])

    def _post(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
        self._connection.request("POST", path, body=json.dumps(body), headers={**self._headers, **headers})
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {text[:500]!r}")
        found: dict[str, Any] = json.loads(text)
        return found


if __name__ == "__main__":
    gateway = Gateway()
    print(work(sys.stdin.read().strip(), ask=gateway.ask, call=gateway.call))
