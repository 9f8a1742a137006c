"""Loops around a provider's SDK, as instrumentations of that SDK told them: each call a trace of its own.

Made as the recordings of `test_live_recordings` were, from one ticket whose first refund fails (T-2001) and
one whose call is refused (T-7001), against a scripted model that speaks the provider's protocol. Nobody tells
of the tools: they are read out of what was said. Semantic Kernel tells them by itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from roadworthy.domain.run import Run
from tests.unit.ingest.ingest_path import IngestPath
from tests.unit.ingest.test_dialects import read
from tests.unit.ingest.test_live_recordings import SIGNALS, record, the_run

RECORDINGS = Path(__file__).resolve().parents[2] / "fixtures" / "sdks"
QUESTION = "Ticket T-2001: order A-23 arrived broken, please refund it."
ANSWER = "I am sorry it broke. 42.50 for A-23 is on its way."


@dataclass(frozen=True)
class Told:
    tokens: tuple[int | None, int | None]
    cached: int | None = None
    traces: int = 4
    question: bool = True
    """What a refused call was asked is told."""
    failed: str = "issue_refund"
    inferred: bool = True


TOLD = {
    "bedrock-botocore": Told((776, 44), cached=388),
    "bedrock-traceloop": Told((776, 44), cached=388, question=False),
    "cohere-openinference": Told((917, 44)),
    "google-genai-openinference": Told((776, 44)),
    # Of the calls google-genai makes by itself only the last one's tokens are told.
    "google-genai-openinference-auto": Told((194, 12), traces=1),
    # Gemini gave no ids: the instrumentation made `issue_refund_0` of both refunds.
    "google-genai-otel": Told((776, 44)),
    # It does not read the stream: neither answers nor tokens are known.
    "groq-openinference-stream": Told((None, None)),
    # Ids of calls are told neither of answers nor of histories.
    "mistral-openinference": Told((917, 44)),
    "ollama-traceloop": Told((917, 44)),
    "semantic-kernel": Told((940, 44), traces=1, failed="Plugin-issue_refund", inferred=False),
}


def taken(name: str) -> IngestPath:
    recorded = json.loads((RECORDINGS / f"{name}.json").read_text())
    path = IngestPath()
    path.take([record(signal, recorded[signal]) for signal in SIGNALS if signal in recorded])
    return path


def test_every_recording_is_looked_at() -> None:
    assert {file.stem for file in RECORDINGS.iterdir()} == set(TOLD)


@pytest.mark.parametrize("name", TOLD)
def test_a_loop_around_an_sdk_is_one_run(name: str) -> None:
    told, path = TOLD[name], taken(name)
    run = the_run(path, "T-2001")
    assert len(path.runs()) == 2
    assert (run.agent, run.model_calls, run.failed_model_calls, len(run.trace_ids)) == (
        "desk",
        4,
        0,
        told.traces,
    )
    assert (run.tool_calls, run.failed_tools, run.failed_tool_calls) == (3, (told.failed,), 1)
    assert run.inferred_tool_calls == (3 if told.inferred else 0)
    assert (run.input_tokens, run.output_tokens, run.cache_read_tokens) == (*told.tokens, told.cached)
    # Where streams were not read, nobody was told the answer.
    assert run.final_answer == ("" if told.tokens[0] is None else ANSWER)
    assert (run.status, len(run.models), run.input) == ("ok", 1, QUESTION)


@pytest.mark.parametrize("name", TOLD)
def test_a_refused_call_is_a_run_that_failed(name: str) -> None:
    run = refused(taken(name))
    assert (run.model_calls, run.failed_model_calls, run.status) == (0, 1, "error")
    assert "maximum context length" in run.error and "x-request-id" not in run.error
    assert ("T-7001" in run.input) == TOLD[name].question


def refused(path: IngestPath) -> Run:
    (run,) = [run for run in path.runs() if run.status == "error"]
    return run


def test_an_argument_that_a_tool_calls_response_id_is_no_id_of_the_answer() -> None:
    call = {"name": "read_survey", "args": {"response_id": "survey_7f3a99b1"}}
    answer: dict[str, Any] = {"candidates": [{"content": {"parts": [{"function_call": call}]}}]}
    sent = {"openinference.span.kind": "LLM", "output.value": json.dumps(answer)}
    assert read(sent).response_id == ""
    sent["output.value"] = json.dumps({**answer, "response_id": "Xq81mZr4Tt0aBcD2"})
    assert read(sent).response_id == "Xq81mZr4Tt0aBcD2"
