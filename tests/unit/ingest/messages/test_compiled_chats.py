"""Compiled code stores OpenTelemetry's chats as its twin does, to the letter, or leaves them to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from roadworthy.contracts.intake import Signal
from roadworthy.features.ingest.messages.otel_parts import arguments_text, stored_by_python
from roadworthy.features.ingest.wire import read_traces
from roadworthy.kit.compiled import COMPILED
from tests.unit.ingest.ingest_path import Payloads
from tests.unit.ingest.test_acceptance_otlp import folders

pytestmark = pytest.mark.skipif(
    not hasattr(COMPILED, "stored_chat"),
    reason="the compiled part is not there (no C compiler, ROADWORTHY_COMPILED=0): make setup says why",
)

TEXTS = st.one_of(
    st.sampled_from(
        ["", "Paris", '{"a": 1}', "zwei\nZeilen", "雨", 'say "so"\\', "a/b", "\x00\x1f\x7f", "😀"]
    ),
    st.text(max_size=12),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
FLAT = st.dictionaries(TEXTS, st.integers() | TEXTS | st.none() | st.booleans(), max_size=20)
USUAL_PARTS = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "content": TEXTS}),
    st.fixed_dictionaries(
        {"type": st.just("tool_call"), "id": TEXTS, "name": TEXTS, "arguments": TEXTS | FLAT | JSON}
    ),
    st.fixed_dictionaries({"type": st.just("tool_call_response"), "id": TEXTS, "response": TEXTS}),
)
ODD_PARTS = st.dictionaries(
    st.sampled_from(["type", "content", "id", "name", "arguments", "response", "more"]),
    st.sampled_from(["text", "tool_call", "tool_call_response"]) | JSON,
)
PARTS = st.lists(st.one_of(USUAL_PARTS, USUAL_PARTS, ODD_PARTS), max_size=4)
MESSAGES = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant", "tool", "ai", 5]), "parts": PARTS},
    optional={"finish_reason": st.sampled_from(["", "stop", "\u00e9\n", None]), "name": TEXTS},
)
SPELLINGS = st.fixed_dictionaries(
    {
        "ensure_ascii": st.booleans(),
        "indent": st.sampled_from([None, None, 0, 2]),
        "separators": st.sampled_from([None, (",", ":"), (" , ", "\t:\r\n")]),
    }
)


def agrees(text: str) -> bool:
    """Whether the compiled code took the chat; then its twin says the same."""
    stored = COMPILED.stored_chat(text, arguments_text)
    assert stored is None or stored == stored_by_python(text), text
    return stored is not None


def chat(*parts: dict[str, Any], role: str = "assistant", **more: Any) -> str:
    return json.dumps([{"role": role, "parts": list(parts), **more}])


@given(st.lists(MESSAGES, max_size=4), SPELLINGS)
def test_chats_in_all_spellings(messages: list[dict[str, Any]], spelling: dict[str, Any]) -> None:
    agrees(json.dumps(messages, **spelling))


@given(st.lists(MESSAGES, min_size=1, max_size=2), st.data())
def test_chats_with_characters_changed(messages: list[dict[str, Any]], data: st.DataObject) -> None:
    text = list(json.dumps(messages, ensure_ascii=data.draw(st.booleans())))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at] = data.draw(
            st.sampled_from(['"', "\\", "", ",", "]", "}", "{", "\x00", "u", "0", "é", "\ud800"])
        )
    agrees("".join(text))


ARGUMENTS = [
    "{}", "[]", '""', "null", "true", "0", "-0", "-1", "1.0", "1e5", "01", "-", "1234567890123456", "NaN",
    '{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '{"a": {"b": [1, 2.50]}}', '{"a":"\\/\\u00e9\\n\\"\\\\"}',
    '{"a":1,}',
    '{"a" : -0}', '{"a":999999999999999}', '{"a":18446744073709551616}', '{"a":1]', "[" * 1_021 + "]" * 1_021,
    "[" * 90 + "]" * 90, '{"a":"\\ud83d\\ude00"}', '{"a":"\\ud83d"}', '{"a":tru}', '{,"a":1}', '{"a"}',
    "{" + ",".join(f'"k{n}":{n}' for n in range(16)) + "}",
]  # fmt: skip


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_arguments(arguments: str) -> None:
    agrees(
        '[{"role":"assistant","parts":[{"type":"tool_call","id":"i","name":"n","arguments":'
        + arguments
        + "}]}]"
    )


ESCAPES = [
    "\\u0000", "\\u001f", "\\u001F", "\\u0022", "\\u005c", "\\u007f", "\\u0080", "\\u07ff", "\\u0800",
    "\\uffff", "\\ud800", "\\udc00", "\\ud800\\udc00", "\\udbff\\udfff", "\\ud800\\ud800", "\\ud800x",
    "\\u12", "\\u12g4", "\\/", "\\b\\f\\n\\r\\t", "\\x", "\\", "\\u00e9\\u96e8", "\x7f", "\x1f", "\n",
    "\x00", "\ud800", "aaaaaaa\\/",
]  # fmt: skip


@pytest.mark.parametrize("escape", ESCAPES)
def test_escapes(escape: str) -> None:
    for before in range(10):
        text = "a" * before + escape + "b" * (9 - before)
        agrees('[{"role":"user","parts":[{"type":"text","content":"' + text + '"}]}]')
        agrees('[{"role":"user","parts":[],"finish_reason":"' + text + '"}]')


@given(st.text(max_size=30))
@example("")
@example("[]")
@example("[{}]")
@example('[{"role":"user","parts":[]}] ')
@example('[{"role":"user","parts":[]}]x')
@example('[{"role":"user","parts":[]},]')
@example('[{"role":"user","role":"tool","parts":[]}]')
@example('[{"role":"user","parts":[],"parts":[]}]')
@example('[{"role":"user","parts":[{"type":"text","content":"a","content":"b"}]}]')
def test_any_text(text: str) -> None:
    agrees(text)


def test_usual_chats_are_taken() -> None:
    called = {"type": "tool_call", "id": "c", "name": "n", "arguments": {"city": "Paris", "days": 3}}
    answered = {"type": "tool_call_response", "id": "c", "response": "rainy"}
    said = {"type": "text", "content": "Grüße 😀\n"}
    for text in (
        chat(said, called, said, finish_reason="stop"),
        chat(answered, answered, role="tool"),
        chat(answered, said, role="user"),
        chat(),
        chat({**called, "arguments": {"near": {"lat": 1.50}}}),
        chat({**called, "arguments": '{"city": "Paris"}'}),
    ):
        assert agrees(text)


def texts_of(payloads: Payloads) -> Iterator[str]:
    for sent in payloads.records():
        if sent.signal is Signal.TRACES:
            for _, scopes in read_traces(sent).resources:
                for _, spans in scopes:
                    for raw, _ in spans:
                        yield from (v for v in raw.attributes.values() if isinstance(v, str))


@pytest.mark.parametrize("folder", folders())
def test_real_attributes(shared_data: Path, folder: str) -> None:
    for text in texts_of(Payloads(shared_data / "otlp" / folder)):
        agrees(text)


def test_what_goes_wrong_with_arguments_is_not_hidden() -> None:
    def fails(sent: str) -> str:
        raise KeyError(sent)

    with pytest.raises(KeyError):
        COMPILED.stored_chat(chat({"type": "tool_call", "id": "", "name": "", "arguments": [1]}), fails)
    with pytest.raises(TypeError):
        COMPILED.stored_chat(b"[]", fails)
