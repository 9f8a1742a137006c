"""OpenAI embeddings: platform.openai.com/docs/api-reference/embeddings. No refusal and no stream."""

from __future__ import annotations

import base64
import random
import struct

import orjson

from roadworthy.domain.dialects.asked import Asked, Kind, Said
from roadworthy.domain.dialects.openai_chat import error

__all__ = ["error", "stream", "whole"]

_DIMENSIONS = 1536


def whole(asked: Asked, said: Said) -> bytes:
    """Of another model: vectors that mean nothing beside those of the pinned one."""
    given = asked.body.get("input")
    # A list of numbers is one input in tokens.
    many = isinstance(given, list) and not all(isinstance(one, int) for one in given)
    count = 0 if said.kind is Kind.EMPTY else len(given) if many and isinstance(given, list) else 1
    wanted = asked.body.get("dimensions")
    dimensions = wanted if isinstance(wanted, int) and 0 < wanted <= 8192 else _DIMENSIONS
    packed = asked.body.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": at, "embedding": _vector(said.seed + at, dimensions, packed=packed)}
        for at in range(count)
    ]
    usage = {"prompt_tokens": 9, "total_tokens": 9}
    return orjson.dumps({"object": "list", "data": data, "model": said.model, "usage": usage})


def stream(asked: Asked, said: Said) -> list[bytes]:
    return [whole(asked, said)]


def _vector(seed: int, dimensions: int, *, packed: bool) -> list[float] | str:
    rng = random.Random(seed)  # noqa: S311 (no secret)
    values = [rng.gauss(0, 1) for _ in range(dimensions)]
    length = sum(one * one for one in values) ** 0.5
    unit = [one / length for one in values]
    return base64.b64encode(struct.pack(f"<{dimensions}f", *unit)).decode() if packed else unit
