"""What a step tells of itself and by what comes before and after it: numbers by name, none above a few units.

Nothing here knows which step is to blame; weights do (`weights.json.gz`). Every signal is a property that a
reader of the transcript could check by hand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log1p

from roadworthy.features.debug.ranking import wording as w
from roadworthy.features.debug.ranking.told import READ, Doer, ToldRun, ToldStep

_COUNTED: dict[str, re.Pattern[str]] = {
    "assumes": w.ASSUMES,
    "made_up": w.MADE_UP,
    "from_memory": w.FROM_MEMORY,
    "claims_deed": w.CLAIMS_DEED,
    "by_hand": w.BY_HAND,
    "cannot": w.CANNOT,
    "hedges": w.HEDGES,
    "doubts": w.DOUBTS,
    "agrees": w.AGREES,
    "concludes": w.CONCLUDES,
    "plans": w.PLANS,
    "fetches": w.FETCHES,
    "writes": w.WRITES,
    "repairs": w.REPAIRS,
}
_MOST = 4
_SHORT = 60


@dataclass(slots=True, kw_only=True)
class _Read:
    """A step, read once."""

    step: ToldStep
    words: frozenset[str]
    numbers: frozenset[str]
    names: frozenset[str]
    code: str
    opening: str
    acts: bool
    """An agent's step that could be a mistake: no result, and more than a sign-off."""
    defines: bool
    instructs: bool
    finishes: bool
    counts: dict[str, float] = field(default_factory=dict)


def signals_of(run: ToldRun) -> list[dict[str, float]]:
    """One for each step, in order."""
    read = [_read(step) for step in run.steps]
    task = _read(ToldStep(name="", text=run.task))
    seen_numbers, seen_names, seen_words = set(task.numbers), set(task.names), set(task.words)
    last_said = {word: i for i, one in enumerate(read) for word in one.words}
    whole = _whole(read)
    out: list[dict[str, float]] = []
    for i, one in enumerate(read):
        signals = {f"says_{name}": value for name, value in one.counts.items()}
        signals |= _place(read, i)
        signals |= _who(read, i)
        signals |= _content(one, task)
        signals |= _around(read, i)
        signals |= _novelty(
            read, i, numbers=seen_numbers, names=seen_names, words=seen_words, last_said=last_said
        )
        signals |= _echo(read, i)
        signals |= _turn(read, i) | whole
        out.append(signals)
        seen_numbers |= one.numbers
        seen_names |= one.names
        seen_words |= one.words
    return [_crossed(one) for one in out]


def _read(step: ToldStep) -> _Read:
    text = step.text[:READ]
    code = "\n".join(w.CODE.findall(text))
    talk = w.CODE.sub(" ", text)
    return _Read(
        step=step,
        words=frozenset(w.WORD.findall(text.lower())),
        numbers=frozenset(n.replace(",", "").rstrip("%") for n in w.NUMBER.findall(text)),
        names=frozenset(w.NAME.findall(talk)),
        code=code,
        opening=talk[:250],
        acts=step.doer is Doer.AGENT and len(step.text.strip()) > _SHORT,
        defines=w.DEFINES.search(text) is not None,
        instructs=w.INSTRUCTS.search(text[:4000]) is not None,
        finishes=w.FINISHES.search(text) is not None,
        counts={name: log1p(min(_MOST, len(found.findall(text)))) for name, found in _COUNTED.items()},
    )


def _whole(read: Sequence[_Read]) -> dict[str, float]:
    """The same for all steps: what kind of run it is."""
    agents = {one.step.name for one in read if one.step.doer is Doer.AGENT}
    instructing = sum(one.instructs for one in read)
    return {
        "of_steps": log1p(len(read)),
        "of_agents": log1p(len(agents)),
        "of_results": sum(one.step.doer is Doer.RESULT for one in read) / max(1, len(read)),
        "of_code": sum(bool(one.code) for one in read) / max(1, len(read)),
        "of_instructions": instructing / max(1, len(read)),
    }


