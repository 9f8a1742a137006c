"""Which path is spoken in which dialect. One base URL for all: their paths do not collide."""

from __future__ import annotations

from dataclasses import dataclass

from roadworthy.domain.exchange import Dialect

_EXACT = {
    "/v1/chat/completions": Dialect.OPENAI_CHAT,
    "/chat/completions": Dialect.OPENAI_CHAT,
    "/v1/responses": Dialect.OPENAI_RESPONSES,
    "/responses": Dialect.OPENAI_RESPONSES,
    "/v1/embeddings": Dialect.OPENAI_EMBEDDINGS,
    "/embeddings": Dialect.OPENAI_EMBEDDINGS,
    "/v1/messages": Dialect.ANTHROPIC_MESSAGES,
    "/v1/messages/count_tokens": Dialect.ANTHROPIC_MESSAGES,
}
_GEMINI_VERSIONS = ("v1beta", "v1", "v1alpha")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPath:
    dialect: Dialect
    path: str
    """As providers have it: some SDKs leave out the version where the base URL does."""


def model_path(path: str) -> ModelPath | None:
    """None for a path that no model is called at."""
    dialect = _EXACT.get(path)
    if dialect is not None:
        return ModelPath(dialect=dialect, path=path if path.startswith("/v1") else f"/v1{path}")
    return _gemini(path)


def _gemini(path: str) -> ModelPath | None:
    parts = path.split("/", 3)
    if len(parts) != 4 or parts[1] not in _GEMINI_VERSIONS or parts[2] != "models":
        return None
    model, colon, action = parts[3].rpartition(":")
    if not colon or not model or not action.isalnum():
        return None
    return ModelPath(dialect=Dialect.GEMINI, path=path)


def dialect_at(path: str) -> Dialect:
    """In whose words a refusal at this path is told."""
    found = model_path(path)
    if found is not None:
        return found.dialect
    if path.startswith("/v1beta"):
        return Dialect.GEMINI
    if path.startswith("/mcp"):
        return Dialect.MCP
    return Dialect.HTTP if path.startswith("/connect/") else Dialect.OPENAI_CHAT


def without_key(query: str) -> str:
    """A key in the query is the agent's own, and stands in logs of everybody who sees it."""
    if "key=" not in query:
        return query
    return "&".join(part for part in query.split("&") if not part.startswith("key="))
