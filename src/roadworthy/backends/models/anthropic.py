"""Endpoints that speak as Anthropic's do: messages. A schema is asked for as a tool that must be called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from roadworthy.backends.models.adapting import Adapting
from roadworthy.backends.models.openai import count
from roadworthy.backends.models.posting import Answer, post
from roadworthy.contracts.models import Endpoint, ModelFailed, ModelReply, ModelRequest, Trouble

TOOL = "verdict"
_FINISHED = {"end_turn": "stop", "tool_use": "stop", "stop_sequence": "stop", "max_tokens": "length"}


class AnthropicModel:
    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._adapting = Adapting()
        self._path = "/messages" if endpoint.base_url.rstrip("/").endswith("/v1") else "/v1/messages"

    async def complete(self, request: ModelRequest) -> ModelReply:
        headers = {"anthropic-version": "2023-06-01"}
        if self.endpoint.api_key:
            headers["x-api-key"] = self.endpoint.api_key
        answer = await self._adapting.ask(
            lambda: post(self.endpoint, self._path, body=self._body(request), headers=headers)
        )
        return _reply(self.endpoint, answer)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        raise ModelFailed(Trouble.REFUSED, "endpoints of the Anthropic shape have no embeddings")

    def _body(self, request: ModelRequest) -> dict[str, Any]:
        refused = self._adapting.refused
        body: dict[str, Any] = {
            "model": self.endpoint.model,
            "system": request.system,
            "messages": [{"role": "user", "content": request.user}],
            "max_tokens": request.max_tokens,
        }
        if request.temperature is not None and "temperature" not in refused:
            body["temperature"] = request.temperature
        if request.schema is not None and "response_format" not in refused:
            tool = {"name": TOOL, "description": "Give the verdict.", "input_schema": dict(request.schema)}
            body |= {"tools": [tool], "tool_choice": {"type": "tool", "name": TOOL}}
        return body


def _reply(endpoint: Endpoint, answer: Answer) -> ModelReply:
    blocks = answer.body.get("content")
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        message = "the answer has no list `content`"
        raise ModelFailed(Trouble.NONSENSE, message, tries=answer.tries, may_cost=True)
    used = next((block.get("input") for block in blocks if block.get("type") == "tool_use"), None)
    if isinstance(used, dict):
        text = orjson.dumps(used).decode()
    else:
        text = "".join(str(block.get("text") or "") for block in blocks if block.get("type") == "text")
    usage = answer.body.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    plain = count(usage.get("input_tokens"))
    cached = [count(usage.get(key)) for key in ("cache_read_input_tokens", "cache_creation_input_tokens")]
    stopped = answer.body.get("stop_reason")
    model = answer.body.get("model")
    return ModelReply(
        text=text,
        model=model if isinstance(model, str) and model else endpoint.model,
        finish_reason=_FINISHED.get(stopped, stopped) if isinstance(stopped, str) else "",
        # Its input tokens leave cached ones out; ours include them.
        input_tokens=None if plain is None else plain + sum(part or 0 for part in cached),
        output_tokens=count(usage.get("output_tokens")),
        cached_tokens=cached[0],
        tries=answer.tries,
        duration_ns=answer.duration_ns,
    )