def _place(read: Sequence[_Read], i: int) -> dict[str, float]:
    n = len(read)
    acts = [k for k, one in enumerate(read) if one.acts]
    at = sum(1 for k in acts if k < i)
    last = acts[-1] if acts else n - 1
    return {
        "first": float(i == 0),
        "second": float(i == 1),
        "third": float(i == 2),
        "fourth": float(i == 3),
        "fifth": float(i == 4),
        "later_than_fifth": log1p(max(0, i - 4)),
        "share": i / max(1, n - 1),
        "log_index": log1p(i),
        "left": log1p(n - 1 - i),
        "last": float(i == n - 1),
        "last_act": float(i == last),
        "past_last_act": float(i > last),
        "first_act": float(read[i].acts and at == 0),
        "second_act": float(read[i].acts and at == 1),
        "third_act": float(read[i].acts and at == 2),
        "act_share": at / max(1, len(acts) - 1),
    }


def _who(read: Sequence[_Read], i: int) -> dict[str, float]:
    me = read[i].step
    names = [one.step.name for one in read]
    before = names[:i]
    agents = [one.step.name for one in read if one.step.doer is Doer.AGENT]
    previous = names[i - 1] if i else ""
    return {
        "agent": float(me.doer is Doer.AGENT),
        "result": float(me.doer is Doer.RESULT),
        "caller": float(me.doer is Doer.CALLER),
        "speaks_first_time": float(me.name not in before),
        "same_as_before": float(me.name == previous),
        "agent_changes": float(bool(previous) and me.name != previous and me.doer is Doer.AGENT),
        "nth_of_agent": log1p(before.count(me.name)),
        "agents_share": agents.count(me.name) / max(1, len(agents)) if me.doer is Doer.AGENT else 0.0,
        "agent_opened": float(bool(names) and me.name == names[0] and i > 0),
        "checker": float(w.CHECKERS.search(me.name) is not None),
        "leader": float(w.LEADERS.search(me.name) is not None),
        "speaks_last": float(bool(agents) and me.name == agents[-1]),
        "only_once": float(names.count(me.name) == 1),
    }


def _content(one: _Read, task: _Read) -> dict[str, float]:
    text = one.step.text[:READ]
    shared = len(one.words & task.words)
    stripped = text.strip()
    return {
        "length": log1p(len(text)) / 3,
        "short": float(len(stripped) <= _SHORT),
        "long": float(len(stripped) > 2500),
        "has_code": float(bool(one.code) and len(one.code) > 30),
        "code_length": log1p(len(one.code)) / 3,
        "defines": float(one.defines),
        "finishes": float(one.finishes),
        "finishes_at_the_end": float(w.FINISHES.search(stripped[-160:]) is not None),
        "asks": log1p(min(_MOST, len(w.QUESTION.findall(text)))),
        "asks_at_the_end": float("?" in stripped[-120:]),
        "urls": log1p(min(_MOST, len(w.URL.findall(text)))),
        "items": log1p(min(12, len(w.ITEM.findall(text)))) / 2,
        "covers_task": shared / max(1, len(task.words)) if task.words else 0.0,
        "is_about_task": shared / max(1, len(one.words)) if task.words else 0.0,
        "off_task": float(bool(task.words) and shared / max(1, len(task.words)) < 0.25 and len(text) > 300),
        "task_numbers_missing": len(task.numbers - one.numbers) / max(1, len(task.numbers))
        if task.numbers
        else 0.0,
        "empty": float(one.step.empty),
        "failed": float(one.step.failed),
        "instructs": float(one.instructs),
    }


