"""Intake records to canonical spans, scores and content of logs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from roadworthy.contracts.intake import IntakeRecord, Signal
from roadworthy.domain.rejection import Rejection
from roadworthy.domain.score import Score
from roadworthy.domain.span import Span
from roadworthy.features.ingest.any_value import Attributes, read_attributes
from roadworthy.features.ingest.evaluations import is_evaluation, score_of, scores_of_events
from roadworthy.features.ingest.log_content import LogContent, content_of
from roadworthy.features.ingest.normalise import Source, normalise
from roadworthy.features.ingest.otlp_body import Request, parse_body
from roadworthy.features.ingest.validate import REASONS, count_points
from roadworthy.features.ingest.wire import read_traces


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
    if record.signal is Signal.TRACES:
        return _decode_traces(record, version)
    request = parse_body(record.signal, record.encoding, record.body)
    if record.signal is Signal.LOGS:
        return _decode_logs(request, record, version)
    return Decoded(data_points=count_points(request))


def _decode_traces(record: IntakeRecord, version: int) -> Decoded:
    decoded = Decoded()
    spans = decoded.spans
    traces = read_traces(record)
    faults = traces.faults()
    for resource, scopes in traces.resources:
        for scope, told in scopes:
            source = Source.of(
                resource,
                scope=scope,
                project=record.project,
                received_ns=record.received_ns,
                version=version,
            )
            for raw, frame in told:
                if raw.events:
                    decoded.scores += scores_of_events(
                        raw,
                        trace_id=frame.trace_id,
                        span_id=frame.span_id,
                        source=source,
                        faults=faults,
                    )
                spans.append(normalise(raw, frame, source))
    decoded.rejections = _rejections(faults, record, version)
    return decoded


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
