"""Streamed answers put together again: server-sent events, JSON lines, AWS event streams, lists of chunks.

Each event of a stream names what it adds to the answer in a key of its own; `EVENTS` says which, and who
adds it.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from roadworthy.domain.message import Message, Part, ToolCall
from roadworthy.features.ingest.messages.draft import Reader, text

Event = dict[str, Any]


class Turn:
    """An answer while its pieces arrive."""

    __slots__ = ("calls", "finish", "pieces", "reasoning", "refusal")

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.reasoning: list[str] = []
        self.refusal: list[str] = []
        self.calls: dict[object, list[str]] = {}
        """id, name and pieces of the arguments, by the index the provider gives the call."""
        self.finish = ""

    def call(self, index: object, *, call_id: object = "", name: object = "", arguments: object = "") -> None:
        call = self.calls.setdefault(str(index), ["", ""])
        call[0] = call[0] or text(call_id)
        call[1] = call[1] or text(name)
        if arguments and arguments != {}:
            call.append(text(arguments))

    def message(self) -> list[Message]:
        kinds = (("reasoning", self.reasoning), ("refusal", self.refusal))
        parts = tuple(Part(type=kind, text="".join(pieces)) for kind, pieces in kinds if pieces)
        calls = tuple(ToolCall(id=c[0], name=c[1], arguments="".join(c[2:])) for c in self.calls.values())
        content = "".join(self.pieces)
        if not (content or calls or parts or self.finish):
            return []
        return [
            Message(
                role="assistant", content=content, tool_calls=calls, parts=parts, finish_reason=self.finish
            )
        ]


def read_text(body: str, read: Reader) -> list[Message]:
    """The answer in a body of server-sent events or JSON lines; [] where it is neither."""
    return read_events(list(_json_events(body)), read)


def read_binary(body: bytes, read: Reader) -> list[Message]:
    """The answer in an AWS event stream (Bedrock), or in UTF-8 text."""
    if body[:1] == b"\x00":
        return read_events(list(_aws_events(body)), read)
    return read.messages(body.decode("utf-8", "replace"))


def read_events(events: list[Event], read: Reader) -> list[Message]:
    """The answer that the events add up to; one that comes whole in an event of its own wins."""
    turns: dict[object, Turn] = {}
    whole: list[Message] = []
    for event in events:
        complete = _complete(event)
        if complete is not None:
            whole += read.messages(complete)
            continue
        for key, add in EVENTS:
            if key in event:
                add(turns, event)
                break
    return whole or [message for turn in turns.values() for message in turn.message()]


def is_event(value: object) -> bool:
    """Whether a list that starts with it is a recorded stream."""
    return isinstance(value, dict) and (
        value.get("object") in ("chat.completion.chunk", "text_completion.chunk")
        or value.get("type") in ("message_start", "message-start", "response.created", "content_block_start")
    )


def _complete(event: Event) -> object:
    """The finished answer where an event carries it: Responses API, Assistants, Cohere's stream-end."""
    kind = event.get("type") or event.get("event_type") or ""
    if kind in ("response.completed", "response.incomplete", "response.failed", "stream-end"):
        return event.get("response")
    if event.get("object") == "thread.message" and event.get("status") == "completed":
        return event
    return None


def _json_events(body: str) -> Iterator[Event]:
    for line in body.splitlines():
        line = line.strip()
        if line[:5] == "data:":
            line = line[5:].strip()
        if line[:1] == "{":
            try:
                event = orjson.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict):
                yield event


def _aws_events(body: bytes) -> Iterator[Event]:
    """Frames of vnd.amazon.eventstream: total length, headers length, CRC, headers, payload, CRC."""
    at = 0
    while at + 16 <= len(body):
        total, headers = struct.unpack_from(">II", body, at)
        if total < 16 or headers > total - 16:
            return
        payload = body[at + 12 + headers : at + total - 4]
        at += total
        try:
            event = orjson.loads(payload)
            if isinstance(event, dict) and isinstance(event.get("bytes"), str):
                event = orjson.loads(base64.b64decode(event["bytes"]))
        except (ValueError, binascii.Error):
            continue
        if isinstance(event, dict):
            yield event


def _openai(turns: dict[object, Turn], event: Event) -> None:
    for choice in event["choices"] or ():
        if not isinstance(choice, dict):
            continue
        turn = turns.setdefault(choice.get("index"), Turn())
        delta = choice.get("delta")
        delta = delta if isinstance(delta, dict) else choice
        turn.finish = text(choice.get("finish_reason")) or turn.finish
        _add_text(turn.pieces, delta.get("content"), delta.get("text"))
        _add_text(turn.reasoning, delta.get("reasoning_content"), delta.get("reasoning"))
        _add_text(turn.refusal, delta.get("refusal"))
        for call in delta.get("tool_calls") or ():
            function = call.get("function") or {}
            turn.call(
                call.get("index", call.get("id")),
                call_id=call.get("id"),
                name=function.get("name"),
                arguments=function.get("arguments"),
            )


