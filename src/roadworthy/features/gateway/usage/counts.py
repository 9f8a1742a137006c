"""Token counts as each dialect writes them. Numbers that are none, or negative, are unknown.

Sources: the OpenAI API reference (`usage` of chat, responses and embeddings), Anthropic's Messages API (its
input leaves out what caches read and wrote), Gemini's `UsageMetadata`. Servers that speak the same dialects
differ in places, which are named below.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from roadworthy.domain.exchange import Tokens

_MOST = 1 << 40


def count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _MOST:
        return None
    return int(value)


def _inner(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = said.get(name)
    return found if isinstance(found, dict) else {}


def openai_tokens(said: Mapping[str, Any]) -> Tokens:
    """Of chat, responses and embeddings."""
    given = count(said.get("prompt_tokens", said.get("input_tokens")))
    made = count(said.get("completion_tokens", said.get("output_tokens")))
    into = _inner(said, "prompt_tokens_details") or _inner(said, "input_tokens_details")
    out = _inner(said, "completion_tokens_details") or _inner(said, "output_tokens_details")
    read = count(into.get("cached_tokens"))
    if read is None:
        read = count(said.get("prompt_cache_hit_tokens"))  # DeepSeek
    reasoned = count(out.get("reasoning_tokens"))
    total = count(said.get("total_tokens"))
    if made is None and given is not None and total == given:
        made = 0  # embeddings make none
    elif reasoned and made is not None and given is not None and total == given + made + reasoned:
        made += reasoned  # xAI leaves them out of completion_tokens
    return Tokens(
        input=given,
        output=made,
        cache_read=read,
        cache_write=count(into.get("cache_write_tokens")),
        reasoning=reasoned,
    )


def anthropic_tokens(said: Mapping[str, Any]) -> Tokens:
    given = count(said.get("input_tokens"))
    read, written = count(said.get("cache_read_input_tokens")), count(said.get("cache_creation_input_tokens"))
    if given is not None:
        given += (read or 0) + (written or 0)
    return Tokens(input=given, output=count(said.get("output_tokens")), cache_read=read, cache_write=written)


def gemini_tokens(said: Mapping[str, Any]) -> Tokens:
    given, tools = count(said.get("promptTokenCount")), count(said.get("toolUsePromptTokenCount"))
    made, thought = count(said.get("candidatesTokenCount")), count(said.get("thoughtsTokenCount"))
    return Tokens(
        input=None if given is None else given + (tools or 0),
        output=None if made is None and thought is None else (made or 0) + (thought or 0),
        cache_read=count(said.get("cachedContentTokenCount")),
        reasoning=thought,
    )
