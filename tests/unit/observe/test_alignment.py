"""Two runs side by side: the properties that must hold for any two, and cases a person would draw."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.domain.span import Span, SpanKind, SpanStatus
from roadworthy.domain.step_relation import StepRelation
from roadworthy.features.observe.alignment import align


def steps(text: str) -> list[Span]:
    """A run in letters: m is a model call, any other letter a call of the tool of that name; an upper-case
    letter is one with another result."""
    return [
        Span(
            project="p",
            trace_id="t",
            span_id=f"{number:016x}",
            name=letter.lower(),
            kind=SpanKind.LLM if letter.lower() == "m" else SpanKind.TOOL,
            tool_name="" if letter.lower() == "m" else letter.lower(),
            output="other" if letter.isupper() else "same",
            start_ns=number,
        )
        for number, letter in enumerate(text)
    ]


def drawn(left: str, right: str) -> tuple[list[str], int | None]:
    alignment = align(steps(left), steps(right))
    marks = {StepRelation.SAME: "=", StepRelation.CHANGED: "~", StepRelation.ONLY_LEFT: "<"}
    return [marks.get(step.relation, ">") for step in alignment.steps], alignment.first_divergence


def test_alike() -> None:
    assert drawn("mamb", "mamb") == (["=", "=", "=", "="], None)


def test_another_result_of_the_same_tool() -> None:
    assert drawn("mamb", "mAmb") == (["=", "~", "=", "="], 1)


def test_a_step_more() -> None:
    assert drawn("mamb", "macmb") == (["=", "=", ">", "=", "="], 2)


def test_another_tool() -> None:
    assert drawn("mam", "mbm") == (["=", "<", ">", "="], 1)


def test_one_that_did_nothing() -> None:
    assert drawn("", "ma") == ([">", ">"], 0)
    assert drawn("", "") == ([], None)


def test_tokens_alone_are_no_divergence() -> None:
    left, right = steps("m"), steps("m")
    left[0].input_tokens, right[0].input_tokens = 100, 101
    alignment = align(left, right)
    assert alignment.steps[0].differs == ("tokens",)
    assert alignment.first_divergence is None


def test_another_model_is_the_same_step_changed() -> None:
    left, right = steps("m"), steps("m")
    left[0].model_answered, right[0].model_answered = "gpt-5", "gpt-5-mini"
    assert align(left, right).steps[0].differs == ("model",)


def test_an_error_is_a_divergence() -> None:
    left, right = steps("ma"), steps("ma")
    right[1].status = SpanStatus.ERROR
    assert align(left, right).first_divergence == 1


def test_calls_reported_twice_and_plain_spans_are_left_out() -> None:
    left, right = steps("mam"), steps("mam")
    left[1].merged_into = left[0].span_id
    right[1].kind = SpanKind.OTHER
    assert [step.relation for step in align(left, right).steps] == [StepRelation.SAME] * 2


def test_long_runs_are_cut_and_say_so() -> None:
    alignment = align(steps("m" * 4500), steps("m"))
    assert alignment.truncated
    assert len(alignment.steps) == 4000


@settings(max_examples=200)
@given(st.text("mabcMA", max_size=25), st.text("mabcMA", max_size=25))
def test_every_step_is_there_once_in_its_order(left: str, right: str) -> None:
    a, b = steps(left), steps(right)
    aligned = align(a, b).steps
    assert [s.left.span_id for s in aligned if s.left] == [s.span_id for s in a]
    assert [s.right.span_id for s in aligned if s.right] == [s.span_id for s in b]


@given(st.text("mabcMA", max_size=25))
def test_a_run_is_like_itself(text: str) -> None:
    assert align(steps(text), steps(text)).first_divergence is None
