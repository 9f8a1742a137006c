"""What a process that ends between two inserts of a batch leaves behind is never more than what is true."""

from __future__ import annotations

from roadworthy.backends.telemetry.chdb.writing import inserts_of
from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.run import Run
from roadworthy.domain.score import Score
from roadworthy.domain.span import Span

NOW = 1_790_000_000_000_000_000


def test_a_run_is_written_after_its_spans_and_after_the_scores_that_judged_it() -> None:
    trace = "ab" * 16
    batch = TelemetryBatch(
        token="judge:1",
        spans=[Span(project="p", trace_id=trace, span_id="cd" * 8, start_ns=NOW, received_ns=NOW)],
        runs=[Run(project="p", id=trace, trace_ids=(trace,), sort_ns=NOW, judged="detectors")],
        scores=[Score(project="p", run_id=trace, name="quick", value=1.0, source="evaluator", at_ns=NOW)],
    )

    tables = [insert.table for insert in inserts_of(batch)]

    assert tables[-1] == "runs"
    assert set(tables) == {"spans", "scores", "trace_runs", "runs"}
