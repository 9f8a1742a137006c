"""Faults of tools and of how they are used, planted."""

from __future__ import annotations

import json
import random
import re
from itertools import pairwise
from typing import Any

from benchmarks.planted.conversation import (
    Call,
    Conversation,
    Message,
    Plant,
    ask,
    brought,
    calls,
    say,
    told_after,
    with_arguments,
    with_result,
)

FAILURES: dict[str, tuple[str, bool]] = {
    "span says error": ("ConnectionResetError: [Errno 104] Connection reset by peer", True),
    "time-out": ("TimeoutError: the upstream did not answer within 30 s", True),
    "text": ("Error: the record is locked by another session", False),
    "json error": ('{"error": {"code": 500, "message": "Internal server error"}}', False),
    "http status": ('{"statusCode": 503, "body": "Service Unavailable"}', False),
    "mcp": (
        '{"isError": true, "content": [{"type": "text", "text": "Upstream refused the request"}]}',
        False,
    ),
    "gateway page": ("<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>", False),
}
DENIALS: dict[str, tuple[str, bool]] = {
    "ok false": ('{"ok": false, "reason": "not permitted for this account"}', False),
    "success false": ('{"success": false, "message": "payment method declined"}', False),
    "status rejected": ('{"status": "rejected", "reason": "outside the permitted window"}', False),
}
EMPTY = ("[]", "null", "{}", '{"results": [], "total": 0}', "No results found.", '{"items": []}')

UNSEEN_FAILURES: dict[str, tuple[str, bool]] = {
    "span says error, 2": ("ValueError: invalid literal for int() with base 10: 'n/a'", True),
    "axios": ("Request failed with status code 500", False),
    "status error": ('{"status": "error", "message": "database unavailable"}', False),
    "graphql": ('{"errors": [{"message": "not authorised"}], "data": null}', False),
    "traceback": ('Traceback (most recent call last):\n  File "app.py", line 3\nKeyError: 1', False),
    "code and message": ('{"code": 504, "message": "Gateway Time-out"}', False),
    "result null": ('{"result": null, "error": "rate limited"}', False),
    "envoy": ("upstream connect error or disconnect/reset before headers", False),
}
UNSEEN_DENIALS: dict[str, tuple[str, bool]] = {
    "approved false": ('{"approved": false, "reason": "limit exceeded"}', False),
    "result denied": ('{"result": "denied"}', False),
    "accepted false": ('{"accepted": false, "detail": "cut-off time passed"}', False),
    "status declined": ('{"status": "declined", "code": "51"}', False),
}
UNSEEN_EMPTY = (
    '{"data": []}',
    "Nothing found.",
    '{"count": 0, "matches": []}',
    "[ ]",
    "0 results",
    '{"orders": null}',
)
_ALL = FAILURES | DENIALS | UNSEEN_FAILURES | UNSEEN_DENIALS


def _changed(one: Conversation) -> list[tuple[Call, int]]:
    """Changes that worked and were told to the user at once, with where."""
    found = []
    for call in calls(one):
        told = told_after(one, call) if call.changes and call.worked else None
        if told is not None:
            found.append((call, told[0]))
    return found


def untold_failure(form: str) -> Plant:
    """The last change fails instead; what the agent told the user stays as it was, and ends the run."""
    text, failed = _ALL[form]

    def plant(one: Conversation, rng: random.Random) -> Conversation | None:
        made = _changed(one)
        if not made:
            return None
        call, told = made[-1]
        return one.to(*with_result(one, call, text, failed=failed)[: told + 1])

    return plant


def never_called(one: Conversation, rng: random.Random) -> Conversation | None:
    """The agent tells of its change and never made it: all calls of that tool are taken out."""
    made = _changed(one)
    if not made:
        return None
    call, told = made[-1]
    out = {place for each in calls(one) if each.name == call.name for place in (each.asked, each.brought)}
    return one.to(*(step for place, step in enumerate(one.steps[: told + 1]) if place not in out))


