"""Bodies of requests that came packed."""

from __future__ import annotations

import zlib

from roadworthy.contracts.upstream import Headers

MOST_PLAIN_BYTES = 64 << 20


class RequestInvalid(ValueError):  # noqa: N818 (what the agent is told, not a bug)
    """Names the field and says what was expected."""


def unpacked(headers: Headers, body: bytes) -> bytes | None:
    """None where it is not packed. Raises RequestInvalid."""
    encoding = next((value for name, value in headers if name == b"content-encoding"), b"identity").lower()
    if encoding in (b"identity", b""):
        return None
    if encoding not in (b"gzip", b"deflate"):
        raise RequestInvalid("header.content-encoding: expected gzip, deflate or identity")
    reader = zlib.decompressobj(47)
    try:
        plain = reader.decompress(body, MOST_PLAIN_BYTES)
    except zlib.error:
        raise RequestInvalid("body: is not what header.content-encoding says") from None
    if reader.unconsumed_tail or not reader.eof:
        raise RequestInvalid(f"body: expected at most {MOST_PLAIN_BYTES} bytes, whole")
    return plain
