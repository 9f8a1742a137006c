"""What ingest makes of a span is let go of when its last holder goes: the interpreter has no circles to look
for, which would take it a third of a second each time, with all spans of the last seconds in memory."""

from __future__ import annotations

import gc
import json
from collections.abc import Sequence
from pathlib import Path

from roadworthy.domain.span import Span
from roadworthy.features.ingest.decode import decode
from roadworthy.features.ingest.runs.assemble import runs_and_nodes
from roadworthy.features.judge.detectors.table import DETECTORS
from roadworthy.features.judge.failure_model.model import prior
from roadworthy.features.judge.verdict import Rules, judge_run
from tests.unit.ingest.test_live_recordings import RECORDINGS, SIGNALS, record

RULES = Rules(label="t", predict=prior().p, fingerprint=lambda _run, _findings: (), detectors=DETECTORS)


def recorded(file: Path) -> list[Span]:
    held = json.loads(file.read_text())
    return [
        span for name in SIGNALS if name in held for span in decode(record(name, held[name]), version=1).spans
    ]


def taken_in_and_judged(spans: Sequence[Span]) -> int:
    runs = runs_and_nodes(spans)
    for run, nodes in runs:
        judge_run(run, [node.annotated() for node in nodes], rules=RULES)
    return len(runs)


def test_runs_and_their_spans_go_with_their_last_holder() -> None:
    for file in sorted(RECORDINGS.iterdir()):
        spans = recorded(file)
        # What is worked out once for all runs is no matter of each.
        taken_in_and_judged(spans)
        assert circles_of(spans) == [], file.name


def circles_of(spans: Sequence[Span]) -> list[str]:
    """Types of ours that only a collection would find. (A parser of Python's own leaves small functions.)"""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        assert taken_in_and_judged(spans) > 0
        gc.collect()
        return sorted(
            {type(one).__name__ for one in gc.garbage if type(one).__module__.startswith("roadworthy")}
        )
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
