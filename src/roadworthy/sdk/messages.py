"""What went into an agent and came out of it, as OpenTelemetry GenAI messages.

Source: semantic conventions for generative AI, gen_ai.input.messages and gen_ai.output.messages (JSON
schema: role, parts, finish_reason).
"""

from __future__ import annotations

from collections.abc import Mapping

from roadworthy.sdk.capture import as_json, as_json_text, as_text


def input_messages(arguments: Mapping[str, object]) -> str:
    """Messages of a call: a lone text is what the user said, a lone list of chat messages is that chat."""
    if len(arguments) == 1:
        (only,) = arguments.values()
        if type(only) is not str and _is_chat(only):
            return as_json([_message(item) for item in only])  # type: ignore[attr-defined]
        return _text_message("user", as_text(only), "")
    return _text_message("user", as_json(arguments), "")


def output_messages(result: object) -> str:
    return _text_message("assistant", as_text(result), ', "finish_reason": "stop"')


def _text_message(role: str, text: str, tail: str) -> str:
    # Written out by hand: building the objects and encoding them took longer than the span itself.
    return f'[{{"role": "{role}", "parts": [{{"type": "text", "content": {as_json_text(text)}}}]{tail}}}]'


def _is_chat(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, dict) and isinstance(item.get("role"), str) for item in value)
    )


def _message(item: dict[str, object]) -> dict[str, object]:
    content = item.get("content")
    if "parts" in item or not isinstance(content, str):
        return item
    rest = {key: value for key, value in item.items() if key not in ("role", "content")}
    return {"role": item["role"], "parts": [{"type": "text", "content": content}], **rest}
