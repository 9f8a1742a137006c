"""OTLP bodies of agent runs, serialised once and given fresh ids and times for each sending.

A run is 12 spans (an agent, five model calls, six tools); a model span carries about 2 kB of content, a span
19 attributes. A template is a protobuf body whose ids are known; `Template.fresh` overwrites them in a copy,
so that the sender costs almost nothing and no two bodies share an id.
"""

from __future__ import annotations

import json
import random
import re
import string
import time
from dataclasses import dataclass

import numpy as np
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from benchmarks.agent_spans import SYLLABLES

AGENTS = ("booking", "refunds", "triage", "research", "billing", "onboarding")
TOOLS = ("search_flights", "get_weather", "lookup_order", "send_mail", "query_crm", "read_document")
MODELS = ("gpt-5-mini", "claude-sonnet-4-5", "gemini-2.5-flash")
SPANS_A_RUN = 12
MODEL_CALLS = 5
TOOL_CALLS = 6
ALPHABET = string.ascii_letters + string.digits
LETTERS = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)
BASE_NS = 1_795_000_000_000_000_000
ID_LETTERS = 24
RARE_WORD = "zyzzyva"
"""Stands in one run of `RARE_EVERY`."""
RARE_EVERY = 20_000
RARE_PLACE = "q" * len(RARE_WORD)
"""Stands where the rare word may be put: as long, so that what comes out is that word and no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """One request and the runs in it; the last is cut off where the body is full."""

    content: bytes
    spans: int
    runs: tuple[tuple[str, int], ...]
    """Trace id (hex) and how many spans of it are here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where values of one width stand in a body: value `of[i]` is written at byte `at[i]`."""

    at: np.ndarray
    of: np.ndarray
    count: int

    @classmethod
    def find(cls, content: bytes, marks: list[bytes], *, before: bytes) -> Places:
        """Where the marks, all of one width, stand in the body behind `before` (a pattern)."""
        numbers = {mark: number for number, mark in enumerate(marks)}
        found = re.finditer(b"(?s)%b(?=(.{%d}))" % (before, len(marks[0])), content)
        pairs = [(hit.start(1), numbers[hit[1]]) for hit in found if hit[1] in numbers]
        return cls(
            at=np.array([at for at, _ in pairs], dtype=np.int64),
            of=np.array([number for _, number in pairs], dtype=np.int64),
            count=len(marks),
        )

    def write(self, content: np.ndarray, values: np.ndarray) -> None:
        """`values` is (count, width) bytes."""
        content[self.at[:, None] + np.arange(values.shape[1])] = values[self.of]


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A serialised body and where in it the ids and times stand."""

    content: np.ndarray
    spans: int
    traces: Places
    span_ids: Places
    texts: Places
    times: Places
    after: np.ndarray
    """How many ns after the first start each time is."""
    rare: int
    """Where the rare word may be put, -1 where nowhere."""

    def fresh(self, chooser: np.random.Generator, *, start_ns: int | None = None) -> Body:
        """The body with ids that nobody had before; its runs end now unless told when they start."""
        content = self.content.copy()
        trace_ids = chooser.integers(1, 256, (self.traces.count, 16), dtype=np.uint8)
        self.traces.write(content, trace_ids)
        self.span_ids.write(content, chooser.integers(1, 256, (self.span_ids.count, 8), dtype=np.uint8))
        letters = chooser.integers(0, len(LETTERS), (self.texts.count, ID_LETTERS))
        self.texts.write(content, LETTERS[letters])
        first = time.time_ns() - int(self.after[-1]) if start_ns is None else start_ns
        self.times.write(content, (self.after + first).astype("<u8").view(np.uint8).reshape(-1, 8))
        if self.rare >= 0 and chooser.random() < self.spans / SPANS_A_RUN / RARE_EVERY:
            content[self.rare : self.rare + len(RARE_WORD)] = np.frombuffer(
                RARE_WORD.encode(), dtype=np.uint8
            )
        return Body(
            content=content.tobytes(),
            spans=self.spans,
            runs=tuple(
                (trace_id.tobytes().hex(), min(SPANS_A_RUN, self.spans - number * SPANS_A_RUN))
                for number, trace_id in enumerate(trace_ids)
            ),
        )


