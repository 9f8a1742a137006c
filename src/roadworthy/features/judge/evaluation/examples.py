"""Labelled runs, judged: what fitting and measuring both start from."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from roadworthy.domain.finding import Finding
from roadworthy.features.judge.detector import Detector
from roadworthy.features.judge.evaluation.sources import SOURCES
from roadworthy.features.judge.evaluation.split import Half
from roadworthy.features.judge.evaluation.traces import LabelledTrace, Record, Source
from roadworthy.features.judge.failure_model.fit import Example
from roadworthy.features.judge.failure_model.reading import Reading, read
from roadworthy.features.judge.transcript import Transcript
from roadworthy.features.judge.verdict import find


@dataclass(slots=True, kw_only=True)
class Judged:
    trace: LabelledTrace
    transcript: Transcript
    findings: list[Finding]
    reading: Reading
    cpu_ms: float
    """Of building the transcript, all detectors and the reading of signals."""


def judged(
    source: Source, folder: Path, *, record: Record, detectors: Sequence[Detector], half: Half | None = None
) -> Iterator[Judged]:
    """Runs of a source in the order of its file; of one half, or of both. ValueError where a trace does not
    hold exactly one run."""
    for trace in source.traces(folder):
        if half is not None and trace.half is not half:
            continue
        runs = record(trace.body)
        if len(runs) != 1:
            raise ValueError(f"{source.name}: {trace.id} holds {len(runs)} runs, expected one")
        began = time.process_time()
        transcript = Transcript(*runs[0])
        findings = find(transcript, detectors=detectors)
        reading = read(transcript, findings)
        spent = time.process_time() - began
        yield Judged(
            trace=trace, transcript=transcript, findings=findings, reading=reading, cpu_ms=spent * 1e3
        )


def development_examples(folder: Path, *, record: Record, detectors: Sequence[Detector]) -> list[Example]:
    """What the prior is fitted on: the development halves of the sources that measure outcomes.
    FileNotFoundError where one is missing."""
    return [
        Example(
            reading=one.reading,
            failed=bool(one.trace.failed),
            task=one.trace.task,
            dataset=one.trace.dataset,
        )
        for source in SOURCES
        if source.fits
        for one in judged(source, folder, record=record, detectors=detectors, half=Half.DEVELOPMENT)
    ]
