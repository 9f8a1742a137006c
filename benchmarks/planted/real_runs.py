"""Good runs of real agent frameworks, as their instrumentation sent them: what must raise no alarm."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from roadworthy.contracts.intake import Encoding, IntakeRecord, Signal
from roadworthy.domain.span import Span
from roadworthy.features.ingest.decode import decode
from roadworthy.features.ingest.runs.assemble import assemble
from roadworthy.features.judge.evaluation.traces import START_NS
from roadworthy.features.judge.transcript import Transcript

DATASET = "otlp of agent frameworks"
GOOD = ("T-1001", "T-1003", "T-1004", "T-1007")
"""Tickets in which no call fails and the answer is what the tools said."""


def good_runs(data: Path) -> Iterator[Transcript]:
    """One by one; none where the folder does not have them."""
    for folder in sorted(data.glob("otlp/*/")):
        told = json.loads((folder / "meta.json").read_text())
        for run in told["runs"]:
            if run.get("ticket") in GOOD and not run.get("run_error") and not run.get("failed_tools"):
                yield from _assembled([folder / name for name in run.get("files", ())])


def _assembled(files: list[Path]) -> Iterator[Transcript]:
    spans: list[Span] = []
    for file in files:
        if not file.name.endswith(".pb") or "traces" not in _signal(file):
            continue
        record = IntakeRecord(
            project="planted",
            signal=Signal.TRACES,
            encoding=Encoding.PROTOBUF,
            received_ns=START_NS,
            body=file.read_bytes(),
        )
        spans += decode(record, version=1).spans
    assembly = assemble(spans)
    for run in assembly.runs:
        own = [s for s in assembly.spans if assembly.run_of.get(f"{s.trace_id}/{s.span_id}") == run.id]
        yield Transcript(run, own)


def _signal(file: Path) -> str:
    told = json.loads((file.parent / "meta.json").read_text())
    return next((each["signal"] for each in told["files"] if each["file"] == file.name), "")
