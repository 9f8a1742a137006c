"""Something an agent sent that was not accepted, so that somebody can be told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """`count` is spans, log records or data points; where whole requests were refused, it is requests."""

    project: str
    at_ns: int
    signal: str
    """traces, logs or metrics."""
    reason: str
    """Plain words, naming the field and what was expected."""
    code: str
    """Short and stable: bad_protobuf, bad_json, too_large, bad_trace_id, unauthorized, disk_full ..."""
    count: int = 0
    peer: str = ""
    user_agent: str = ""
    sample: str = ""
    """The first bytes of what was refused, masked; never a key."""
    version: int = 0
