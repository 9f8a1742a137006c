"""What an MCP server answered, read with suspicion: shapes are checked, its words are not repeated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

import orjson

from roadworthy.contracts.tool_system import Progress, ToolFailed, ToolResult, ToolSpec
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.connectors.failing import failed
from roadworthy.features.gateway.tools.protocol import INVALID_PARAMS, METHOD_NOT_FOUND

MOST_TOOLS = 1000
LONGEST_NAME = 200


class RpcFailed(Exception):  # noqa: N818 (a condition, not a bug)
    """The server answered with a JSON-RPC error. Its message is not kept."""

    def __init__(self, code: int, *, supported: tuple[str, ...] = ()) -> None:
        super().__init__(f"error {code}")
        self.code = code
        self.supported = supported


class NotAnAnswer(ValueError):  # noqa: N818
    """What came is no answer to the request; the message says what it is, in our words."""


def read_answer(raw: bytes | bytearray, *, request_id: int) -> dict[str, Any]:
    """The result of a JSON-RPC response. Raises RpcFailed and NotAnAnswer."""
    message = read_message(raw)
    if not isinstance(message, dict):
        raise NotAnAnswer("JSON that is no message")
    return result_of(message, request_id=request_id)


def read_message(raw: bytes | bytearray) -> Any:
    """Raises NotAnAnswer."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise NotAnAnswer("no JSON") from None


def result_of(message: dict[str, Any], *, request_id: int) -> dict[str, Any]:
    """Raises RpcFailed and NotAnAnswer."""
    error = message.get("error")
    if isinstance(error, dict) and message.get("id") in (request_id, None):
        code = error.get("code")
        raise RpcFailed(code if isinstance(code, int) else 0, supported=_supported(error.get("data")))
    if message.get("id") != request_id or isinstance(message.get("id"), bool):
        raise NotAnAnswer("an answer to something else (its id is another one)")
    result = message.get("result")
    if not isinstance(result, dict):
        raise NotAnAnswer("an answer without a result")
    return result


def _supported(data: Any) -> tuple[str, ...]:
    said = data.get("supported") if isinstance(data, Mapping) else None
    return tuple(one for one in said if isinstance(one, str)) if isinstance(said, list) else ()


def read_tools(listed: Any) -> list[ToolSpec]:
    """What is no tool is left out, and so is a name that comes twice: the first counts."""
    found: dict[str, ToolSpec] = {}
    for one in listed if isinstance(listed, list) else []:
        spec = _spec(one)
        if spec is not None and spec.name not in found and len(found) < MOST_TOOLS:
            found[spec.name] = spec
    return list(found.values())


def _spec(said: Any) -> ToolSpec | None:
    if not isinstance(said, Mapping):
        return None
    name, schema, output = said.get("name"), said.get("inputSchema"), said.get("outputSchema")
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or not isinstance(schema, Mapping):
        return None
    hints = said.get("annotations")
    annotations = dict(hints) if isinstance(hints, Mapping) else {}
    title = said.get("title")
    if isinstance(title, str) and title:
        annotations.setdefault("title", title)
    description = said.get("description")
    reads = annotations.get("readOnlyHint") is True
    return ToolSpec(
        name=name,
        description=description if isinstance(description, str) else "",
        arguments=schema,
        result=output if isinstance(output, Mapping) else None,
        read_only=reads,
        idempotent=reads or annotations.get("idempotentHint") is True,
        annotations=annotations,
    )


def read_call(result: Mapping[str, Any], *, about: str) -> ToolResult:
    """Raises ToolFailed."""
    kind = result.get("resultType")
    if kind not in (None, "complete"):
        raise failed(
            FailureCode.UPSTREAM_REFUSED, f"{about} wants input that an agent cannot give", about=about
        )
    content = result.get("content")
    if content is None and "structuredContent" in result:
        content = []
    if not isinstance(content, list) or not all(isinstance(one, dict) for one in content):
        raise invalid(about, "a result without content")
    return ToolResult(
        content=content,
        structured=result.get("structuredContent"),
        is_error=result.get("isError") is True,
    )


def read_progress(message: Mapping[str, Any]) -> tuple[int, Progress] | None:
    """Of `notifications/progress`: which of our calls, and how far it is. None for what is none."""
    params = message.get("params")
    if message.get("method") != "notifications/progress" or not isinstance(params, Mapping):
        return None
    token, done, total, said = (params.get(key) for key in ("progressToken", "progress", "total", "message"))
    if not isinstance(token, int) or not _is_number(done):
        return None
    return token, Progress(
        progress=done,
        total=total if _is_number(total) else None,
        message=said if isinstance(said, str) else "",
    )


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def invalid(about: str, what: str, *, may_repeat: bool = False) -> ToolFailed:
    return failed(
        FailureCode.INVALID_ANSWER, f"What {about} answered is {what}", about=about, may_repeat=may_repeat
    )


def refused_by_rpc(error: RpcFailed, *, about: str, may_repeat: bool) -> ToolFailed:
    wrong = error.code in (INVALID_PARAMS, METHOD_NOT_FOUND)
    return failed(
        FailureCode.UPSTREAM_REFUSED if wrong else FailureCode.UPSTREAM_ERROR,
        f"{about} refused the call as wrong" if wrong else f"{about} answered that it failed",
        about=about,
        may_repeat=may_repeat and not wrong,
        rpc_code=str(error.code),
    )
