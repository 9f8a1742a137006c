"""A change put into an answer, in the shape of its dialect, or into what a model is asked."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import orjson

from roadworthy.domain.dialects.asked import Kind, Said, ToolAsked, asked_of
from roadworthy.domain.dialects.table import SPEAKERS
from roadworthy.domain.exchange import Dialect
from roadworthy.domain.recording import RecordedMessage
from roadworthy.features.debug.plan import Change, ChangeKind
from roadworthy.features.debug.tape.asked import Asked, name_of

_EVENTS = ((b"content-type", b"text/event-stream; charset=utf-8"),)
_JSON = ((b"content-type", b"application/json"),)
_SYSTEM_ROLES = ("system", "developer")


class CannotChange(ValueError):  # noqa: N818 (a condition)
    """The change does not fit the call; the message says why."""


def said_instead(asked: Asked, change: Change, *, seed: str) -> RecordedMessage:
    """The model's answer with `text` (and `tool_calls`) for its words. Raises CannotChange."""
    dialect = asked.dialect
    speaker = SPEAKERS.get(dialect) if dialect is not None else None
    if speaker is None or dialect is Dialect.OPENAI_EMBEDDINGS or "count_tokens" in asked.path:
        raise CannotChange(f"there are no words in an answer at {asked.path.partition('?')[0]}")
    tools = _tools(change.tool_calls)
    wanted = asked_of(url=asked.path, body=asked.body)
    said = Said(
        kind=Kind.TEXT if change.text or not tools else Kind.EMPTY,
        text=change.text,
        model=wanted.model,
        seed=zlib.crc32(f"{seed}/{change.step}/{change.text}/{change.tool_calls}".encode()),
        tools=tools,
        by="changed",
    )
    if not wanted.streamed:
        return RecordedMessage(head="200", headers=_JSON, chunks=((0.0, speaker.whole(wanted, said)),))
    chunks = tuple((0.0, piece) for piece in speaker.stream(wanted, said))
    return RecordedMessage(head="200", headers=_EVENTS if wanted.server_sent else _JSON, chunks=chunks)


def result_instead(asked: Asked, change: Change, *, recorded: RecordedMessage | None) -> RecordedMessage:
    """The tool's result with `text` for its value: JSON where it is JSON, else a text. Through MCP with the
    structured value beside the text, where the recorded result had one or the value is an object."""
    try:
        value: Any = orjson.loads(change.text)
        plain = False
    except orjson.JSONDecodeError:
        value, plain = change.text, True
    if asked.dialect is Dialect.HTTP or asked.path.startswith("/connect/"):
        return RecordedMessage(head="200", headers=_JSON, chunks=((0.0, orjson.dumps(value)),))
    before = _result(recorded)
    result: dict[str, Any] = {"content": [{"type": "text", "text": change.text}], "isError": False}
    if not plain and (isinstance(value, dict) or "structuredContent" in before):
        result["structuredContent"] = _as_before(value, before.get("structuredContent"))
    if "resultType" in before:
        result["resultType"] = "complete"
    body = orjson.dumps({"jsonrpc": "2.0", "id": None, "result": result})
    return RecordedMessage(head="200", headers=_JSON, chunks=((0.0, body),))


def asked_instead(asked: Asked, changes: Sequence[Change], *, model: str) -> Asked:
    """What a model is asked, with the changes in it and `model` (where it is not "") in place of the one
    asked for. Raises CannotChange."""
    model = next((one.text for one in changes if one.kind is ChangeKind.MODEL), model)
    others = [one for one in changes if one.kind is not ChangeKind.MODEL]
    if not others and (not model or model == name_of(asked.kind, asked.path, asked.body)):
        return asked
    try:
        body: Any = orjson.loads(asked.body)
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise CannotChange("what the agent asks is no JSON object")
    path = asked.path
    for one in others:
        if one.kind is ChangeKind.PROMPT:
            _put_prompt(body, one, dialect=asked.dialect)
        elif one.kind is ChangeKind.PARAMETERS:
            body |= _object(one.text, "the parameters")
    if model:
        if asked.dialect is Dialect.GEMINI:
            before, at, rest = path.partition("/models/")
            path = f"{before}{at}{quote(model, safe='')}:{rest.partition(':')[2]}"
        else:
            body["model"] = model
    return replace(asked, path=path, body=orjson.dumps(body))


