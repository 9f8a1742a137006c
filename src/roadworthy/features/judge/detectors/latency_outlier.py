"""The run took far longer than this agent's runs do."""

from __future__ import annotations

from collections.abc import Sequence

from roadworthy.domain.finding import Evidence, Finding
from roadworthy.features.judge.detector import Detector
from roadworthy.features.judge.history import History, beyond
from roadworthy.features.judge.transcript import Transcript


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    duration = transcript.run.duration_ns
    usual = beyond(history, "duration_ns", duration)
    if usual is None or duration is None:
        return ()
    times = f"{duration / usual.median:.1f} times" if usual.median else "far above"
    return (
        DETECTOR.finding(
            f"The run took {duration / 10**9:.1f} s, {times} the median of {usual.n} recent runs.",
            Evidence(span_id=transcript.run.root_span_id),
            confidence=min(0.99, 1 - 1 / usual.n),
        ),
    )


DETECTOR = Detector(
    name="latency_outlier",
    title="Unusually slow",
    description="The run took longer than 99 in 100 of the agent's own recent runs, and far beyond their "
    "spread. Silent until 30 runs of the agent have ended well.",
    mode="outlier",
    detect=detect,
    suspicious=False,
)
