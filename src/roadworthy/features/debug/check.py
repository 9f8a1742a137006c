"""Whether an answer is what was wanted: what decides that a rerun succeeded."""

from __future__ import annotations

import re
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass

import orjson

from roadworthy.domain.agent_ended import Ending
from roadworthy.features.debug.inquiry import BadInquiry, Check
from roadworthy.kit.masking import mask_text
from roadworthy.kit.matching import contains, is_same, number, states_number

_FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*?)\n[ \t]*```", re.DOTALL)
_SHOWN = 200
HOWS = ("contains", "exact", "number", "regex", "json", "evaluator", "command", "same")
MOST_EXPECTED = 20_000
WAVERS = "The check disagrees with itself"
"""How it is said of a check that was asked twice about one answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """`passed` None: it cannot say, `said` has why."""

    passed: bool | None
    said: str = ""
    """One sentence."""


Evaluate = Callable[[str, str], Checked]
"""(name of an evaluator, answer) → what it says. Never raises."""


def check_check(check: Check, *, field: str = "check") -> None:
    """Raises BadInquiry for the first thing that is wrong."""
    if check.how not in HOWS:
        raise BadInquiry(f"{field}.how", f"no check {check.how!r}; expected one of {', '.join(HOWS)}")
    where = f"{field}.expected"
    if check.how != "same" and not check.expected.strip():
        raise BadInquiry(where, _EXPECTED.get(check.how, "expected the text that is right"))
    if len(check.expected) > MOST_EXPECTED:
        raise BadInquiry(where, f"expected at most {MOST_EXPECTED} characters, not {len(check.expected)}")
    if check.how == "number" and number(check.expected) is None:
        raise BadInquiry(where, f"{check.expected[:80]!r} is no number")
    if check.how == "regex":
        _matches(check.expected, "", field=where)
    if check.how == "json":
        _misfit(check.expected, "{}", field=where)


def made_ready(check: Check) -> threading.Thread:
    """Loads what the check needs, beside whatever goes on: with a pattern the first check of a process would
    take a fifth of a second longer."""
    needed = threading.Thread(target=_load, args=(check,), name="check")
    needed.start()
    return needed


def _load(check: Check) -> None:
    if check.how == "regex":
        import pyarrow.compute  # noqa: F401 (the loading is what is wanted)


def check_answer(
    check: Check, answer: str, *, recorded: str | None, evaluate: Evaluate, ending: Ending = Ending.ANSWERED
) -> Checked:
    """`recorded` is what the recorded run answered. Deterministic but for evaluators."""
    if ending is not Ending.ANSWERED:
        return Checked(passed=False, said="the agent hung" if ending is Ending.HUNG else "the agent crashed")
    if check.how == "command":
        return Checked(passed=None, said="the runner did not say what its command decided")
    if check.how == "evaluator":
        return evaluate(check.expected, answer)
    if check.how == "json":
        misfit = _misfit(check.expected, answer)
        return Checked(passed=not misfit, said=misfit or "fits the schema")
    if check.how == "same":
        if recorded is None:
            return Checked(passed=None, said="what the recorded run answered is not known")
        # Of what was recorded secrets were masked.
        same = is_same(answer, recorded) or is_same(mask_text(answer).text, recorded)
        return Checked(passed=same, said="as recorded" if same else "not what the recorded run answered")
    passed = _decided(check, answer)
    return Checked(passed=passed, said="as expected" if passed else f"not as expected: {short(answer)}")


def _decided(check: Check, answer: str) -> bool:
    match check.how:
        case "exact":
            return is_same(answer, check.expected)
        case "number":
            return states_number(answer, check.expected)
        case "regex":
            return _matches(check.expected, answer)
        case _:
            return contains(answer, check.expected)


def short(text: str) -> str:
    """First words, on one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _SHOWN else f"{flat[:_SHOWN]}…"


def _matches(pattern: str, text: str, *, field: str = "") -> bool:
    """RE2 (through Arrow, which is slow to import): its time is linear in the text, whatever the pattern."""
    import pyarrow as pa
    import pyarrow.compute as pc

    data = text.encode("utf-8", "replace")
    # Laid out by hand: `pa.array` would load all of pandas to see whether it was given a part of it.
    ends = pa.py_buffer(struct.pack("=qq", 0, len(data)))
    whole = pa.LargeStringArray.from_buffers(1, ends, pa.py_buffer(data))
    try:
        return bool(pc.match_substring_regex(whole, pattern=pattern)[0].as_py())
    except (pa.ArrowInvalid, UnicodeEncodeError) as refused:
        raise BadInquiry(field, f"no pattern of RE2: {str(refused).rpartition(': ')[2]}") from None


def _misfit(schema: str, answer: str, *, field: str = "") -> str:
    """Why the answer (or the JSON in its ``` block) does not fit; "" where it does. Nothing is fetched,
    patterns are matched in linear time."""
    import jsonschema_rs

    try:
        validator = jsonschema_rs.validator_for(
            orjson.loads(schema), offline=True, pattern_options=jsonschema_rs.RegexOptions()
        )
    except (jsonschema_rs.ValidationError, ValueError, TypeError) as refused:
        said = refused.message if isinstance(refused, jsonschema_rs.ValidationError) else str(refused)
        raise BadInquiry(field, f"no JSON Schema: {said}") from None
    found = _FENCE.search(answer)
    try:
        value = orjson.loads(found.group(1) if found else answer)
    except (ValueError, UnicodeEncodeError) as broken:
        return f"not JSON: {broken}"
    error = next(iter(validator.iter_errors(value)), None)
    if error is None:
        return ""
    place = "/" + "/".join(str(part) for part in error.instance_path)
    return f"{place}: {error.message[:_SHOWN]}"


_EXPECTED = {
    "regex": "expected a pattern (RE2)",
    "json": "expected a JSON Schema",
    "evaluator": "expected the name of an evaluator of the project",
    "command": "expected a command; the answer comes to its standard input, and 0 is passed",
}
