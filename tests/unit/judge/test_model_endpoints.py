"""Endpoints of both shapes, over real connections, well behaved and badly."""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from roadworthy.backends.models.address import check, parse, resolve
from roadworthy.backends.models.table import open_model
from roadworthy.contracts.models import (
    Endpoint,
    ModelFailed,
    ModelReply,
    ModelRequest,
    Shape,
    Trouble,
)
from roadworthy.kit.outbound import retry_after
from tests.unit.judge import model_server as acts
from tests.unit.judge.model_server import Act, Script, serving

SCHEMA = {"type": "object", "properties": {"label": {"type": "string"}}, "required": ["label"]}
REQUEST = ModelRequest(system="Judge.", user="This.", max_tokens=50, schema=SCHEMA)
KEY = "sk-very-secret-key-0123456789"


def endpoint(script: Script, **changes: object) -> Endpoint:
    plain = Endpoint(
        base_url=script.openai, model="small", api_key=KEY, timeout_s=1.0, patience_s=5.0, allow_private=True
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def asked(*script: Act, **changes: object) -> tuple[ModelReply, Script]:
    with serving(*script) as serves:
        return asyncio.run(open_model(endpoint(serves, **changes)).complete(REQUEST)), serves


def failed(*script: Act, **changes: object) -> tuple[ModelFailed, Script]:
    with serving(*script) as serves, pytest.raises(ModelFailed) as caught:
        asyncio.run(open_model(endpoint(serves, **changes)).complete(REQUEST))
    return caught.value, serves


def test_openai_shape_is_asked_and_read() -> None:
    reply, script = asked(acts.chat('{"label": "a"}'))

    assert (reply.text, reply.model, reply.finish_reason) == ('{"label": "a"}', "small-2026", "stop")
    assert (reply.input_tokens, reply.output_tokens, reply.tries) == (100, 20, 1)
    [seen] = script.seen
    assert seen.path == "/v1/chat/completions"
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert seen.headers["host"] == f"127.0.0.1:{script.port}"
    assert seen.body["temperature"] == 0.0
    assert seen.body["response_format"]["json_schema"]["schema"] == SCHEMA


def test_anthropic_shape_is_asked_with_a_tool_and_read() -> None:
    used = acts.message({"type": "text", "text": "hm"}, {"type": "tool_use", "input": {"label": "a"}})
    with serving(used) as script:
        model = open_model(endpoint(script, base_url=script.anthropic, shape=Shape.ANTHROPIC))
        reply = asyncio.run(model.complete(REQUEST))

    assert reply.text == '{"label":"a"}'
    # Cached tokens are input tokens, too.
    assert (reply.input_tokens, reply.cached_tokens, reply.output_tokens) == (100, 40, 20)
    [seen] = script.seen
    assert (seen.path, seen.headers["x-api-key"]) == ("/v1/messages", KEY)
    assert seen.body["tool_choice"] == {"type": "tool", "name": "verdict"}


def test_anthropic_text_without_the_tool_is_text() -> None:
    with serving(acts.message({"type": "text", "text": "prose"}, stop="max_tokens")) as script:
        model = open_model(endpoint(script, base_url=script.anthropic + "/v1", shape=Shape.ANTHROPIC))
        reply = asyncio.run(model.complete(REQUEST))
        with pytest.raises(ModelFailed):
            asyncio.run(model.embed(["a"]))

    assert (reply.text, reply.finish_reason) == ("prose", "length")


def test_what_a_model_does_not_take_is_left_out_from_then_on() -> None:
    def refuse(words: str) -> Act:
        return acts.answer(400, {"error": {"message": words}})

    with serving(
        refuse("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
        refuse("'temperature' does not support 0 with this model"),
        refuse("response_format is not supported"),
        acts.chat("a"),
    ) as script:
        model = open_model(endpoint(script))
        asyncio.run(model.complete(REQUEST))
        asyncio.run(model.complete(REQUEST))

    assert len(script.seen) == 5
    for seen in script.seen[-2:]:
        assert seen.body.keys() == {"model", "messages", "max_completion_tokens"}


@pytest.mark.parametrize(
    ("act", "trouble"),
    [
        (acts.hang, Trouble.TIMEOUT),
        (acts.drip, Trouble.TIMEOUT),
        (acts.drip_headers, Trouble.TIMEOUT),
        (acts.close_midway, Trouble.BROKEN),
        (acts.garbage, Trouble.BROKEN),
        (acts.endless, Trouble.TOO_LARGE),
        (acts.raw(200, b"I think it is fine."), Trouble.NONSENSE),
        (acts.raw(200, b"<html>busy</html>", content_type="text/html"), Trouble.NONSENSE),
        (acts.raw(200, b'{"choices": [{"mess'), Trouble.NONSENSE),
        (acts.raw(200, b"\xff\xfe\x00"), Trouble.NONSENSE),
        (acts.raw(200, b""), Trouble.NONSENSE),
        (acts.raw(200, b"[1]"), Trouble.NONSENSE),
        (acts.raw(200, b'{"choices": []}'), Trouble.NONSENSE),
        (acts.raw(200, b'{"choices": [{"message": 7}]}'), Trouble.NONSENSE),
        (acts.raw(200, b'{"choices": [{"message": {"tool_calls": [7]}}]}'), Trouble.NONSENSE),
        (acts.raw(200, gzip.compress(b" " * 10_000_000), content_encoding="gzip"), Trouble.NONSENSE),
        (acts.answer(200, {"error": {"message": "overloaded"}}), Trouble.BROKEN),
        (acts.answer(200, {"type": "error", "error": {}}), Trouble.BROKEN),
        (acts.answer(500, {"error": "oops"}), Trouble.BROKEN),
        (acts.answer(302, {}, location="http://127.0.0.1:1/"), Trouble.BROKEN),
        (acts.answer(401, {"error": "bad key"}), Trouble.DENIED),
        (acts.answer(404, {"error": "no such model"}), Trouble.REFUSED),
        (acts.answer(429, {"error": "slow down"}), Trouble.LIMITED),
        (acts.answer(429, {"error": "tomorrow"}, retry_after="86400"), Trouble.LIMITED),
    ],
    ids=range(24),
)
def test_what_an_endpoint_does_badly_is_told_as_what_it_is(act: Act, trouble: Trouble) -> None:
    error, _ = failed(act, timeout_s=0.4, tries=2)

    assert error.trouble is trouble
    assert KEY not in str(error) and KEY not in repr(error)


def test_passing_troubles_are_tried_again() -> None:
    reply, script = asked(acts.answer(500, {}), acts.close_midway, acts.chat("a"))

    assert (reply.text, reply.tries, len(script.seen)) == ("a", 3, 3)


def test_lasting_troubles_are_not_tried_again() -> None:
    for act in (acts.answer(401, {}), acts.answer(404, {}), acts.raw(200, b"prose"), acts.answer(301, {})):
        error, script = failed(act)
        assert (error.tries, len(script.seen)) == (1, 1)


def test_retry_after_is_kept_to() -> None:
    slow_down = acts.answer(429, {}, retry_after="2")

    patient, _ = asked(slow_down, acts.chat("a"))
    hasty, script = failed(slow_down, acts.chat("a"), patience_s=1.0)

    assert patient.tries == 2
    assert (hasty.trouble, hasty.tries, len(script.seen)) == (Trouble.LIMITED, 1, 1)


def test_retry_after_may_be_a_date_or_nonsense() -> None:
    soon = retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True))

    assert soon is not None and 20 < soon <= 30
    assert retry_after("12") == 12
    assert retry_after("-5") == 0
    for nonsense in ("", "soon", "inf", "nan?"):
        assert retry_after(nonsense) is None


