"""Whether a body an agent sent can be accepted: asked before the 200, so it must be cheap.

Reads no attribute. The same bodies are decoded again by `decode`, later and elsewhere, with the same verdict:
what `validate` accepts, `decode` reads, and what it rejects span by span, `decode` reports as `Rejection`s
for storage. A door therefore records nothing itself for partly rejected bodies, and one rejection
for `BadBody`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from roadworthy.contracts.intake import Encoding, Signal
from roadworthy.domain.rejection import Rejection
from roadworthy.features.ingest.otlp_body import BadBody, Request, parse_body

__all__ = ["Acceptance", "BadBody", "validate"]

_NO_TRACE = bytes(16)
_NO_SPAN = bytes(8)

MOST_GROUPS = 20_000
"""Resources and scopes in one body: tens are usual, and 64 MiB has room for 32 million empty ones."""
MOST_ITEMS = 200_000
"""Spans, log records or metrics in one body: exporters send 512, collectors 8,192 at once."""
_FIELDS = {
    Signal.TRACES: ("resource_spans", "scope_spans", "spans"),
    Signal.LOGS: ("resource_logs", "scope_logs", "log_records"),
    Signal.METRICS: ("resource_metrics", "scope_metrics", "metrics"),
}

REASONS = {
    "bad_trace_id": "trace_id must be 16 bytes (32 hex digits in JSON) and not all zero",
    "bad_span_id": "span_id must be 8 bytes (16 hex digits in JSON) and not all zero",
    "bad_evaluation": "a gen_ai.evaluation.result in a log record needs a trace_id, "
    "or a gen_ai.response.id that is no other answer's (longer than a counter)",
    "bad_score": "gen_ai.evaluation.score.value must be a number from 0 to 1; of a gen_ai.evaluation.result "
    "with another one only what its label says is kept",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """`accepted` spans, log records or data points; `rejected` holds one entry a reason, with its count."""

    accepted: int
    rejected: list[Rejection] = field(default_factory=list)

    @property
    def rejected_count(self) -> int:
        return sum(r.count for r in self.rejected)


def validate(
    signal: Signal, encoding: Encoding, body: bytes, *, project: str = "", at_ns: int = 0
) -> Acceptance:
    """Count what can be accepted. Raises `BadBody` where the body as a whole cannot be read."""
    request = parse_body(signal, encoding, body)
    _refuse_crowd(request, signal=signal)
    if signal is Signal.TRACES:
        return _check_spans(request, project=project, at_ns=at_ns)
    if signal is Signal.LOGS:
        return Acceptance(
            accepted=sum(len(s.log_records) for r in request.resource_logs for s in r.scope_logs)
        )
    return Acceptance(accepted=count_points(request))


def _refuse_crowd(request: Request, *, signal: Signal) -> None:
    """Raise `BadBody` for a body whose parts would take minutes to walk and gigabytes to hold."""
    resource_field, scope_field, item_field = _FIELDS[signal]
    resources = getattr(request, resource_field)
    groups = len(resources)
    if groups <= MOST_GROUPS:
        groups += sum(len(getattr(resource, scope_field)) for resource in resources)
    if groups > MOST_GROUPS:
        raise BadBody("too_many_parts", f"At most {MOST_GROUPS} resources and scopes a body, got {groups}.")
    items = sum(len(getattr(s, item_field)) for r in resources for s in getattr(r, scope_field))
    if items > MOST_ITEMS:
        raise BadBody("too_many_parts", f"At most {MOST_ITEMS} {item_field} a body, got {items}.")


def id_fault(trace_id: bytes, span_id: bytes) -> str:
    """Code of what is wrong with the ids of a span, "" where nothing is."""
    if len(trace_id) != 16 or trace_id == _NO_TRACE:
        return "bad_trace_id"
    if len(span_id) != 8 or span_id == _NO_SPAN:
        return "bad_span_id"
    return ""


def count_points(request: Request) -> int:
    """Data points of a metrics request."""
    points = 0
    for resource in request.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                which = metric.WhichOneof("data")
                points += len(getattr(metric, which).data_points) if which else 0
    return points


def _check_spans(request: Request, *, project: str, at_ns: int) -> Acceptance:
    accepted = 0
    faults: Counter[str] = Counter()
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                fault = id_fault(span.trace_id, span.span_id)
                if fault:
                    faults[fault] += 1
                else:
                    accepted += 1
    rejected = [
        Rejection(project=project, at_ns=at_ns, signal="traces", reason=REASONS[code], code=code, count=count)
        for code, count in sorted(faults.items())
    ]
    return Acceptance(accepted=accepted, rejected=rejected)
