"""Agents of frameworks too heavy for the demo, as they sent what they did on the day they were tried.

Each file of tests/fixtures/live is OTLP as JSON. It was made by the lines of docs/guide/frameworks.md, with
the desk of examples/demo/desk.py behind the tools and its scripted model (for ADK one that speaks Gemini)
behind the framework: one ticket whose first refund fails (T-2001), one whose model call is refused (T-7001,
but not where `refused` says no: it was not tried, or nothing of it was told). Left out were stack traces, the
names of the machine, and what DSPy repeats of the prompt.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from roadworthy.contracts.intake import Encoding, IntakeRecord, Signal
from roadworthy.domain.run import Run
from roadworthy.domain.span import SpanFlag, SpanKind
from roadworthy.features.ingest.runs.assemble import assemble
from tests.unit.ingest.ingest_path import RECEIVED_NS, IngestPath

RECORDINGS = Path(__file__).resolve().parents[2] / "fixtures" / "live"
SIGNALS = {"resourceSpans": Signal.TRACES, "resourceLogs": Signal.LOGS}


@dataclass(frozen=True)
class Wanted:
    agent: str
    model_calls: int
    tool_calls: int
    tokens: tuple[int, int]
    refused: bool = True
    inferred: bool = False
    """Its calls and tools have no spans: they are read out of what was said."""
    tells_why: bool = True
    """What a tool raised is told; OpenAI's Agents SDK keeps it back, unless an exporter asks elsewhere."""
    tools_inferred: bool = False
    """Its calls have spans, its tools have none: the loop around the provider's SDK is the caller's own."""
    tool_spans: int = 0
    """Of them; Traceloop's SDK for JavaScript sends none of a function that raised."""


WANTED = {
    "ag2": Wanted("desk", 4, 3, (1898, 44)),
    "agent-framework": Wanted("desk", 4, 3, (880, 44)),
    "agno": Wanted("desk", 4, 3, (887, 44)),
    "autogen": Wanted("desk", 4, 3, (992, 44)),
    "claude-agent-sdk": Wanted("claude-code", 5, 3, (2430, 59), refused=False),
    "dspy": Wanted("dspy-sdk", 4, 2, (3819, 136)),
    "genkit": Wanted("desk", 4, 3, (905, 44)),
    "google-adk": Wanted("desk", 4, 3, (776, 44)),
    "haystack": Wanted("haystack-sdk", 4, 3, (925, 44)),
    "haystack-openinference": Wanted("haystack-openinference", 4, 3, (936, 44), refused=False, inferred=True),
    "haystack-traceloop": Wanted("desk", 4, 3, (936, 44), tools_inferred=True),
    "llama-index": Wanted("FunctionAgent", 4, 3, (888, 44)),
    "llama-index-traceloop": Wanted("desk", 4, 3, (888, 44), refused=False),
    "openai-agents-langsmith": Wanted("triage", 4, 3, (887, 44), refused=False, tells_why=False),
    "openai-agents-mlflow": Wanted("triage", 4, 3, (887, 44), tells_why=False),
    "strands-swarm": Wanted("triage", 4, 3, (1157, 44)),
    "langgraph-langfuse": Wanted("desk", 4, 3, (893, 44)),
    "langgraph-langsmith": Wanted("desk", 4, 3, (893, 44)),
    "langgraph-mlflow": Wanted("desk", 4, 3, (893, 44)),
    "openai-js-responses": Wanted("desk-service", 4, 3, (874, 44), refused=False, tools_inferred=True),
    "langchain-js": Wanted("desk", 4, 3, (926, 44)),
    "mastra": Wanted("desk", 4, 3, (902, 44)),
    "openai-agents-js": Wanted("triage", 4, 3, (912, 44), tells_why=False),
    "traceloop-js": Wanted("desk", 4, 3, (905, 44), refused=False, tools_inferred=True, tool_spans=2),
    "vercel-ai": Wanted("my-agent", 4, 3, (824, 44)),
    "vercel-ai-langfuse": Wanted("desk", 4, 3, (902, 44)),
    "vercel-ai-openinference": Wanted("desk", 4, 3, (902, 44)),
    "anthropic-js-stream": Wanted("desk-service", 4, 3, (874, 44), tools_inferred=True),
    "anthropic-openlit": Wanted("shop", 4, 3, (887, 44), refused=False),
    "crewai-openlit": Wanted("desk", 4, 3, (1129, 44), refused=False, tools_inferred=True),
    "langgraph-openlit": Wanted("desk", 4, 3, (910, 44), refused=False),
    "openai-agentops": Wanted("desk", 4, 3, (917, 44)),
    "openai-agents-laminar": Wanted("triage", 4, 3, (880, 44), refused=False),
    "openai-agents-logfire": Wanted("triage", 4, 3, (880, 44)),
    "openai-braintrust": Wanted("shop", 4, 3, (917, 44)),
    "openai-laminar": Wanted("shop", 4, 3, (917, 44)),
    "openai-logfire": Wanted("shop", 4, 3, (917, 44)),
}
"""OpenLIT tells nothing of what a refused call was asked. DSPy's ReAct does not try a failed tool again here;
Claude's fifth call gives the session its title."""