def templates(*, count: int = 4, spans: int = 512, seed: int = 1) -> list[Template]:
    """Different bodies of `spans` spans; the same seed makes the same."""
    chooser = random.Random(seed)
    words = _words(chooser)
    return [_template(chooser, words, spans) for _ in range(count)]


def one_run(*, seed: int = 2) -> Template:
    """A body of a single run: what a probe sends."""
    chooser = random.Random(seed)
    return _template(chooser, _words(chooser), SPANS_A_RUN)


def _words(chooser: random.Random) -> list[str]:
    """4,000 made-up words; `_text` picks them as language does, a few often and most rarely."""
    parts = SYLLABLES[:25]
    made: set[str] = set()
    while len(made) < 4000:
        made.add("".join(chooser.choices(parts, k=chooser.choice((1, 2, 2, 3, 3, 4)))))
    return sorted(made, key=lambda word: (len(word), word))


def _text(chooser: random.Random, words: list[str], characters: int) -> str:
    picked = [words[int(len(words) * chooser.random() ** 3)] for _ in range(characters // 6)]
    return " ".join(picked)[:characters]


def _template(chooser: random.Random, words: list[str], spans: int) -> Template:
    request = ExportTraceServiceRequest()
    by_agent: dict[str, object] = {}
    marks: dict[str, list[bytes]] = {"trace": [], "span": [], "text": []}
    left = spans
    while left > 0:
        agent = chooser.choice(AGENTS)
        made = _run(chooser, words, agent, marks)[:left]
        left -= len(made)
        scope = by_agent.get(agent)
        if scope is None:
            scope = by_agent[agent] = _scope(request, agent, chooser)
        scope.spans.extend(made)  # type: ignore[attr-defined]
    content = request.SerializeToString()
    times = sorted({t for s in _spans(request) for t in (s.start_time_unix_nano, s.end_time_unix_nano)})
    return Template(
        content=np.frombuffer(content, dtype=np.uint8),
        spans=spans,
        traces=Places.find(content, marks["trace"], before=rb"\x0a\x10"),
        span_ids=Places.find(content, marks["span"], before=rb"[\x12\x22]\x08"),
        texts=Places.find(content, marks["text"], before=rb"(?:chatcmpl-|call_)"),
        times=Places.find(content, [value.to_bytes(8, "little") for value in times], before=rb"[\x39\x41]"),
        after=np.array([value - times[0] for value in times], dtype=np.int64),
        rare=content.find(RARE_PLACE.encode()),
    )


def _spans(request: ExportTraceServiceRequest) -> list[Span]:
    return [s for r in request.resource_spans for scope in r.scope_spans for s in scope.spans]


def _scope(request: ExportTraceServiceRequest, agent: str, chooser: random.Random) -> object:
    resource = request.resource_spans.add()
    resource.resource.attributes.extend(
        _attributes(
            {
                "service.name": f"{agent}-service",
                "service.version": f"2026.{chooser.randrange(6)}",
                "deployment.environment.name": "production",
                "telemetry.sdk.language": "python",
                "telemetry.sdk.name": "opentelemetry",
                "telemetry.sdk.version": "1.45.0",
                "host.name": f"worker-{chooser.randrange(8)}",
            }
        )
    )
    scope = resource.scope_spans.add()
    scope.scope.name = "opentelemetry.instrumentation.agents"
    scope.scope.version = "1.0"
    return scope


def _run(chooser: random.Random, words: list[str], agent: str, marks: dict[str, list[bytes]]) -> list[Span]:
    """An agent that calls its model five times, each with the conversation so far, and six tools."""
    trace_id = chooser.randbytes(16)
    marks["trace"].append(trace_id)
    model = chooser.choice(MODELS)
    # Each run of a body starts at a moment of its own, so that every time can be found in the bytes.
    at = BASE_NS + len(marks["trace"]) * 7_000_003
    common = {
        "gen_ai.agent.name": agent,
        "gen_ai.conversation.id": f"conv-{chooser.randrange(5000)}",
        "user.id": f"user-{chooser.randrange(2000)}",
        "customer.tier": chooser.choice(("free", "team", "enterprise")),
        "tenant.id": f"tenant-{chooser.randrange(300)}",
        "thread.id": chooser.randrange(64),
    }
    root = _span(chooser, marks, trace_id, None, f"invoke_agent {agent}", at)
    question = f"{_text(chooser, words, 250)} {RARE_PLACE}"
    conversation = [
        _message("system", f"You are the {agent} agent. " + _text(chooser, words, 300)),
        _message("user", question),
    ]
    spans = [root]
    answer = ""
    for step in range(MODEL_CALLS):
        answer = _text(chooser, words, 260)
        call = _span(chooser, marks, trace_id, root, f"chat {model}", at + step * 1_000_003)
        response_id = "chatcmpl-" + _letters(chooser, marks)
        call_ids = ["call_" + _letters(chooser, marks) for _ in range(2 if step == 0 else 1)]
        tool = chooser.choice(TOOLS)
        calls = [
            {"type": "tool_call", "id": each, "name": tool, "arguments": {"query": _text(chooser, words, 40)}}
            for each in call_ids
        ]
        output = {
            "role": "assistant",
            "parts": [{"type": "text", "content": answer}, *calls],
            "finish_reason": "stop",
        }
        call.attributes.extend(
            _attributes(
                {
                    **common,
                    "gen_ai.operation.name": "chat",
                    "gen_ai.provider.name": "openai",
                    "gen_ai.request.model": model,
                    "gen_ai.response.model": model,
                    "gen_ai.response.id": response_id,
                    "gen_ai.request.temperature": 0.2,
                    "gen_ai.usage.input_tokens": 500 + chooser.randrange(500),
                    "gen_ai.usage.output_tokens": 50 + chooser.randrange(100),
                    "gen_ai.input.messages": json.dumps(conversation[-6:]),
                    "gen_ai.output.messages": json.dumps([output]),
                }
            )
        )
        spans.append(call)
        conversation.append({"role": "assistant", "parts": output["parts"]})
        for each in call_ids:
            result = _text(chooser, words, 200)
            done = _span(
                chooser, marks, trace_id, root, f"execute_tool {tool}", at + step * 1_000_003 + 500_009
            )
            done.attributes.extend(
                _attributes(
                    {
                        **common,
                        "gen_ai.operation.name": "execute_tool",
                        "gen_ai.tool.name": tool,
                        "gen_ai.tool.type": "function",
                        "gen_ai.tool.call.id": each,
                        "gen_ai.tool.description": f"{tool} of the company's systems",
                        "gen_ai.tool.call.arguments": json.dumps({"query": _text(chooser, words, 40)}),
                        "gen_ai.tool.call.result": result,
                    }
                )
            )
            spans.append(done)
            conversation.append(
                {"role": "tool", "parts": [{"type": "tool_call_response", "id": each, "response": result}]}
            )
    root.end_time_unix_nano = at + 6_000_011
    root.attributes.extend(
        _attributes(
            {
                **common,
                "gen_ai.operation.name": "invoke_agent",
                "gen_ai.input.messages": json.dumps([_message("user", question)]),
                "gen_ai.output.messages": json.dumps([_message("assistant", answer)]),
            }
        )
    )
    return spans


def _span(
    chooser: random.Random,
    marks: dict[str, list[bytes]],
    trace_id: bytes,
    parent: Span | None,
    name: str,
    at: int,
) -> Span:
    span_id = chooser.randbytes(8)
    marks["span"].append(span_id)
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        parent_span_id=parent.span_id if parent is not None else b"",
        name=name,
        kind=Span.SpanKind.SPAN_KIND_INTERNAL,
        start_time_unix_nano=at + 11,
        end_time_unix_nano=at + 400_017,
    )


def _letters(chooser: random.Random, marks: dict[str, list[bytes]]) -> str:
    letters = "".join(chooser.choices(ALPHABET, k=ID_LETTERS))
    marks["text"].append(letters.encode())
    return letters


def _message(role: str, text: str) -> dict[str, object]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def _attributes(values: dict[str, object]) -> list[KeyValue]:
    def value(raw: object) -> AnyValue:
        if isinstance(raw, int):
            return AnyValue(int_value=raw)
        if isinstance(raw, float):
            return AnyValue(double_value=raw)
        return AnyValue(string_value=str(raw))

    return [KeyValue(key=key, value=value(raw)) for key, raw in values.items()]


def chooser() -> np.random.Generator:
    """Ids of this sending: from the system's randomness, never from the seed of the texts."""
    return np.random.default_rng()
