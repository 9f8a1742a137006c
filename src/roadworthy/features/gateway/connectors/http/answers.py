"""What an HTTP system answered, as data or as a failure."""

from __future__ import annotations

import re
import time
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from roadworthy.contracts.tool_system import ToolFailed, ToolResult
from roadworthy.contracts.upstream import Headers
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.connectors.failing import failed

_CHARSET = re.compile(r"charset=\"?([A-Za-z0-9_.:-]+)", re.IGNORECASE)
_LONGEST_WAIT_S = 3_600.0


def header(headers: Headers, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in headers if key == name), "")


def status_failure(status: int, headers: Headers, *, about: str, idempotent: bool) -> ToolFailed:
    """Of any status that is no 2xx."""
    after = _retry_after(header(headers, b"retry-after"))
    if status == 429:
        # Refused before it was done (RFC 6585): it may be said again, whatever it is.
        return failed(
            FailureCode.RATE_LIMITED,
            f"{about} is asked too often (429)",
            about=about,
            retry_after_s=after,
            status="429",
        )
    if 300 <= status < 400:
        what = f"{about} answered {status}: redirects are not followed"
        return failed(
            FailureCode.UPSTREAM_ERROR, what, about=about, may_repeat=idempotent, status=str(status)
        )
    if 400 <= status < 500:
        words = {
            401: "does not accept our credentials",
            403: "does not allow the call",
            404: "knows no such thing",
        }
        return failed(
            FailureCode.UPSTREAM_REFUSED,
            f"{about} {words.get(status, 'refused the call')} ({status})",
            about=about,
            status=str(status),
        )
    return failed(
        FailureCode.UPSTREAM_ERROR,
        f"{about} failed ({status})",
        about=about,
        may_repeat=idempotent,
        retry_after_s=after,
        status=str(status),
    )


def _retry_after(text: str) -> float | None:
    """Seconds (RFC 9110, 10.2.3); None where nothing sensible is said."""
    if re.fullmatch(r"\d{1,9}", text.strip()):
        return min(float(text), _LONGEST_WAIT_S)
    try:
        seconds = parsedate_to_datetime(text).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), _LONGEST_WAIT_S)


def read_result(headers: Headers, body: bytes, *, about: str, items: str, empty: bool) -> ToolResult:
    """JSON as a value, text as text. Raises ToolFailed for what is neither."""
    kind = header(headers, b"content-type").partition(";")[0].strip().lower()
    coding = header(headers, b"content-encoding").strip().lower()
    if coding not in ("", "identity"):
        raise _invalid(f"{about} answered compressed, which was not asked for", about)
    if empty or not body:
        return ToolResult(content=[{"type": "text", "text": "(no content)"}], structured=None)
    if kind == "application/json" or kind.endswith("+json") or (not kind and body[:1] in b"[{"):
        return _json(body, about=about, items=items)
    if kind.startswith("text/") or kind.endswith(("/xml", "+xml")) or not kind:
        return ToolResult(content=[{"type": "text", "text": _text(headers, body, about=about)}])
    raise _invalid(f"{about} answered with {kind[:60]!r}; expected JSON or text", about)


def _json(body: bytes, *, about: str, items: str) -> ToolResult:
    try:
        value: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _invalid(f"{about} answered with what is no JSON", about) from None
    for part in items.split(".") if items else ():
        if not isinstance(value, dict) or part not in value:
            raise _invalid(f"{about} answered without {items!r}, where its rows are expected", about)
        value = value[part]
    return ToolResult(content=[{"type": "text", "text": orjson.dumps(value).decode()}], structured=value)


def _text(headers: Headers, body: bytes, *, about: str) -> str:
    said = _CHARSET.search(header(headers, b"content-type"))
    try:
        return body.decode(said.group(1) if said else "utf-8")
    except LookupError:
        raise _invalid(f"{about} answered in an encoding that is unknown", about) from None
    except UnicodeDecodeError:
        raise _invalid(f"{about} answered with bytes that are no text of its encoding", about) from None


def _invalid(what: str, about: str) -> ToolFailed:
    return failed(FailureCode.INVALID_ANSWER, what, about=about)
