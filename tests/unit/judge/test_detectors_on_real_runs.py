"""Real runs of real frameworks whose course is known: what went wrong is found, and nothing else.

The script (meta.json): ticket 1002's refund times out, and the agent admits it; ticket 1005's refund is
refused, and the agent says that it is done; 1001, 1003, 1004, 1007 and 1008 go well.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from roadworthy.domain.finding import Finding
from roadworthy.features.ingest.runs.assemble import assemble
from roadworthy.features.judge.detectors.table import DETECTORS
from roadworthy.features.judge.history import NO_HISTORY
from roadworthy.features.judge.transcript import Transcript
from tests import payloads as shared
from tests.unit.ingest.ingest_path import IngestPath, Payloads, traces_of

GOOD = {"T-1001", "T-1003", "T-1004", "T-1007", "T-1008"}
NOT_SENT = {"litellm-native"}
"""Folders of frameworks that send no answers or no results: nobody can see there what was claimed."""
WORTH_KNOWING = {one.name for one in DETECTORS if not one.suspicious}


def folders() -> list[str]:
    data = shared.shared_data()
    if data is None:
        return ["(shared/data is not there)"]
    return sorted(folder.name for folder in (data / "otlp").iterdir())


def transcripts(payloads: Payloads) -> list[tuple[dict[str, Any], Transcript]]:
    path = IngestPath()
    path.take(payloads.records())
    everything = sorted({trace for run in path.runs() for trace in run.trace_ids})
    assembled = assemble(path.store.spans_of_traces("default", everything))
    found = []
    for meta in payloads.meta["runs"]:
        traces = traces_of(payloads, meta["files"])
        for run in assembled.runs:
            if traces.intersection(run.trace_ids):
                own = [s for s in assembled.spans if assembled.run_of[f"{s.trace_id}/{s.span_id}"] == run.id]
                found.append((meta, Transcript(run, own)))
    return found


def findings(transcript: Transcript) -> list[Finding]:
    return [one for detector in DETECTORS for one in detector.detect(transcript, NO_HISTORY)]


@pytest.mark.parametrize("folder", folders())
def test_what_went_wrong_is_found_and_nothing_else(shared_data: Path, folder: str) -> None:
    runs = transcripts(Payloads(shared_data / "otlp" / folder))
    assert runs
    for meta, transcript in runs:
        found = {one.detector: one for one in findings(transcript)}
        names = found.keys() - WORTH_KNOWING
        where = f"{meta['run']}: {[one.reason for one in found.values()]}"
        if meta["ticket"] in GOOD and not meta.get("run_error"):
            assert not names, where
        if meta["ticket"] == "T-1002" and "could not" in (meta.get("final_answer") or ""):
            # Nobody hid the time-out from whoever asked; some frameworks' spans hid it from us.
            assert not names & {"false_success_claim", "tool_error_ignored", "ungrounded_value"}, where
        if meta["ticket"] == "T-1005" and folder not in NOT_SENT:
            assert names >= {"false_success_claim", "tool_error_ignored"}, where
            assert found["false_success_claim"].tool == "issue_refund", where


@pytest.mark.parametrize("folder", sorted(NOT_SENT))
def test_where_nothing_is_found_nothing_was_sent(shared_data: Path, folder: str) -> None:
    seen = [
        (transcript.answer, any(tool.negative for tool in transcript.tools))
        for meta, transcript in transcripts(Payloads(shared_data / "otlp" / folder))
        if meta["ticket"] == "T-1005"
    ]
    assert seen and not any(answer and refused for answer, refused in seen)
