"""Answers that stop in the middle."""

from __future__ import annotations

import pytest

from roadworthy.features.judge.detectors.truncated import DETECTOR
from tests.unit.judge.detectors.making import Talk, found


@pytest.mark.parametrize(
    "finish", ["length", "max_tokens", "MAX_TOKENS", "FinishReason.MAX_TOKENS", "incomplete"]
)
def test_the_model_hit_its_limit(finish: str) -> None:
    [finding] = found(DETECTOR, Talk("Tell me").says("Once upon a", finish=finish))
    assert finding.confidence == 1.0 and finding.evidence[0].place == "answer"


@pytest.mark.parametrize(
    "answer",
    ["Here:\n```python\nprint(1)\nprint(", '{"order": "A-17", "items": [{"sku": 1}, {"sk', '[{"a": 1}, {"b"'],
)
def test_the_text_ends_in_the_middle(answer: str) -> None:
    assert found(DETECTOR, Talk("Tell me").says(answer))


@pytest.mark.parametrize(
    "answer",
    [
        "All is well.",
        "```python\nprint(1)\n```",
        "Use ```x``` here\n```\ny\n```\nok",
        '{"order": "A-17"}',
        '{"broken": }',
        "[1] Smith, A. (2020) wrote",
        "[link](https://example.com) says so",
        "{name} is a placeholder",
        "{",
        "",
        "\x00{\x01",
        "```" * 100_000,
        '{"cut by the recorder": "' + "x" * 19_975,
    ],
)
def test_silent(answer: str) -> None:
    assert not found(DETECTOR, Talk("Tell me").says(answer))


def test_only_the_answering_call_counts() -> None:
    talk = Talk("Tell me").says("Once", finish="length").user("Go on").says("upon a time.")
    assert not found(DETECTOR, talk)
