"""What is said where a call is not answered from the recording: to the agent, and to people."""

from __future__ import annotations

from dataclasses import dataclass

from roadworthy.domain.exchange import ExchangeKind
from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure
from roadworthy.features.debug.plan import Change
from roadworthy.features.debug.tape.asked import Asked, name_of
from roadworthy.features.debug.tape.changing import CannotChange
from roadworthy.features.debug.tape.difference import difference, first_differing
from roadworthy.features.debug.tape.side import Side
from roadworthy.features.debug.tape.tape import TapeCall

_NOTHING = "Nobody was asked: this says nothing about what the answer would have been."
_ALL = "The whole difference is in the journal of the rerun."
_LIKE_ENOUGH = 0.5
"""A call that has so many lines in common with a recorded one is taken for that one, changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """`step` is where the run left its recording."""

    note: str
    diff: str
    failure: TypedFailure
    step: int | None


def missing(side: Side, asked: Asked, text: str, *, number: int) -> Missing:
    """Of the `number`th call of a run, which is in no recording."""
    name = name_of(asked.kind, asked.path, asked.body)
    noun = asked.kind.value
    said = [f"not in the recording: call {number}, {_told(asked, name)}"]
    nearest = side.nearest(asked, text)
    step, diff = side.first_left(), ""
    if recorded := side.times(text):
        times = "once" if recorded == 1 else f"{recorded} times"
        said.append(f"it was recorded {times} and is asked once more")
    elif nearest is None:
        said.append(f"no recorded call to a {noun} is left that it could be")
    else:
        call = nearest.call
        diff = difference(side.texts[call.step], text)
        if not nearest.same_target and name:
            said.append(f"none that is left is to {name[:80]}")
        said.append(
            f"the nearest recorded call is step {call.step} ({call.exchange.asked or call.exchange.target})"
        )
        if nearest.same_target and nearest.likeness >= _LIKE_ENOUGH:
            step = call.step
    note = "; ".join(said)
    what = _sentence(note)
    if diff:
        what = "\n".join([f"{what} It differs in:", *first_differing(diff), _ALL])
    return Missing(note=note, diff=diff, failure=not_recorded(what), step=step)


def hole_failure(call: TapeCall) -> TypedFailure:
    named = call.exchange.asked or call.exchange.target
    shown = f" ({named})" if named else ""
    return not_recorded(f"Step {call.step}{shown} cannot be answered from the recording: {call.hole}.")


def not_recorded(what: str) -> TypedFailure:
    return TypedFailure(code=FailureCode.NOT_RECORDED, what=what, retry=Retry.NEVER, do_not_conclude=_NOTHING)


def forbidden(tool: str) -> TypedFailure:
    return TypedFailure(
        code=FailureCode.NOT_ALLOWED,
        what=f"{tool} is not allowed to this agent.",
        retry=Retry.NEVER,
        do_not_conclude="Nothing was asked: this says nothing about what the answer would have been.",
    )


def made_to_fail(change: Change, name: str) -> TypedFailure:
    """Of an ERROR: never to be tried again, or an SDK would ask once more at once. Raises CannotChange."""
    try:
        code = FailureCode(change.code or FailureCode.UPSTREAM_ERROR)
    except ValueError:
        known = ", ".join(one.value for one in FailureCode)
        raise CannotChange(f"code: {change.code!r} is no failure; expected one of {known}") from None
    return TypedFailure(
        code=code,
        what=_sentence(change.text or f"{name or 'The call'} failed"),
        retry=Retry.NEVER,
        do_not_conclude="This says nothing about what the answer would have been.",
    )


def _told(asked: Asked, name: str) -> str:
    what = "a model" if asked.kind is ExchangeKind.MODEL else "a tool"
    at = asked.path.partition("?")[0][:200]
    return f"{name[:80]} at {at}" if name else f"{what} at {at}"


def _sentence(text: str) -> str:
    told = f"{text[:1].upper()}{text[1:]}"
    return told if told.endswith((".", "!", "?")) else f"{told}."
