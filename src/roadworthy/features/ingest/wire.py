"""Bodies of traces to raw spans: by compiled code where there is some, else by way of protobuf's messages."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from typing import Any

from roadworthy.contracts.intake import Encoding, IntakeRecord
from roadworthy.features.ingest.any_value import Attributes, read_attributes
from roadworthy.features.ingest.otlp_body import Request, parse_body
from roadworthy.features.ingest.raw_span import Frame, Link, RawEvent, RawSpan
from roadworthy.features.ingest.validate import id_fault
from roadworthy.kit.compiled import COMPILED

Told = tuple[RawSpan, Frame]
Scope = tuple[str, list[Told]]
"""The name of an instrumentation scope, and its spans."""

log = logging.getLogger(__name__)


def compiled_reader() -> Any:
    """None where there is none, or one that fills other fields than these classes have: it was compiled
    before they got another."""
    found = getattr(COMPILED, "read_traces", None)
    try:
        if found is not None:
            found(b"", RawSpan, Frame, RawEvent, Link)
    except (TypeError, AttributeError) as other:
        log.warning("bodies of traces are not read by compiled code (make setup makes it anew): %s", other)
        return None
    return found


_read_traces = compiled_reader()


@dataclass(slots=True)
class Traces:
    """What one body of signal TRACES held, in its order; spans with wrong ids are only counted."""

    resources: list[tuple[Attributes, list[Scope]]]
    bad_trace_ids: int = 0
    bad_span_ids: int = 0

    def faults(self) -> Counter[str]:
        """How many spans had which fault, by the codes of `id_fault`."""
        return +Counter(bad_trace_id=self.bad_trace_ids, bad_span_id=self.bad_span_ids)


def read_traces(record: IntakeRecord) -> Traces:
    """Raises `otlp_body.BadBody` where the body as a whole cannot be read, and nothing else."""
    if _read_traces and record.encoding is Encoding.PROTOBUF:
        found = _read_traces(record.body, RawSpan, Frame, RawEvent, Link)
        if found is not None:
            return Traces(*found)
    return of_message(parse_body(record.signal, record.encoding, record.body))


def of_message(request: Request) -> Traces:
    """What `native/traces.c` reads out of the bytes of the message."""
    traces = Traces([])
    for resource_spans in request.resource_spans:
        scopes = [_scope(scope_spans, traces) for scope_spans in resource_spans.scope_spans]
        traces.resources.append((read_attributes(resource_spans.resource.attributes), scopes))
    return traces


def _scope(scope_spans: Any, traces: Traces) -> Scope:
    scope = scope_spans.scope.name
    spans: list[Told] = []
    for sent in scope_spans.spans:
        trace_id, span_id = sent.trace_id, sent.span_id
        fault = id_fault(trace_id, span_id)
        if not fault:
            spans.append((_raw(sent, scope), _frame(sent, trace_id, span_id)))
        elif fault == "bad_trace_id":
            traces.bad_trace_ids += 1
        else:
            traces.bad_span_ids += 1
    return scope, spans


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
