"""Intake records to canonical spans, scores and content of logs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from roadworthy.contracts.intake import IntakeRecord, Signal
from roadworthy.domain.rejection import Rejection
from roadworthy.domain.score import Score
from roadworthy.domain.span import Span
from roadworthy.features.ingest.any_value import Attributes, read_attributes
from roadworthy.features.ingest.evaluations import is_evaluation, score_of, scores_of_events
from roadworthy.features.ingest.log_content import LogContent, content_of
from roadworthy.features.ingest.normalise import Frame, Link, Source, normalise
from roadworthy.features.ingest.otlp_body import Request, parse_body
from roadworthy.features.ingest.raw_span import RawEvent, RawSpan
from roadworthy.features.ingest.validate import REASONS, count_points, id_fault


@dataclass(slots=True, kw_only=True)
class Decoded:
    """What one record held. `spans` are normalised, not yet masked, priced or assembled into runs."""

    spans: list[Span] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)
    """`run_id` is empty: join by trace, or by join key."""
    log_contents: list[LogContent] = field(default_factory=list)
    """Content that belongs to spans which may come in other records: see `log_content.join_content`."""
    rejections: list[Rejection] = field(default_factory=list)
    data_points: int = 0
    """Metrics are accepted and counted; their values are not kept yet."""


def decode(record: IntakeRecord, *, version: int) -> Decoded:
    """Read a record of signal TRACES, LOGS or METRICS. `version` is its offset in the intake log.

    Raises `otlp_body.BadBody` where the body as a whole cannot be read (a door lets none such in); never
    anything else, whatever the bytes. Single bad spans are left out and reported in `rejections`.
    """
    request = parse_body(record.signal, record.encoding, record.body)
    if record.signal is Signal.TRACES:
        return _decode_traces(request, record, version)
    if record.signal is Signal.LOGS:
        return _decode_logs(request, record, version)
    return Decoded(data_points=count_points(request))


def _decode_traces(request: Request, record: IntakeRecord, version: int) -> Decoded:
    decoded = Decoded()
    spans = decoded.spans
    faults: Counter[str] = Counter()
    for resource_spans in request.resource_spans:
        resource = read_attributes(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            source = Source.of(
                resource,
                scope=scope_spans.scope.name,
                project=record.project,
                received_ns=record.received_ns,
                version=version,
            )
            for sent in scope_spans.spans:
                trace_id, span_id = sent.trace_id, sent.span_id
                if fault := id_fault(trace_id, span_id):
                    faults[fault] += 1
                    continue
                raw = _raw(sent, source.scope)
                if raw.events:
                    decoded.scores += scores_of_events(
                        raw, trace_id=trace_id.hex(), span_id=span_id.hex(), source=source, faults=faults
                    )
                spans.append(normalise(raw, _frame(sent, trace_id, span_id), source))
    decoded.rejections = _rejections(faults, record, version)
    return decoded


def _raw(sent: Any, scope: str) -> RawSpan:
    raw = RawSpan(sent.name, scope, read_attributes(sent.attributes))
    if sent.events:
        raw.events = [RawEvent(e.name, e.time_unix_nano, read_attributes(e.attributes)) for e in sent.events]
    status = sent.status
    raw.status_code = status.code
    if raw.status_code == 2:
        raw.status_message = status.message
    return raw


def _frame(sent: Any, trace_id: bytes, span_id: bytes) -> Frame:
    parent = sent.parent_span_id
    frame = Frame(
        trace_id.hex(),
        span_id.hex(),
        # A parent of wrong length names nobody; a span that is its own parent is a root.
        parent.hex() if len(parent) == 8 and any(parent) and parent != span_id else "",
        _clamped(sent.start_time_unix_nano),
        _clamped(sent.end_time_unix_nano),
        sent.kind,
    )
    if sent.links:
        frame.links = [
            Link(x.trace_id.hex(), x.span_id.hex(), read_attributes(x.attributes)) for x in sent.links
        ]
    return frame


_LAST_NS = 2**63 - 1


def _clamped(time_ns: int) -> int:
    """Unsigned on the wire, signed in every store: a clock in the year 2262 is as wrong as one in 2500."""
    return time_ns if time_ns <= _LAST_NS else _LAST_NS


def _decode_logs(request: Request, record: IntakeRecord, version: int) -> Decoded:
    decoded = Decoded()
    faults: Counter[str] = Counter()
    for resource_logs in request.resource_logs:
        for scope_logs in resource_logs.scope_logs:
            for sent in scope_logs.log_records:
                attributes: Attributes = read_attributes(sent.attributes)
                if is_evaluation(sent, attributes):
                    score = score_of(sent, attributes, record=record, version=version, faults=faults)
                    if score is not None:
                        decoded.scores.append(score)
                elif content := content_of(sent, attributes, record=record, version=version):
                    decoded.log_contents.append(content)
    decoded.rejections = _rejections(faults, record, version)
    return decoded


def _rejections(faults: Counter[str], record: IntakeRecord, version: int) -> list[Rejection]:
    return [
        Rejection(
            project=record.project,
            at_ns=record.received_ns,
            signal=record.signal.name.lower(),
            reason=REASONS[code],
            code=code,
            count=count,
            version=version,
        )
        for code, count in sorted(faults.items())
    ]