def test_an_endpoint_that_repeats_the_key_does_not_leak_it() -> None:
    error, _ = failed(acts.answer(401, {"error": f"Incorrect API key provided: {KEY}"}))

    assert KEY not in str(error)
    assert "[masked:api_key]" in str(error)
    assert KEY not in repr(Endpoint(base_url="http://x", model="m", api_key=KEY))


def test_nobody_there_is_unreachable() -> None:
    with serving(acts.chat("a")) as script:
        gone = endpoint(script, tries=1)

    with pytest.raises(ModelFailed) as caught:
        asyncio.run(open_model(gone).complete(REQUEST))

    assert (caught.value.trouble, caught.value.may_cost) == (Trouble.UNREACHABLE, False)


def test_vectors_come_back_in_the_order_of_the_texts() -> None:
    body = {"data": [{"index": 1, "embedding": [0, 1]}, {"index": 0, "embedding": [1, 0]}]}
    with serving(acts.answer(200, body)) as script:
        model = open_model(endpoint(script))
        vectors = asyncio.run(model.embed(["a", "b"]))
        with pytest.raises(ModelFailed):
            asyncio.run(model.embed(["a", "b", "c"]))

    assert vectors == [[1.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "::1",
        "10.0.0.1",
        "172.16.5.4",
        "192.168.1.1",
        "100.64.0.1",
        "fd12::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
    ],
)
def test_private_addresses_need_the_operators_word(address: str) -> None:
    with pytest.raises(ModelFailed) as refused:
        check(address, scheme="https", allow_private=False)
    assert refused.value.trouble is Trouble.ADDRESS

    check(address, scheme="http", allow_private=True)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.1.1",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "100.100.100.200",
        "168.63.129.16",
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "ff02::1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
    ],
)
def test_addresses_that_tell_secrets_are_refused_whatever_the_operator_says(address: str) -> None:
    with pytest.raises(ModelFailed) as refused:
        check(address, scheme="http", allow_private=True)

    assert refused.value.trouble is Trouble.ADDRESS


