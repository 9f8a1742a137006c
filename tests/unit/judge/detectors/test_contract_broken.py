"""Arguments and answers against the schemas that were agreed on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from roadworthy.domain.run import Run
from roadworthy.domain.span import ContentFormat, Span, SpanFlag, SpanKind
from roadworthy.features.judge.detectors.contract_broken import DETECTOR
from roadworthy.features.judge.transcript import Transcript
from tests.unit.judge.detectors.making import START_NS, Talk, found

REFUND = {
    "name": "issue_refund",
    "parameters": {
        "type": "object",
        "properties": {
            "order_id": {"type": "string"},
            "amount": {"type": "number"},
            "reason": {"enum": ["broken", "late"]},
        },
        "required": ["order_id", "amount"],
        "additionalProperties": False,
    },
}


def _call(arguments: Any, *, failed: bool = False, tool: dict[str, Any] | None = None) -> Talk:
    talk = Talk("Refund A-1.", tools=[tool or REFUND])
    return talk.tool("issue_refund", arguments, "ok", failed=failed).says("Done.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"order_id": "A-1", "amount": [42]}, "amount"),
        ({"order_id": "A-1"}, "amount"),
        ({"order_id": "A-1", "amount": 1, "reason": "mood"}, "reason"),
        ({"order_id": "A-1", "amount": 1, "currency": "EUR"}, "currency"),
        ({"args": [], "kwargs": {"order_id": "A-1"}}, "amount"),
        ('{"order_id": "A-1", "amount": 4', "no valid JSON"),
    ],
)
def test_arguments(arguments: Any, said: str) -> None:
    [finding] = found(DETECTOR, _call(arguments))
    assert finding.tool == "issue_refund" and said in finding.reason and finding.mode == "contract-broken"


@pytest.mark.parametrize(
    "arguments",
    [
        {"order_id": "A-1", "amount": 1},
        {"order_id": "A-1", "amount": 1, "reason": None},
        {"order_id": "A-1", "amount": "42"},
        {"args": ["A-1", 42], "kwargs": {}},
        {"input": "order A-1"},
        {},
        "",
        "{'order_id': 'A-1'}",
        "A-1",
        "[1, 2]",
        "\x00\x01",
    ],
)
def test_silent_where_they_fit_or_were_recorded_otherwise(arguments: Any) -> None:
    assert not found(DETECTOR, _call(arguments))


def test_text_for_a_number_counts_where_the_tool_refused_it() -> None:
    assert found(DETECTOR, _call({"order_id": "A-1", "amount": "42"}, failed=True))


@pytest.mark.parametrize(
    "parameters",
    [
        {"type": "nonsense", "properties": {"a": {}}},
        {"$ref": "http://x.example/s", "properties": {"a": 1}},
        {},
    ],
)
def test_schemas_that_are_none(parameters: dict[str, Any]) -> None:
    assert not found(DETECTOR, _call({"a": 1}, tool={"name": "issue_refund", "parameters": parameters}))


def _answered(text: str, attributes: dict[str, str], *, flags: tuple[SpanFlag, ...] = ()) -> Transcript:
    span = Span(
        project="p",
        trace_id="0" * 32,
        span_id="1" * 16,
        kind=SpanKind.LLM,
        start_ns=START_NS,
        end_ns=START_NS + 1,
        output=json.dumps([{"role": "assistant", "content": text}]),
        output_format=ContentFormat.MESSAGES,
        flags=flags,
        attributes=attributes,
    )
    return Transcript(Run(project="p", id="r", sort_ns=START_NS, final_answer=text), [span])


SHAPE = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
ASKED = {
    "llm.invocation_parameters": json.dumps(
        {"response_format": {"type": "json_schema", "json_schema": {"name": "c", "schema": SHAPE}}}
    )
}


@pytest.mark.parametrize("text", ['{"town": "Bonn"}', '{"city": 5}', "It is Bonn.", '{"city": "Bo'])
def test_answers(text: str) -> None:
    assert found(DETECTOR, _answered(text, ASKED))


@pytest.mark.parametrize("text", ['{"city": "Bonn"}', '```json\n{"city": "Bonn"}\n```', ""])
def test_answers_that_fit(text: str) -> None:
    assert not found(DETECTOR, _answered(text, ASKED))


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"llm.invocation_parameters": '{"temperature": 0, "user": "json"}'},
        {"gen_ai.output.type": "text"},
        {"response_format": "{broken json"},
    ],
)
def test_silent_where_no_shape_was_asked_for(asked: dict[str, str]) -> None:
    assert not found(DETECTOR, _answered("It is Bonn.", asked))


def test_any_json_will_do_where_only_json_was_asked_for() -> None:
    assert not found(DETECTOR, _answered("[1]", {"gen_ai.output.type": "json"}))
    assert found(DETECTOR, _answered("One.", {"gen_ai.output.type": "json"}))


def test_silent_on_what_was_cut() -> None:
    assert not found(DETECTOR, _answered('{"city": "Bo', ASKED, flags=(SpanFlag.TRUNCATED,)))


def test_five_megabytes() -> None:
    assert not found(DETECTOR, _answered("x" * 5_000_000, ASKED))
    assert not found(DETECTOR, _call('{"order_id": "' + "x" * 5_000_000))


def test_nesting_without_end() -> None:
    deep = '{"order_id": ' + "[" * 900 + "]" * 900 + "}"
    assert not found(DETECTOR, _call(deep))
    assert len(found(DETECTOR, _call('{"order_id": ' + "[" * 5_000))) == 1
