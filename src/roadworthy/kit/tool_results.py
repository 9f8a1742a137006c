"""What a tool's result says about how it went, where its span or nobody else says it."""

from __future__ import annotations

import ast
import re
from enum import StrEnum
from typing import Any

import orjson


class Verdict(StrEnum):
    FINE = ""
    ERROR = "error"
    """The tool failed and its caller put the failure into the result."""
    NEGATIVE = "negative"
    """The tool worked and says no: `{"ok": false}`."""


_ERROR_TEXT = re.compile(
    r"\s*(?:"
    r"(?:\w+\.)*\w*(?:Error|Exception)\s*[:(\n]"
    r"|error\s*[:\-]"
    r"|error (?:executing|running|calling|invoking|while|in|occurred|from)\b"
    r"|an (?:unexpected )?error (?:occurred|happened)"
    r"|traceback \(most recent call last\)"
    r"|(?:tool|function) (?:execution|call|run|invocation) (?:failed|error)"
    r"|tool '?[\w.-]+'? (?:failed|raised)"
    r"|failed to (?:execute|run|call|invoke) (?:tool|function)"
    r"|<tool_use_error>"
    r"|request failed with status(?: code)? [45]\d\d\b"
    r"|upstream connect error\b"
    r"|http(?:/[\d.]+)? (?:error |status )?(?:4\d\d|5\d\d)\b"
    r"|(?:<!doctype html[^>]*>\s*)?<html[^>]*>\s*(?:<head[^>]*>\s*)?<title>\s*[45]\d\d\b"
    r")",
    re.IGNORECASE,
)
_HINTS = (
    '"error',
    '"is_error"',
    '"isError"',
    '"status"',
    '"ok"',
    '"success"',
    '"text"',
    '"content"',
    '"result"',
    '"code"',
    '"statusCode"',
    '"status_code"',
    '"approved"',
    '"accepted"',
)
_PRINTED_HINTS = tuple(hint.replace('"', "'") for hint in _HINTS)
_DETAILS = frozenset(
    {"error", "message", "type", "code", "status", "detail", "details", "error_type", "errorType"}
)
_ANSWER = _DETAILS | {"body", "reason", "headers", "statusCode", "status_code", "http_status", "statusText"}
"""What an answer of HTTP holds: with anything else in it, its status may be what was asked for."""
_DENIED = frozenset({"rejected", "declined", "denied", "refused"})
_MAX_JSON = 20_000
_MAX_DEPTH = 4


def judge(text: str) -> Verdict:
    """Read a result as text or JSON. Deliberately narrow: a result that merely mentions errors is fine."""
    if not text:
        return Verdict.FINE
    start = text[:1]
    if start == "{" or start == "[":
        if len(text) > _MAX_JSON:
            return Verdict.FINE
        if text[1:2] == "'":
            return _judge_printed(text)
        if not any(hint in text for hint in _HINTS):
            return Verdict.FINE
        try:
            return _judge(orjson.loads(text), 0)
        except ValueError:
            return Verdict.FINE
    return Verdict.ERROR if _ERROR_TEXT.match(text) else Verdict.FINE


def _judge_printed(text: str) -> Verdict:
    """`{'ok': False}`: many frameworks tell the model what a tool gave as Python prints it."""
    if not any(hint in text for hint in _PRINTED_HINTS):
        return Verdict.FINE
    try:
        return _judge(ast.literal_eval(text), 0)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return Verdict.FINE


def _judge(value: Any, depth: int) -> Verdict:
    if depth > _MAX_DEPTH:
        return Verdict.FINE
    if isinstance(value, str):
        return judge(value) if depth else Verdict.FINE
    if isinstance(value, list):
        # Content blocks; a list of records is somebody's data.
        return _judge(value[0], depth + 1) if len(value) == 1 else Verdict.FINE
    if isinstance(value, dict):
        return _judge_object(value, depth)
    return Verdict.FINE


def _judge_object(value: dict[str, Any], depth: int) -> Verdict:
    get = value.get
    if get("isError") is True or get("is_error") is True or get("status") in ("error", "failed"):
        return Verdict.ERROR
    error = get("error")
    if error is True:
        return Verdict.ERROR
    if error and isinstance(error, (str, dict)) and value.keys() <= _DETAILS:
        return Verdict.ERROR
    if _is_http_failure(value):
        return Verdict.ERROR
    if error and isinstance(error, (str, dict)) and value.keys() <= _DETAILS | {"result", "data"}:
        return Verdict.FINE if get("result") or get("data") else Verdict.ERROR
    if isinstance(get("errors"), list) and get("errors") and "data" in value and get("data") is None:
        return Verdict.ERROR
    if any(get(name) is False for name in ("ok", "success", "approved", "accepted")):
        return Verdict.NEGATIVE
    if value.keys() <= _ANSWER | {"result"} and (_denied(get("status")) or _denied(get("result"))):
        return Verdict.NEGATIVE
    for name in ("data", "response", "result", "content", "blocks", "text", "raw_output", "output", "kwargs"):
        inner = get(name)
        if inner and (verdict := _judge(inner, depth + 1)):
            return verdict
    return Verdict.FINE


def _denied(said: Any) -> bool:
    return isinstance(said, str) and said.lower() in _DENIED


def _is_http_failure(value: dict[str, Any]) -> bool:
    """`{"statusCode": 503, "body": "Service Unavailable"}`."""
    if not value.keys() <= _ANSWER:
        return False
    named = [value.get(name) for name in ("statusCode", "status_code", "http_status")]
    if "message" in value:
        named += [value.get("status"), value.get("code")]
    return any(type(status) is int and 400 <= status < 600 for status in named)
