"""Unmodified SDKs against a recording: they get what was recorded, and try no miss again."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from roadworthy.domain.exchange import Dialect, Ending
from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure
from roadworthy.doors.gateway.offline import OfflineGateway, offline_gateway
from roadworthy.features.debug.plan import Change, ChangeKind, Plan
from roadworthy.features.debug.tape.asked import How
from roadworthy.features.debug.tape.tape import Tape
from tests.unit.debug.tape.taping import Call, chat, plan, tape_of

PYTHON = Path(__file__).resolve().parents[2] / ".venv-demo" / "bin" / "python"
STREAM = (b"content-type", b"text/event-stream")
CHANGE = Change(
    step=1,
    kind=ChangeKind.ANSWER,
    text="look it up",
    tool_calls='[{"name": "crm__find", "arguments": {"id": 7}}]',
    onwards=True,
)

pytestmark = pytest.mark.slow

HEAD = """
import json, sys, time
url, key = sys.argv[1:]
import openai, anthropic
from google import genai
from google.genai import errors, types
chat = openai.OpenAI(base_url=url + "/v1", api_key=key)
claude = anthropic.Anthropic(base_url=url, api_key=key)
gemini = genai.Client(api_key=key, http_options=types.HttpOptions(base_url=url))
system = {"role": "system", "content": "You help."}
def ask(*words, **more):
    given = [system, *({"role": "user", "content": one} for one in words)]
    return chat.chat.completions.create(model="planner", messages=given, **more)
hello = [{"role": "user", "content": "hi"}]
"""


def told(gateway: OfflineGateway, script: str) -> dict[str, Any]:
    """What the script prints, in a process that has the SDKs."""
    done = subprocess.run(
        [PYTHON, "-c", HEAD + script, gateway.url, gateway.key], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _events(*words: str, done: bool) -> list[bytes]:
    base = {
        "id": "chatcmpl-a1b2c3d4e5f60718",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "planner",
    }
    said = [
        {**base, "choices": [{"index": 0, "delta": {"content": one}, "finish_reason": None}]} for one in words
    ]
    return [b"data: %b\n\n" % json.dumps(one).encode() for one in said] + [b"data: [DONE]\n\n"] * done


def _claude(**more: Any) -> Call:
    body = {"model": "planner", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}], **more}
    answer = {
        "id": "msg_01a2b3c4d5e6f708",
        "type": "message",
        "role": "assistant",
        "model": "planner",
        "content": [{"type": "text", "text": "hello"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
    return Call(body=body, answer=answer, path="/v1/messages", dialect=Dialect.ANTHROPIC_MESSAGES)


def _gemini() -> Call:
    return Call(
        body={"contents": [{"parts": [{"text": "hi"}], "role": "user"}]},
        answer={
            "candidates": [
                {"content": {"role": "model", "parts": [{"text": "hello"}]}, "finishReason": "STOP"}
            ]
        },
        path="/v1/models/planner:generateContent",
        dialect=Dialect.GEMINI,
    )


def test_sdks_get_what_was_recorded_and_try_no_miss_again() -> None:
    cut = TypedFailure(
        code=FailureCode.UNREACHABLE, what="planner broke off.", retry=Retry.NOW, do_not_conclude="Not all."
    )
    limited = replace(
        chat("again"),
        status=429,
        answer={"error": {"message": "slow down"}},
        ending=Ending.FAILED,
        headers=((b"content-type", b"application/json"), (b"retry-after", b"20")),
    )
    calls = (
        chat("hi", answer="hello"),
        replace(chat("hi", stream=True), headers=(STREAM,), chunks=_events("Where ", "is it", done=True)),
        replace(
            chat("go on", stream=True),
            headers=(STREAM,),
            chunks=[*_events("Half ", done=False), b'data: {"id": "chatc'],
            ending=Ending.CUT_OFF,
            failure=cut,
        ),
        limited,
        chat("again", answer="now"),
        _claude(),
        _gemini(),
    )
    with offline_gateway(tape_of(*calls), plan()) as gateway:
        said = told(
            gateway,
            """