def _put_prompt(body: dict[str, Any], change: Change, *, dialect: Dialect | None) -> None:
    texts = _Prompt(body, dialect)
    if not change.find:
        texts.become(change.text)
    elif not texts.put(change.find, change.text):
        raise CannotChange(f"the system prompt does not hold {change.find[:80]!r}")


class _Prompt:
    """The system prompt of a request, wherever its dialect has it."""

    def __init__(self, body: dict[str, Any], dialect: Dialect | None) -> None:
        self._body = body
        if dialect is Dialect.ANTHROPIC_MESSAGES:
            self._field, self._turns = "system", ""
        elif dialect is Dialect.GEMINI:
            self._field = "system_instruction" if "system_instruction" in body else "systemInstruction"
            self._turns = ""
        elif dialect is Dialect.OPENAI_RESPONSES:
            self._field, self._turns = "instructions", "input"
        elif dialect is Dialect.OPENAI_CHAT:
            self._field, self._turns = "", "messages"
        else:
            raise CannotChange("a call like this has no system prompt")

    def become(self, text: str) -> None:
        turns = self._system_turns()
        if self._field and (not turns or self._body.get(self._field)):
            gemini = self._field.lower().startswith("systemi") or self._field == "system_instruction"
            self._body[self._field] = {"parts": [{"text": text}]} if gemini else text
        elif turns:
            turns[0]["content"] = text
            for more in turns[1:]:
                self._body[self._turns].remove(more)
        else:
            listed = self._body.get(self._turns)
            self._body[self._turns] = [
                {"role": "system", "content": text},
                *(listed if isinstance(listed, list) else []),
            ]

    def put(self, find: str, text: str) -> bool:
        """Whether it was there."""
        found = False
        if self._field and self._field in self._body:
            self._body[self._field], found = _replaced(self._body[self._field], find, text)
        for turn in self._system_turns():
            turn["content"], here = _replaced(turn.get("content"), find, text)
            found = found or here
        return found

    def _system_turns(self) -> list[dict[str, Any]]:
        turns = self._body.get(self._turns) if self._turns else None
        listed = turns if isinstance(turns, list) else []
        return [one for one in listed if isinstance(one, dict) and one.get("role") in _SYSTEM_ROLES]


def _replaced(value: Any, find: str, text: str) -> tuple[Any, bool]:
    """In every text of it."""
    if isinstance(value, str):
        return value.replace(find, text), find in value
    if isinstance(value, list):
        done = [_replaced(one, find, text) for one in value]
        return [one for one, _ in done], any(found for _, found in done)
    if isinstance(value, dict):
        pairs = {
            key: _replaced(one, find, text) if key in ("text", "content", "parts") else (one, False)
            for key, one in value.items()
        }
        return {key: one for key, (one, _) in pairs.items()}, any(found for _, found in pairs.values())
    return value, False


def _tools(told: str) -> tuple[ToolAsked, ...]:
    """`tool_calls`: a JSON list of {"name", "arguments"}, or as OpenAI tells them."""
    if not told:
        return ()
    try:
        listed: Any = orjson.loads(told)
    except orjson.JSONDecodeError as odd:
        raise CannotChange(f"tool_calls: expected JSON: {odd}") from None
    calls: list[ToolAsked] = []
    for one in listed if isinstance(listed, list) else [listed]:
        inner = one.get("function", one) if isinstance(one, dict) else None
        if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
            raise CannotChange('tool_calls: expected a list of {"name": ..., "arguments": {...}}')
        arguments = inner.get("arguments", {})
        if isinstance(arguments, str):
            arguments = _object(arguments or "{}", f"the arguments of {inner['name']}")
        if not isinstance(arguments, dict):
            raise CannotChange(f"tool_calls: expected an object for the arguments of {inner['name']}")
        calls.append(ToolAsked(name=inner["name"], arguments=arguments))
    return tuple(calls)


def _object(text: str, what: str) -> dict[str, Any]:
    try:
        value: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise CannotChange(f"{what}: expected a JSON object")
    return value


def _result(recorded: RecordedMessage | None) -> dict[str, Any]:
    try:
        told: Any = orjson.loads(recorded.body) if recorded is not None else None
    except orjson.JSONDecodeError:
        return {}
    result = told.get("result") if isinstance(told, dict) else None
    return result if isinstance(result, dict) else {}


def _as_before(value: Any, before: Any) -> Any:
    """SDKs wrap what is no object as `{"result": ...}`."""
    wrapped = isinstance(before, dict) and list(before) == ["result"]
    return {"result": value} if wrapped and not isinstance(value, dict) else value
