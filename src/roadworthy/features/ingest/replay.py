"""One request by itself: what would be recorded of it, with nothing stored."""

from __future__ import annotations

from roadworthy.contracts.intake import Encoding, IntakeRecord, Signal
from roadworthy.domain.run import Run
from roadworthy.domain.span import Span
from roadworthy.features.ingest.decode import decode
from roadworthy.features.ingest.runs.assemble import assemble


def runs_in(body: bytes, *, received_ns: int) -> list[tuple[Run, list[Span]]]:
    """The runs of an OTLP/JSON trace request, each with its spans as assembled. Nothing is masked or priced.
    Raises what `decode` raises for a body that is none."""
    record = IntakeRecord(
        project="replay", signal=Signal.TRACES, encoding=Encoding.JSON, received_ns=received_ns, body=body
    )
    assembly = assemble(decode(record, version=1).spans)
    spans: dict[str, list[Span]] = {run.id: [] for run in assembly.runs}
    for span in assembly.spans:
        run_id = assembly.run_of.get(f"{span.trace_id}/{span.span_id}")
        if run_id is not None:
            spans[run_id].append(span)
    return [(run, spans[run.id]) for run in assembly.runs]
