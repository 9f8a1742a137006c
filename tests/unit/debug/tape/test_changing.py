"""What a change puts into a request, in each dialect, and what it says where it does not fit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from roadworthy.domain.exchange import Dialect, ExchangeKind
from roadworthy.features.debug.plan import Change, ChangeKind
from roadworthy.features.debug.tape.asked import Asked
from roadworthy.features.debug.tape.changing import (
    CannotChange,
    asked_instead,
    result_instead,
    said_instead,
)
from tests.unit.debug.tape.taping import recording_of, tool

USER = {"role": "user", "content": "hi"}
PROMPTS = [
    (
        Dialect.OPENAI_CHAT,
        {"messages": [{"role": "system", "content": "Be kind."}, USER]},
        {"messages": [{"role": "system", "content": "NEW"}, USER]},
        {"messages": [{"role": "system", "content": "Be terse."}, USER]},
    ),
    (
        Dialect.OPENAI_CHAT,
        {"messages": [{"role": "developer", "content": [{"type": "text", "text": "Be kind."}]}, USER]},
        {"messages": [{"role": "developer", "content": "NEW"}, USER]},
        {"messages": [{"role": "developer", "content": [{"type": "text", "text": "Be terse."}]}, USER]},
    ),
    (
        Dialect.OPENAI_RESPONSES,
        {"instructions": "Be kind.", "input": "hi"},
        {"instructions": "NEW", "input": "hi"},
        {"instructions": "Be terse.", "input": "hi"},
    ),
    (
        Dialect.OPENAI_RESPONSES,
        {"input": [{"role": "system", "content": "Be kind."}, USER]},
        {"input": [{"role": "system", "content": "NEW"}, USER]},
        {"input": [{"role": "system", "content": "Be terse."}, USER]},
    ),
    (
        Dialect.ANTHROPIC_MESSAGES,
        {"system": [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}]},
        {"system": "NEW"},
        {"system": [{"type": "text", "text": "Be terse.", "cache_control": {"type": "ephemeral"}}]},
    ),
    (
        Dialect.GEMINI,
        {"systemInstruction": {"parts": [{"text": "Be kind."}]}},
        {"systemInstruction": {"parts": [{"text": "NEW"}]}},
        {"systemInstruction": {"parts": [{"text": "Be terse."}]}},
    ),
]


def model(body: Any, dialect: Dialect = Dialect.OPENAI_CHAT, path: str = "/v1/x") -> Asked:
    return Asked(kind=ExchangeKind.MODEL, path=path, body=json.dumps(body).encode(), dialect=dialect)


def prompt(text: str, find: str = "") -> Change:
    return Change(step=1, kind=ChangeKind.PROMPT, text=text, find=find)


@pytest.mark.parametrize(("dialect", "before", "whole", "part"), PROMPTS)
def test_the_system_prompt_is_changed_where_its_dialect_has_it(
    dialect: Dialect, before: Any, whole: Any, part: Any
) -> None:
    asked = model(before, dialect)

    assert json.loads(asked_instead(asked, [prompt("NEW")], model="").body) == whole
    assert json.loads(asked_instead(asked, [prompt("terse", "kind")], model="").body) == part


@pytest.mark.parametrize(
    ("dialect", "body", "whole"),
    [
        (
            Dialect.OPENAI_CHAT,
            {"messages": [USER]},
            {"messages": [{"role": "system", "content": "NEW"}, USER]},
        ),
        (Dialect.OPENAI_RESPONSES, {"input": "hi"}, {"input": "hi", "instructions": "NEW"}),
        (Dialect.ANTHROPIC_MESSAGES, {"messages": [USER]}, {"messages": [USER], "system": "NEW"}),
        (
            Dialect.GEMINI,
            {"contents": []},
            {"contents": [], "systemInstruction": {"parts": [{"text": "NEW"}]}},
        ),
    ],
)
def test_a_call_without_one_gets_one(dialect: Dialect, body: Any, whole: Any) -> None:
    assert json.loads(asked_instead(model(body, dialect), [prompt("NEW")], model="").body) == whole


def test_what_the_user_said_is_no_system_prompt() -> None:
    with pytest.raises(CannotChange, match="the system prompt does not hold 'hi'"):
        asked_instead(model({"messages": [USER]}), [prompt("x", "hi")], model="")


def test_another_model_is_named_where_its_dialect_names_it() -> None:
    path = "/v1beta/models/planner:streamGenerateContent?alt=sse"
    gemini = asked_instead(model({}, Dialect.GEMINI, path), [], model="other one")
    chat = asked_instead(model({"model": "planner"}), [], model="stronger")
    same = model({"model": "planner"})

    assert gemini.path == "/v1beta/models/other%20one:streamGenerateContent?alt=sse"
    assert json.loads(chat.body) == {"model": "stronger"}
    assert asked_instead(same, [], model="planner") is same and asked_instead(same, [], model="") is same


@pytest.mark.parametrize(
    ("change", "body", "says"),
    [
        (
            Change(step=1, kind=ChangeKind.PARAMETERS, text="[1]"),
            {},
            "the parameters: expected a JSON object",
        ),
        (Change(step=1, kind=ChangeKind.PARAMETERS, text="{"), {}, "the parameters: expected a JSON object"),
        (Change(step=1, kind=ChangeKind.MODEL, text="x"), [], "what the agent asks is no JSON object"),
    ],
)
def test_what_does_not_fit_names_what_was_expected(change: Change, body: Any, says: str) -> None:
    with pytest.raises(CannotChange, match=says):
        asked_instead(model(body), [change], model="")


@pytest.mark.parametrize(
    ("calls", "says"),
    [
        ("{", "tool_calls: expected JSON"),
        ('["find"]', "tool_calls: expected a list of"),
        ('[{"name": "find", "arguments": "["}]', "the arguments of find: expected a JSON object"),
        ('[{"name": "find", "arguments": 7}]', "expected an object for the arguments of find"),
    ],
)
def test_tool_calls_that_cannot_be_read_say_what_was_expected(calls: str, says: str) -> None:
    change = Change(step=1, kind=ChangeKind.ANSWER, text="x", tool_calls=calls)
    with pytest.raises(CannotChange, match=says):
        said_instead(model({}), change, seed="s")


def test_there_are_no_words_to_change_in_vectors() -> None:
    asked = model({}, Dialect.OPENAI_EMBEDDINGS, "/v1/embeddings")
    with pytest.raises(CannotChange, match="there are no words in an answer at /v1/embeddings"):
        said_instead(asked, Change(step=1, kind=ChangeKind.ANSWER, text="x"), seed="s")


@pytest.mark.parametrize(
    ("text", "recorded", "structured"),
    [
        ('{"a": 1}', {"b": 2}, {"a": 1}),
        ('{"a": 1}', [4711], {"a": 1}),
        ("[1, 2]", [4711], None),
        ("5", {"result": 7}, {"result": 5}),
        ("[1, 2]", {"result": [3]}, {"result": [1, 2]}),
        ("not found", {"b": 2}, None),
    ],
)
def test_a_result_has_the_shape_the_recorded_one_had(text: str, recorded: Any, structured: Any) -> None:
    call = tool("crm.find", {"id": 7}, recorded)
    before = recording_of(call, "x").answer
    change = Change(step=1, kind=ChangeKind.RESULT, text=text)

    told = json.loads(result_instead(call.asks(), change, recorded=before).body)["result"]

    assert told["content"] == [{"type": "text", "text": text}] and told["isError"] is False
    assert told.get("structuredContent") == structured


def test_through_plain_http_a_result_is_the_value_itself() -> None:
    asked = Asked(kind=ExchangeKind.TOOL, path="/connect/crm/find", body=b"{}", dialect=Dialect.HTTP)

    for text, told in (('{"a": 1}', {"a": 1}), ("not found", "not found")):
        change = Change(step=1, kind=ChangeKind.RESULT, text=text)
        assert json.loads(result_instead(asked, change, recorded=None).body) == told
