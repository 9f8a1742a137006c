"""What a detector found in a run, and where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A place in a run. `start` and `end` are offsets in characters into the text of that place as stored,
    -1 where the excerpt is no piece of it."""

    span_id: str = ""
    """"" where it is about the run as a whole."""
    place: str = ""
    """input, output, error, attributes; answer for the run's final answer."""
    excerpt: str = ""
    """At most 240 characters."""
    start: int = -1
    end: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing one detector has to say about a run."""

    detector: str
    """Name of the module in `features.judge.detectors`."""
    version: int = 1
    """Of the detector: rises when it would say something else about the same run."""
    confidence: float = 1.0
    """In [0, 1]: how sure the detector is of what it says; not how likely it is that the run failed."""
    mode: str = ""
    """Id of a failure mode (`domain.failure_mode`), "" where none fits."""
    reason: str = ""
    """One sentence that a person understands without knowing the detector."""
    tool: str = ""
    """The tool it is about, "" where it is about none."""
    evidence: tuple[Evidence, ...] = ()
