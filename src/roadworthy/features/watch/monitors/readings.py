"""What an entry says about a monitor's figure."""

from __future__ import annotations

from dataclasses import replace

from roadworthy.domain.monitor import Monitor
from roadworthy.domain.result import Result, Scored, Word
from roadworthy.features.watch.monitors.signals.disagreement import TRUTH
from roadworthy.features.watch.monitors.signals.signal import Reading, Signal, Takes
from roadworthy.features.watch.monitors.signals.table import VOLUME


def reading_of(signal: Signal, entry: Result | Word | Scored, *, monitor: Monitor) -> Reading:
    """What an entry says about a monitor's figure."""
    if isinstance(entry, Result):
        if signal.takes is Takes.RESULT:
            return signal.read(entry)
        if signal.takes is Takes.WORD and entry.outcome_source in TRUTH:
            return signal.read_word(as_word(entry))
        return None
    if isinstance(entry, Word):
        return signal.read_word(entry) if signal.takes is Takes.WORD else None
    if signal.takes is not Takes.SCORED or signal.name != f"score:{entry.name}":
        return None
    reading = signal.read_score(entry)
    if isinstance(reading, float | int) and not monitor.higher_is_worse:
        return 1.0 - reading
    return reading


def as_word(result: Result) -> Word:
    return Word(
        project=result.project,
        run_id=result.run_id,
        agent=result.agent,
        at_ns=result.at_ns,
        outcome=result.outcome,
        outcome_source=result.outcome_source,
        release=result.release,
        p_failure=result.p_failure,
    )


def matured(result: Result, word: Word) -> Result:
    """As it stands after a word that came later."""
    return replace(result, outcome=word.outcome, outcome_source=word.outcome_source)


def speaks(signal: Signal, entry: Result | Word) -> bool:
    """Whether an agent has the figure at all."""
    if signal.name == VOLUME:
        return True
    if signal.takes is Takes.WORD:
        word = as_word(entry) if isinstance(entry, Result) else entry
        return isinstance(signal.read_word(word), float | int)
    return isinstance(entry, Result) and isinstance(signal.read(entry), float | int)


def weight_of(monitor: Monitor, sampled: float) -> float:
    """Least probability over this one's: L = 1 + weight λ (x - q0) then has mean <= 1 over drawing and
    outcome. 0 where it was drawn with less than the least, and would weigh too little."""
    return monitor.least_probability / sampled if sampled >= monitor.least_probability else 0.0
