"""What a search hit shows of a step: what was said, by whom, without the JSON it is stored in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from roadworthy.contracts.telemetry import Excerpt, SpanQuery, TelemetryStore
from roadworthy.domain.span import ContentFormat
from tests.contract.telemetry.making import batch, span


def shown(store: TelemetryStore, project: str, text: str, **fields: Any) -> Excerpt:
    store.write(batch(spans=[span(project, **fields)]))
    [hit] = store.search(project, SpanQuery(text=text))
    return hit.excerpt


def chat(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"input": json.dumps(messages), "input_format": ContentFormat.MESSAGES}


def test_the_last_who_said_it(store: TelemetryStore, project: str) -> None:
    excerpt = shown(
        store,
        project,
        "refund",
        **chat(
            {"role": "system", "content": "You may refund orders. issue a refund, refund"},
            {"role": "user", "content": "I want a refund"},
            {"role": "assistant", "content": "A refund of what?"},
            {"role": "user", "content": 'Please "refund" order\nA-17.'},
        ),
        output=json.dumps([{"role": "assistant", "content": "Done."}]),
        output_format=ContentFormat.MESSAGES,
    )
    assert excerpt == Excerpt(text='Please "refund" order A-17.', role="user", place="input")


def test_who_says_the_most_of_the_words(store: TelemetryStore, project: str) -> None:
    excerpt = shown(
        store,
        project,
        "refund broken",
        **chat(
            {"role": "user", "content": "it arrived broken, refund it"}, {"role": "user", "content": "refund"}
        ),
    )
    assert excerpt.text == "it arrived broken, refund it"


@pytest.mark.parametrize(
    ("message", "text", "role"),
    [
        (
            {
                "role": "assistant",
                "tool_calls": [{"name": "issue_refund", "arguments": '{"order_id": "needle"}'}],
            },
            "issue_refund(order_id: needle)",
            "assistant",
        ),
        (
            {"role": "tool", "content": '{"ok": false, "why": ["needle", 3, null]}'},
            "ok: false, why: needle, why: 3",
            "tool",
        ),
        (
            {"role": "assistant", "parts": [{"type": "reasoning", "text": "the needle?"}]},
            "the needle?",
            "assistant",
        ),
    ],
)
def test_calls_results_and_thoughts_in_words(
    store: TelemetryStore, project: str, message: dict[str, Any], text: str, role: str
) -> None:
    excerpt = shown(store, project, "needle", **chat(message))
    assert (excerpt.text, excerpt.role) == (text, role)


def test_a_tool_says_what_it_was_given_and_gave(store: TelemetryStore, project: str) -> None:
    given = {"input": '{"order": {"id": "needle"}}', "input_format": ContentFormat.JSON}
    excerpt = shown(store, project, "needle", **given, output="delivered")
    assert excerpt == Excerpt(text="id: needle", role="", place="input")


def test_cut_between_words(store: TelemetryStore, project: str) -> None:
    words = [f"word{number}" for number in range(200)]
    excerpt = shown(store, project, "word100", output=" ".join(words))
    first, *inside, last = excerpt.text.split(" ")
    assert (first, last) == ("…", "…")
    assert "word100" in inside
    assert set(inside) <= set(words)


@pytest.mark.parametrize(
    ("raw", "form"),
    [
        ('[{"role": "user", "content": "needle', ContentFormat.MESSAGES),
        ('{"needle": 1}', ContentFormat.MESSAGES),
        ('["needle"]', ContentFormat.MESSAGES),
        (
            '[{"role": null, "content": {"needle": "x"}, "parts": [1], "tool_calls": [2]}]',
            ContentFormat.MESSAGES,
        ),
        ("[" * 500 + '"needle"' + "]" * 500, ContentFormat.JSON),
        ("needle", ContentFormat.JSON),
    ],
)
def test_odd_content_is_no_error(store: TelemetryStore, project: str, raw: str, form: ContentFormat) -> None:
    excerpt = shown(store, project, "needle", input=raw, input_format=form)
    assert len(excerpt.text) < 260
