"""What a request to a model asks for, read from its bytes, and the few values that are set in them.

Everything else stays byte for byte as it came: unknown fields, order, spaces, doubled keys of inner objects.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import orjson

from roadworthy.contracts.upstream import Headers
from roadworthy.domain.exchange import Dialect
from roadworthy.features.gateway.routes.call import ModelCall
from roadworthy.features.gateway.routes.unpacking import RequestInvalid, unpacked

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\],:]', re.DOTALL)
_TEXT_VALUE = re.compile(rb'\s*:\s*("(?:[^"\\]++|\\.)*+")', re.DOTALL)
_GEMINI = re.compile(
    r"^(?P<before>/v1(?:beta|alpha)?/models/)(?P<model>[^:?]+):(?P<verb>\w+)(?P<rest>\?.*)?$"
)
_OUTPUT_FIELDS = ("max_completion_tokens", "max_tokens", "max_output_tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """Where a member's value stands: [start, end)."""

    start: int
    end: int


def read_call(
    dialect: Dialect, path: str, *, headers: Headers, body: bytes, method: str = "POST"
) -> ModelCall:
    """Raises RequestInvalid."""
    plain = unpacked(headers, body)
    try:
        said = orjson.loads(body if plain is None else plain)
    except orjson.JSONDecodeError as fault:
        raise RequestInvalid(f"body: expected JSON ({fault})") from None
    if not isinstance(said, dict):
        raise RequestInvalid("body: expected a JSON object")
    if dialect is Dialect.GEMINI:
        found = _GEMINI.match(path)
        if found is None:
            raise RequestInvalid("path: expected /v1beta/models/MODEL:generateContent")
        model: object = unquote(found["model"])
        streamed = found["verb"].startswith("stream")
    else:
        model, streamed = said.get("model"), said.get("stream") is True
    if not isinstance(model, str) or not model or len(model) > 300:
        raise RequestInvalid("body.model: expected the name of a route or model, at most 300 characters")
    return ModelCall(
        dialect=dialect,
        method=method,
        path=path,
        headers=headers,
        body=body,
        model=model,
        streamed=streamed,
        max_output_tokens=_most_output(said),
        plain=plain,
    )


def with_values(call: ModelCall, *, model: str, parameters: Mapping[str, Any]) -> tuple[str, bytes, bool]:
    """The path and body to send, and whether the body is another than the one that came (it is then not
    compressed). Raises RequestInvalid where the body names a member twice that is to be set."""
    path = call.path
    wanted = dict(parameters)
    if call.dialect is Dialect.GEMINI:
        if model != call.model:
            found = _GEMINI.match(path)
            assert found is not None  # noqa: S101 - `read_call` checked it
            path = f"{found['before']}{model}:{found['verb']}{found['rest'] or ''}"
    elif model != call.model:
        wanted["model"] = model
    if not wanted:
        return path, call.body, False
    plain = call.body if call.plain is None else call.plain
    place = _only_model(plain) if wanted.keys() == {"model"} else None
    if place is not None:
        return path, b"".join((plain[: place.start], orjson.dumps(model), plain[place.end :])), True
    return path, spliced(plain, {name: orjson.dumps(value) for name, value in wanted.items()}), True


def spliced(body: bytes, values: Mapping[str, bytes]) -> bytes:
    """`body` is a JSON object that can be read; its top-level members of these names get these values (JSON),
    in place, or are put at its beginning. Raises RequestInvalid where one of them comes twice."""
    members = _members(body, frozenset(values))
    missing = {name: value for name, value in values.items() if name not in members}
    parts: list[bytes] = []
    at = 0
    for name, place in sorted(members.items(), key=lambda pair: pair[1].start):
        parts += [body[at : place.start], values[name]]
        at = place.end
    parts.append(body[at:])
    changed = b"".join(parts)
    return _inserted(changed, missing) if missing else changed


def _inserted(body: bytes, values: Mapping[str, bytes]) -> bytes:
    start = body.index(b"{") + 1
    empty = body[start:].lstrip()[:1] == b"}"
    text = b",".join(orjson.dumps(name) + b":" + value for name, value in values.items())
    return body[:start] + text + (b"" if empty else b",") + body[start:]


def _only_model(body: bytes) -> _Member | None:
    """Where the value of the member `model` stands, which the body is known to have, if that word is in it
    once; None: look closer. Letters that are not escaped (as \\u00..) are written in one way only."""
    if b"\\u00" in body or body.count(b'"model"') != 1:
        return None
    found = _TEXT_VALUE.match(body, body.index(b'"model"') + 7)
    return _Member(start=found.start(1), end=found.end(1)) if found else None


def _members(body: bytes, names: frozenset[str]) -> dict[str, _Member]:
    """Where the values of the top-level members of these names stand. One pass over the tokens."""
    found: dict[str, _Member] = {}
    depth = 0
    key: bytes | None = None
    name = ""
    start = -1  # of the value that is being passed, -1 for none
    expecting_key = False
    for token in _TOKEN.finditer(body):
        first = body[token.start()]
        if first == 0x22:  # a string
            if depth == 1 and expecting_key:
                key, expecting_key = token.group(), False
        elif first in b"{[":
            depth += 1
            expecting_key = depth == 1
        elif depth > 1:
            depth -= first in b"}]"
        elif first == 0x3A:  # a colon
            name = _name(key)
            start = token.end() if name in names else -1
        else:  # a comma, or the end of the object
            if start >= 0:
                if name in found:
                    raise RequestInvalid(f"body.{name}: comes twice; expected once")
                found[name] = _trimmed(body, start, token.start())
            start, expecting_key = -1, True
            depth -= first == 0x7D
    return found


def _name(key: bytes | None) -> str:
    if key is None:
        return ""
    return str(orjson.loads(key)) if b"\\" in key else key[1:-1].decode("utf-8", "replace")


def _trimmed(body: bytes, start: int, end: int) -> _Member:
    value = body[start:end]
    return _Member(
        start=start + len(value) - len(value.lstrip(b" \t\r\n")),
        end=end - (len(value) - len(value.rstrip(b" \t\r\n"))),
    )


def _most_output(said: Mapping[str, Any]) -> int | None:
    config = said.get("generationConfig") or said.get("generation_config")
    if isinstance(config, dict):
        said = {**said, "max_output_tokens": config.get("maxOutputTokens", config.get("max_output_tokens"))}
    for field in _OUTPUT_FIELDS:
        value = said.get(field)
        if isinstance(value, int) and value > 0:
            return value
    return None
