"""The same steps again and again, and nothing new comes of them."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

from roadworthy.domain.finding import Evidence, Finding
from roadworthy.features.judge.detector import Detector, excerpt
from roadworthy.features.judge.history import History
from roadworthy.features.judge.repeats import Call, Cycle, calls, longest_cycle
from roadworthy.features.judge.transcript import Saying, Transcript

_ROUNDS = 3
_ROUNDS_WAITING = 8
_ROUNDS_UNRECORDED = 5
"""Where neither arguments nor results were recorded."""
_SHORTEST = 25
_FAR_BACK = 2_000
_WAITING = re.compile(
    r"pending|in.?progress|running|queued|not (?:yet )?(?:ready|done|complete)|processing|wait|poll|status",
    re.I,
)


def detect(transcript: Transcript, history: History) -> Sequence[Finding]:
    found = []
    by_deed = _calls_that_loop(transcript)
    if by_deed is not None:
        found.append(by_deed)
    by_word = _words_that_loop(transcript)
    if by_word is not None:
        found.append(by_word)
    return found


def _calls_that_loop(transcript: Transcript) -> Finding | None:
    made = calls(transcript)
    if len(made) < _ROUNDS:
        return None
    made = made[:_FAR_BACK]
    # In another turn of the user the same call is asked for anew.
    cycle = longest_cycle([(call.turn, call.asked, call.came) for call in made])
    if cycle is None or cycle.rounds < _ROUNDS:
        return None
    first, last = made[cycle.start], made[cycle.end - 1]
    if cycle.period == 1 and cycle.rounds < _ROUNDS_WAITING and _waits(first, last):
        return None
    if not last.recorded:
        return _unrecorded(last, cycle)
    names = [call.tool.name or "a tool" for call in made[cycle.start : cycle.start + cycle.period]]
    arguments = last.tool.arguments
    return DETECTOR.finding(
        f"{' then '.join(names)} {_times(cycle)} with the same arguments and the same result.",
        excerpt(arguments, start=0, end=min(len(arguments), 200), span_id=last.tool.span_id, place="input"),
        confidence=min(0.99, 0.6 + 0.1 * cycle.rounds),
        tool=last.tool.name,
    )


def _unrecorded(last: Call, cycle: Cycle) -> Finding | None:
    if cycle.rounds < _ROUNDS_UNRECORDED or cycle.period > 1:
        return None
    return DETECTOR.finding(
        f"{last.tool.name or 'A tool'} {_times(cycle)} in a row; its arguments were not recorded.",
        Evidence(span_id=last.tool.span_id),
        confidence=0.6,
        tool=last.tool.name,
    )


def _waits(first: Call, last: Call) -> bool:
    """Asking again whether something is done, with time in between, is no loop yet."""
    apart = last.tool.start_ns - first.tool.start_ns
    said = f"{first.tool.name} {first.came[1][:500]}"
    return apart >= 2 * 10**9 and _WAITING.search(said) is not None and not first.came[0]


def _words_that_loop(transcript: Transcript) -> Finding | None:
    said = [one for one in transcript.sayings if one.role == "assistant" and one.place == "output"]
    if len(said) < _ROUNDS:
        return None
    said = said[:_FAR_BACK]
    # One-word turns ("TERMINATE", "yes") repeat without anything being stuck: each is its own.
    keys: list[Hashable] = [
        one.text if len(one.text) >= _SHORTEST else (place, one.text) for place, one in enumerate(said)
    ]
    cycle = longest_cycle(keys)
    if cycle is None or cycle.rounds < _ROUNDS:
        return None
    return _said_again(said[cycle.end - 1], cycle)


def _said_again(last: Saying, cycle: Cycle) -> Finding:
    who = last.agent or "The agent"
    what = "the same" if cycle.period == 1 else f"the same {cycle.period} things"
    return DETECTOR.finding(
        f"{who} said {what} {cycle.rounds} times.",
        excerpt(last.text, start=0, end=min(len(last.text), 200), span_id=last.span_id, place=last.place),
        confidence=min(0.99, 0.6 + 0.1 * cycle.rounds),
    )


def _times(cycle: Cycle) -> str:
    return f"was called {cycle.rounds} times" if cycle.period == 1 else f"went round {cycle.rounds} times"


DETECTOR = Detector(
    name="loop",
    title="Loop",
    description="The same call, or the same two to four calls in turn, three times with the same result, or "
    "the same words three times. Silent where the user spoke in between, and where the agent waits for "
    "something to be done.",
    mode="mast-1.3",
    detect=detect,
)
