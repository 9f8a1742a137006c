"""The pieces a message's content is made of: text, reasoning, media, tool calls and tool results.

Providers spell them differently; two tables say how each spelling is read: `BY_TYPE` for blocks that carry
their type, `BY_KEY` for those recognised by the one key they hold (Gemini, Bedrock, Strands).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from roadworthy.domain.message import Part
from roadworthy.features.ingest.messages import haystack
from roadworthy.features.ingest.messages.draft import Draft, first, json_text, text, tool_call

Block = dict[str, Any]


def add_block(draft: Draft, block: Block) -> bool:
    """Put one block into the draft; False where nothing marks it as a block of a message."""
    kind = block.get("type")
    if kind is None:
        kind = block.get("block_type") or block.get("part_kind")
    if isinstance(kind, str):
        reader = BY_TYPE.get(kind)
        if reader is not None:
            reader(draft, block)
            return True
    for key, reader in BY_KEY.items():
        if block.get(key) is not None:
            reader(draft, block)
            return True
    if isinstance(kind, str):
        draft.parts.append(Part(type=kind, text=json_text({k: v for k, v in block.items() if k != "type"})))
        return True
    return False


def is_block(value: object) -> bool:
    """Whether it is surely a block of a message's content."""
    if not isinstance(value, dict):
        return False
    kind = value.get("type") or value.get("part_kind") or value.get("block_type")
    if isinstance(kind, str):
        return kind in BY_TYPE
    return len(value) <= 3 and any(value.get(key) is not None for key in BY_KEY)


def _text(draft: Draft, block: Block) -> None:
    found = first(block, "text", "content", "value")
    if isinstance(found, dict):
        found = first(found, "value", "text", "content")
    draft.texts.append(text(found))


def _cited_text(draft: Draft, block: Block) -> None:
    """Anthropic cuts a sentence into blocks where it cites: no line break belongs between them."""
    if block.get("citations") and draft.texts and isinstance(block.get("text"), str):
        draft.texts[-1] += block["text"]
    else:
        _text(draft, block)


def _reasoning(draft: Draft, block: Block) -> None:
    found = first(block, "thinking", "reasoning", "text", "content", "data", "reasoning_content")
    if found is None or found == []:
        found = block.get("summary")
    if isinstance(found, list):
        found = "\n".join(text(item.get("text") if isinstance(item, dict) else item) for item in found)
    if isinstance(found, dict):
        inner = found.get("reasoningText")
        found = inner.get("text") if isinstance(inner, dict) else first(found, "text", "redactedContent")
    if found or block.get("encrypted_content") or block.get("signature"):
        draft.parts.append(Part(type="reasoning", text=text(found)))


def _refusal(draft: Draft, block: Block) -> None:
    draft.parts.append(Part(type="refusal", text=text(first(block, "refusal", "content", "text"))))


def _media(draft: Draft, block: Block) -> None:
    """Image, audio, video or file: inline data is kept as a data URI, so that nothing sent is lost."""
    kind = str(block.get("type") or block.get("block_type") or "file")
    kind = str(block.get("modality") or MEDIA_NAMES.get(kind, kind))
    inner = first(block, *MEDIA_HOLDERS)
    if isinstance(inner, str):
        inner = {"url": inner} if inner.startswith(("http", "data:")) else {"data": inner}
    source: Block = {**block, **inner} if isinstance(inner, dict) else block
    if isinstance(source.get("source"), dict):
        source = {**source, **source["source"]}
    mime = text(first(source, "media_type", "mime_type", "mimeType", "mediaType", "format"))
    uri = first(source, "url", "uri", "fileUri", "file_uri", "file_id", "fileId", "file_data", "path")
    data = first(source, "data", "content", "bytes", "base64")
    if uri is None and isinstance(data, str):
        uri = f"data:{mime};base64,{data}"
    title = text(first(source, "filename", "name", "title", "text"))
    draft.parts.append(Part(type=kind, text=title, mime_type=mime, uri=text(uri)))


def _call(draft: Draft, block: Block) -> None:
    call = tool_call(block)
    if call is None:
        draft.parts.append(Part(type="tool_call", text=json_text(block)))
    else:
        draft.calls.append(call)


def _result(draft: Draft, block: Block) -> None:
    call_id = first(block, "tool_use_id", "toolUseId", "tool_call_id", "toolCallId", "call_id", "id", "ref")
    name = first(block, "name", "tool_name", "toolName")
    content = first(block, "response", "result", "output", "content", "error")
    if isinstance(content, dict) and content.keys() <= {"type", "value"} and "value" in content:
        content = content["value"]  # Vercel AI 5 and later: {"type": "json", "value": …}
    draft.add_result(content, call_id=text(call_id), name=text(name))