found = {}
found["whole"] = ask("hi").choices[0].message.content
found["stream"] = "".join(one.choices[0].delta.content for one in ask("hi", stream=True))
half = []
try:
    for one in ask("go on", stream=True):
        half.append(one.choices[0].delta.content)
except openai.APIError as broke:
    found["broke"] = [half, broke.code]
try:
    ask("something else")
except openai.UnprocessableEntityError as missed:
    found["openai missed"] = [missed.code, "It differs in:" in str(missed)]
began = time.monotonic()
found["retried"] = ask("again").choices[0].message.content
found["waited"] = time.monotonic() - began
found["claude"] = claude.messages.create(model="planner", max_tokens=9, messages=hello).content[0].text
found["gemini"] = gemini.models.generate_content(model="planner", contents="hi").text
try:
    claude.messages.create(model="planner", max_tokens=10, messages=hello)
except anthropic.UnprocessableEntityError as missed:
    found["anthropic missed"] = missed.body["error"]["code"]
try:
    gemini.models.generate_content(model="planner", contents="bye")
except errors.ClientError as missed:
    found["gemini missed"] = missed.code
found["models"] = [one.id for one in chat.models.list()]
print(json.dumps(found))
""",
        )

    assert said.pop("waited") < 10
    assert said == {
        "whole": "hello",
        "stream": "Where is it",
        "broke": [["Half "], "unreachable"],
        "retried": "now",
        "claude": "hello",
        "gemini": "hello",
        "openai missed": ["not_recorded", True],
        "anthropic missed": "not_recorded",
        "gemini missed": 422,
        "models": ["planner"],
    }
    # Each miss was asked once.
    assert sorted(one.how for one in gateway.lines) == [How.MISS] * 3 + [How.RECORDED] * 7


def _changed(tape: Tape) -> tuple[Tape, Plan]:
    return tape, plan(keep=0, changes=(CHANGE,))


def test_changed_words_read_in_every_sdk_as_a_models_own() -> None:
    responses = Call(
        body={"model": "planner", "input": "hi"},
        answer={},
        path="/v1/responses",
        dialect=Dialect.OPENAI_RESPONSES,
    )
    with offline_gateway(*_changed(tape_of(chat("hi"), responses, _claude(), _gemini()))) as gateway:
        said = told(
            gateway,
            """
found = {}
message = ask("hi").choices[0].message
called = message.tool_calls[0].function
found["chat"] = [message.content, called.name, called.arguments]
with chat.chat.completions.stream(model="planner", messages=[system, *hello]) as events:
    message = events.get_final_completion().choices[0].message
found["chat stream"] = [
    message.content, message.tool_calls[0].function.name, message.tool_calls[0].function.arguments
]
made = chat.responses.create(model="planner", input="hi")
found["responses"] = [made.output_text, made.output[1].name, made.output[1].arguments]
with chat.responses.stream(model="planner", input="hi") as events:
    made = events.get_final_response()
found["responses stream"] = [made.output_text, made.output[1].name, made.output[1].arguments]
made = claude.messages.create(model="planner", max_tokens=9, messages=hello)
found["claude"] = [made.content[0].text, made.content[1].name, made.content[1].input, made.stop_reason]
with claude.messages.stream(model="planner", max_tokens=9, messages=hello) as events:
    made = events.get_final_message()
found["claude stream"] = [made.content[0].text, made.content[1].name, made.content[1].input, made.stop_reason]
made = gemini.models.generate_content(model="planner", contents="hi")
called = made.function_calls[0]
found["gemini"] = [made.candidates[0].content.parts[0].text, called.name, called.args]
parts = list(gemini.models.generate_content_stream(model="planner", contents="hi"))
found["gemini stream"] = [
    "".join(p.text for one in parts for p in one.candidates[0].content.parts if p.text),
    parts[-1].function_calls[0].name, parts[-1].function_calls[0].args,
]
print(json.dumps(found))
""",
        )

    for name, found in said.items():
        arguments = json.loads(found[2]) if isinstance(found[2], str) else found[2]
        assert (found[0], found[1], arguments) == ("look it up", "crm__find", {"id": 7}), name
    assert said["claude"][3] == said["claude stream"][3] == "tool_use"
    assert len(said) == 8 and {one.how for one in gateway.lines} == {How.CHANGED}
