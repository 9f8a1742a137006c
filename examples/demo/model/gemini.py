"""Gemini: POST /v1beta/models/MODEL:generateContent and :streamGenerateContent?alt=sse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from examples.demo.model.ids import Ids, tokens
from examples.demo.model.script import Conversation, Turn

Json = dict[str, Any]


def read(request: Json) -> Conversation:
    declared = [one for tool in request.get("tools") or [] for one in tool.get("functionDeclarations") or []]
    talk = Conversation(tools=[one["name"] for one in declared])
    for content in request["contents"]:
        for part in content["parts"]:
            text = str(part.get("text") or "")
            talk.characters += len(text)
            if content.get("role") == "user" and "Ticket" in text:
                talk.user, talk.called, talk.results = text, [], []
            if "functionResponse" in part:
                talk.called.append(part["functionResponse"]["name"])
                talk.results.append(json.dumps(part["functionResponse"].get("response")))
    return talk


def whole(request: Json, talk: Conversation, turn: Turn, ids: Ids) -> Json:
    parts: list[Json] = [
        {"functionCall": {"id": ids.make("call_"), "name": call.tool, "args": call.arguments}}
        for call in turn.calls
    ] or [{"text": turn.text}]
    return _answer(request, talk, turn, parts, ids.make("resp_"), last=True)


def events(request: Json, talk: Conversation, turn: Turn, ids: Ids) -> Iterator[str]:
    made = whole(request, talk, turn, ids)
    pieces = [[part] for part in made["candidates"][0]["content"]["parts"]]
    if turn.text:
        pieces = [[{"text": f"{word} "}] for word in turn.text.split(" ")]
    for number, parts in enumerate(pieces, 1):
        last = number == len(pieces)
        event = _answer(request, talk, turn, parts, made["responseId"], last=last)
        yield f"data: {json.dumps(event)}\r\n\r\n"


def _answer(
    request: Json, talk: Conversation, turn: Turn, parts: list[Json], response_id: str, *, last: bool
) -> Json:
    candidate: Json = {"content": {"role": "model", "parts": parts}, "index": 0}
    if last:
        candidate["finishReason"] = "STOP"
    used, made = tokens(talk), tokens(turn)
    return {
        "candidates": [candidate],
        "usageMetadata": {
            "promptTokenCount": used,
            "candidatesTokenCount": made,
            "totalTokenCount": used + made,
        },
        "modelVersion": request["model"],
        "responseId": response_id,
    }
