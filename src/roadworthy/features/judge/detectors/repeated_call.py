"""A call was made again although its result was at hand and nothing had changed."""

from __future__ import annotations

from collections.abc import Sequence

from roadworthy.domain.finding import Finding
from roadworthy.features.judge.deeds import reads
from roadworthy.features.judge.detector import Detector, excerpt
from roadworthy.features.judge.history import History
from roadworthy.features.judge.repeats import Call, calls
from roadworthy.features.judge.transcript import Transcript

_MOST = 5
_FAR_BACK = 5_000


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    made = calls(transcript)
    if len(made) < 2:
        return ()
    again: dict[tuple[str, str], list[Call]] = {}
    known: dict[tuple[str, str], Call] = {}
    for call in made[:_FAR_BACK]:
        if not call.tool.failed and not reads(call.tool.name):
            # It may have changed what all others would bring.
            known = {call.asked: call}
            continue
        if not call.recorded:
            continue
        before = known.get(call.asked)
        if before is not None and before.came == call.came and not call.tool.failed:
            again.setdefault(call.asked, []).append(call)
        elif not call.tool.failed:
            known[call.asked] = call
    return [_finding(repeats) for repeats in list(again.values())[:_MOST]]


def _finding(repeats: Sequence[Call]) -> Finding:
    last = repeats[-1].tool
    times = "again" if len(repeats) == 1 else f"{len(repeats)} more times"
    return DETECTOR.finding(
        f"{last.name or 'A tool'} was called {times} with the same arguments, though its result was known.",
        excerpt(
            last.arguments, start=0, end=min(len(last.arguments), 200), span_id=last.span_id, place="input"
        ),
        confidence=0.9,
        tool=last.name,
    )


DETECTOR = Detector(
    name="repeated_call",
    title="Repeated call",
    description="A tool that reads was called again with the same arguments and brought the same, with "
    "nothing in between that could have changed it. Silent after any call that may change something, and on "
    "calls that failed.",
    mode="mast-1.3",
    detect=detect,
    suspicious=False,
)
