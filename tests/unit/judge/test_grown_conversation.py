"""A conversation that was sent again with more behind it is read from where it went on, to the same end."""

from __future__ import annotations

import json

import pytest

from roadworthy.domain.run import Run
from roadworthy.domain.span import ContentFormat, Span, SpanKind
from roadworthy.features.judge.transcript import Transcript

FIRST = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
BEGUN = json.dumps(FIRST)


def heard(*inputs: tuple[str, ContentFormat], agents: str = "aaaa") -> list[tuple[str, str]]:
    spans = [
        Span(
            project="p",
            trace_id="0" * 32,
            span_id=f"{number:016x}",
            kind=SpanKind.LLM,
            agent=agent,
            start_ns=number + 1,
            input=text,
            input_format=form,
        )
        for number, ((text, form), agent) in enumerate(zip(inputs, agents, strict=False))
    ]
    sayings = Transcript(Run(project="p", id="r", sort_ns=1), spans).sayings
    return [(one.role, one.text) for one in sayings]


@pytest.mark.parametrize("agents", ["aaaa", "abab", "abcd"])
def test_each_thing_is_heard_once_and_in_order(agents: str) -> None:
    asked = [*FIRST]
    sent = []
    for number in range(4):
        sent.append((json.dumps(asked), ContentFormat.MESSAGES))
        asked = [
            *asked,
            {"role": "assistant", "content": f"Answer {number}"},
            {"role": "tool", "content": "12"},
            {"role": "user", "content": f"More {number}"},
        ]
    said = heard(*sent, agents=agents)
    assert [text for _, text in said] == [
        *("Be brief.", "Hi", "Answer 0", "More 0", "Answer 1", "More 1", "Answer 2", "More 2")
    ]


@pytest.mark.parametrize(
    "more",
    [BEGUN[:-1] + ",]", BEGUN[:-1] + ", ]", BEGUN[:-1] + ",{", BEGUN[:-1] + ',"x"]]', BEGUN[:-1] + ","],
)
def test_what_only_begins_like_it_is_a_text(more: str) -> None:
    assert heard((BEGUN, ContentFormat.MESSAGES), (more, ContentFormat.MESSAGES))[2:] == [("user", more)]


def test_a_text_that_looks_like_messages_stays_one() -> None:
    longer = json.dumps([*FIRST, {"role": "user", "content": "More"}])
    said = heard((BEGUN, ContentFormat.MESSAGES), (longer, ContentFormat.TEXT))
    assert said[2:] == [("user", longer)]