def failing_result(form: str) -> Plant:
    text, failed = _ALL[form]

    def plant(one: Conversation, rng: random.Random) -> Conversation | None:
        made = [call for call in calls(one) if call.worked and call.name not in ("think", "calculate")]
        return one.to(*with_result(one, rng.choice(made), text, failed=failed)) if made else None

    return plant


def stale_result(one: Conversation, rng: random.Random) -> Conversation | None:
    made = [(call, held) for call in calls(one) if isinstance(held := _loaded(call.result), dict)]
    if not made:
        return None
    call, held = rng.choice(made)
    stale = rng.choice(
        ({"as_of": "2021-02-03T04:05:06Z"}, {"cached": True, "age_seconds": 90_000}, {"stale": True})
    )
    return one.to(*with_result(one, call, json.dumps({**held, **stale})))


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


# --- repeating ---------------------------------------------------------------------------------------------


def same_call_again(times: int) -> Plant:
    """A call that reads, and what it brought, again and again right after it."""

    def plant(one: Conversation, rng: random.Random) -> Conversation | None:
        made = [call for call in calls(one) if not call.changes and call.worked]
        if not made:
            return None
        call = rng.choice(made)
        again: list[Message] = []
        for number in range(times):
            again.append(ask(call.name, call.arguments, number=number))
            again.append(brought(call.result, number=number))
        return one.to(*one.steps[: call.brought + 1], *again, *one.steps[call.brought + 1 :])

    return plant


def calls_in_turn(one: Conversation, rng: random.Random) -> Conversation | None:
    """Two different calls that read, three times over."""
    made = [call for call in calls(one) if not call.changes and call.worked]
    pairs = [(a, b) for a, b in pairwise(made) if a.arguments != b.arguments]
    pairs = [(a, b) for a, b in pairs if b.asked == a.brought + 1]
    if not pairs:
        return None
    first, second = rng.choice(pairs)
    again: list[Message] = []
    for number in range(4):
        call = (first, second)[number % 2]
        again += [
            ask(call.name, call.arguments, number=number),
            brought(call.result, number=number),
        ]
    return one.to(*one.steps[: second.brought + 1], *again, *one.steps[second.brought + 1 :])


def same_words(one: Conversation, rng: random.Random) -> Conversation | None:
    """The agent says one of its own sentences three times more, and nobody answers."""
    last = one.steps[-1]
    if last["role"] != "assistant" or last.get("tool_calls") or len(last["content"] or "") < 40:
        return None
    return one.to(*one.steps, *(say(last["content"]) for _ in range(3)))


def retries(form: str) -> Plant:
    """A call fails five times within seconds and is made again each time, before it works."""
    text, failed = _ALL[form]

    def plant(one: Conversation, rng: random.Random) -> Conversation | None:
        made = [call for call in calls(one) if call.worked and call.name not in ("think", "calculate")]
        if not made:
            return None
        call = rng.choice(made)
        storm: list[Message] = []
        for number in range(5):
            storm.append(ask(call.name, call.arguments, number=number))
            storm.append(brought(text, number=number, failed=failed))
        return one.to(*one.steps[: call.asked], *storm, *one.steps[call.asked :])

    return plant


# --- arguments and results ---------------------------------------------------------------------------------


def broken_arguments(form: str) -> Plant:
    """Arguments that do not fit what the tool was offered as; every other time the tool says so."""

    def plant(one: Conversation, rng: random.Random) -> Conversation | None:
        offered = {each["function"]["name"]: each["function"]["parameters"] for each in json.loads(one.tools)}
        made = calls(one)
        rng.shuffle(made)
        for call in made:
            given = _loaded(call.arguments)
            broken = _broken(form, call.arguments, given, offered[call.name], rng) if given else None
            if broken is None:
                continue
            planted = one.to(*with_arguments(one, call, broken))
            if rng.random() < 0.5:
                said = "Error: invalid arguments"
                planted = one.to(*with_result(planted, call, said, failed=True))
            return planted
        return None

    return plant


