"""Writes batches to a chDB folder until it is killed; says `ready`, then each token once it was acknowledged.

Run as a process of its own: `python writer_process.py FOLDER PROJECT`.
"""

from __future__ import annotations

import itertools
import sys

from roadworthy.backends.telemetry.chdb.store import ChdbTelemetryStore
from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.run import Run
from roadworthy.domain.span import Span

NOON = 1_795_348_800_000_000_000
ROWS = 200


def numbered_batch(project: str, number: int) -> TelemetryBatch:
    """The same number makes the same batch, in whichever process."""
    trace = f"{number:032x}"
    spans = [
        Span(
            project=project,
            trace_id=trace,
            span_id=f"{row:016x}",
            start_ns=NOON + row,
            received_ns=NOON,
            version=number,
            input="some words " * 20,
            join_keys=(f"key-{number}",),
        )
        for row in range(ROWS)
    ]
    run = Run(project=project, id=trace, sort_ns=NOON + number, version=number, trace_ids=(trace,))
    return TelemetryBatch(token=f"batch-{number}", spans=spans, runs=[run])


def main(folder: str, project: str) -> None:
    store = ChdbTelemetryStore(folder)
    print("ready", flush=True)
    for number in itertools.count(1):
        store.write(numbered_batch(project, number))
        print(number, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
