"""What a recorded tool call was: its arguments and the value that was answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from roadworthy.contracts.tool_system import ToolResult
from roadworthy.domain.exchange import Dialect
from roadworthy.domain.recording import RecordedMessage
from roadworthy.features.gateway.contracts.learning import UNKNOWN
from roadworthy.features.gateway.tools.desk import value_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCall:
    """`UNKNOWN` for what was not recorded whole."""

    arguments: Any = UNKNOWN
    result: Any = UNKNOWN


def recorded_call(
    request: RecordedMessage | None, answer: RecordedMessage | None, *, dialect: Dialect
) -> RecordedCall:
    """Never raises."""
    asked, said = _json(request), _json(answer)
    if dialect is Dialect.HTTP:
        empty = request is not None and not b"".join(chunk for _, chunk in request.chunks).strip()
        return RecordedCall(arguments={} if empty else asked, result=said)
    return RecordedCall(arguments=_arguments(asked), result=_result(said))


def _arguments(asked: Any) -> Any:
    params = asked.get("params") if isinstance(asked, dict) else None
    if not isinstance(params, dict):
        return UNKNOWN
    return params.get("arguments") or {}


def _result(said: Any) -> Any:
    result = said.get("result") if isinstance(said, dict) else None
    if not isinstance(result, dict) or result.get("isError"):
        return UNKNOWN
    content = result.get("content")
    if not isinstance(content, list):
        return UNKNOWN
    blocks = [one for one in content if isinstance(one, dict)]
    return value_of(ToolResult(content=blocks, structured=result.get("structuredContent")))[0]


def _json(message: RecordedMessage | None) -> Any:
    if message is None:
        return UNKNOWN
    try:
        return orjson.loads(b"".join(chunk for _, chunk in message.chunks))
    except orjson.JSONDecodeError:
        return UNKNOWN
