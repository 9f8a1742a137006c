"""A case made of a run: what it checks where nobody says, and why one cannot be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from roadworthy.domain.agent_ended import Ending, RecordedEnd
from roadworthy.features.debug.cases.case import Calls
from roadworthy.features.debug.cases.file import decode, encode
from roadworthy.features.debug.cases.making import CaseDraft, NoCase, case_of, file_name, recorded_passes
from roadworthy.features.debug.inquiry import BadInquiry, Check, EntryPoint, Via
from roadworthy.features.debug.plan import Change, ChangeKind
from tests.unit.debug.cases.tapes import an_order_tape, tape

SECRET = "sk-ant-api03-" + "a1B2" * 20


@pytest.mark.parametrize(
    ("draft", "check"),
    [
        (CaseDraft(), Check(how="same")),
        (CaseDraft(expected="43"), Check(how="number", expected="43")),
        (CaseDraft(expected="shipped"), Check(how="contains", expected="shipped")),
        (CaseDraft(expected="43", check=Check(how="exact")), Check(how="exact", expected="43")),
        (CaseDraft(check=Check(how="regex", expected="4.")), Check(how="regex", expected="4.")),
    ],
)
def test_what_is_checked_where_nobody_says_more(draft: CaseDraft, check: Check) -> None:
    case = case_of(draft, an_order_tape())
    assert case.check == check
    assert (case.name, case.input, case.calls) == (
        "What is the total of order A-1?",
        "What is the total of order A-1?",
        Calls.SAME_CALLS,
    )
    assert file_name(case) == "support-what-is-the-total-of-order-a-1.case.jsonl"


def test_whether_the_run_itself_passes() -> None:
    assert recorded_passes(case_of(CaseDraft(), an_order_tape())) is True
    assert recorded_passes(case_of(CaseDraft(expected="43"), an_order_tape())) is False
    assert (
        recorded_passes(case_of(CaseDraft(check=Check(how="command", expected="x")), an_order_tape())) is None
    )
    failing = case_of(CaseDraft(expected="43", expect_failure=True), an_order_tape())
    assert failing.expect_failure


def test_a_run_that_crashed_is_a_case_of_what_it_ought_to_answer_or_of_its_crash() -> None:
    end = RecordedEnd(ending=Ending.CRASHED, exit_code=1, error="KeyError: 'A-1'")
    crashed = replace(an_order_tape(), output=None, end=end)
    with pytest.raises(BadInquiry, match="failed without an answer") as wrong:
        case_of(CaseDraft(), crashed)
    assert wrong.value.field == "expected"
    assert recorded_passes(case_of(CaseDraft(check=Check(how="same")), crashed)) is True
    assert recorded_passes(case_of(CaseDraft(expected="42"), crashed)) is False
    assert case_of(CaseDraft(expected="42", expect_failure=True), crashed).tape.end == end


def test_words_of_people_are_masked_as_recordings_are() -> None:
    draft = CaseDraft(
        name=f"with {SECRET}",
        input=f"use {SECRET}",
        expected=f"not {SECRET}",
        changes=(Change(step=2, kind=ChangeKind.RESULT, text=f'{{"key": "{SECRET}"}}'),),
    )
    assert SECRET.encode() not in encode(case_of(draft, an_order_tape()))


def test_a_folder_of_one_machine_does_not_travel() -> None:
    def folder(where: str) -> str:
        entry = EntryPoint(via=Via.CALLABLE, callable="shop.agent:answer", folder=where)
        made = case_of(CaseDraft(entry=entry), an_order_tape()).entry
        assert made is not None
        return made.folder

    assert [folder("/srv/agents/shop"), folder(r"C:\shop"), folder("agents/shop")] == ["", "", "agents/shop"]


@pytest.mark.parametrize(
    ("draft", "field", "says"),
    [
        (CaseDraft(check=Check(how="evaluator", expected="x")), "check.how", "without one"),
        (CaseDraft(check=Check(how="magic", expected="x")), "check.how", "expected one of"),
        (CaseDraft(check=Check(how="exact")), "check.expected", "expected the text"),
        (CaseDraft(expect_failure=True), "expected", "ought to have answered"),
        (CaseDraft(expect_failure=True, expected="42"), "expect_failure", "no failure to expect"),
        (CaseDraft(changes=(Change(step=9, kind=ChangeKind.ERROR),)), "changes[0].step", "expected 1 to 3"),
        (CaseDraft(changes=(Change(step=1, kind=ChangeKind.MODEL, text="m"),)), "changes[0].kind", "offline"),
        (CaseDraft(changes=(Change(step=2, kind=ChangeKind.ANSWER, text="m"),)), "changes[0].kind", "a tool"),
        (CaseDraft(entry=EntryPoint(via=Via.CALLABLE, callable="x")), "entry.callable", "module:function"),
        (CaseDraft(entry=EntryPoint(command=f"a --key {SECRET}")), "entry.command", "secret"),
    ],
)
def test_what_was_asked_wrongly_is_named(draft: CaseDraft, field: str, says: str) -> None:
    with pytest.raises(BadInquiry, match=says) as wrong:
        case_of(draft, an_order_tape())
    assert wrong.value.field == field


def test_a_run_that_nobody_told_of_needs_its_answer_and_task() -> None:
    silent = replace(an_order_tape(), output=None, input="")
    for draft, field in ((CaseDraft(), "input"), (CaseDraft(input="x"), "expected")):
        with pytest.raises(BadInquiry) as wrong:
            case_of(draft, silent)
        assert wrong.value.field == field
    assert case_of(CaseDraft(input="x", expected="42"), silent).input == "x"


@pytest.mark.parametrize(
    ("runs", "says"),
    [
        ({"tape": tape()}, "the run made no call"),
        (
            {"tape": an_order_tape(hole="the recording was deleted")},
            r"step 2 \(tool erp.order\): the recording",
        ),
        ({"tape": an_order_tape(), "good": an_order_tape(hole="gone")}, "the good run cannot"),
    ],
)
def test_a_run_with_holes_or_without_calls_is_no_case(runs: Any, says: str) -> None:
    with pytest.raises(NoCase, match=says):
        case_of(CaseDraft(), runs["tape"], good=runs.get("good"))


def test_the_same_run_told_the_same_way_is_the_same_file() -> None:
    draft = CaseDraft(expected="42")
    assert encode(case_of(draft, an_order_tape())) == encode(case_of(draft, an_order_tape()))
    assert decode(encode(case_of(draft, an_order_tape()))).check == Check(how="number", expected="42")