def taken(framework: str) -> IngestPath:
    recorded = json.loads((RECORDINGS / f"{framework}.json").read_text())
    path = IngestPath()
    path.take([record(name, recorded[name]) for name in SIGNALS if name in recorded])
    return path


def record(name: str, content: list[Any]) -> IntakeRecord:
    return IntakeRecord(
        project="default",
        signal=SIGNALS[name],
        encoding=Encoding.JSON,
        received_ns=RECEIVED_NS,
        body=json.dumps({name: content}).encode(),
    )


def the_run(path: IngestPath, ticket: str) -> Run:
    (run,) = [run for run in path.runs() if ticket in run.input]
    return run


def test_every_recording_is_looked_at() -> None:
    assert {file.stem for file in RECORDINGS.iterdir()} == set(WANTED)


@pytest.mark.parametrize("framework", WANTED)
def test_a_task_is_one_run_and_says_what_happened(framework: str) -> None:
    path, wanted = taken(framework), WANTED[framework]
    run = the_run(path, "T-2001")
    assert len(path.runs()) == 1 + wanted.refused
    assert (run.agent, run.model_calls, run.failed_model_calls) == (wanted.agent, wanted.model_calls, 0)
    assert (run.tool_calls, run.failed_tools, run.inferred_tool_calls) == (
        wanted.tool_calls,
        ("issue_refund",),
        wanted.tool_calls - wanted.tool_spans if wanted.inferred or wanted.tools_inferred else 0,
    )
    assert run.failed_tool_calls == 1
    assert (run.input_tokens, run.output_tokens) == wanted.tokens
    assert run.input == "Ticket T-2001: order A-23 arrived broken, please refund it."
    assert run.final_answer == "I am sorry it broke. 42.50 for A-23 is on its way."
    assert (run.status, run.error, run.handoffs) == ("ok", "", ())
    # Who tells no model call names no model: what it cost is unknown.
    assert (len(run.models), run.cost_usd is None) == ((0, True) if wanted.inferred else (1, False))


@pytest.mark.parametrize(
    "framework",
    [
        n
        for n, wanted in WANTED.items()
        if wanted.tells_why and not (wanted.inferred or wanted.tools_inferred)
    ],
)
def test_a_failed_tool_says_why(framework: str) -> None:
    path = taken(framework)
    spans = path.store.spans_of_traces("default", the_run(path, "T-2001").trace_ids)
    # A function told to be traced is a tool once the model's calls are read with it.
    tools = [span for span in assemble(spans).spans if span.kind is SpanKind.TOOL and span.error]
    assert any("no answer within 5 s" in tool.error for tool in tools)
    assert not any("Traceback" in tool.error for tool in tools)


@pytest.mark.parametrize("framework", [name for name, wanted in WANTED.items() if wanted.refused])
def test_a_refused_call_is_the_error_of_its_run_and_counts_once(framework: str) -> None:
    run = the_run(taken(framework), "T-7001")
    assert (run.model_calls, run.failed_model_calls, run.status) == (0, 1, "error")
    assert "maximum context length" in run.error or "maximum number of tokens" in run.error
    assert (run.input_tokens, run.output_tokens, run.final_answer) == (0, 0, "")


def test_langfuse_tells_the_release_of_spans_that_are_not_its_own() -> None:
    run = the_run(taken("vercel-ai-langfuse"), "T-2001")
    assert (run.release, run.environment, run.session_id, run.user_id) == ("1.2", "prod", "T-2001", "mia")
    assert run.dialects == ("vercel_ai",)


def test_the_last_answer_of_a_conversation_comes_after_what_led_to_it() -> None:
    path = taken("haystack-openinference")
    sent = path.store.spans_of_traces("default", the_run(path, "T-2001").trace_ids)
    steps = [span for span in assemble(sent).spans if SpanFlag.INFERRED in span.flags]
    last = max(steps, key=lambda step: step.start_ns)
    assert (len(steps), last.kind, "I am sorry it broke" in last.output) == (7, SpanKind.LLM, True)


@pytest.mark.parametrize("framework", ["langgraph-langfuse", "langgraph-langsmith", "langgraph-mlflow"])
def test_whoever_traces_langgraph_says_the_same_of_it(framework: str) -> None:
    run = the_run(taken(framework), "T-2001")
    # Langfuse takes cached tokens out of the input, LangSmith says them in its metadata.
    assert (run.cache_read_tokens, run.session_id, run.user_id) == (445, "T-2001", "mia")
    assert run.cost_usd == pytest.approx((893 - 445) * 0.4e-6 + 445 * 0.1e-6 + 44 * 1.6e-6)


def test_genkits_plugin_for_openai_tells_what_was_cached_only_in_the_providers_answer() -> None:
    run = the_run(taken("genkit"), "T-2001")
    assert (run.cache_read_tokens, run.reasoning_tokens) == (452, 0)
    assert run.cost_usd == pytest.approx((905 - 452) * 0.4e-6 + 452 * 0.1e-6 + 44 * 1.6e-6)
