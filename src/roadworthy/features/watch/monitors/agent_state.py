"""What is known of an agent beside its monitors: how many results come, and which releases answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from roadworthy.features.watch.monitors.volume import Volume

RELEASES_KEPT = 50


@dataclass(frozen=True, slots=True)
class ReleaseMark:
    """From then on this release answered too."""

    at_ns: int
    release: str


@dataclass(slots=True)
class AgentState:
    agent: str
    volume: Volume = field(default_factory=Volume)
    release: str = ""
    """That answered last."""
    marks: list[ReleaseMark] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    """Signals that had a value once: their monitor was made then, and is not made again."""
    silence_id: str = ""
    jump_id: str = ""
    repeats: int = 0
    """Results that count as one with another of their session."""

    def note_release(self, release: str, *, at_ns: int) -> None:
        if release == self.release:
            return
        self.release = release
        if all(mark.release != release for mark in self.marks):
            self.marks.append(ReleaseMark(at_ns, release))
            del self.marks[:-RELEASES_KEPT]

    def to_json(self) -> bytes:
        return orjson.dumps(self)

    @classmethod
    def from_json(cls, body: bytes) -> AgentState:
        kept: dict[str, Any] = orjson.loads(body)
        kept["volume"] = Volume(**kept["volume"])
        kept["marks"] = [ReleaseMark(**each) for each in kept["marks"]]
        return cls(**kept)
