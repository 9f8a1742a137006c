"""Refusals of the task, and what only looks like one."""

from __future__ import annotations

import pytest

from roadworthy.features.judge.detectors.refused import DETECTOR
from tests.unit.judge.detectors.making import Talk, found


@pytest.mark.parametrize(
    "answer",
    [
        "I'm sorry, but I can't assist with that.",
        "I’m sorry, I can’t help with that request.",
        "I cannot comply with this request.",
        "As an AI language model, I cannot browse the web.",
        "I must decline to answer.",
        "That would be against my guidelines.",
        "Dabei kann ich Ihnen leider nicht helfen.",
        "Je ne peux pas vous aider avec ça.",
        "Lo siento, no puedo ayudarte con eso.",
        "抱歉，我无法回答这个问题。",
        "I won't be able to take part in this.",
        "I'd rather not answer that.",
        "This isn't something I can do for you.",
        "My guidelines do not allow me to do this.",
    ],
)
def test_refusals(answer: str) -> None:
    [finding] = found(DETECTOR, Talk("Do it").says(answer))
    assert finding.confidence == 0.9 and finding.evidence[0].place == "answer"


@pytest.mark.parametrize(
    "answer",
    [
        "I'm sorry, but I cannot cancel a basic economy ticket after 24 hours.",
        "I can help with that.",
        "I could not find the order.",
        "Why can't I help with that? A short essay: " + "because of the wind. " * 200,
        "The guide says: never say that you can't.",
        "",
        "\x00" * 1000,
    ],
)
def test_silent(answer: str) -> None:
    assert not found(DETECTOR, Talk("Do it").says(answer))


@pytest.mark.parametrize("finish", ["content_filter", "SAFETY", "FinishReason.SAFETY", "refusal"])
def test_a_filter_ended_it(finish: str) -> None:
    [finding] = found(DETECTOR, Talk("Do it").says("Well", finish=finish))
    assert "filter" in finding.reason


def test_refusals_along_the_way_do_not_count() -> None:
    assert not found(
        DETECTOR, Talk("Do it").says("I can't help with that.").user("Please!").says("Here it is.")
    )


def test_an_offer_beside_it_makes_it_less_sure() -> None:
    [finding] = found(DETECTOR, Talk("Do it").says("I can't help with that, but I can do something else."))
    assert finding.confidence < 0.9
