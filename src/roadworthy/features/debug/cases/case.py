"""A case: a recorded run that an agent is held to from now on, offline."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from roadworthy.features.debug.inquiry import Check, EntryPoint
from roadworthy.features.debug.plan import Change
from roadworthy.features.debug.tape.tape import Tape


class Calls(StrEnum):
    """What is expected of the agent's calls, besides its answer."""

    STRICT = "strict"
    """The recorded ones, to the letter, each once, and no other."""
    SAME_CALLS = "same_calls"
    """The recorded ones and no other; dates and times in them may differ. Behind a step that is put right, or
    with a good run, recorded ones may stay unasked."""
    ANSWER = "answer"
    """Any. One that was never recorded cannot be answered: the agent gets an error for it."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """Identity is what it holds. `tape` is the recorded run, `good` a run as it ought to have gone, whose
    answers come first where it is given."""

    name: str
    input: str
    """The task, as the agent is given it."""
    check: Check
    calls: Calls = Calls.SAME_CALLS
    expect_failure: bool = False
    """The agent is known not to pass yet: the day it does, the case says so by failing."""
    changes: tuple[Change, ...] = ()
    """What is put right: `answer`, `result`, `error` or `forbid`, for nobody is asked for anything anew."""
    entry: EntryPoint | None = None
    """How the agent is started, where it is known; whoever runs the case may say otherwise."""
    tape: Tape
    good: Tape | None = None

    @property
    def agent(self) -> str:
        return self.tape.agent

    @property
    def run_id(self) -> str:
        return self.tape.run_id

    @property
    def recorded_ns(self) -> int:
        """When the run's first call began; 0 for a run without any."""
        return self.tape.calls[0].exchange.started_ns if self.tape.calls else 0
