"""What agents that talk to each other say of their own work."""

from __future__ import annotations

import pytest

from roadworthy.features.judge.detector import Detector
from roadworthy.features.judge.detectors import (
    assumption_made,
    disagreement_ignored,
    doubt_voiced,
    no_verification,
)
from tests.unit.judge.detectors.making import Talk, found

ALL = (
    assumption_made.DETECTOR,
    disagreement_ignored.DETECTOR,
    doubt_voiced.DETECTOR,
    no_verification.DETECTOR,
)
WORKED = "exitcode: 0 (execution succeeded)\nCode output: {}\n"
BROKE = "exitcode: 1 (execution failed)\nCode output: Traceback (most recent call last):\nNameError: x"


def _team(*said: str) -> Talk:
    talk = Talk("How many packs did she buy?")
    for number, text in enumerate(said):
        talk.says(text, agent=f"agent-{number % 2}")
    return talk


@pytest.mark.parametrize(
    "text",
    [
        "That doesn't make sense, packs come whole.",
        "There is a discrepancy between the two solutions.",
        "I made a mistake in the second step.",
        "The first result was incorrect.",
        "I apologize for the confusion earlier.",
        "Let's re-evaluate the equations.",
    ],
)
def test_doubt(text: str) -> None:
    [finding] = found(doubt_voiced.DETECTOR, _team("The answer is 5.", text, "The answer is 6."))
    assert finding.evidence[0].excerpt.strip() in text and "agent-1" in finding.reason


@pytest.mark.parametrize(
    "text",
    [
        "There is no discrepancy between the results.",
        "If you believe there is an error, write to us.",
        "Both results match. The answer is 5.",
        "It makes sense.",
        "Wait for the bus.",
        "",
    ],
)
def test_no_doubt(text: str) -> None:
    assert not found(doubt_voiced.DETECTOR, _team("The answer is 5.", text))


def test_of_doubts_the_strongest_is_told() -> None:
    [finding] = found(doubt_voiced.DETECTOR, _team("Let's re-evaluate this.", "That does not add up."))
    assert finding.confidence == 0.7 and "add up" in finding.reason


def test_assumptions() -> None:
    assert found(assumption_made.DETECTOR, _team("Let's assume that each pack holds five."))
    assert found(assumption_made.DETECTOR, _team("It works assuming the price is per pack."))
    assert not found(
        assumption_made.DETECTOR, _team("We cannot assume that. He assumes the role of a guide.")
    )
    assert not found(assumption_made.DETECTOR, _team("I resumed the work."))


def test_results_that_differ() -> None:
    [finding] = found(
        disagreement_ignored.DETECTOR, _team("Compute.", WORKED.format(5), "Again.", "40/9", "It is 5.")
    )
    assert "5, then 4.44444" in finding.reason and len(finding.evidence) == 2


def test_a_result_that_the_answer_lacks() -> None:
    [finding] = found(disagreement_ignored.DETECTOR, _team("Compute.", WORKED.format(48), "So it is 52."))
    assert "does not have it" in finding.reason


@pytest.mark.parametrize(
    "said",
    [
        ("Compute.", WORKED.format(48), "So it is 48."),
        ("Compute.", WORKED.format("48.0"), "48", "So it is \\boxed{48}."),
        ("Compute.", "0.25", "So it is 25 %."),
        ("Compute.", "$1,250.00", "It is 1250 dollars."),
        ("Compute.", WORKED.format("x = 3\ny = 4"), "It is 7."),
        ("Compute.", "2*N + 10", "It is 7."),
        ("48", "48"),
        ("a", "1/0", "9" * 50, "b"),
    ],
)
def test_results_that_agree_or_are_none(said: tuple[str, ...]) -> None:
    assert not found(disagreement_ignored.DETECTOR, _team(*said))


def test_code_that_never_worked() -> None:
    assert found(no_verification.DETECTOR, _team("Run it.", BROKE, "The answer is 5."))
    assert not found(
        no_verification.DETECTOR, _team("Run it.", BROKE, "Fixed.", WORKED.format(5), "It is 5.")
    )
    assert not found(no_verification.DETECTOR, _team("Run it.", BROKE, "Fixed.", "42", "It is 42."))


def test_a_check_that_was_never_made() -> None:
    assert found(no_verification.DETECTOR, _team("It is 5.", "Good. Let's verify the result with code."))
    assert not found(no_verification.DETECTOR, _team("Let's verify it.", "It was verified: 5."))
    assert not found(
        no_verification.DETECTOR, _team("It is 5.", "Shall we go on? Let me check that with you?")
    )


@pytest.mark.parametrize("detector", ALL)
@pytest.mark.parametrize(
    "text", ["", "\x00\x01", "x" * 5_000_000, "1" * 100_000, "wait, " * 50_000, "Ça n'a pas de sens. " * 10]
)
def test_anything_is_bounded(detector: Detector, text: str) -> None:
    assert len(found(detector, _team("Go.", text, "It is 5."))) <= 1


@pytest.mark.parametrize("detector", ALL)
def test_thousands_of_turns(detector: Detector) -> None:
    talk = Talk("Go.")
    for number in range(300):
        talk.says(f"Step {number} is done, and all is well with it.")
    assert not found(detector, talk)
