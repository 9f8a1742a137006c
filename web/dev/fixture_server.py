"""Serves the built page over a memory store full of made-up runs: for looking at the page, never shipped.

    .venv/bin/python web/dev/fixture_server.py --port 8555 [--empty] [--live 2]

`--live N` adds N runs a second.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from judge_fixtures import JudgeFixtures

from roadworthy.app.incidents import Incidents
from roadworthy.app.registering import Registering
from roadworthy.app.watching import Watching
from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.backends.models.table import open_model
from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.metadata import Person
from roadworthy.contracts.notifier import Network
from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.project import Project
from roadworthy.domain.rejection import Rejection
from roadworthy.domain.run import Handoff, Outcome, Run, RunStatus
from roadworthy.domain.score import Score
from roadworthy.domain.span import ContentFormat, Span, SpanKind, SpanStatus
from roadworthy.doors.rest.app import build_rest_app
from roadworthy.doors.rest.context import Watch
from roadworthy.doors.rest.events import EventBus
from roadworthy.doors.rest.settings import RestSettings
from roadworthy.features.judge.judge_book import JudgeBook
from roadworthy.features.judge.service import JudgeService
from roadworthy.features.observe.files import TransferService
from roadworthy.features.observe.jobs import JobRunner
from roadworthy.features.observe.service import ObserveService
from roadworthy.kit.passwords import hash_password
from roadworthy.kit.sealing import Sealer

MS = 1_000_000
AGENTS = [
    "refund-desk",
    "order-tracker",
    "contract-reviewer",
    "sql-analyst",
    "triage",
    "onboarding-guide",
    "warehouse-planner",
]
TOOLS = ["search_orders", "get_invoice", "issue_refund", "lookup_customer", "query_warehouse", "send_email"]
ASKS = [
    "Where is my order 48213? It was due on Tuesday.",
    "Please refund the second pair of shoes, they do not fit.",
    "Summarise clause 7 of the attached supply contract and say what NTE means there.",
    "Which ten customers had the largest drop in orders since August?",
    "Can you change the delivery address to 14 Harbour Road, Bristol?",
    "My invoice shows VAT twice. What happened?",
]
MODELS = ["gpt-5.2-mini", "claude-sonnet-5", "gemini-3-flash"]


@dataclass
class Assembled:
    runs: list[Run] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    run_of: dict[str, str] = field(default_factory=dict)


def assemble(spans, *, place=None):
    return Assembled(spans=list(spans))


class Maker:
    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def hex(self, n: int) -> str:
        return "".join(self.rng.choice("0123456789abcdef") for _ in range(n))

    def run(self, start: int, *, steps: int | None = None) -> TelemetryBatch:
        r = self.rng
        trace, agent = self.hex(32), r.choices(AGENTS, weights=[9, 7, 3, 4, 5, 2, 1])[0]
        ask, model = r.choice(ASKS), r.choice(MODELS)
        spans: list[Span] = []
        clock = start

        def span(kind, name, ms, parent="", **kw):
            nonlocal clock
            s = Span(
                project="default",
                trace_id=trace,
                span_id=self.hex(16),
                parent_id=parent,
                name=name,
                kind=kind,
                start_ns=clock,
                end_ns=clock + int(ms * MS),
                status=kw.pop("status", SpanStatus.OK),
                agent=kw.pop("agent", agent),
                service=f"{agent}-svc",
                release="2026.11.3",
                environment="production",
                dialect="openinference",
                scope="openinference.instrumentation.openai",
                received_ns=clock + int(ms * MS) + 40 * MS,
                attributes={
                    "customer.tier": r.choice(["gold", "silver"]),
                    "resource.host.name": "agents-3",
                    "http.request.id": self.hex(12),
                },
                **kw,
            )
            spans.append(s)
            return s

        root = span(SpanKind.AGENT, agent, 10)
        failed = inferred_failed = negative = 0
        tools_used, failed_tools = [], []
        messages = [
            {
                "role": "system",
                "content": f"You are {agent}, an assistant of a shop. Use the tools. Be brief; never invent an order.",
            },
            {"role": "user", "content": ask},
        ]
        tin = tout = 0
        handoffs = []
        parent, speaker = root, agent
        n = steps or r.choice([1, 2, 2, 3, 4])
        for i in range(n):
            call = f"call_{self.hex(8)}"
            tool = r.choice(TOOLS)
            args = json.dumps(
                {
                    "order_id": r.randint(10000, 99999),
                    "include": ["items", "shipping"],
                    "customer": {"id": self.hex(6), "region": "EU"},
                }
            )
            llm_ms = r.lognormvariate(6.8, 0.5)
            it, ot = 300 + 180 * i + r.randint(0, 200), r.randint(20, 220)
            out = {
                "role": "assistant",
                "content": "" if i % 2 else "Let me look that up.",
                "tool_calls": [{"id": call, "name": tool, "arguments": args}],
                "finish_reason": "tool_calls",
            }
            s = span(
                SpanKind.LLM,
                f"chat {model}",
                llm_ms,
                parent.span_id,
                agent=speaker,
                provider="openai",
                model_asked=model,
                model_answered=f"{model}-2026-09",
                response_id=f"resp_{self.hex(10)}",
                input=json.dumps(messages[-12:]),
                input_format=ContentFormat.MESSAGES,
                output=json.dumps([out]),
                output_format=ContentFormat.MESSAGES,
                input_tokens=it,
                output_tokens=ot,
                cache_read_tokens=it // 2,
                cost_usd=(it * 0.25 + ot * 2) / 1e6,
                finish_reason="tool_calls",
                tool_definitions=json.dumps(
                    [
                        {
                            "name": t,
                            "description": f"The tool {t}",
                            "parameters": {"type": "object", "properties": {"order_id": {"type": "integer"}}},
                        }
                        for t in TOOLS
                    ]
                ),
            )
            if i == 0 and r.random() < 0.2:
                dup = span(
                    SpanKind.LLM,
                    "openai.chat",
                    llm_ms - 4,
                    s.span_id,
                    flags=("duplicate",),
                    input_tokens=it,
                    output_tokens=ot,
                )
                dup.merged_into = s.span_id
                dup.dialect = "traceloop"
            tin, tout = tin + it, tout + ot
            clock += int(llm_ms * MS)
            messages.append(out)
            ms = r.lognormvariate(5, 0.9)
            roll = r.random()
            tools_used.append(tool)
            if roll < 0.05:
                span(
                    SpanKind.TOOL,
                    tool,
                    ms,
                    parent.span_id,
                    agent=speaker,
                    tool_name=tool,
                    tool_call_id=call,
                    input=args,
                    input_format=ContentFormat.JSON,
                    status=SpanStatus.ERROR,
                    error_type="UpstreamTimeout",
                    error="ERP batch export did not answer within 30 s (attempt 3 of 3)",
                    events=json.dumps(
                        [
                            {
                                "name": "exception",
                                "time_ns": clock,
                                "attributes": {
                                    "exception.type": "UpstreamTimeout",
                                    "exception.message": "ERP batch export did not answer within 30 s",
                                    "exception.stacktrace": 'Traceback (most recent call last):\n  File "erp.py", line 88, in export\n    raise UpstreamTimeout(...)',
                                },
                            }
                        ]
                    ),
                )
                result = "Error: UpstreamTimeout: ERP batch export did not answer"
                failed += 1
                failed_tools.append(tool)
            elif roll < 0.09:
                span(
                    SpanKind.TOOL,
                    tool,
                    ms,
                    parent.span_id,
                    agent=speaker,
                    tool_name=tool,
                    tool_call_id=call,
                    input=args,
                    input_format=ContentFormat.JSON,
                    output="Error executing tool: 502 Bad Gateway",
                    output_format=ContentFormat.TEXT,
                    status=SpanStatus.ERROR,
                    error="502 Bad Gateway",
                    flags=("inferred", "inferred_error"),
                )
                result = "Error executing tool: 502 Bad Gateway"
                failed += 1
                inferred_failed += 1
                failed_tools.append(tool)
            elif roll < 0.14:
                result = json.dumps({"ok": False, "reason": "order not found"})
                span(
                    SpanKind.TOOL,
                    tool,
                    ms,
                    parent.span_id,
                    agent=speaker,
                    tool_name=tool,
                    tool_call_id=call,
                    input=args,
                    input_format=ContentFormat.JSON,
                    output=result,
                    output_format=ContentFormat.JSON,
                    flags=("negative_result",),
                )
                negative += 1
            else:
                result = json.dumps(
                    {
                        "order": r.randint(10000, 99999),
                        "status": "shipped",
                        "items": [{"sku": self.hex(5), "qty": q + 1} for q in range(3)],
                        "carrier": {"name": "DPD", "eta": "2026-11-25"},
                    }
                )
                t = span(
                    SpanKind.TOOL,
                    tool,
                    ms,
                    parent.span_id,
                    agent=speaker,
                    tool_name=tool,
                    tool_call_id=call,
                    input=args,
                    input_format=ContentFormat.JSON,
                    output=result,
                    output_format=ContentFormat.JSON,
                )
                if i % 3 == 0:
                    clock += 2 * MS
                    span(SpanKind.OTHER, "POST /v2/orders", ms * 0.8, t.span_id, status=SpanStatus.UNSET)
                    clock -= 2 * MS
            messages.append({"role": "tool", "tool_call_id": call, "name": tool, "content": result})
            clock += int(ms * MS)
            if i == 0 and agent == "triage":
                to = r.choice(["refund-desk", "order-tracker"])
                h = span(
                    SpanKind.HANDOFF,
                    f"transfer_to_{to}",
                    3,
                    parent.span_id,
                    agent=speaker,
                    handoff_to=to,
                    tool_name=f"transfer_to_{to}",
                    input=json.dumps({"reason": "the customer wants money back"}),
                    input_format=ContentFormat.JSON,
                )
                handoffs.append(
                    Handoff(
                        from_agent=speaker,
                        to_agent=to,
                        reason="The customer wants money back, which triage may not grant.",
                        span_id=h.span_id,
                        at_ns=clock,
                    )
                )
                parent, speaker = span(SpanKind.AGENT, to, 10, root.span_id, agent=to), to
        broken = r.random() < 0.04
        answer = (
            ""
            if broken
            else r.choice(
                [
                    "Your order 48213 left our warehouse yesterday and arrives on Wednesday.",
                    "I have refunded **€59.90** to your card. It takes 3 to 5 days.\n\n- Order: 48213\n- Item: trail shoe, size 43",
                    "NTE means *not to exceed*: the total may be at most 40,000 EUR.",
                ]
            )
        )
        if answer:
            it, ot = 800 + r.randint(0, 500), 90
            span(
                SpanKind.LLM,
                f"chat {model}",
                640,
                parent.span_id,
                agent=speaker,
                model_asked=model,
                model_answered=f"{model}-2026-09",
                input=json.dumps(messages[-14:]),
                input_format=ContentFormat.MESSAGES,
                output=json.dumps(
                    [
                        {
                            "role": "assistant",
                            "content": answer,
                            "finish_reason": "stop",
                            "parts": [
                                {
                                    "type": "reasoning",
                                    "text": "The order was found. State the date, nothing else.",
                                }
                            ],
                        }
                    ]
                ),
                output_format=ContentFormat.MESSAGES,
                input_tokens=it,
                output_tokens=ot,
                cost_usd=(it * 0.25 + ot * 2) / 1e6,
            )
            tin, tout = tin + it, tout + ot
            clock += 640 * MS
        for s in spans:
            if s.kind is SpanKind.AGENT:
                s.end_ns = clock
        if broken:
            root.status, root.error_type, root.error = (
                SpanStatus.ERROR,
                "RateLimitError",
                "429: too many requests for this model, and no fallback is set",
            )
        root.input, root.input_format, root.output, root.output_format = (
            ask,
            ContentFormat.TEXT,
            answer,
            ContentFormat.TEXT,
        )
        orphaned = r.random() < 0.02
        if orphaned and len(spans) > 2:
            spans[-1].parent_id, spans[-1].flags = self.hex(16), ("orphan",)
        outcome = r.choices([Outcome.SUCCESS, Outcome.FAILURE, Outcome.UNKNOWN], weights=[5, 1, 6])[0]
        known = agent != "warehouse-planner"
        run = Run(
            project="default",
            id=trace,
            sort_ns=start,
            trace_ids=(trace,),
            root_span_id=root.span_id,
            name=agent,
            agent=agent,
            agents=tuple(dict.fromkeys(s.agent for s in spans)),
            service=f"{agent}-svc",
            release="2026.11.3",
            environment="production",
            session_id=f"chat-{start // (3600 * 1000 * MS) % 200}",
            user_id=f"u-{r.randint(1, 60)}",
            started_ns=start,
            ended_ns=clock,
            duration_ns=clock - start,
            status=RunStatus.ERROR if broken else RunStatus.OK,
            outcome=outcome,
            outcome_source="sdk" if outcome != "unknown" else "",
            outcome_reason="refund confirmed by the ledger" if outcome == "success" else "",
            model_calls=n + bool(answer),
            tool_calls=n,
            failed_tool_calls=failed,
            inferred_failed_tool_calls=inferred_failed,
            inferred_tool_calls=inferred_failed,
            negative_results=negative,
            tools=tuple(dict.fromkeys(tools_used)),
            failed_tools=tuple(dict.fromkeys(failed_tools)),
            models=(f"{model}-2026-09",),
            input_tokens=tin if known else None,
            output_tokens=tout if known else None,
            cache_read_tokens=tin // 3 if known else None,
            cost_usd=(tin * 0.25 + tout * 2) / 1e6 if known else None,
            error_type=root.error_type,
            error=root.error,
            input=ask,
            final_answer=answer,
            handoffs=tuple(handoffs),
            spans=len(spans),
            merged_spans=sum(bool(s.merged_into) for s in spans),
            missing_parents=int(orphaned),
            dialects=("openinference",),
            attributes={"customer.tier": "gold"},
        )
        scores = (
            [
                Score(
                    project="default",
                    trace_id=trace,
                    run_id=trace,
                    name="helpfulness",
                    value=round(r.random(), 2),
                    source="sdk",
                    explanation="said by the demo",
                    at_ns=clock,
                )
            ]
            if r.random() < 0.3
            else []
        )
        return TelemetryBatch(token=trace, spans=spans, runs=[run], scores=scores)


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, default=8555)
    arguments.add_argument("--runs", type=int, default=2500)
    arguments.add_argument("--live", type=float, default=0)
    arguments.add_argument("--seconds", type=float, default=3600, help="ends by itself after this time")
    arguments.add_argument("--empty", action="store_true")
    arguments.add_argument(
        "--login", action="store_true", help="people must log in: name demo, password demo-demo-demo"
    )
    asked = arguments.parse_args()
    store, maker, now = MemoryTelemetryStore(), Maker(7), time.time_ns()
    batches: dict[str, TelemetryBatch] = {}

    def keep(batch: TelemetryBatch) -> None:
        for run in batch.runs:
            batches[run.id] = batch
        store.write(batch)

    if not asked.empty:
        day = 86_400_000 * MS
        for _ in range(asked.runs):
            keep(maker.run(now - int(maker.rng.betavariate(1, 1.6) * 7 * day)))
        keep(maker.run(now - 90_000 * MS, steps=1700))
        store.write(
            TelemetryBatch(
                token="rejections",
                rejections=[
                    Rejection(
                        project="default",
                        at_ns=now - i * 3600_000 * MS,
                        signal="traces",
                        reason="span.trace_id: expected 16 bytes, got 8",
                        code="bad_trace_id",
                        count=3,
                        user_agent="OTel-OTLP-Exporter-Python/1.40",
                        sample="0a8b01…",
                    )
                    for i in range(4)
                ]
                + [
                    Rejection(
                        project="default",
                        at_ns=now - 600_000 * MS,
                        signal="logs",
                        reason="the body is larger than 64 MiB after decompression",
                        code="too_large",
                        user_agent="rotel/0.3",
                    )
                ],
            )
        )
    data = Path(tempfile.mkdtemp(prefix="roadworthy-fixture-"))
    metadata = SqliteMetadataStore(data / "roadworthy.db")
    if metadata.project("default") is None:
        metadata.save_project(Project(id="default", name="Default", created_ns=now))
    if asked.login:
        metadata.save_person(
            Person(name="demo", password_hash=hash_password("demo-demo-demo"), created_ns=now)
        )
    events = EventBus()
    judges = JudgeBook(
        metadata,
        seal=Sealer(data / "secret.key"),
        open_model=open_model,
        price_of=lambda _: lambda _model, read, written: (read + written) / 1e6,
        mask=str,
    )
    registering = Registering(store, metadata).service
    incidents = Incidents(
        store,
        metadata,
        publish=events.publish_incidents,
        on_call=registering.on_call,
        secrets=data / "secret.key",
        base_url=f"http://127.0.0.1:{asked.port}",
        network=Network(allowed=("127.0.0.0/8",)),
    )
    incidents.start()
    watching = Watching(data / "watch.db", store)
    app = build_rest_app(
        observe=ObserveService(store, assemble=assemble),
        transfer=TransferService(store, mask_spans=list, mask_text=str, on_runs=events.publish_runs),
        metadata=metadata,
        events=events,
        jobs=JobRunner(metadata, kinds={}),
        judge=JudgeService(store, metadata, again=events.publish_runs, judges=judges),
        registering=registering,
        watch=Watch(service=watching.service, backtests=watching.backtests),
        incidents_service=incidents.service,
        settings=RestSettings(
            version="0.1.0",
            url=f"http://127.0.0.1:{asked.port}",
            allowed_hosts=frozenset({"*"}),
            login_required=asked.login,
            started_ns=now,
            data_dir=data,
        ),
    )

    def live() -> None:
        while asked.live:
            time.sleep(1 / asked.live)
            batch = maker.run(time.time_ns() - 3000 * MS)
            keep(batch)
            events.publish_runs("default", [run.id for run in batch.runs])

    threading.Thread(target=live, daemon=True).start()
    page = JudgeFixtures(app, batches, empty=asked.empty)
    server = uvicorn.Server(uvicorn.Config(page, host="127.0.0.1", port=asked.port, log_level="warning"))
    threading.Timer(asked.seconds, lambda: setattr(server, "should_exit", True)).start()
    server.run()


if __name__ == "__main__":
    main()
