"""A model asked again what it was asked in a run: at each step, how often it decides as it was recorded to.

A decision is the tools that an answer calls with their arguments, or else what it says; numbers count as
values, words without case, spaces and Markdown. Pure.

*Failure probability of a step*: the share of the model's own answers, in the same context, that decide
otherwise than recorded. The run failed; where most answers differ from the recorded one, that one was a slip,
and the more probably wrong (the majority of a model's samples is right more often than one of them: Wang et
al. 2023, "Self-Consistency Improves Chain of Thought Reasoning", ICLR). Where all agree with it, no slip
happened here: the step may still be wrong, in the way this model always is in that context, which asking
again cannot show.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson

from roadworthy.domain.exchange import ExchangeKind
from roadworthy.domain.recording import RecordedMessage
from roadworthy.features.debug.tape.reading import value_of
from roadworthy.kit.matching import normal, number, numbers
from roadworthy.stats.intervals import wilson

_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    name: str
    arguments: str
    """JSON with fields sorted; as sent where it is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Of one answer. With tool calls the words beside them do not count."""

    calls: tuple[ToolCall, ...] = ()
    text: str = ""

    @property
    def shown(self) -> str:
        """For people, short."""
        if self.calls:
            said = ", ".join(f"{one.name}({one.arguments})" for one in self.calls)
        else:
            said = " ".join(self.text.split())
        return said if len(said) <= _SHOWN else said[: _SHOWN - 1] + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One time that the model was asked again. `error` says why there is no decision."""

    step: int
    decision: Decision | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAgreement:
    """Of one step of the tape: `agreed` of `asked` answers decided as recorded."""

    step: int
    recorded: Decision | None
    """None where the recorded answer cannot be read."""
    asked: int
    agreed: int
    failed: int
    """Calls that brought no answer; they count for nothing."""
    failure: float | None
    """Failure probability; None while nothing was asked."""
    low: float
    high: float
    """Of the failure probability: 95 % Wilson interval (Wilson 1927)."""
    other: Decision | None
    """What was decided most often instead."""
    other_times: int
    note: str = ""


def decision_of(message: RecordedMessage | None) -> Decision | None:
    """Of an answer of any dialect, streamed or whole; None where it holds none (an error, nothing at all)."""
    if message is None or not message.body:
        return None
    value = value_of(message, kind=ExchangeKind.MODEL, asked=False)
    if not isinstance(value, dict) or value.get("error"):
        return None
    return _chat(value) or _responses(value) or _anthropic(value) or _gemini(value)


def is_same_decision(one: Decision, other: Decision) -> bool:
    if one.calls or other.calls:
        mine = sorted((call.name, _plain(call.arguments)) for call in one.calls)
        theirs = sorted((call.name, _plain(call.arguments)) for call in other.calls)
        return mine == theirs
    if normal(one.text) == normal(other.text):
        return True
    mine_numbers, their_numbers = numbers(one.text), numbers(other.text)
    # An answer in other words is the same where it states the same values; without any, the same words are.
    return bool(mine_numbers) and mine_numbers == their_numbers


def agreement(
    step: int, recorded: Decision | None, samples: Sequence[Sample], *, note: str = ""
) -> StepAgreement:
    mine = [one for one in samples if one.step == step]
    decided = [one.decision for one in mine if one.decision is not None]
    if recorded is None:
        return StepAgreement(
            step=step,
            recorded=None,
            asked=len(decided),
            agreed=0,
            failed=len(mine) - len(decided),
            failure=None,
            low=0.0,
            high=1.0,
            other=None,
            other_times=0,
            note=note or "the recorded answer holds no decision that can be compared",
        )
    others = [one for one in decided if not is_same_decision(one, recorded)]
    groups: list[tuple[Decision, int]] = []
    for one in others:
        place = next((i for i, (known, _) in enumerate(groups) if is_same_decision(known, one)), None)
        if place is None:
            groups.append((one, 1))
        else:
            groups[place] = (groups[place][0], groups[place][1] + 1)
    most = max(groups, key=lambda group: group[1], default=None)
    interval = wilson(len(others), n=len(decided))
    return StepAgreement(
        step=step,
        recorded=recorded,
        asked=len(decided),
        agreed=len(decided) - len(others),
        failed=len(mine) - len(decided),
        failure=len(others) / len(decided) if decided else None,
        low=interval.low if interval else 0.0,
        high=interval.high if interval else 1.0,
        other=most[0] if most else None,
        other_times=most[1] if most else 0,
        note=note,
    )


