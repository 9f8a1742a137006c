"""A span as it came, before any dialect was recognised.

Compiled code (`native/traces.c`) fills these by the names of their fields: a new one is one there, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from roadworthy.features.ingest.any_value import Attributes


@dataclass(slots=True)
class RawEvent:
    name: str
    time_ns: int
    attributes: Attributes


@dataclass(slots=True)
class RawSpan:
    """Dialects take out of `attributes` and `events` what they understood; the rest is kept as it came."""

    name: str
    scope: str
    attributes: Attributes
    events: list[RawEvent] = field(default_factory=list)
    status_code: int = 0
    """0 unset, 1 OK, 2 ERROR, as in OTLP."""
    status_message: str = ""

    def exception(self) -> RawEvent | None:
        """The last exception event."""
        for event in reversed(self.events):
            if event.name == "exception":
                return event
        return None


@dataclass(slots=True)
class Link:
    trace_id: str
    span_id: str
    attributes: Attributes = field(default_factory=dict)


@dataclass(slots=True)
class Frame:
    """Ids, times and links of a raw span."""

    trace_id: str
    span_id: str
    parent_id: str
    start_ns: int
    end_ns: int
    kind: int = 0
    """As in OTLP: 1 internal, 2 server, 3 client, 4 producer, 5 consumer."""
    links: list[Link] = field(default_factory=list)