def _around(read: Sequence[_Read], i: int) -> dict[str, float]:
    after = read[i + 1 :]
    following = after[0] if after else None
    previous = read[i - 1] if i else None
    answered = following is not None and following.step.doer is Doer.RESULT
    speaks = next((one for one in after if one.step.doer is Doer.AGENT), None)
    failures_before = sum(one.step.failed for one in read[:i])
    failures_after = sum(one.step.failed for one in after)
    nothing = (
        following is not None
        and answered
        and (following.step.empty or _NOT_FOUND.search(following.step.text[:3000]))
    )
    return {
        "run_after": float(answered),
        "run_failed": float(answered and following is not None and following.step.failed),
        "run_found_nothing": float(bool(nothing)),
        "run_went_well": float(
            answered
            and following is not None
            and not following.step.failed
            and not following.step.empty
            and not nothing
        ),
        "no_code_to_run": float(following is not None and "no code" in following.step.text[:80]),
        "after_failure": float(previous is not None and previous.step.failed),
        "after_nothing": float(
            previous is not None
            and previous.step.doer is Doer.RESULT
            and (previous.step.empty or _NOT_FOUND.search(previous.step.text[:3000]) is not None)
        ),
        "after_result": float(previous is not None and previous.step.doer is Doer.RESULT),
        "failures_before": log1p(failures_before),
        "failures_after": log1p(failures_after),
        "first_failure_is_next": float(
            answered and following is not None and following.step.failed and failures_before == 0
        ),
        "last_failure_is_next": float(
            answered and following is not None and following.step.failed and failures_after == 1
        ),
        "nothing_failed": float(failures_before + failures_after + read[i].step.failed == 0),
        "doubted_next": _opening(speaks, "doubts"),
        "repaired_next": _opening(speaks, "repairs"),
        "agreed_next": _opening(speaks, "agrees"),
        "doubts_before": max((one.counts["doubts"] for one in read[max(0, i - 2) : i]), default=0.0),
        "opens_with_doubt": float(w.DOUBTS.search(read[i].opening) is not None),
        "opens_with_agreement": float(w.AGREES.search(read[i].opening) is not None),
    }


_NOT_FOUND = re.compile(
    r"not found|no (?:results?|data|match\w*|such)|could not|couldn't|unable to|failed to|\bnone\b|: 0\b|"
    r"not available|\bnan\b|empty",
    re.IGNORECASE,
)


def _opening(one: _Read | None, name: str) -> float:
    return 0.0 if one is None else float(_COUNTED[name].search(one.opening) is not None)


def _novelty(
    read: Sequence[_Read],
    i: int,
    *,
    numbers: set[str],
    names: set[str],
    words: set[str],
    last_said: dict[str, int],
) -> dict[str, float]:
    one = read[i]
    talk_numbers = frozenset(
        n.replace(",", "").rstrip("%") for n in w.NUMBER.findall(w.CODE.sub(" ", one.step.text[:READ]))
    )
    big = {n for n in talk_numbers if len(n.strip("-")) > 1}
    new_numbers = big - numbers
    new_names = one.names - names
    fresh = one.words - words
    ran = any(other.step.doer is Doer.RESULT and not other.step.failed for other in read[:i])
    return {
        "numbers_from_nowhere": log1p(min(20, len(new_numbers))),
        "names_from_nowhere": log1p(min(20, len(new_names))),
        "facts_without_a_result": log1p(min(20, len(new_numbers) + len(new_names)))
        * float(not ran and one.step.doer is Doer.AGENT),
        "facts_without_code": log1p(min(20, len(new_numbers) + len(new_names))) * float(not one.code),
        "fresh_share": len(fresh) / max(1, len(one.words)),
        "taken_up_later": sum(last_said[word] > i for word in fresh) / max(1, len(fresh)),
    }


def _echo(read: Sequence[_Read], i: int) -> dict[str, float]:
    one = read[i]
    before = max(
        (_alike(one, other) for other in read[max(0, i - 12) : i] if other.step.doer is one.step.doer),
        default=0.0,
    )
    after = max(
        (_alike(one, other) for other in read[i + 1 : i + 13] if other.step.doer is one.step.doer),
        default=0.0,
    )
    acts = [k for k, other in enumerate(read) if other.acts]
    final = read[acts[-1]] if acts else read[-1]
    settled = final.numbers & one.numbers
    first = bool(settled) and not any(settled & other.numbers for other in read[:i])
    return {
        "repeats_earlier": before,
        "repeated_later": after,
        "like_the_end": _alike(one, final) if one is not final else 0.0,
        "first_with_final_numbers": float(first and one is not final),
        "same_text_before": float(any(other.step.text == one.step.text for other in read[:i])),
    }