def most_suspicious(steps: Sequence[StepAgreement]) -> StepAgreement | None:
    """The step whose recorded decision is most surely a slip: by the lower end of its interval."""
    asked = [one for one in steps if one.failure]
    return max(asked, key=lambda one: (one.low, -one.step), default=None)


def why_errors(samples: Sequence[Sample]) -> str:
    """The most frequent reason for calls that brought no answer, with how many; "" for none."""
    reasons = Counter(one.error for one in samples if one.error)
    if not reasons:
        return ""
    reason, times = reasons.most_common(1)[0]
    failed = sum(reasons.values())
    calls = "1 call" if failed == 1 else f"{failed} calls"
    return f"{calls} brought no answer{'' if times == failed else f', {times} of them'}: {reason}"


# --- decisions by dialect ----------------------------------------------------------------------------------


def _chat(value: dict[str, Any]) -> Decision | None:
    choices = value.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return None
    message = choices[0].get("message") or {}
    calls = [
        _call((one.get("function") or {}).get("name"), (one.get("function") or {}).get("arguments"))
        for one in message.get("tool_calls") or ()
        if isinstance(one, dict)
    ]
    return _decision(calls, _text(message.get("content")) or str(message.get("refusal") or ""))


def _responses(value: dict[str, Any]) -> Decision | None:
    output = value.get("output")
    if not isinstance(output, list):
        return None
    items = [one for one in output if isinstance(one, dict)]
    calls = [
        _call(one.get("name"), one.get("arguments")) for one in items if one.get("type") == "function_call"
    ]
    said = [_text(one.get("content")) for one in items if one.get("type") == "message"]
    return _decision(calls, "\n".join(said))


def _anthropic(value: dict[str, Any]) -> Decision | None:
    content = value.get("content")
    if not isinstance(content, list):
        return None
    blocks = [one for one in content if isinstance(one, dict)]
    calls = [_call(one.get("name"), one.get("input")) for one in blocks if one.get("type") == "tool_use"]
    return _decision(
        calls, "\n".join(str(one.get("text") or "") for one in blocks if one.get("type") == "text")
    )


def _gemini(value: dict[str, Any]) -> Decision | None:
    candidates = value.get("candidates")
    if not isinstance(candidates, list) or not candidates or not isinstance(candidates[0], dict):
        return None
    parts = [one for one in (candidates[0].get("content") or {}).get("parts") or () if isinstance(one, dict)]
    asked = [one["functionCall"] for one in parts if isinstance(one.get("functionCall"), dict)]
    calls = [_call(one.get("name"), one.get("args")) for one in asked]
    said = [str(one.get("text") or "") for one in parts if not one.get("thought")]
    return _decision(calls, "\n".join(said))


def _decision(calls: Sequence[ToolCall], text: str) -> Decision | None:
    return Decision(calls=tuple(calls), text=text.strip()) if calls or text.strip() else None


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "\n".join(str(one.get("text") or "") for one in content if isinstance(one, dict))


def _call(name: Any, arguments: Any) -> ToolCall:
    value = arguments
    if isinstance(arguments, str):
        try:
            value = orjson.loads(arguments)
        except orjson.JSONDecodeError:
            return ToolCall(name=str(name), arguments=arguments)
    return ToolCall(name=str(name), arguments=orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode())


def _plain(arguments: str) -> str:
    """With numbers as values and words without case and spaces, so that what means the same is the same."""
    try:
        return orjson.dumps(_value(orjson.loads(arguments)), option=orjson.OPT_SORT_KEYS).decode()
    except orjson.JSONDecodeError:
        return normal(arguments)


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _value(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_value(one) for one in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return str(Decimal(str(value)).normalize())
    # Ids with leading zeros are no values.
    found = number(value) if isinstance(value, str) and not re.match(r"\s*0\d", value) else None
    return str(found) if found is not None else normal(str(value))
