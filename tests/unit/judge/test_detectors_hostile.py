"""Whatever a run holds: no detector raises, says the same twice, or says more than it may."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roadworthy.domain.run import Run, RunStatus
from roadworthy.features.judge.detectors.table import DETECTORS
from roadworthy.features.judge.transcript import Transcript
from tests.unit.judge.detectors.making import START_NS, Talk, found

MOST = 30
"""No detector lists more; people read this."""
BINARY = "".join(chr(code) for code in (*range(256), 0xD800, 0xFFFD, 0x202E, 0x1F600))
BASE64 = base64.b64encode(bytes(range(256)) * 400).decode()
BROKEN = [
    '{"a": [1, 2',
    "[[[[[[",
    '{"error": ',
    '"\\ud800',
    "{" * 5000,
    "[" * 100_000,
    "nul",
    '{"a":NaN}',
    "}",
]
LONG = "I have refunded 42.50 to ann@example.com for order A-99, see https://x.example/1. " * 65_000


def check(transcript: Transcript) -> None:
    for detector in DETECTORS:
        first = found(detector, transcript)
        assert len(first) <= MOST, detector.name
        again = Transcript(transcript.run, transcript.spans)
        assert list(found(detector, again)) == list(first), detector.name


@pytest.mark.parametrize("result", [BINARY, BASE64, *BROKEN, "", "null", "0", LONG[:300_000]])
def test_results_of_any_kind(result: str) -> None:
    talk = Talk("Refund A-99.", tools=["issue_refund"]).tool("issue_refund", result, result)
    talk.tool("search", result, result, failed=True, error=result[:5000]).says(result[:5000] or "Done.")
    check(talk.transcript())


@pytest.mark.parametrize(
    "answer",
    [LONG, BINARY * 100, BASE64 * 50, "a" * 5_000_000, "1 " * 2_000_000, "\n" * 1_000_000, "漢" * 1_000_000],
)
def test_answers_of_five_megabytes(answer: str) -> None:
    talk = (
        Talk("Refund A-99.").tool("issue_refund", {"id": "A-99"}, {"ok": False}, negative=True).says(answer)
    )
    check(talk.transcript())


@pytest.mark.parametrize("asked", ["", "Refund A-99.", LONG])
def test_one_span_and_none(asked: str) -> None:
    check(Talk(asked).says("").transcript())
    check(Talk(asked).tool("x").transcript())
    check(Transcript(Run(project="p", id="r", sort_ns=1), []))
    check(Transcript(Run(project="p", id="r", sort_ns=1, status=RunStatus.ERROR, ended_ns=START_NS), []))


def test_ten_thousand_spans() -> None:
    talk = Talk("Refund everything, 42.50 each.", tools=["issue_refund", "cancel_order"])
    for number in range(10_000):
        talk.tool("issue_refund", {"id": f"A-{number}", "amount": number * 1.37}, {"ok": number % 3 > 0})
    talk.says("I have refunded and cancelled all 9,876 orders, 13,530.77 in all, R-99881.")
    check(talk.transcript())


TEXTS = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "I have refunded 42.50 €.",
            "Could not cancel.",
            '{"ok": false}',
            "[]",
            '{"status": "error"}',
            "Done!",
            "Please confirm?",
            "Ihr Flug wurde storniert.",
            "2026-10-02 at 3:30 PM",
            BINARY,
        ]
    ),
)


@st.composite
def talks(draw: st.DrawFn) -> Talk:
    talk = Talk(
        *draw(st.lists(TEXTS, max_size=2)), system=draw(TEXTS), tools=draw(st.lists(TEXTS, max_size=3))
    )
    for _ in range(draw(st.integers(0, 6))):
        if draw(st.booleans()):
            arguments: Any = draw(
                st.one_of(TEXTS, st.dictionaries(TEXTS, st.one_of(TEXTS, st.integers(), st.floats())))
            )
            talk.tool(
                draw(
                    st.sampled_from(
                        ["issue_refund", "getOrder", "run_sql", "transfer_to_human", "", "tools/list"]
                    )
                ),
                json.dumps(arguments) if isinstance(arguments, dict) else arguments,
                draw(TEXTS),
                failed=draw(st.booleans()),
                negative=draw(st.booleans()),
                hidden=draw(st.booleans()),
                error=draw(TEXTS),
            )
        else:
            talk.says(draw(TEXTS), finish=draw(st.sampled_from(["stop", "length", "", "content_filter"])))
            if draw(st.booleans()):
                talk.user(draw(TEXTS))
    return talk


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(talks())
def test_any_run(talk: Talk) -> None:
    check(talk.transcript())
