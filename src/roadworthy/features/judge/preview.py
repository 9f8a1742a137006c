"""What a detector would say about runs that are there: a look before switching it on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from roadworthy.domain.finding import Finding
from roadworthy.domain.run import Run
from roadworthy.domain.span import Span
from roadworthy.features.judge.detector import Detector
from roadworthy.features.judge.history import History
from roadworthy.features.judge.transcript import Transcript
from roadworthy.features.judge.verdict import find

PREVIEW_SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """`found` in the order the runs came."""

    looked_at: int
    found: tuple[tuple[Run, Finding], ...]


def preview(
    detector: Detector,
    runs: Iterable[tuple[Run, tuple[Span, ...]]],
    *,
    history_of_agent: Callable[[str], History],
    seconds: float = PREVIEW_SECONDS,
) -> Preview:
    """Looks at runs until they or the time are used up."""
    until = time.monotonic() + seconds
    looked_at = 0
    found: list[tuple[Run, Finding]] = []
    histories: dict[str, History] = {}
    for run, spans in runs:
        looked_at += 1
        if run.agent not in histories:
            histories[run.agent] = history_of_agent(run.agent)
        transcript = Transcript(run, spans)
        findings = find(transcript, detectors=(detector,), history=histories[run.agent])
        found += [(run, finding) for finding in findings]
        if time.monotonic() >= until:
            break
    return Preview(looked_at=looked_at, found=tuple(found))