def test_the_key_does_not_go_over_the_internet_in_the_clear() -> None:
    with pytest.raises(ModelFailed):
        check("8.8.8.8", scheme="http", allow_private=True)

    check("8.8.8.8", scheme="https", allow_private=False)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.openai.com/v1",
        "ftp://x/v1",
        "file:///etc/passwd",
        "https://",
        "https://user:pass@host/v1",
        "https://host/v1?next=x",
        "gopher://127.0.0.1",
        "http://[::1",
    ],
)
def test_what_is_no_plain_url_is_refused(url: str) -> None:
    with pytest.raises(ModelFailed) as refused:
        parse(url)

    assert refused.value.trouble is Trouble.ADDRESS
    assert str(refused.value).startswith("base_url: ")


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f000001", "127.1", "[::ffff:127.0.0.1]"])
def test_loopback_is_found_in_every_disguise(host: str) -> None:
    with serving(acts.chat("a")) as script:
        disguised = endpoint(script, base_url=f"http://{host}:{script.port}/v1", allow_private=False)
        with pytest.raises(ModelFailed) as refused:
            asyncio.run(open_model(disguised).complete(REQUEST))

    assert refused.value.trouble in (Trouble.ADDRESS, Trouble.UNREACHABLE)
    assert script.seen == []


def test_a_name_is_looked_up_once_and_connected_to_where_it_was_checked() -> None:
    target = asyncio.run(resolve(parse("http://localhost:9/v1"), allow_private=True))

    assert set(target.addresses) <= {"127.0.0.1", "::1"}
    with serving(acts.chat("a")) as script:
        named = endpoint(script, base_url=f"http://localhost:{script.port}/v1")
        assert asyncio.run(open_model(named).complete(REQUEST)).text == "a"
    assert script.seen[0].headers["host"] == f"localhost:{script.port}"
