"""Whether an agent's instructions (the system prompt) are others than before."""

from __future__ import annotations

import hashlib
import re

import orjson

from roadworthy.contracts.telemetry import Filter, Op, RunQuery, TelemetryStore
from roadworthy.domain.incident import Change, ChangeKind
from roadworthy.domain.run import Run
from roadworthy.domain.span import ContentFormat, Span, SpanKind
from roadworthy.features.watch.incidents.what_changed import Windows

RUNS_READ = 12
"""Of each of the two windows."""
SHOWN = 160
_LONGEST = 2_000_000
_VARYING = re.compile(
    r"\d+|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b[0-9a-f]{8}-[0-9a-f-]{27}\b", re.IGNORECASE
)
"""Dates, counters and ids, which differ from run to run."""


def prompt_change(store: TelemetryStore, project: str, *, agent: str, window: Windows) -> Change | None:
    """The instruction most runs have now, where none of those before had it. Raises what the store raises."""
    now = _prompts(store, project, agent, window.start_ns, window.end_ns)
    before = _prompts(store, project, agent, window.before_ns, window.start_ns)
    if not now or not before:
        return None
    shapes_before = {_shape(text) for _, text in before}
    fresh = [(at_ns, text) for at_ns, text in now if _shape(text) not in shapes_before]
    if len(fresh) * 2 <= len(now):
        return None
    first_ns, text = min(fresh)
    old = max(before)[1]
    return Change(
        agent=agent,
        kind=ChangeKind.PROMPT,
        what="system instruction",
        before=_differing(old, text),
        after=_differing(text, old),
        at_ns=first_ns,
    )


def _prompts(
    store: TelemetryStore, project: str, agent: str, from_ns: int, to_ns: int, /
) -> list[tuple[int, str]]:
    """(start of the run, its first instruction)."""
    query = RunQuery(
        filters=(Filter(field="agent", op=Op.EQ, value=agent),), from_ns=from_ns, to_ns=to_ns, limit=RUNS_READ
    )
    runs: list[Run] = store.runs(project, query)
    if not runs:
        return []
    spans = store.spans_of_traces(project, [trace for run in runs for trace in run.trace_ids])
    said: dict[str, str] = {}
    for span in spans:
        if span.trace_id not in said and (text := _instruction(span)):
            said[span.trace_id] = text
    found = []
    for run in runs:
        text = next((said[trace] for trace in run.trace_ids if trace in said), "")
        if text:
            found.append((run.started_ns, text))
    return found


def _instruction(span: Span) -> str:
    if span.kind is not SpanKind.LLM or span.input_format is not ContentFormat.MESSAGES:
        return ""
    if len(span.input) > _LONGEST:
        return ""
    try:
        messages = orjson.loads(span.input)
    except ValueError:
        return ""
    if not isinstance(messages, list):
        return ""
    for message in messages:
        if isinstance(message, dict) and message.get("role") == "system":
            return str(message.get("content") or "")
    return ""


def _shape(text: str) -> str:
    plain = " ".join(_VARYING.sub("#", text).split())
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()


def _differing(text: str, other: str) -> str:
    """The text from shortly before the place where it leaves the other one."""
    flat, flat_other = " ".join(text.split()), " ".join(other.split())
    pairs = zip(flat, flat_other, strict=False)
    same = next((n for n, (one, two) in enumerate(pairs) if one != two), min(len(flat), len(flat_other)))
    start = max(0, same - 40)
    cut = flat[start : start + SHOWN]
    if not cut:
        return "nothing"
    return f"{'… ' if start else ''}{cut}{' …' if start + SHOWN < len(flat) else ''}"
