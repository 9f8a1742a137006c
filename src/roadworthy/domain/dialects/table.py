"""How each dialect errs and answers, in one visible table."""

from __future__ import annotations

from types import ModuleType
from typing import Protocol, cast

from roadworthy.domain.dialects import (
    anthropic_messages,
    gemini,
    openai_chat,
    openai_embeddings,
    openai_responses,
)
from roadworthy.domain.dialects.asked import Asked, Said
from roadworthy.domain.exchange import Dialect


class Speaker(Protocol):
    def error(self, status: int, message: str) -> bytes:
        """The body of an error."""
        ...

    def whole(self, asked: Asked, said: Said) -> bytes: ...

    def stream(self, asked: Asked, said: Said) -> list[bytes]:
        """As it would come, piece by piece."""
        ...


_MODULES: dict[Dialect, ModuleType] = {
    Dialect.OPENAI_CHAT: openai_chat,
    Dialect.OPENAI_RESPONSES: openai_responses,
    Dialect.OPENAI_EMBEDDINGS: openai_embeddings,
    Dialect.ANTHROPIC_MESSAGES: anthropic_messages,
    Dialect.GEMINI: gemini,
}
SPEAKERS: dict[Dialect, Speaker] = {dialect: cast(Speaker, one) for dialect, one in _MODULES.items()}