def _broken(
    form: str, text: str, given: dict[str, Any], schema: dict[str, Any], rng: random.Random
) -> str | None:
    needed = [key for key in schema["required"] if key in given]
    listed = [key for key, each in schema["properties"].items() if "enum" in each and key in given]
    plain = [
        key for key in given if schema["properties"].get(key, {}).get("type") in ("string", "array", "number")
    ]
    if form == "cut JSON":
        return text[: len(text) * 2 // 3]
    if form == "argument missing" and len(given) > 1 and needed:
        lost = rng.choice(needed)
        return json.dumps({key: value for key, value in given.items() if key != lost})
    if form == "not in the list" and listed:
        return json.dumps({**given, rng.choice(listed): rng.choice(("standard", "unknown", "any"))})
    if form == "wrong type" and plain:
        key = rng.choice(plain)
        value = {"value": given[key]} if isinstance(given[key], str | int | float) else len(given[key])
        return json.dumps({**given, key: value})
    return None


def invented(kind: str) -> Plant:
    """One id, date or address among the arguments becomes another that stands nowhere in the run."""

    def plant(one: Conversation, rng: random.Random) -> Conversation | None:
        everything = json.dumps(one.steps)
        made = calls(one)
        rng.shuffle(made)
        for call in made:
            given = _loaded(call.arguments)
            for key, value in (given or {}).items():
                other = _other(kind, key, value, rng)
                if other is not None and str(other) not in everything:
                    return one.to(*with_arguments(one, call, json.dumps({**given, key: other})))
        return None

    return plant


def _other(kind: str, key: str, value: Any, rng: random.Random) -> Any:
    if not isinstance(value, str):
        return None
    if kind == "id" and (re.fullmatch(r"#W\d{7}", value) or re.fullmatch(r"[A-Z0-9]{6}", value)):
        return _scrambled(value, rng)
    if kind == "user" and re.fullmatch(r"[a-z]+_[a-z]+_\d{4}", value):
        name = rng.choice(("ines_novak", "tomas_duarte", "akira_lund"))
        return f"{name}_{rng.randint(1000, 9999)}"
    if kind == "date" and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return f"2024-{rng.randint(8, 11):02d}-{rng.randint(10, 28)}"
    if kind == "e-mail" and "@" in value:
        return f"{rng.choice(('p.lindqvist', 'omar.haddad', 'zoe.ruiz'))}{rng.randint(10, 99)}@example.org"
    return None


def _scrambled(value: str, rng: random.Random) -> str:
    """As long and of the same kinds of characters."""
    head, tail = (value[:2], value[2:]) if value.startswith("#W") else ("", value)
    swapped = [
        rng.choice("0123456789") if each.isdigit() else rng.choice("BCDFGHJKLMNPQRSTVWXZ") for each in tail
    ]
    return head + "".join(swapped)


def found_nothing(text: str) -> Plant:
    """All look-ups until the agent first tells what they brought bring nothing; what it tells stays, and ends
    the run."""

    def plant(one: Conversation, rng: random.Random) -> Conversation | None:
        emptied = one
        for call in calls(one):
            told = told_after(one, call)
            if call.changes or call.name in ("think", "calculate", "transfer_to_human_agents"):
                return None
            emptied = one.to(*with_result(emptied, call, text))
            if told is not None and len(told[1]) > 80 and re.search(r"\d", told[1]):
                return one.to(*emptied.steps[: told[0] + 1])
        return None

    return plant


NO_YES = (
    "How long would that take?",
    "Which card would that go to?",
    "Hold on a moment, I am looking for my calendar.",
    "What would the total be with tax?",
    "Is there a cheaper way to do it?",
    "Let me think about it first.",
)

UNSEEN_NO_YES = (
    "And how do I get there?",
    "Can I pay with two cards?",
    "Wait, I need to ask my wife.",
    "I am not sure yet.",
    "What happens to my bags?",
    "No, keep it as it is.",
)


def unconfirmed(text: str) -> Plant:
    """What the user said last before a change is no yes."""

    def plant(one: Conversation, rng: random.Random) -> Conversation | None:
        for call in calls(one):
            if call.changes and call.worked and one.steps[call.asked - 1]["role"] == "user":
                steps = list(one.steps)
                steps[call.asked - 1] = {"role": "user", "content": text}
                return one.to(*steps)
        return None

    return plant
