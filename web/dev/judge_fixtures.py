"""Made-up answers of the judging API, for looking at its screens full of data; never shipped."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.failure_mode import MODES
from roadworthy.domain.span import SpanKind

DAY = 86_400
DETECTORS = [
    ("false_success_claim", "Claims success that was not", "mast-3.3", True, 0.91, 0.78),
    ("tool_error_ignored", "Tool error ignored", "mast-2.5", True, 0.88, 0.83),
    ("hidden_tool_error", "Hidden tool error", "tool-failed", True, 0.94, 0.9),
    ("ungrounded_value", "Ungrounded value", "ungrounded", True, 0.62, 0.51),
    ("retry_storm", "Retry storm", "mast-1.3", True, 0.81, 0.7),
    ("no_answer", "No answer", "no-answer", True, 0.99, 1.0),
    ("used_empty_result", "Used an empty result", "mast-3.2", True, 0.7, 0.44),
    ("lost_at_handoff", "Context lost at hand-off", "mast-2.4", True, None, None),
    ("latency_outlier", "Slower than usual", "outlier", False, None, None),
    ("instruction_followed", "Followed a foreign instruction", "injection", True, 0.97, 0.89),
]
NAMES = {mode.id: mode.name for mode in MODES}
REASONS = {
    "false_success_claim": "The answer says the refund was made; the tool that makes refunds was never called.",
    "tool_error_ignored": "search_orders failed, and the answer goes on as if it had found something.",
    "hidden_tool_error": "The tool said OK, but its result is an error.",
    "ungrounded_value": "The amount 59.90 occurs nowhere in what was asked or what tools returned.",
}


def at(ago: float) -> str:
    return datetime.fromtimestamp(time.time() - ago, UTC).isoformat().replace("+00:00", "Z")


class JudgeFixtures:
    """Answers judging calls by itself and passes everything else on."""

    def __init__(self, app: Any, batches: dict[str, TelemetryBatch], *, empty: bool) -> None:
        self.app, self.batches, self.empty = app, batches, empty
        self.rng = random.Random(11)
        self.said: dict[str, list[dict[str, Any]]] = {}
        self.issues = [] if empty else self._issues()
        self.enabled = {name: True for name, *_ in DETECTORS}
        self.routes: list[tuple[str, str, Callable[..., Any]]] = [
            ("GET", r"/runs/([^/]+)/verdict", self.verdict),
            ("POST", r"/runs/([^/]+)/outcome", self.say),
            ("GET", r"/issues", self.list_issues),
            ("GET", r"/issues/([^/]+)", self.issue),
            ("PATCH", r"/issues/([^/]+)", self.change_issue),
            ("GET", r"/failure-modes", self.modes),
            ("GET", r"/detectors", self.detectors),
            ("POST", r"/detectors/([^/]+)/preview", self.preview),
            ("GET", r"/agents/([^/]+)/quality", self.quality),
        ]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/api/v1/"):
            for method, pattern, answer in self.routes:
                found = re.fullmatch("/api/v1" + pattern, scope["path"])
                if found and scope["method"] == method:
                    body = b""
                    while True:
                        message = await receive()
                        body += message.get("body", b"")
                        if not message.get("more_body"):
                            break
                    query = {
                        k: v if k == "state" else v[-1]
                        for k, v in parse_qs(scope["query_string"].decode()).items()
                    }
                    said = answer(*found.groups(), query=query, body=json.loads(body) if body else {})
                    status = 200 if said is not None else 404
                    text = json.dumps(said if said is not None else {"title": "Not found", "status": 404})
                    head = [(b"content-type", b"application/json")]
                    await send({"type": "http.response.start", "status": status, "headers": head})
                    await send({"type": "http.response.body", "body": text.encode()})
                    return
        await self.app(scope, receive, send)

    def findings(self, run_id: str) -> list[dict[str, Any]]:
        batch = self.batches.get(run_id)
        if batch is None:
            return []
        run, found = batch.runs[0], []

        def add(name: str, evidence: list[dict[str, Any]], tool: str | None = None) -> None:
            title, mode, suspicious = next((d[1], d[2], d[3]) for d in DETECTORS if d[0] == name)
            found.append(
                {
                    "detector": name,
                    "title": title,
                    "version": 1,
                    "confidence": round(self.rng.uniform(0.5, 0.99), 2),
                    "suspicious": suspicious,
                    "mode": mode,
                    "mode_name": NAMES.get(mode),
                    "reason": REASONS.get(name, title + "."),
                    "tool": tool,
                    "evidence": evidence,
                }
            )

        for span in batch.spans[:60]:
            quote = {"span_id": span.span_id, "place": "output", "start": 0, "end": len(span.output)}
            if span.kind is SpanKind.TOOL and "502" in (span.output or ""):
                add("hidden_tool_error", [quote | {"excerpt": span.output[:240]}], span.tool_name)
            elif span.kind is SpanKind.TOOL and '"ok": false' in (span.output or ""):
                add("used_empty_result", [quote | {"excerpt": span.output[:240]}], span.tool_name)
        if "refunded" in run.final_answer and "issue_refund" not in run.tools:
            excerpt = "I have refunded **€59.90** to your card."
            last = [s for s in batch.spans if s.kind is SpanKind.LLM][-1]
            place = {"span_id": last.span_id, "place": "answer", "excerpt": excerpt, "start": 0, "end": 40}
            add("false_success_claim", [place])
            add("ungrounded_value", [place | {"excerpt": "€59.90"}])
        if not run.final_answer:
            add("no_answer", [])
        return found

    def verdict(self, run_id: str, **_: Any) -> Any:
        batch = self.batches.get(run_id)
        if batch is None:
            return None
        self.rng.seed(run_id)
        run, findings = batch.runs[0], self.findings(run_id)
        said = list(self.said.get(run_id, []))
        if run.outcome != "unknown":
            said.insert(
                0,
                {
                    "outcome": run.outcome,
                    "source": "sdk",
                    "reason": run.outcome_reason or None,
                    "author": None,
                    "at": at(5000),
                },
            )
        counts = next((s for s in reversed(said) if s["source"] == "reviewer"), said[-1] if said else None)
        bins = []
        for i in range(10):
            n = int(400 / (1 + i))
            true = min(0.97, max(0.02, (i + 0.5) / 10 + (0.04 if i % 2 else -0.03)))
            bins.append(
                {
                    "low": i / 10,
                    "high": (i + 1) / 10,
                    "n": n,
                    "predicted": (i + 0.5) / 10,
                    "observed": round(true * n) / n,
                    "observed_low": max(0, true - 1.9 / n**0.5 * 0.5),
                    "observed_high": min(1, true + 1.9 / n**0.5 * 0.5),
                }
            )
        judged = int(run_id[0], 16) != 0
        return {
            "run_id": run_id,
            "judged": "detectors 10, prior 1" if judged else None,
            "p_failure": round(min(0.97, 0.06 + 0.32 * len(findings) + self.rng.random() * 0.1), 3)
            if judged
            else None,
            "calibration": {
                "n": 1171,
                "brier": 0.141,
                "ece": 0.028,
                "fitted_on": "the open data, version 1",
                "bins": bins,
            },
            "contributions": [{"signal": f["detector"], "title": f["title"], "weight": 1.4} for f in findings]
            + [{"signal": "length", "title": "Length of the run", "weight": -0.31}],
            "outcome": counts["outcome"] if counts else "unknown",
            "outcome_source": counts["source"] if counts else None,
            "outcome_reason": counts["reason"] if counts else None,
            "said": said,
            "findings": findings if judged else [],
            "scores": [
                {
                    "name": "groundedness",
                    "value": 0.4,
                    "label": "partly",
                    "source": "judge",
                    "author": "gpt-5.2-mini",
                    "evaluator_version": "3",
                    "explanation": "The amount is not in any tool result.",
                    "span_id": None,
                    "at": at(300),
                    "cost_usd": 0.00041,
                    "sampled": 0.1,
                    "evidence": [],
                    "mode": None,
                },
                {
                    "name": "valid json",
                    "value": 1.0,
                    "label": None,
                    "source": "evaluator",
                    "author": None,
                    "evaluator_version": "1",
                    "explanation": None,
                    "span_id": batch.spans[-1].span_id,
                    "at": at(300),
                    "cost_usd": None,
                    "sampled": None,
                    "evidence": [],
                    "mode": None,
                },
            ]
            if judged and findings
            else [],
            "first_suspicious_span_id": next((e["span_id"] for f in findings for e in f["evidence"]), None),
        }

    def say(self, run_id: str, *, body: Any, **_: Any) -> Any:
        self.said.setdefault(run_id, []).append(
            {
                **{k: body.get(k) for k in ("outcome", "reason")},
                "source": "reviewer",
                "author": "demo",
                "at": at(0),
            }
        )
        return {"run_id": run_id}

    def _issues(self) -> list[dict[str, Any]]:
        issues = []
        tools = ["search_orders", "get_invoice", "issue_refund", None]
        agents = ["refund-desk", "order-tracker", "contract-reviewer", "sql-analyst", "triage"]
        states = ["open"] * 6 + ["regressed", "resolved", "muted"]
        runs = list(self.batches)
        for i in range(34):
            name, title, mode, *_ = DETECTORS[i % len(DETECTORS)]
            tool, agent = tools[i % 4], agents[i % 5]
            trend = [max(0, int(self.rng.gauss(6 - i / 6, 3))) for _ in range(14)]
            shape = (
                "UpstreamTimeout: ERP batch export did not answer within <n> s"
                if mode == "tool-failed"
                else None
            )
            issues.append(
                {
                    "id": f"{i:016x}",
                    "title": f"{title}{f' of {tool}' if tool else ''}" + (f": {shape}" if shape else ""),
                    "mode": mode,
                    "mode_name": NAMES.get(mode),
                    "detector": name,
                    "tool": tool,
                    "agent": agent,
                    "error_shape": shape,
                    "cluster": None,
                    "state": states[i % 9],
                    "assignee": "anna" if i % 4 == 0 else None,
                    "runs": sum(trend) + 1,
                    "runs_24h": trend[-1],
                    "first_seen": at(DAY * 14 - i * 3000),
                    "last_seen": at(60 + i * 2900),
                    "releases": [
                        {"release": "2026.11.3", "runs": sum(trend[7:])},
                        {"release": "2026.11.2", "runs": sum(trend[:7])},
                    ],
                    "spark": [{"start": at(DAY * (14 - d)), "runs": n} for d, n in enumerate(trend)],
                    "representative_run_ids": [runs[(i * 7 + k) % len(runs)] for k in range(3)],
                    "muted_until": None,
                    "changed_by": "anna",
                    "resolved_at": at(DAY * 3) if states[i % 9] in ("resolved", "regressed") else None,
                    "resolved_in_release": "2026.11.2"
                    if states[i % 9] in ("resolved", "regressed")
                    else None,
                }
            )
        return issues

    def list_issues(self, *, query: dict[str, str], **_: Any) -> Any:
        items = [
            issue
            for issue in self.issues
            if issue["state"] in query.get("state", ["open", "regressed"])
            and query.get("agent", issue["agent"]) == issue["agent"]
            and query.get("q", "").lower() in json.dumps(issue).lower()
        ]
        key = query.get("sort", "last_seen")
        return {"items": sorted(items, key=lambda issue: issue[key], reverse=True), "next_cursor": None}

    def issue(self, issue_id: str, **_: Any) -> Any:
        return next((each for each in self.issues if each["id"] == issue_id), None)

    def change_issue(self, issue_id: str, *, body: Any, **_: Any) -> Any:
        issue = self.issue(issue_id)
        issue.update(body)
        return issue

    def modes(self, **_: Any) -> Any:
        return {
            "items": [
                {
                    "id": m.id,
                    "name": m.name,
                    "group": m.group,
                    "source": m.source,
                    "description": m.description,
                }
                for m in MODES
            ]
        }

    def detectors(self, **_: Any) -> Any:
        return {
            "items": [
                {
                    "name": name,
                    "title": title,
                    "description": f"{title}: what it looks for, in a sentence.",
                    "mode": mode,
                    "mode_name": NAMES.get(mode),
                    "version": 1,
                    "suspicious": suspicious,
                    "enabled": self.enabled[name],
                    "found_7d": 0 if self.empty else 17 * i,
                    "runs_7d": 0 if self.empty else 2500,
                    "precision": precision,
                    "recall": recall,
                    "labelled_n": 1171 if precision else 0,
                    "labelled_on": "tau-bench, ag2, magentic" if precision else None,
                }
                for i, (name, title, mode, suspicious, precision, recall) in enumerate(DETECTORS)
            ]
        }

    def preview(self, name: str, **_: Any) -> Any:
        items = []
        for run_id, batch in list(self.batches.items())[-200:]:
            for found in self.findings(run_id):
                if found["detector"] == name:
                    items.append(
                        {
                            "run_id": run_id,
                            "agent": batch.runs[0].agent,
                            "started_at": at(3000),
                            "reason": found["reason"],
                            "evidence": found["evidence"],
                        }
                    )
        return {"looked_at": min(200, len(self.batches)), "items": items}

    def quality(self, agent: str, **_: Any) -> Any:
        def rate(n: int, share: float) -> dict[str, Any]:
            half = 0.9 * (share * (1 - share) / n) ** 0.5 * 2 if n else 0
            return {
                "count": round(n * share),
                "n": n,
                "value": share if n else None,
                "low": max(0, share - half) if n else None,
                "high": min(1, share + half * 0.8) if n else None,
            }

        self.rng.seed(agent)
        days = [] if self.empty else list(range(14))
        buckets = [
            {
                "start": at(DAY * (14 - d)),
                "success": rate(self.rng.randint(8, 40) if d != 4 else 0, 0.95 - 0.012 * d),
                "unknown_outcomes": 20,
            }
            for d in days
        ]
        releases = (
            [] if self.empty else [("2026.11.3", 140, 0.83), ("2026.11.2", 180, 0.92), (None, 12, 0.75)]
        )
        modes = ("tool-failed", "mast-3.3", "ungrounded", "mast-1.3", "no-answer", "mast-2.5", "outlier")
        return {
            "agent": agent,
            "from": at(14 * DAY),
            "to": at(0),
            "bucket_ms": DAY * 1000,
            "success": {
                **rate(0 if self.empty else 332, 0.88),
                "by_bucket": buckets,
                "by_release": [
                    {
                        "release": name,
                        "success": rate(n, share),
                        "unknown_outcomes": 60,
                        "last_seen": at(3600),
                    }
                    for name, n, share in releases
                ],
            },
            "modes_by_bucket": [
                {"bucket": b["start"], "mode": m, "mode_name": NAMES[m], "runs": self.rng.randint(0, 5)}
                for b in buckets
                for m in modes
            ],
            "p_failure": {"mean": None if self.empty else 0.21, "n": 0 if self.empty else 610},
            "unknown_outcomes": 0 if self.empty else 290,
            "runs": 0 if self.empty else 622,
        }
