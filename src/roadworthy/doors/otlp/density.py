"""A guess, from above and in milliseconds, of how many parts a body has before anything parses it.

A parsed message takes some 60 bytes however empty it is, so 64 MiB of two-byte messages (64 kB of gzip)
become gigabytes. Every message in a protobuf body has a length byte, which is below 32 unless the message is
at least 32 bytes long; every part of a JSON body begins or ends with a bracket or a comma. Counting those
bytes bounds the number of small parts. Real bodies of 64 MiB stay below 7 million.
"""

from __future__ import annotations

from roadworthy.contracts.intake import Encoding
from roadworthy.doors.otlp.refusal import Refused

MOST_PARTS = 10_000_000
_NOT_SMALL = bytes(range(32, 256))


def refuse_dense(body: bytes, *, encoding: Encoding) -> None:
    """Raises Refused (too_many_parts)."""
    if len(body) <= MOST_PARTS:
        return
    if encoding is Encoding.JSON:
        parts = body.count(b"[") + body.count(b"{") + body.count(b",")
    else:
        parts = len(body.translate(None, _NOT_SMALL))
    if parts > MOST_PARTS:
        raise Refused(
            "too_many_parts",
            f"The body is made of about {parts} tiny parts; at most {MOST_PARTS}. Send less at once.",
        )
