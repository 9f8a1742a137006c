"""One score by its name: `score:<name>`."""

from __future__ import annotations

from roadworthy.domain.result import Scored
from roadworthy.features.watch.monitors.signals.signal import Reading, Refused, Signal, Takes

PREFIX = "score:"
OF_EVERY_RUN = frozenset({"detector", "evaluator", "sdk", "otel", "api"})
"""Sources that speak of runs as they come (programs that send a score are taken to do so of each). People and
models pick theirs."""


def read(scored: Scored) -> Reading:
    value = scored.value
    if value is None:
        return None
    if not 0 <= value <= 1:
        return Refused("the score is not a number from 0 to 1")
    if scored.source in OF_EVERY_RUN:
        return value
    if scored.sampled is None:
        return Refused(f"the run was not drawn by chance (said by: {scored.source or 'nobody'})")
    if not 0 < scored.sampled <= 1:
        return Refused("the logged probability is not a number above 0, at most 1")
    return value


def signal_of(name: str) -> Signal:
    """Of scores where 1 is good; a monitor that has it the other way round says so."""
    score = name.removeprefix(PREFIX)
    return Signal(
        name=name,
        title=score,
        counts=f"how far the score {score} falls short of 1, on average",
        takes=Takes.SCORED,
        read_score=read,
        ruled=True,
        rises=False,
    )
