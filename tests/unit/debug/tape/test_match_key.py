"""When two calls are the same call."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.features.debug.tape.match_key import match_key, normalised, with_ordinals

PATH = "/v1/chat/completions"


def chat(call_id: str, **more: object) -> bytes:
    messages = [
        {"role": "user", "content": "Where is order 4711?"},
        {"role": "assistant", "tool_calls": [{"id": call_id, "function": {"name": "find_order"}}]},
        {"role": "tool", "tool_call_id": call_id, "content": "on its way"},
    ]
    return json.dumps({"model": "planner", "messages": messages, **more}).encode()


def test_another_run_of_the_same_task_has_the_same_key() -> None:
    first = chat("call_Ab12cd34EF", user="u1", metadata={"run": 1}, prompt_cache_key="a")
    second = chat("call_Zz98yy76XX", safety_identifier="x")

    assert match_key(path=PATH, body=first) == match_key(path=PATH, body=second)


@pytest.mark.parametrize(
    "other",
    [
        chat("call_Ab12cd34EF", temperature=0),
        chat("call_Ab12cd34EF").replace(b"4711", b"4712"),
        chat("call_Ab12cd34EF").replace(b"find_order", b"find_customer"),
        b"",
        b"[]",
    ],
)
def test_another_question_has_another_key(other: bytes) -> None:
    assert match_key(path=PATH, body=other) != match_key(path=PATH, body=chat("call_Ab12cd34EF"))


def test_which_call_a_result_answers_counts() -> None:
    one = with_ordinals("call_Ab12cd34EF call_Zz98yy76XX call_Ab12cd34EF")

    assert one == "<id 1> <id 2> <id 1>"
    assert one != with_ordinals("call_Ab12cd34EF call_Zz98yy76XX call_Zz98yy76XX")


@pytest.mark.parametrize(
    "text",
    [
        "call_GetCustomerOrdersByEmailAddress",
        "tool_calculator tool_search",
        "run_report_daily",
        "order 4711",
        "message_id",
        "call_1",
    ],
)
def test_words_are_no_ids(text: str) -> None:
    assert with_ordinals(text) == text


@pytest.mark.parametrize(
    "made",
    [
        "call_9f8e7d6c5b4a",
        "toolu_01A09q90qw90lq917835lq9",
        "chatcmpl-tool-2f6a4a2b8c",
        "call_DPTDishvTUGoNnnwSETTLvQf",
        "msg_68f0a1b2c3d4",
        "pyd_ai_0123456789abcdef0123456789abcdef",
        "0199f1a0-7c3b-7d51-9b1e-aabbccddeeff",
        "lc_run--0199f1a0-7c3b-7d51-9b1e-aabbccddeeff",
    ],
)
def test_what_providers_and_frameworks_make_are_ids(made: str) -> None:
    assert with_ordinals(f'"{made}"') == '"<id 1>"'


def test_a_key_in_the_address_does_not_count_and_the_rest_does() -> None:
    gemini = "/v1beta/models/x:streamGenerateContent"

    assert match_key(path=f"{gemini}?key=a&alt=sse", body=b"{}") == match_key(
        path=f"{gemini}?alt=sse", body=b"{}"
    )
    assert match_key(path=f"{gemini}?alt=sse", body=b"{}") != match_key(path=gemini, body=b"{}")


def test_the_number_of_a_json_rpc_request_does_not_count() -> None:
    def call(number: int, token: str) -> bytes:
        params = {"name": "find", "arguments": {"q": "x"}, "_meta": {"progressToken": token}}
        return json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}).encode()

    assert normalised(path="/mcp", body=call(1, "a")) == normalised(path="/mcp", body=call(7, "b"))


def test_the_boundary_of_a_form_does_not_count() -> None:
    def form(boundary: bytes) -> bytes:
        return b"--%s\r\nname: a\r\n\r\n1\r\n--%s--\r\n" % (boundary, boundary)

    assert match_key(path="/x", body=form(b"aaaaaaaa1")) == match_key(path="/x", body=form(b"bbbbbbbb2"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=5))
def test_the_order_of_fields_and_the_blanks_do_not_count(value: dict[str, object]) -> None:
    turned = dict(reversed(value.items()))

    assert normalised(path="/x", body=json.dumps(value).encode()) == normalised(
        path="/x", body=json.dumps(turned, indent=1, ensure_ascii=False).encode("utf-8", "surrogatepass")
    )


@given(st.binary(max_size=60))
def test_any_bytes_have_a_key(body: bytes) -> None:
    assert len(match_key(path="/x", body=body)) == 32
