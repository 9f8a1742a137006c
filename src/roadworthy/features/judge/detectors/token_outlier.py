"""The run used far more tokens than this agent's runs do."""

from __future__ import annotations

from collections.abc import Sequence

from roadworthy.domain.finding import Evidence, Finding
from roadworthy.features.judge.detector import Detector
from roadworthy.features.judge.history import History, beyond, total_tokens
from roadworthy.features.judge.transcript import Transcript


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    tokens = total_tokens(transcript.run)
    usual = beyond(history, "total_tokens", tokens)
    if usual is None or tokens is None:
        return ()
    times = f"{tokens / usual.median:.1f} times" if usual.median else "far above"
    return (
        DETECTOR.finding(
            f"The run used {tokens:,} tokens, {times} the median of {usual.n} recent runs.",
            Evidence(span_id=transcript.run.root_span_id),
            confidence=min(0.99, 1 - 1 / usual.n),
        ),
    )


DETECTOR = Detector(
    name="token_outlier",
    title="Unusually many tokens",
    description="The run used more tokens than 99 in 100 of the agent's own recent runs, and far beyond "
    "their spread. Silent until 30 runs of the agent have ended well.",
    mode="outlier",
    detect=detect,
    suspicious=False,
)
