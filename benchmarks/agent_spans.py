"""Spans of the shape the figures are measured with, as the ingest path would hand them to a store.

Runs of 12 spans: one agent, five model calls whose conversation grows, six tools; about 2 kB of English-like
content a model call out of a few thousand distinct words; ids random; 19 attributes a span, of which those
with a field of their own are in it.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass

from roadworthy.domain.run import Outcome, Run, RunStatus
from roadworthy.domain.span import ContentFormat, Span, SpanKind, SpanStatus

AGENTS = ("booking", "refunds", "triage", "research", "billing", "onboarding")
TOOLS = ("search_flights", "get_weather", "lookup_order", "send_mail", "query_crm", "read_document")
MODELS = ("gpt-5-mini", "claude-sonnet-4-6", "gemini-3-flash")
DISTINCT_WORDS = 4000
SYLLABLES = [
    "ta",
    "re",
    "mi",
    "con",
    "ver",
    "sel",
    "pro",
    "lin",
    "den",
    "or",
    "ic",
    "al",
    "tion",
    "ment",
    "er",
    "ing",
    "able",
    "un",
    "dis",
    "pre",
    "for",
    "mar",
    "car",
    "sto",
    "pa",
    "no",
    "lu",
    "ven",
    "tri",
    "gra",
    "sta",
    "ble",
    "der",
    "man",
    "ter",
    "est",
    "ous",
    "ful",
    "ly",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    spans: list[Span]
    run: Run


class Generator:
    """The same seed makes the same traces."""

    def __init__(self, *, seed: int = 1, project: str = "default") -> None:
        self._random = random.Random(seed)
        self._project = project
        made: set[str] = set()
        while len(made) < DISTINCT_WORDS:
            made.add("".join(self._random.choices(SYLLABLES, k=self._random.choice((1, 2, 2, 3, 3, 4)))))
        self._words = sorted(made)
        self._random.shuffle(self._words)
        # Word frequencies of natural language fall as 1 / rank (Zipf).
        self._weights = list(itertools.accumulate(1 / (rank + 2) for rank in range(DISTINCT_WORDS)))
        self._version = 0

    def traces(self, count: int, *, first_ns: int, last_ns: int) -> Iterator[Trace]:
        """`count` traces, their starts spread evenly over the time given."""
        step = (last_ns - first_ns) // max(1, count)
        for number in range(count):
            yield self.trace(first_ns + number * step)

    def text(self, characters: int) -> str:
        words = self._random.choices(self._words, cum_weights=self._weights, k=max(1, characters // 7))
        for at in range(0, len(words), 12):
            words[at] = words[at].capitalize()
            if at:
                words[at - 1] += "."
        return " ".join(words)[:characters]

    def trace(self, start_ns: int) -> Trace:
        rnd = self._random
        agent, model = rnd.choice(AGENTS), rnd.choice(MODELS)
        trace_id, root_id = self._id(32), self._id(16)
        user, session = f"user-{rnd.randrange(2000)}", f"session-{self._id(12)}"
        base = {
            "project": self._project,
            "trace_id": trace_id,
            "dialect": "genai",
            "scope": "opentelemetry.instrumentation.agents",
            "service": f"{agent}-service",
            "release": f"2026.{rnd.randrange(6)}",
            "environment": "production",
            "agent": agent,
            "session_id": session,
            "user_id": user,
            "provider": "openai",
        }
        question = self.text(260)
        conversation = [
            _message("system", f"You are the {agent} agent of the company. " + _RULES),
            _message("user", question),
        ]
        spans, at = [], start_ns + rnd.randrange(1000, 9_000_000)
        failed = rnd.random() < 0.08
        answer = ""
        for step in range(5):
            took = rnd.randrange(300_000_000, 4_000_000_000)
            answer = self.text(280)
            spans.append(self._model_call(base, root_id, at, at + took, model, conversation, answer))
            conversation = [*conversation, _message("assistant", answer)]
            at += took
            for _ in range(2 if step == 0 else 1):
                took = rnd.randrange(5_000_000, 800_000_000)
                tool = self._tool(base, root_id, at, at + took, failed=failed and step == 3)
                conversation = [*conversation, _message("tool", tool.output)]
                spans.append(tool)
                at += took
        root = self._span(
            base,
            span_id=root_id,
            start_ns=start_ns,
            end_ns=at,
            name=f"invoke_agent {agent}",
            kind=SpanKind.AGENT,
        )
        root.input, root.input_format, root.output, root.output_format = (
            question,
            ContentFormat.TEXT,
            answer,
            ContentFormat.TEXT,
        )
        spans.insert(0, root)
        return Trace(
            spans=spans, run=_run(root, spans, failed=failed, model=model, question=question, answer=answer)
        )

    def _model_call(
        self,
        base: dict[str, str],
        parent: str,
        start: int,
        end: int,
        model: str,
        conversation: list[dict[str, object]],
        answer: str,
    ) -> Span:
        span = self._span(
            base, parent_id=parent, start_ns=start, end_ns=end, name=f"chat {model}", kind=SpanKind.LLM
        )
        span.model_asked = span.model_answered = model
        span.response_id = "chatcmpl-" + self._id(24)
        span.finish_reason = "stop"
        span.input = json.dumps(conversation)
        span.output = json.dumps([_message("assistant", answer)])
        span.input_format = span.output_format = ContentFormat.MESSAGES
        span.input_tokens, span.output_tokens = len(span.input) // 4, len(span.output) // 4
        span.cache_read_tokens = span.input_tokens // 2
        span.cost_usd = round(span.input_tokens * 2.5e-7 + span.output_tokens * 1e-6, 9)
        span.attributes |= {
            "gen_ai.request.temperature": "0.2",
            "gen_ai.request.max_tokens": "1024",
            "server.address": "api.openai.com",
        }
        return span

    def _tool(self, base: dict[str, str], parent: str, start: int, end: int, *, failed: bool) -> Span:
        name = self._random.choice(TOOLS)
        span = self._span(
            base,
            parent_id=parent,
            start_ns=start,
            end_ns=end,
            name=f"execute_tool {name}",
            kind=SpanKind.TOOL,
        )
        span.tool_name, span.tool_call_id = name, "call_" + self._id(24)
        span.input = json.dumps({"query": self.text(60), "limit": self._random.randrange(50)})
        span.output = self.text(240)
        span.input_format, span.output_format = ContentFormat.JSON, ContentFormat.TEXT
        if failed:
            span.status, span.error_type, span.error = (
                SpanStatus.ERROR,
                "TimeoutError",
                "upstream did not answer within 30 s",
            )
        span.attributes |= {
            "gen_ai.tool.type": "function",
            "gen_ai.tool.description": f"{name} of the company's systems",
        }
        return span

    def _span(self, base: dict[str, str], **fields: object) -> Span:
        self._version += 1
        fields.setdefault("span_id", self._id(16))
        start = fields["start_ns"]
        return Span(
            **base,  # type: ignore[arg-type]
            **fields,  # type: ignore[arg-type]
            status=SpanStatus.OK,
            received_ns=start + 5_000_000_000,  # type: ignore[operator]
            version=self._version // 512 * 3000,
            attributes={
                "customer.tier": self._random.choice(("free", "team", "enterprise")),
                "tenant.id": f"tenant-{self._random.randrange(300)}",
                "thread.id": str(self._random.randrange(64)),
                "resource.telemetry.sdk.language": "python",
                "resource.telemetry.sdk.name": "opentelemetry",
                "resource.telemetry.sdk.version": "1.40.0",
                "resource.host.name": f"worker-{self._random.randrange(8)}",
                "resource.process.pid": str(self._random.randrange(100, 140)),
            },
        )

    def _id(self, digits: int) -> str:
        return f"{self._random.getrandbits(4 * digits):0{digits}x}"


_RULES = (
    "Answer from the documents you were given and from nothing else. Ask before you spend money, "
    "never promise a date, and hand over to a person when the customer asks for one. "
)


def _message(role: str, text: str) -> dict[str, object]:
    return {"role": role, "parts": [{"type": "text", "text": text}]}


def _run(root: Span, spans: list[Span], *, failed: bool, model: str, question: str, answer: str) -> Run:
    calls = [span for span in spans if span.kind is SpanKind.LLM]
    tools = [span for span in spans if span.kind is SpanKind.TOOL]
    return Run(
        project=root.project,
        id=root.trace_id,
        sort_ns=root.start_ns,
        version=root.version,
        trace_ids=(root.trace_id,),
        root_span_id=root.span_id,
        name=root.name,
        agent=root.agent,
        agents=(root.agent,),
        service=root.service,
        release=root.release,
        environment=root.environment,
        session_id=root.session_id,
        user_id=root.user_id,
        started_ns=root.start_ns,
        ended_ns=root.end_ns,
        duration_ns=root.end_ns - root.start_ns,
        status=RunStatus.ERROR if failed else RunStatus.OK,
        outcome=Outcome.UNKNOWN,
        model_calls=len(calls),
        tool_calls=len(tools),
        failed_tool_calls=sum(tool.status is SpanStatus.ERROR for tool in tools),
        tools=tuple(dict.fromkeys(tool.tool_name for tool in tools)),
        failed_tools=tuple(dict.fromkeys(t.tool_name for t in tools if t.status is SpanStatus.ERROR)),
        models=(model,),
        input_tokens=sum(call.input_tokens or 0 for call in calls),
        output_tokens=sum(call.output_tokens or 0 for call in calls),
        cost_usd=sum(call.cost_usd or 0 for call in calls),
        input=question,
        final_answer=answer,
        spans=len(spans),
        dialects=("genai",),
        attributes=root.attributes,
    )