def _turn(read: Sequence[_Read], i: int) -> dict[str, float]:
    """A turn is what one agent does before another speaks; results belong to it."""
    turns = _turns(read)
    mine = next(turn for turn in turns if turn[0] <= i <= turn[1])
    at = i - mine[0]
    acting = [turn for turn in turns if read[turn[0]].step.doer is Doer.AGENT]
    number = next((k for k, turn in enumerate(acting) if turn == mine), len(acting))
    coded = [k for k, one in enumerate(read) if one.step.doer is Doer.AGENT and (one.code or one.defines)]
    following = read[i + 1] if i + 1 < len(read) else None
    previous = read[i - 1] if i else None
    return {
        "turn_opens": float(at == 0),
        "turn_second": float(at == 1),
        "turn_third": float(at == 2),
        "turn_share": at / max(1, mine[1] - mine[0]),
        "turn_length": log1p(mine[1] - mine[0]),
        "first_turn": float(number == 0),
        "second_turn": float(number == 1),
        "third_turn": float(number == 2),
        "last_turn": float(mine == turns[-1]),
        "longest_turn": float(mine[1] - mine[0] == max(b - a for a, b in turns)),
        "turn_left": log1p(mine[1] - i),
        "first_code": float(bool(coded) and i == coded[0]),
        "second_code": float(len(coded) > 1 and i == coded[1]),
        "last_code": float(bool(coded) and i == coded[-1]),
        "before_first_code": float(bool(coded) and i == coded[0] - 1),
        "before_last_code": float(bool(coded) and i == coded[-1] - 1),
        "codes_before": log1p(sum(1 for k in coded if k < i)),
        "codes_after": log1p(sum(1 for k in coded if k > i)),
        "next_defines": float(following is not None and following.defines),
        "next_instructs": float(following is not None and following.instructs),
        "next_finishes": float(following is not None and following.finishes),
        "next_writes": following.counts["writes"] if following is not None else 0.0,
        "next_repairs": following.counts["repairs"] if following is not None else 0.0,
        "next_length": log1p(len(following.step.text)) / 3 if following is not None else 0.0,
        "previous_defines": float(previous is not None and previous.defines),
        "previous_instructs": float(previous is not None and previous.instructs),
        "previous_length": log1p(len(previous.step.text)) / 3 if previous is not None else 0.0,
        "same_text_next": float(following is not None and _alike(read[i], following) > 0.9),
    }


def _turns(read: Sequence[_Read]) -> list[tuple[int, int]]:
    turns: list[tuple[int, int]] = []
    for i, one in enumerate(read):
        if turns and (one.step.doer is Doer.RESULT or one.step.name == read[turns[-1][0]].step.name):
            turns[-1] = (turns[-1][0], i)
        else:
            turns.append((i, i))
    return turns


def _alike(one: _Read, other: _Read) -> float:
    both = len(one.words | other.words)
    return len(one.words & other.words) / both if both else 0.0


def _crossed(s: dict[str, float]) -> dict[str, float]:
    """A few pairs that say more together than apart."""
    code, agent = s["has_code"], s["agent"]
    s["first_with_code"] = s["first"] * code
    s["first_off_task"] = s["first"] * s["off_task"]
    s["first_covers"] = s["first"] * s["covers_task"]
    s["second_with_code"] = s["second"] * code
    s["second_without_code"] = s["second"] * (1 - code) * agent
    s["claims_without_code"] = s["says_claims_deed"] * (1 - code) * agent
    s["concludes_without_run"] = s["says_concludes"] * (1 - s["after_result"]) * agent
    s["checker_without_code"] = s["checker"] * (1 - code) * agent
    s["checker_agrees"] = s["checker"] * s["says_agrees"]
    s["ignores_failure"] = s["after_failure"] * (1 - s["opens_with_doubt"]) * agent
    s["ignores_nothing"] = s["after_nothing"] * (1 - s["opens_with_doubt"]) * agent
    s["code_that_failed"] = code * s["run_failed"]
    s["code_that_found_nothing"] = code * s["run_found_nothing"]
    s["doubted_and_code"] = code * s["doubted_next"]
    s["defines_agent"] = s["defines"] * agent
    s["instructs_first_time"] = s["instructs"] * s["speaks_first_time"]
    return s
