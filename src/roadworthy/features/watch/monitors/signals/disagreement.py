"""People and business systems against the model that judges: judge drift otherwise reads as the agent's."""

from __future__ import annotations

from roadworthy.domain.alarm import AlarmKind
from roadworthy.domain.result import Word
from roadworthy.domain.run import Outcome
from roadworthy.features.watch.monitors.signals.signal import Reading, Refused, Signal, Takes

TRUTH = frozenset({"reviewer", "business", "user"})
_EVEN = 0.5


def read(word: Word) -> Reading:
    if word.outcome_source not in TRUTH or word.outcome is Outcome.UNKNOWN or word.p_failure is None:
        return None
    if not 0 <= word.p_failure <= 1:
        return Refused("p(failure) is not a number from 0 to 1")
    said = word.outcome is Outcome.FAILURE
    return 1.0 if said != (word.p_failure >= _EVEN) else 0.0


SIGNAL = Signal(
    name="disagreement",
    title="disagreement of people and judge",
    counts="runs on which people (or a business system) and the model that judges differ",
    takes=Takes.WORD,
    read_word=read,
    kind=AlarmKind.DISAGREEMENT,
    share=0.08,
    chosen="People pick the runs they judge; this holds as long as they pick as they did in the reference.",
)
