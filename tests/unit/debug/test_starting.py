"""What an inquiry is refused for, field by field, and what is said before it starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.features.debug.check import WAVERS
from roadworthy.features.debug.inquiry import (
    BadInquiry,
    Budget,
    Check,
    EntryPoint,
    InquiryKind,
    InquiryState,
    Via,
)
from roadworthy.features.debug.plan import After, Change, ChangeKind
from tests.unit.debug.reruns import TASK, Workshop, workshop
from tests.unit.debug.tape.taping import chat, tape_of, tool

ANSWER = Change(step=2, kind=ChangeKind.ANSWER, text="right 2")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workshop]:
    metadata = SqliteMetadataStore(tmp_path / "roadworthy.db")
    made = workshop(metadata, tmp_path, steps=4, wrong_at=2)
    mixed = tape_of(chat(TASK, answer="look"), tool("crm.find", {"id": 1}, {"total": 41}))
    made.tapes.tapes["mixed"] = replace(mixed, run_id="mixed", input=TASK, output="41")
    made.tapes.tapes["empty"] = replace(mixed, run_id="empty", calls=(), input=TASK)
    gone = replace(mixed, calls=tuple(replace(one, hole="it was deleted") for one in mixed.calls))
    made.tapes.tapes["gone"] = replace(gone, run_id="gone", input=TASK)
    yield made
    metadata.close()


def change(**given: Any) -> dict[str, Any]:
    return {"changes": (replace(ANSWER, **given),)}


FORK: dict[str, Any] = {"fork_at": 2, "changes": (ANSWER,)}


@pytest.mark.parametrize(
    ("kind", "given", "field", "words"),
    [
        ("replay", {"run_id": "nowhere"}, "run_id", "no run 'nowhere'"),
        ("replay", {"run_id": "empty"}, "run_id", "made no call through the gateway"),
        ("replay", {"run_id": "gone"}, "run_id", "it was deleted"),
        ("replay", {"input": " "}, "input", "does not say what it was asked"),
        ("replay", {"input": "x" * 100_001}, "input", "100000"),
        ("replay", {"entry": EntryPoint(command=" ")}, "entry.command", "python agent.py"),
        ("replay", {"entry": EntryPoint(command="a 'b")}, "entry.command", "quotation"),
        ("replay", {"entry": EntryPoint(via=Via.CALLABLE, callable="agent")}, "entry.callable", "module:"),
        ("replay", {"entry": EntryPoint(via=Via.URL, url="ftp://x")}, "entry.url", "http://"),
        ("replay", {"entry": EntryPoint(via=Via.URL, url="http://[::1")}, "entry.url", "http://"),
        ("replay", {"entry": EntryPoint(via=Via.URL, url="http://a/", body="{}")}, "entry.body", "{input}"),
        ("replay", {"entry": EntryPoint(command="a", timeout_s=0.5)}, "entry.timeout_s", "1 to 3600"),
        (
            "replay",
            {"entry": EntryPoint(command="run --key sk-ant-api03-Zx9_8yW7vU6tS5rQ4pO3nM2l")},
            "entry.command",
            "secret",
        ),
        ("replay", {"server_runs": True}, "server_runs", "starts no processes"),
        ("replay", {"repeats": 0}, "repeats", "1 to 50"),
        ("replay", {"concurrency": 65}, "concurrency", "1 to 64"),
        ("replay", {"budget": Budget(reruns=0)}, "budget.reruns", "1 to 1000"),
        ("replay", {"budget": Budget(usd=-1)}, "budget.usd", "0 to"),
        ("replay", {"check": Check(how="vibes")}, "check.how", "contains, exact"),
        ("replay", {"check": Check(how="contains")}, "check.expected", "text that is right"),
        ("replay", {"check": Check(how="number", expected="forty")}, "check.expected", "no number"),
        ("replay", {"check": Check(how="regex", expected="(a")}, "check.expected", "RE2"),
        ("replay", {"check": Check(how="regex", expected=r"(a)\1")}, "check.expected", "RE2"),
        ("replay", {"check": Check(how="json", expected="{")}, "check.expected", "JSON Schema"),
        ("replay", {"check": Check(how="json", expected='{"type": 3}')}, "check.expected", "JSON Schema"),
        ("replay", {"check": Check(how="evaluator", expected="rude")}, "check.expected", "there are: polite"),
        ("fork", {"fork_at": None, "changes": (ANSWER,)}, "fork_at", "1 to 4"),
        ("fork", {"fork_at": 5, "changes": (ANSWER,)}, "fork_at", "1 to 4"),
        ("fork", {"fork_at": 2}, "changes", "nothing would be different"),
        ("fork", {"fork_at": 3, "changes": (ANSWER,)}, "changes[0].step", "forks at 3"),
        ("fork", {**FORK, **change(step=9)}, "changes[0].step", "1 to 4"),
        ("fork", {**FORK, **change(text="")}, "changes[0].text", "tool_calls"),
        ("fork", {**FORK, **change(tool_calls="{}")}, "changes[0].tool_calls", "list"),
        ("fork", {**FORK, **change(kind=ChangeKind.RESULT)}, "changes[0].kind", "asks a model"),
        ("fork", {**FORK, **change(kind=ChangeKind.MODEL, text=" ")}, "changes[0].text", "name of a model"),
        ("fork", {**FORK, **change(kind=ChangeKind.PARAMETERS, text="[]")}, "changes[0].text", "temperature"),
        (
            "fork",
            {**FORK, **change(kind=ChangeKind.ERROR, code="oops")},
            "changes[0].code",
            "rate_limited",
        ),
        ("fork", {"run_id": "mixed", **FORK}, "changes[0].kind", "calls a tool"),
        ("fork", {**FORK, "live_model": "m"}, "after", "mixed or live"),
        ("bisect", {"good_run": "nowhere"}, "good_run", "no run 'nowhere'"),
        ("bisect", {"good_run": "bad"}, "good_run", "the recorded run itself"),
        ("bisect", {"after": After.LIVE}, "check", "decides whether"),
        ("bisect", {"check": Check(expected="42")}, "after", "nothing would be put right"),
        ("bisect", {"good_run": "good", "check": Check(how="same")}, "check.how", "no success"),
        ("bisect", {"good_run": "good", "confidence": 1.0}, "confidence", "0.5 to 0.999"),
    ],
)
def test_a_bad_draft_names_its_field(
    shop: Workshop, kind: str, given: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(BadInquiry) as refused:
        shop.service.start(shop.draft(InquiryKind(kind), **given))
    assert refused.value.field == field
    assert words in str(refused.value)
    assert shop.service.all("default") == []


def test_words_may_be_cut_out_of_a_prompt(shop: Workshop) -> None:
    cut = Change(step=2, kind=ChangeKind.PROMPT, find="You help.")
    assert shop.service.start(shop.draft(InquiryKind.FORK, fork_at=2, changes=(cut,))).changes == (cut,)
    with pytest.raises(BadInquiry, match="the system prompt"):
        shop.service.start(shop.draft(InquiryKind.FORK, fork_at=2, changes=(replace(cut, find=""),)))


def test_a_check_that_the_failed_run_passes_is_refused_with_both_answers(shop: Workshop) -> None:
    with pytest.raises(BadInquiry) as refused:
        shop.bisect(check=Check(expected="sum"))
    said = str(refused.value)
    assert refused.value.field == "check" and "does not tell these two apart" in said
    assert "The sum is 41." in said and "The sum is 42." in said


def test_a_check_that_the_good_run_fails_is_refused_with_both_answers(shop: Workshop) -> None:
    with pytest.raises(BadInquiry) as refused:
        shop.bisect(check=Check(expected="43"))
    said = str(refused.value)
    assert "the good run fails it" in said and "The sum is 42." in said and "The sum is 41." in said


def test_a_checker_that_disagrees_with_itself_makes_nothing_sure(shop: Workshop) -> None:
    shop.evaluators.says = [False, True, True, True, False]
    inquiry = shop.bisect(check=Check(how="evaluator", expected="polite"))
    assert inquiry.check_wavers
    assert "it said failed, then passed" in inquiry.doubts[0]
    shop.evaluators.says = [False]

    over = None
    for _ in range(40):
        for start in shop.service.take("default", inquiry.id, most=1):
            answer = shop.agent(start)
            shop.evaluators.says = ["42" in answer]
            shop.tell(start, answer)
        over = shop.service.one("default", inquiry.id)
        if over is not None and over.state is not InquiryState.RUNNING:
            break
    assert over is not None and over.state is InquiryState.DONE
    found = orjson.loads(over.finding)
    assert (found["state"], found["step"]) == ("unsure", 2)
    assert any("disagrees with itself" in one for one in found["sentences"])


_FLIPPED = f"{WAVERS}: asked twice about one answer it said passed, then failed."


def _searched(shop: Workshop, *, wavers: Callable[[int], bool]) -> tuple[int, dict[str, Any]]:
    """Of a check by command, told with each rerun: how many were made, and what was found."""
    inquiry = shop.bisect(check=Check(how="command", expected="./check"))
    for _ in range(40):
        for start in shop.service.take("default", inquiry.id, most=1):
            answer = shop.agent(start)
            passed = None if wavers(start.rerun.number) else "42" in answer
            shop.tell(start, answer, passed=passed, check_said=_FLIPPED if passed is None else "it said so")
        over = shop.service.one("default", inquiry.id)
        if over is not None and over.state is not InquiryState.RUNNING:
            break
    assert over is not None and over.state is InquiryState.DONE
    return len(shop.service.reruns("default", inquiry.id)), orjson.loads(over.finding)


def test_a_command_that_disagrees_with_itself_makes_nothing_sure(shop: Workshop) -> None:
    made, found = _searched(shop, wavers=lambda number: number == 1)
    assert (found["state"], found["step"]) == ("unsure", 2)
    assert found["sentences"][0].startswith(
        f"The check disagreed with itself about 1 of {made} answers: nothing"
    )


def test_a_command_that_is_a_coin_ends_the_search(shop: Workshop) -> None:
    made, found = _searched(shop, wavers=lambda number: number % 2 == 1)
    assert found["state"] != "sure" and made <= 8
    assert "No more was tried." in found["sentences"][0]


def test_a_check_that_cannot_say_is_said(shop: Workshop) -> None:
    shop.evaluators.says = [None]
    inquiry = shop.bisect(check=Check(how="evaluator", expected="polite"))
    assert not inquiry.check_wavers
    assert inquiry.doubts == (
        "The check could not say anything of the recorded run's answer.",
        "The check could not say anything of the good run's answer.",
    )


def test_what_is_seen_at_the_start_is_said(shop: Workshop) -> None:
    bad, good = shop.tapes.tapes["bad"], shop.tapes.tapes["good"]
    holed = replace(bad.calls[2], hole="the recording was deleted (retention, or by hand)")
    shop.tapes.tapes["bad"] = replace(bad, calls=(*bad.calls[:2], holed, bad.calls[3]), output=None)
    shop.tapes.tapes["good"] = replace(good, input="Something else.", agent="other")
    inquiry = shop.bisect()
    assert inquiry.doubts == (
        "Step 3 cannot be answered from the recording: the recording was deleted (retention, or by hand).",
        "The good run was asked something else than the recorded one.",
        "The good run is of another agent, other.",
    )
    assert "What the recorded run answered is not known" in inquiry.notes[0]
    other = shop.service.start(shop.draft(input="Another task."))
    assert any("The task is another one" in one for one in other.notes)


def test_a_hole_in_the_recording_makes_a_replay_say_that_it_cannot_tell(shop: Workshop) -> None:
    bad = shop.tapes.tapes["bad"]
    holed = replace(bad.calls[2], hole="the recording was deleted")
    shop.tapes.tapes["bad"] = replace(bad, calls=(*bad.calls[:2], holed, bad.calls[3]))
    inquiry = shop.service.start(shop.draft())
    found = orjson.loads(shop.run(inquiry.id).finding)
    assert found["outcome"] == "cannot_tell"
    assert "recordings are not whole, or gone" in found["sentences"][0]