def _block_start(turns: dict[object, Turn], event: Event) -> None:
    turn = turns.setdefault(0, Turn())
    block = event["content_block"]
    _add_text(turn.pieces, block.get("text"))
    if "name" in block:
        turn.call(
            event.get("index"), call_id=block.get("id"), name=block["name"], arguments=block.get("input")
        )


def _delta(turns: dict[object, Turn], event: Event) -> None:
    """Anthropic, Cohere's second API and Bedrock Converse all call it delta."""
    turn = turns.setdefault(0, Turn())
    delta = event["delta"]
    if not isinstance(delta, dict):
        return None
    message = delta.get("message")
    if isinstance(message, dict):
        return _cohere_v2(turn, event, message)
    index = event.get("index", event.get("contentBlockIndex"))
    _add_text(turn.pieces, delta.get("text"))
    _add_text(turn.reasoning, delta.get("thinking"))
    if isinstance(delta.get("reasoningContent"), dict):
        _add_text(turn.reasoning, delta["reasoningContent"].get("text"))
    if "partial_json" in delta:
        turn.call(index, arguments=delta["partial_json"])
    if isinstance(delta.get("toolUse"), dict):
        turn.call(index, arguments=delta["toolUse"].get("input"))
    turn.finish = text(delta.get("stop_reason") or delta.get("finish_reason")) or turn.finish
    return None


def _cohere_v2(turn: Turn, event: Event, message: Event) -> None:
    content, calls = message.get("content"), message.get("tool_calls")
    if isinstance(content, dict):
        _add_text(turn.pieces, content.get("text"))
        _add_text(turn.reasoning, content.get("thinking"))
    _add_text(turn.reasoning, message.get("tool_plan"))
    if isinstance(calls, dict):
        function = calls.get("function") or {}
        turn.call(
            event.get("index"),
            call_id=calls.get("id"),
            name=function.get("name"),
            arguments=function.get("arguments"),
        )


def _converse_start(turns: dict[object, Turn], event: Event) -> None:
    turn = turns.setdefault(0, Turn())
    use = event["start"].get("toolUse") if isinstance(event["start"], dict) else None
    if isinstance(use, dict):
        turn.call(event.get("contentBlockIndex"), call_id=use.get("toolUseId"), name=use.get("name"))


def _gemini(turns: dict[object, Turn], event: Event) -> None:
    for candidate in event["candidates"] or ():
        turn = turns.setdefault(candidate.get("index", 0), Turn())
        turn.finish = text(candidate.get("finishReason")) or turn.finish
        for part in (candidate.get("content") or {}).get("parts") or ():
            _add_text(turn.reasoning if part.get("thought") is True else turn.pieces, part.get("text"))
            call = part.get("functionCall")
            if isinstance(call, dict):
                turn.call(
                    len(turn.calls), call_id=call.get("id"), name=call.get("name"), arguments=call.get("args")
                )


def _ollama(turns: dict[object, Turn], event: Event) -> None:
    turn = turns.setdefault(0, Turn())
    message = event["message"]
    if isinstance(message, dict):
        _add_text(turn.pieces, message.get("content"))
        _add_text(turn.reasoning, message.get("thinking"))
        for call in message.get("tool_calls") or ():
            function = call.get("function") or {}
            turn.call(len(turn.calls), name=function.get("name"), arguments=function.get("arguments"))
    turn.finish = text(event.get("done_reason")) or turn.finish


def _plain(key: str, finish: str) -> Callable[[dict[object, Turn], Event], None]:
    def add(turns: dict[object, Turn], event: Event) -> None:
        turn = turns.setdefault(0, Turn())
        _add_text(turn.pieces, event[key])
        turn.finish = text(event.get(finish)) or turn.finish

    return add


def _stop(turns: dict[object, Turn], event: Event) -> None:
    turns.setdefault(0, Turn()).finish = text(event["stopReason"])


def _add_text(pieces: list[str], *values: object) -> None:
    for value in values:
        if isinstance(value, str) and value:
            pieces.append(value)
            return


EVENTS: tuple[tuple[str, Callable[[dict[object, Turn], Event], None]], ...] = (
    ("choices", _openai),
    ("content_block", _block_start),
    ("candidates", _gemini),
    ("delta", _delta),
    ("start", _converse_start),
    ("stopReason", _stop),
    ("message", _ollama),
    ("response", _plain("response", "done_reason")),
    ("outputText", _plain("outputText", "completionReason")),
    ("generation", _plain("generation", "stop_reason")),
    ("completion", _plain("completion", "stop_reason")),
    ("text", _plain("text", "finish_reason")),
)
