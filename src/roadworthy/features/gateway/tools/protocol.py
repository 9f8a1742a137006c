"""The Model Context Protocol, as far as tools need it: revisions, methods, headers.

2026-07-28 is stateless: `server/discover` in place of `initialize`, an envelope in `params._meta`, the method
and the name in headers. The older ones shake hands first. Source: modelcontextprotocol.io/specification.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

MODERN = "2026-07-28"
HANDSHAKE = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
"""Newest first."""
VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
CLIENT_KEY = "io.modelcontextprotocol/clientInfo"
CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
SUBSCRIPTION_KEY = "io.modelcontextprotocol/subscriptionId"
SERVER_KEY = "io.modelcontextprotocol/serverInfo"

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
HEADER_MISMATCH = -32020
UNSUPPORTED_VERSION = -32022
STATUS_OF_ERROR = {
    PARSE_ERROR: 400,
    INVALID_REQUEST: 400,
    INVALID_PARAMS: 400,
    HEADER_MISMATCH: 400,
    UNSUPPORTED_VERSION: 400,
    METHOD_NOT_FOUND: 404,
}
"""Of the modern revision; older ones answer errors with 200."""
IMPLEMENTATION = {"name": "roadworthy", "title": "Roadworthy gateway", "version": version("roadworthy")}

_ENCODED = re.compile(r"=\?base64\?(.*)\?=", re.DOTALL)
_SAFE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


def header_value(text: str) -> bytes:
    """As it is where it is plain ASCII, else `=?base64?...?=`."""
    if _SAFE.fullmatch(text) and not _ENCODED.fullmatch(text):
        return text.encode("ascii")
    return b"=?base64?" + base64.b64encode(text.encode("utf-8", "replace")) + b"?="


def read_header_value(value: bytes) -> str | None:
    """None for what cannot be read."""
    text = value.decode("latin-1").strip()
    encoded = _ENCODED.fullmatch(text)
    if encoded is None:
        return text
    try:
        return base64.b64decode(encoded[1], validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None


def parameter_headers(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    """`Mcp-Param-*`: arguments that the tool's schema marks with `x-mcp-header` (2026-07-28)."""
    found: list[tuple[bytes, bytes]] = []
    for name, value in _marked(schema, arguments, depth=0):
        shown = ("true" if value else "false") if isinstance(value, bool) else str(value)
        found.append((b"mcp-param-" + name.lower().encode("ascii"), header_value(shown)))
    return found


_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")


def _marked(schema: Any, value: Any, *, depth: int) -> Iterator[tuple[str, str | int | bool]]:
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(properties, Mapping) or not isinstance(value, Mapping) or depth > 8:
        return
    for name, inner in properties.items():
        here = value.get(name)
        if not isinstance(inner, Mapping) or here is None:
            continue
        marked = inner.get("x-mcp-header")
        if isinstance(marked, str) and _TOKEN.fullmatch(marked) and isinstance(here, str | int):
            yield marked, here
        yield from _marked(inner, here, depth=depth + 1)
