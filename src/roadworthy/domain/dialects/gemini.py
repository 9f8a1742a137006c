"""Gemini generateContent: ai.google.dev/api/generate-content."""

from __future__ import annotations

from typing import Any

import orjson

from roadworthy.domain.dialects.asked import Asked, Kind, Said, event
from roadworthy.domain.dialects.openai_chat import pieces

_SAFETY = [
    {"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH", "blocked": True},
]


def error(status: int, message: str) -> bytes:
    name = "RESOURCE_EXHAUSTED" if status == 429 else "INTERNAL"
    return orjson.dumps({"error": {"code": status, "message": message, "status": name}})


def whole(asked: Asked, said: Said) -> bytes:
    return orjson.dumps(_answer(said, said.text, finish=True))


def stream(asked: Asked, said: Said) -> list[bytes]:
    texts = (pieces(said.text) or [""]) if said.kind is Kind.TEXT else [said.text]
    answers = [_answer(said, text, finish=at == len(texts)) for at, text in enumerate(texts, 1)]
    if asked.server_sent:
        return [event(one, end=b"\r\n\r\n") for one in answers]
    parts = [b",\r\n" * bool(at) + orjson.dumps(one) for at, one in enumerate(answers)]
    return [b"[", *parts, b"]"]


def _answer(said: Said, text: str, *, finish: bool) -> dict[str, Any]:
    candidate: dict[str, Any] = {"index": 0}
    if said.kind is Kind.REFUSAL:
        # Declined answers have no content, only why.
        candidate |= {"finishReason": "SAFETY", "safetyRatings": _SAFETY}
    else:
        parts: list[dict[str, Any]] = [{"text": text}] if said.kind is Kind.TEXT and text else []
        if finish:
            parts += [{"functionCall": {"name": one.name, "args": one.arguments}} for one in said.tools]
        candidate["content"] = {"role": "model", "parts": parts}
        if finish:
            candidate["finishReason"] = "STOP"
    return {
        "candidates": [candidate],
        "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 9, "totalTokenCount": 18},
        "modelVersion": said.model,
        "responseId": said.id(""),
    }
