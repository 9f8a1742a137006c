"""The Anthropic SDK and a loop of our own: the decorators of Roadworthy say what is a tool."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any

from anthropic import AsyncAnthropic

import roadworthy
from examples.demo.desk import Desk, Ticket
from examples.demo.model_key import MODEL_KEY

MODEL = "claude-sonnet-4-5"
_JSON_TYPES = {"str": "string", "float": "number"}


class AnthropicDesk:
    def __init__(self, model_url: str) -> None:
        self._client = AsyncAnthropic(base_url=model_url, api_key=MODEL_KEY, max_retries=1)

    async def answer(self, desk: Desk, ticket: Ticket) -> str:
        functions = (desk.look_up_order, desk.check_policy, desk.search_handbook, desk.issue_refund)
        tools: dict[str, Callable[..., Any]] = {fn.__name__: roadworthy.tool(fn) for fn in functions}
        messages: list[Any] = [{"role": "user", "content": ticket.text}]
        for _ in range(12):
            reply = await self._client.messages.create(
                model=MODEL,
                max_tokens=1024,
                system="You answer customers of a shop.",
                tools=[_definition(tool) for tool in tools.values()],
                messages=messages,
            )
            calls = [block for block in reply.content if block.type == "tool_use"]
            if not calls:
                return "".join(block.text for block in reply.content if block.type == "text")
            messages.append({"role": "assistant", "content": reply.content})
            messages.append({"role": "user", "content": [_result(call, tools[call.name]) for call in calls]})
        return "I gave up."


def _result(call: Any, tool: Callable[..., Any]) -> dict[str, object]:
    try:
        content, failed = json.dumps(tool(**call.input)), False
    except Exception as error:  # noqa: BLE001 (a tool that fails must not end the conversation)
        content, failed = f"{type(error).__name__}: {error}", True
    return {"type": "tool_result", "tool_use_id": call.id, "content": content, "is_error": failed}


def _definition(tool: Callable[..., Any]) -> Any:
    parameters = inspect.signature(tool).parameters.values()
    properties = {p.name: {"type": _JSON_TYPES[str(p.annotation)]} for p in parameters}
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"name": tool.__name__, "description": tool.__name__.replace("_", " "), "input_schema": schema}
