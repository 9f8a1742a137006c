"""What is set in a body stands there; all else stays byte for byte."""

from __future__ import annotations

import gzip
import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.domain.exchange import Dialect
from roadworthy.features.gateway.routes.request_body import (
    read_call,
    spliced,
    with_values,
)
from roadworthy.features.gateway.routes.unpacking import RequestInvalid

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["model", "stream", "temperature", "messages", 'a"b', "mode\\l", "é", ""]) | st.text(
    max_size=6
)
BODIES = st.dictionaries(KEYS, VALUES, max_size=6)


def written(body: dict[str, Any], *, indent: int | None, ascii_only: bool) -> bytes:
    return json.dumps(body, indent=indent, ensure_ascii=ascii_only).encode()


@settings(max_examples=400, deadline=None)
@given(BODIES, BODIES, st.sampled_from([None, 1]), st.booleans())
def test_setting_values_sets_them_and_nothing_else(
    body: dict[str, Any], values: dict[str, Any], indent: int | None, ascii_only: bool
) -> None:
    text = written(body, indent=indent, ascii_only=ascii_only)
    made = spliced(text, {name: orjson.dumps(value) for name, value in values.items()})
    assert json.loads(made) == {**body, **values}


@settings(max_examples=200, deadline=None)
@given(BODIES, st.booleans())
def test_all_other_bytes_stay(body: dict[str, Any], ascii_only: bool) -> None:
    body = {"first": [{"model": "inner"}], **body, "model": "MARK-HERE"}
    text = written(body, indent=2, ascii_only=ascii_only)
    made = spliced(text, {"model": b'"gpt-5"'})
    assert made == text.replace(b'"MARK-HERE"', b'"gpt-5"')


@pytest.mark.parametrize(
    "body",
    [b'{"model":"a","model":"b"}', b'{"model":"a","x":{"model":"c"},"\\u006dodel":"b"}'],
)
def test_a_model_named_twice_is_refused(body: bytes) -> None:
    call = read_call(Dialect.OPENAI_CHAT, "/v1/chat/completions", headers=[], body=body)
    with pytest.raises(RequestInvalid, match=r"body\.model: comes twice"):
        with_values(call, model="gpt-5", parameters={})


def test_a_model_hidden_by_escapes_is_pinned_all_the_same() -> None:
    body = b'{"metadata":{"model":"x"},"\\u006dodel":"planner"}'
    call = read_call(Dialect.OPENAI_CHAT, "/v1/chat/completions", headers=[], body=body)
    _, made, _ = with_values(call, model="gpt-5", parameters={})
    assert orjson.loads(made) == {"metadata": {"model": "x"}, "model": "gpt-5"}


def test_a_compressed_body_is_read_and_goes_on_as_it_came_unless_it_is_changed() -> None:
    plain = b'{"model":"gpt-5","stream":true,"max_tokens":7}'
    packed = gzip.compress(plain)
    call = read_call(Dialect.OPENAI_CHAT, "/v1/x", headers=[(b"content-encoding", b"gzip")], body=packed)
    assert (call.model, call.streamed, call.max_output_tokens) == ("gpt-5", True, 7)
    assert with_values(call, model="gpt-5", parameters={}) == ("/v1/x", packed, False)
    _, made, changed = with_values(call, model="gpt-6", parameters={})
    assert changed and orjson.loads(made)["model"] == "gpt-6"


@pytest.mark.parametrize(
    ("body", "headers", "field"),
    [
        (b"", [], "body"),
        (b"[]", [], "body"),
        (b"{", [], "body"),
        (b"{}", [], "body.model"),
        (b'{"model":1}', [], "body.model"),
        (b'{"model":""}', [], "body.model"),
        (b"x", [(b"content-encoding", b"gzip")], "body"),
        (b"x", [(b"content-encoding", b"br")], "header.content-encoding"),
        (gzip.compress(b"0" * (65 << 20)), [(b"content-encoding", b"gzip")], "body"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_cannot_be_read_is_told(body: bytes, headers: list[tuple[bytes, bytes]], field: str) -> None:
    with pytest.raises(RequestInvalid, match=rf"^{field}: "):
        read_call(Dialect.OPENAI_CHAT, "/v1/chat/completions", headers=headers, body=body)


def test_gemini_names_its_model_in_the_path() -> None:
    body = b'{"contents":[],"generationConfig":{"maxOutputTokens":9}}'
    call = read_call(
        Dialect.GEMINI, "/v1beta/models/planner:streamGenerateContent?alt=sse", headers=[], body=body
    )
    assert (call.model, call.streamed, call.max_output_tokens) == ("planner", True, 9)
    path, made, changed = with_values(call, model="gemini-3", parameters={})
    assert path == "/v1beta/models/gemini-3:streamGenerateContent?alt=sse"
    assert (made, changed) == (body, False)
