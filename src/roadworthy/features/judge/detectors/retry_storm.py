"""Many failures of one tool, or of the model, in a short time, without waiting in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roadworthy.domain.finding import Finding
from roadworthy.domain.span import SpanStatus
from roadworthy.features.judge.detector import Detector, excerpt
from roadworthy.features.judge.history import History
from roadworthy.features.judge.transcript import Transcript

_FAILURES = 4
_WINDOW_NS = 60 * 10**9
_PATIENCE_NS = 5 * 10**9
_BACKED_OFF = 1.5
_MOST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    start_ns: int
    end_ns: int
    said: str
    span_id: str
    place: str


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    failures: dict[str, list[_Failure]] = {}
    for tool in transcript.tools:
        if tool.failed:
            said = tool.error or tool.result
            failures.setdefault(tool.name, []).append(
                _Failure(
                    start_ns=tool.start_ns,
                    end_ns=tool.end_ns,
                    said=said,
                    span_id=tool.span_id,
                    place="error" if tool.error else "output",
                )
            )
    if transcript.run.failed_model_calls >= _FAILURES:
        failures[""] = [
            _Failure(
                start_ns=span.start_ns,
                end_ns=span.end_ns,
                said=span.error,
                span_id=span.span_id,
                place="error",
            )
            for span in transcript.model_calls
            if span.status is SpanStatus.ERROR
        ]
    found: list[Finding] = []
    for name, made in failures.items():
        storm = _storm(made) if len(made) >= _FAILURES else None
        if storm is not None and len(found) < _MOST:
            found.append(_finding(name, storm))
    return found


def _storm(made: Sequence[_Failure]) -> Sequence[_Failure] | None:
    """The longest stretch within a minute in which waits were short and did not grow."""
    best: Sequence[_Failure] = ()
    start = 0
    for end in range(len(made)):
        while made[end].start_ns - made[start].start_ns > _WINDOW_NS:
            start += 1
        if end + 1 - start > max(len(best), _FAILURES - 1) and not _backs_off(made, start, end):
            best = made[start : end + 1]
    return best or None


def _backs_off(made: Sequence[_Failure], start: int, end: int) -> bool:
    first = made[start + 1].start_ns - made[start].end_ns
    last = made[end].start_ns - made[end - 1].end_ns
    mean = (made[end].start_ns - made[start].start_ns) / (end - start)
    return mean > _PATIENCE_NS or (last > _BACKED_OFF * max(first, 1) and last > 10**8)


def _finding(name: str, storm: Sequence[_Failure]) -> Finding:
    seconds = (storm[-1].end_ns - storm[0].start_ns) / 10**9
    last = storm[-1]
    return DETECTOR.finding(
        f"{name or 'The model'} failed {len(storm)} times within {max(seconds, 0.1):.1f} s, and was called "
        "again each time without waiting longer.",
        excerpt(last.said, start=0, end=min(len(last.said), 200), span_id=last.span_id, place=last.place),
        confidence=min(0.99, 0.5 + 0.1 * len(storm)),
        tool=name,
    )


DETECTOR = Detector(
    name="retry_storm",
    title="Retry storm",
    description="One tool, or the model, failed four times or more within a minute and was called again at "
    "once. Silent where the waits grow, or are longer than five seconds on average.",
    mode="tool-failed",
    detect=detect,
)
