"""Evaluations other tools made: `gen_ai.evaluation.result`, as a span event or a log record.

Source: OTel GenAI events, "Event: gen_ai.evaluation.result".
"""

from __future__ import annotations

import math
from typing import Any

from roadworthy.contracts.intake import IntakeRecord
from roadworthy.domain.failure_mode import BY_ID
from roadworthy.domain.score import Score
from roadworthy.features.ingest.any_value import Attributes, as_text
from roadworthy.features.ingest.join_keys import response_key
from roadworthy.features.ingest.normalise import Source
from roadworthy.features.ingest.raw_span import RawSpan
from roadworthy.features.ingest.validate import id_fault

EVENT = "gen_ai.evaluation.result"
_ATTRIBUTE = "gen_ai.evaluation."
_OURS = "roadworthy.score."
"""Of our SDK, and of evaluators that write for us."""
_SOURCES = frozenset({"sdk", "otel", "evaluator", "judge"})
"""Who may speak here. A person, or a business system, is known by more than what an agent sends of itself."""
_RESPONSE_ID = "gen_ai.response.id"


def scores_of_events(raw: RawSpan, *, trace_id: str, span_id: str, source: Source) -> list[Score]:
    """Take the evaluations out of a span's events."""
    found = [event for event in raw.events if event.name == EVENT]
    if not found:
        return []
    raw.events = [event for event in raw.events if event.name != EVENT]
    return [
        _score(
            event.attributes,
            project=source.project,
            trace_id=trace_id,
            span_id=span_id,
            at_ns=event.time_ns,
            version=source.version,
        )
        for event in found
    ]


def score_of(sent: Any, attributes: Attributes, *, record: IntakeRecord, version: int) -> Score | None:
    """None where the log record is no evaluation; its `trace_id` is "" where it names nothing to join it by.

    "When span id is not available", the convention says, `gen_ai.response.id` tells what was judged; a trace
    id alone may then be that of the judge.
    """
    if (sent.event_name or attributes.get("event.name")) != EVENT:
        return None
    fault = id_fault(sent.trace_id, sent.span_id)
    key = response_key(as_text(attributes.get(_RESPONSE_ID))) if fault else ""
    return _score(
        attributes,
        project=record.project,
        trace_id=key or ("" if fault == "bad_trace_id" else sent.trace_id.hex()),
        span_id="" if fault else sent.span_id.hex(),
        at_ns=sent.time_unix_nano or sent.observed_time_unix_nano,
        version=version,
    )


def _score(
    attributes: Attributes, *, project: str, trace_id: str, span_id: str, at_ns: int, version: int
) -> Score:
    get = attributes.get
    mode = as_text(get(_OURS + "mode"))
    source = as_text(get(_OURS + "source"))
    return Score(
        project=project,
        trace_id=trace_id,
        span_id=span_id,
        name=as_text(get(_ATTRIBUTE + "name")) or "evaluation",
        value=_number(get(_ATTRIBUTE + "score.value", get(_ATTRIBUTE + "score"))),
        label=as_text(get(_ATTRIBUTE + "score.label", get(_ATTRIBUTE + "label"))),
        source=source if source in _SOURCES else "otel",
        author=as_text(get(_OURS + "author")),
        evaluator_version=as_text(get(_ATTRIBUTE + "evaluator.version")),
        explanation=as_text(get(_ATTRIBUTE + "explanation")),
        mode=mode if mode in BY_ID else "",
        cost_usd=_number(get(_OURS + "cost_usd")),
        sampled=_share(get(_OURS + "sampled")),
        at_ns=at_ns,
        version=version,
    )


def _share(value: Any) -> float | None:
    """A probability; what cannot be one is unknown."""
    number = _number(value)
    return number if number is not None and 0 < number <= 1 else None


def _number(value: Any) -> float | None:
    """None for what is no number, NaN and infinity among it."""
    try:
        number = float(value) if isinstance(value, (int, float, str)) else None
    except (ValueError, OverflowError):
        return None
    return number if number is not None and math.isfinite(number) else None
