"""A span as it came, before any dialect was recognised."""

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
