"""What p-hat looks at in a run, as plain numbers: all that fitting needs, and nothing anybody said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from roadworthy.domain.finding import Finding
from roadworthy.features.judge.failure_model.chat_signals import chat_signals
from roadworthy.features.judge.failure_model.reasoning_signals import reasoning_signals
from roadworthy.features.judge.failure_model.wording import words_of
from roadworthy.features.judge.transcript import Transcript


class Kind(StrEnum):
    """Runs of different kinds fail in different ways: each has weights of its own."""

    CHAT = "chat"
    """It uses tools, or talks with a user over several turns."""
    REASONING = "reasoning"
    """One agent, or several among themselves, that work something out in words and code."""


@dataclass(slots=True, kw_only=True)
class Reading:
    kind: Kind
    signals: dict[str, float]
    findings: dict[str, float] = field(default_factory=dict)
    """Detector to its highest confidence."""
    words: dict[str, int] = field(default_factory=dict)
    """How often each is used. Of reasoning only: what a customer talks about says more of the shop than of
    the run."""


def kind_of(transcript: Transcript) -> Kind:
    if transcript.tools or sum(said.role == "user" for said in transcript.sayings) > 1:
        return Kind.CHAT
    return Kind.REASONING


def read(transcript: Transcript, findings: Sequence[Finding]) -> Reading:
    kind = kind_of(transcript)
    sure: dict[str, float] = {}
    for finding in findings:
        sure[finding.detector] = max(finding.confidence, sure.get(finding.detector, 0.0))
    if kind is Kind.REASONING:
        words = words_of(said.text for said in transcript.sayings if said.role == "assistant")
        return Reading(kind=kind, signals=reasoning_signals(transcript, words), findings=sure, words=words)
    return Reading(
        kind=kind,
        signals=chat_signals(transcript),
        findings=sure,
    )