def _inner_call(key: str) -> Callable[[Draft, Block], None]:
    def read(draft: Draft, block: Block) -> None:
        inner = block[key]
        _call(draft, inner if isinstance(inner, dict) else block)

    return read


def _inner_result(key: str) -> Callable[[Draft, Block], None]:
    def read(draft: Draft, block: Block) -> None:
        inner = block[key]
        _result(draft, inner if isinstance(inner, dict) else block)

    return read


def _gemini_text(draft: Draft, block: Block) -> None:
    if block.get("thought") is True:
        _reasoning(draft, block)
    else:
        _text(draft, block)


def _gemini_media(key: str) -> Callable[[Draft, Block], None]:
    def read(draft: Draft, block: Block) -> None:
        inner = block[key]
        mime = first(inner, "mimeType", "mime_type") if isinstance(inner, dict) else ""
        kind = text(mime).partition("/")[0]
        _media(draft, {"type": kind if kind in MEDIA_KINDS else "file", "data": inner})

    return read


def _code(draft: Draft, block: Block) -> None:
    draft.parts.append(Part(type="code", text=json_text(block)))


def _json(draft: Draft, block: Block) -> None:
    draft.parts.append(Part(type="json", text=text(first(block, "json", "data", "value", "object"))))


def _nothing(draft: Draft, block: Block) -> None:
    """A marker without content: a cache point, the start of a step."""


MEDIA_HOLDERS = ("source", "image_url", "image", "input_audio", "audio", "file", "document", "video", "data")
MEDIA_KINDS = frozenset({"image", "audio", "video", "file"})
MEDIA_NAMES = {
    "image_url": "image",
    "input_image": "image",
    "image-url": "image",
    "input_audio": "audio",
    "audio-url": "audio",
    "video-url": "video",
    "document": "file",
    "document-url": "file",
    "input_file": "file",
    "blob": "file",
    "binary": "file",
    "uri": "file",
    "media": "file",
}

BY_TYPE: dict[str, Callable[[Draft, Block], None]] = {
    "text": _cited_text,
    "input_text": _text,
    "output_text": _text,
    "TextContent": _text,
    "reasoning": _reasoning,
    "thinking": _reasoning,
    "redacted_thinking": _reasoning,
    "reasoning_text": _reasoning,
    "summary_text": _reasoning,
    "refusal": _refusal,
    **dict.fromkeys(MEDIA_KINDS, _media),
    **dict.fromkeys(MEDIA_NAMES, _media),
    "tool_call": _call,
    "tool-call": _call,
    "tool_use": _call,
    "tool-use": _call,
    "toolCall": _call,
    "function_call": _call,
    "function": _call,
    "server_tool_use": _call,
    "server_tool_call": _call,
    "mcp_tool_use": _call,
    "functionCall": _call,
    "tool_call_response": _result,
    "server_tool_call_response": _result,
    "tool-result": _result,
    "tool_result": _result,
    "function_call_output": _result,
    "function_result": _result,
    "functionResult": _result,
    "functionResponse": _result,
    "mcp_tool_result": _result,
    "web_search_tool_result": _result,
    "code_execution_tool_result": _result,
    "json": _json,
    "step-start": _nothing,
}

BY_KEY: dict[str, Callable[[Draft, Block], None]] = {
    "text": _gemini_text,
    "functionCall": _inner_call("functionCall"),
    "function_call": _inner_call("function_call"),
    "functionResponse": _inner_result("functionResponse"),
    "function_response": _inner_result("function_response"),
    "tool_call": _inner_call("tool_call"),
    "tool_call_result": haystack.add_result,
    "toolRequest": _inner_call("toolRequest"),  # Genkit
    "toolResponse": _inner_result("toolResponse"),
    "toolUse": _inner_call("toolUse"),
    "toolResult": _inner_result("toolResult"),
    "reasoningContent": lambda draft, block: _reasoning(draft, {"content": block["reasoningContent"]}),
    "inlineData": _gemini_media("inlineData"),
    "inline_data": _gemini_media("inline_data"),
    "fileData": _gemini_media("fileData"),
    "file_data": _gemini_media("file_data"),
    "executableCode": _code,
    "executable_code": _code,
    "codeExecutionResult": _code,
    "code_execution_result": _code,
    "image": lambda draft, block: _media(draft, {"type": "image", **block}),
    "document": lambda draft, block: _media(draft, {"type": "document", **block}),
    "video": lambda draft, block: _media(draft, {"type": "video", **block}),
    "cachePoint": _nothing,
}
