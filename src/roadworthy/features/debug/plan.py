"""What a rerun is to get for an answer to each of its calls: from which tape, changed where, who goes on.

A plan is made by the core, and read by whoever answers (the gateway, or a player on loopback).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class After(StrEnum):
    """Who answers once the recorded part (`Plan.keep`) is over, or what was asked was never recorded."""

    RECORDED = "recorded"
    """The tapes alone. What they do not hold is a miss: an error that no SDK tries again."""
    MIXED = "mixed"
    """A call that was recorded is answered from the tape, any other goes on as usual: models are asked, tools
    only where `live_tools` names them."""
    LIVE = "live"
    """Models are asked always; tools as with `mixed`."""


class ChangeKind(StrEnum):
    ANSWER = "answer"
    """`text` in place of what the model said, in its dialect's shape; `tool_calls` where given (JSON)."""
    RESULT = "result"
    """`text` (JSON, or plain) in place of the tool's result."""
    ERROR = "error"
    """The call fails with `text` as its message: a typed failure of code `code`."""
    MODEL = "model"
    """The model `text` is asked, for real, with what the agent asked."""
    PROMPT = "prompt"
    """The system prompt becomes `text` (with `find`: its occurrences become `text`); the model is asked."""
    PARAMETERS = "parameters"
    """`text` is a JSON object of top-level fields of the request (temperature, max_tokens ...); the model is
    asked."""
    FORBID = "forbid"
    """From this step on the tool named `text` is refused, as a policy would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """At one step, or with `onwards` at each call of that kind from it on."""

    step: int
    kind: ChangeKind
    text: str = ""
    find: str = ""
    code: str = ""
    """A FailureCode; "" is `upstream_error`-like, whatever the door's default is."""
    tool_calls: str = ""
    onwards: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Identity is (project, inquiry, number, attempt). A replay has `keep` None: all of the tape."""

    project: str
    agent: str
    inquiry: str
    number: int
    attempt: int
    run_id: str
    """Trace id of the rerun: the run it becomes has this id."""
    tape_run: str
    """Id of the recorded run that answers."""
    good_run: str = ""
    """Id of a good run of the same case, whose tape is looked in first once `keep` is over; "" for none."""
    keep: int | None = None
    """Calls 1 to `keep` are answered from the tape."""
    changes: tuple[Change, ...] = ()
    after: After = After.RECORDED
    live_tools: tuple[str, ...] = ()
    """Tools (`connector.tool`, or `connector.*`, or `*`) that may really be called; none else has effects."""
    live_model: str = ""
    """Put in place of the model asked for, in calls that are not answered from a tape; "" leaves it."""
    good_only: bool = False
    """The good run answers the step after `keep`; behind it only what was not recorded."""
