"""Endpoints that speak as OpenAI's do: chat completions and embeddings (OpenAI, Azure, vLLM, llama.cpp,
Ollama, LiteLLM, OpenRouter ...)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from roadworthy.backends.models.adapting import Adapting
from roadworthy.backends.models.posting import Answer, post
from roadworthy.contracts.models import Endpoint, ModelFailed, ModelReply, ModelRequest, Trouble

TEXTS_AT_ONCE = 96


class OpenAIModel:
    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._adapting = Adapting()

    async def complete(self, request: ModelRequest) -> ModelReply:
        answer = await self._adapting.ask(
            lambda: post(
                self.endpoint, "/chat/completions", body=self._body(request), headers=self._headers()
            )
        )
        return _reply(self.endpoint, answer)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        vectors: list[list[float]] = []
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            some = list(texts[start : start + TEXTS_AT_ONCE])
            body = {"model": self.endpoint.model, "input": some, "encoding_format": "float"}
            answer = await post(self.endpoint, "/embeddings", body=body, headers=self._headers())
            vectors += _vectors(answer.body, count=len(some))
        return vectors

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.endpoint.api_key}"} if self.endpoint.api_key else {}

    def _body(self, request: ModelRequest) -> dict[str, Any]:
        refused = self._adapting.refused
        body: dict[str, Any] = {
            "model": self.endpoint.model,
            "messages": [
                {"role": "system", "content": request.system},
                {"role": "user", "content": request.user},
            ],
            "max_completion_tokens" if "max_tokens" in refused else "max_tokens": request.max_tokens,
        }
        if request.temperature is not None and "temperature" not in refused:
            body["temperature"] = request.temperature
        if request.schema is not None and "response_format" not in refused:
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "verdict", "strict": True, "schema": dict(request.schema)},
            }
        return body


def _reply(endpoint: Endpoint, answer: Answer) -> ModelReply:
    try:
        choice = answer.body["choices"][0]
        message = choice["message"]
        text = _text(message)
    except (KeyError, IndexError, TypeError, AttributeError):
        said = "the answer has no choices[0].message"
        raise ModelFailed(Trouble.NONSENSE, said, tries=answer.tries, may_cost=True) from None
    usage = answer.body.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    details = usage.get("prompt_tokens_details")
    finish = choice.get("finish_reason") if isinstance(choice, dict) else ""
    refused = bool(message.get("refusal"))
    return ModelReply(
        text=text,
        model=_word(answer.body.get("model")) or endpoint.model,
        finish_reason="refusal" if refused else _word(finish),
        input_tokens=count(usage.get("prompt_tokens")),
        output_tokens=count(usage.get("completion_tokens")),
        cached_tokens=count(details.get("cached_tokens")) if isinstance(details, dict) else None,
        tries=answer.tries,
        duration_ns=answer.duration_ns,
    )


def _text(message: Any) -> str:
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(part.get("text", "") for part in content if isinstance(part, dict))
    if isinstance(content, str) and content:
        return content
    for called in message.get("tool_calls") or ():
        return str(called["function"]["arguments"])
    return str(message.get("refusal") or "")


def _vectors(body: dict[str, Any], *, count: int) -> list[list[float]]:
    try:
        rows = sorted(body["data"], key=lambda row: int(row["index"]))
        vectors = [[float(value) for value in row["embedding"]] for row in rows]
    except (KeyError, TypeError, ValueError):
        raise ModelFailed(Trouble.NONSENSE, "the answer has no data[].embedding", may_cost=True) from None
    if len(vectors) != count or len({len(vector) for vector in vectors}) > 1:
        raise ModelFailed(Trouble.NONSENSE, f"expected {count} vectors of one length", may_cost=True)
    return vectors


def count(value: Any) -> int | None:
    """A number of tokens; None for anything that is none."""
    usable = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53
    return value if usable else None


def _word(value: Any) -> str:
    return value[:200] if isinstance(value, str) else ""
