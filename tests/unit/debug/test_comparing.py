"""Two runs by their recordings: aligned, with where they first part."""

from __future__ import annotations

from dataclasses import replace

from roadworthy.domain.step_relation import StepRelation
from roadworthy.features.debug.comparing import Comparison, compare
from tests.unit.debug.cases.tapes import (
    an_order_tape,
    chat_answer,
    chat_request,
    model_call,
    tape,
    tool_call,
    user,
)

MARKS = {StepRelation.SAME: "=", StepRelation.CHANGED: "~", StepRelation.ONLY_LEFT: "<"}


def marks(found: Comparison) -> str:
    return "".join(MARKS.get(one.relation, ">") for one in found.steps)


def test_a_run_is_like_itself() -> None:
    found = compare(an_order_tape(), an_order_tape())
    assert (marks(found), found.first_divergence, found.same_answer) == ("===", None, True)


def test_the_step_whose_answer_differs_comes_first_then_what_followed_from_it() -> None:
    found = compare(an_order_tape(total=42), an_order_tape(total=43))
    assert (marks(found), found.first_divergence, found.same_answer) == ("=~~", 1, False)
    tool, model = found.steps[1:]
    assert (tool.differs, tool.request_diff) == (("answer",), "")
    assert tool.answer_diff.splitlines() == [
        "@@ -1,3 +1,3 @@",
        " {",
        '-  "total": 42',
        '+  "total": 43',
        " }",
    ]
    assert model.differs == ("request", "answer")
    assert '+      "content": "The tool says 43",' in model.request_diff


def test_calls_that_only_one_made() -> None:
    left = an_order_tape()
    extra = tool_call(2, "erp.stock", {"item": 1}, {"left": 3})
    right = tape(*(replace(one, step=one.step + (one.step > 1)) for one in left.calls), output="It is 42.")
    right = replace(right, calls=(right.calls[0], extra, *right.calls[1:]))
    found = compare(left, right)
    assert (marks(found), found.first_divergence) == ("=>==", 1)
    assert marks(compare(right, left)) == "=<=="


def test_a_renamed_tool_is_another_and_a_changed_prompt_is_the_same_step() -> None:
    def run(tool: str, prompt: str) -> object:
        return tape(
            model_call(1, chat_request(user(prompt)), chat_answer("x")),
            tool_call(2, tool, {"order": "A-1"}, {"total": 42}),
        )

    left, right = run("erp.order", "Be short."), run("erp.find_order", "Be long.")
    found = compare(left, right)  # type: ignore[arg-type]
    assert marks(found) == "~<>"
    assert found.steps[0].differs == ("request",)


def test_a_hole_is_said_and_an_unknown_answer_is_no_answer() -> None:
    holed = replace(an_order_tape(hole="deleted"), output=None)
    found = compare(an_order_tape(), holed)
    assert (marks(found), found.steps[1].differs, found.same_answer) == ("=~=", ("recorded",), None)
    assert marks(compare(holed, holed)) == "=~="


def test_the_status_is_part_of_the_answer() -> None:
    asked = chat_request(user("x"))
    fine = tape(model_call(1, asked, chat_answer("x")))
    failed = tape(model_call(1, asked, {"error": {"message": "busy"}}, status=503))
    found = compare(fine, failed)
    assert found.steps[0].differs == ("answer",)
    assert "+503" in found.steps[0].answer_diff


def test_a_long_difference_is_cut_and_says_so() -> None:
    def run(word: str) -> object:
        return tape(tool_call(1, "erp.all", {}, [f"{word} {place}" for place in range(20_000)]))

    diff = compare(run("a"), run("b")).steps[0].answer_diff  # type: ignore[arg-type]
    assert len(diff) < 21_000 and "… cut:" in diff
