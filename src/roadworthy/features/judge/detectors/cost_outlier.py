"""The run cost far more than this agent's runs do."""

from __future__ import annotations

from collections.abc import Sequence

from roadworthy.domain.finding import Evidence, Finding
from roadworthy.features.judge.detector import Detector
from roadworthy.features.judge.history import History, beyond
from roadworthy.features.judge.transcript import Transcript


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    cost = transcript.run.cost_usd
    usual = beyond(history, "cost_usd", cost)
    if usual is None or cost is None:
        return ()
    times = f"{cost / usual.median:.1f} times" if usual.median else "far above"
    return (
        DETECTOR.finding(
            f"The run cost ${cost:.4f}, {times} the median of {usual.n} recent runs.",
            Evidence(span_id=transcript.run.root_span_id),
            confidence=min(0.99, 1 - 1 / usual.n),
        ),
    )


DETECTOR = Detector(
    name="cost_outlier",
    title="Unusually expensive",
    description="The run cost more than 99 in 100 of the agent's own recent runs, and far beyond their "
    "spread. Silent until 30 runs of the agent have ended well.",
    mode="outlier",
    detect=detect,
    suspicious=False,
)
