"""Evaluations other tools made: `gen_ai.evaluation.result`, as a span event or a log record.

Source: OTel GenAI events, "Event: gen_ai.evaluation.result".
"""

from __future__ import annotations

from collections import Counter
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
_MOST_USD = 1_000_000.0
"""Of one judgement, as over REST; what is no such price is unknown."""


def scores_of_events(
    raw: RawSpan, *, trace_id: str, span_id: str, source: Source, faults: Counter[str]
) -> list[Score]:
    """Take the evaluations out of a span's events; `faults` counts what is wrong with them, by code."""
    found = [event for event in raw.events if event.name == EVENT]
    if not found:
        return []
    raw.events = [event for event in raw.events if event.name != EVENT]
    scores = [
        _score(
            event.attributes,
            project=source.project,
            trace_id=trace_id,
            span_id=span_id,
            at_ns=event.time_ns,
            version=source.version,
            faults=faults,
        )
        for event in found
    ]
    return [score for score in scores if score is not None]


def is_evaluation(sent: Any, attributes: Attributes) -> bool:
    """Whether a log record is one."""
    return bool((sent.event_name or attributes.get("event.name")) == EVENT)


def score_of(
    sent: Any, attributes: Attributes, *, record: IntakeRecord, version: int, faults: Counter[str]
) -> Score | None:
    """The score of a log record that is an evaluation. None where it names nothing to join it by, or says
    nothing; `faults` counts what is wrong, by code.

    "When span id is not available", the convention says, `gen_ai.response.id` tells what was judged; a trace
    id alone may then be that of the judge.
    """
    fault = id_fault(sent.trace_id, sent.span_id)
    key = response_key(as_text(attributes.get(_RESPONSE_ID))) if fault else ""
    if fault == "bad_trace_id" and not key:
        faults["bad_evaluation"] += 1
        return None
    return _score(
        attributes,
        project=record.project,
        trace_id=key or sent.trace_id.hex(),
        span_id="" if fault else sent.span_id.hex(),
        at_ns=sent.time_unix_nano or sent.observed_time_unix_nano,
        version=version,
        faults=faults,
    )


def _score(
    attributes: Attributes,
    *,
    project: str,
    trace_id: str,
    span_id: str,
    at_ns: int,
    version: int,
    faults: Counter[str],
) -> Score | None:
    """None where the value is on a scale of the sender's own, and nothing else is said."""
    get = attributes.get
    sent = get(_ATTRIBUTE + "score.value", get(_ATTRIBUTE + "score"))
    value = _number(sent, most=1)
    label = as_text(get(_ATTRIBUTE + "score.label", get(_ATTRIBUTE + "label")))
    if value is None and sent not in (None, ""):
        faults["bad_score"] += 1
        if not label.strip():
            return None
    mode = as_text(get(_OURS + "mode"))
    source = as_text(get(_OURS + "source"))
    return Score(
        project=project,
        trace_id=trace_id,
        span_id=span_id,
        name=as_text(get(_ATTRIBUTE + "name")) or "evaluation",
        value=value,
        label=label,
        source=source if source in _SOURCES else "otel",
        author=as_text(get(_OURS + "author")),
        evaluator_version=as_text(get(_ATTRIBUTE + "evaluator.version")),
        explanation=as_text(get(_ATTRIBUTE + "explanation")),
        mode=mode if mode in BY_ID else "",
        cost_usd=_number(get(_OURS + "cost_usd"), most=_MOST_USD),
        sampled=_share(get(_OURS + "sampled")),
        at_ns=at_ns,
        version=version,
    )


def _share(value: Any) -> float | None:
    """A probability; what cannot be one is unknown."""
    return _number(value, most=1) or None


def _number(value: Any, *, most: float) -> float | None:
    """A number from 0 to `most`, also where it was sent as text; None for all else, NaN among it."""
    try:
        number = float(value) if isinstance(value, (int, float, str)) else None
    except (ValueError, OverflowError):
        return None
    return number if number is not None and 0 <= number <= most else None
