"""What a drill wants to know of its runs: the calls they made, and what detectors found in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from roadworthy.contracts.exchange_log import ExchangeQuery, ExchangeReader
from roadworthy.contracts.telemetry import Filter, Op, RunQuery, TelemetryStore
from roadworthy.domain.exchange import Exchange

_RUNS_ASKED = 200


def exchanges_by_run(
    reader: ExchangeReader, project: str, run_ids: Sequence[str]
) -> Mapping[str, Sequence[Exchange]]:
    """By the id that the drill gave the run, by start."""
    found: dict[str, list[Exchange]] = {}
    for place in range(0, len(run_ids), _RUNS_ASKED):
        for one in reader.named(project, run_ids=run_ids[place : place + _RUNS_ASKED]):
            found.setdefault(one.binding.run_id, []).append(one)
    return found


def applied_faults(reader: ExchangeReader, project: str, drill_id: str, *, most: int) -> int:
    """How many calls a live drill put a fault into; at most `most` are counted."""
    query = ExchangeQuery(drill=drill_id, limit=most)
    return sum(bool(one.fault) for one in reader.exchanges(project, query))


def findings_by_run(
    store: TelemetryStore, project: str, run_ids: Sequence[str]
) -> Mapping[str, Sequence[str]]:
    """Names of the detectors that found something in the runs; those that sent no telemetry have none."""
    found: dict[str, Sequence[str]] = {}
    for place in range(0, len(run_ids), _RUNS_ASKED):
        some = tuple(run_ids[place : place + _RUNS_ASKED])
        query = RunQuery(filters=(Filter(field="id", op=Op.IN, value=some),), limit=len(some))
        found.update((run.id, run.detectors) for run in store.runs(project, query))
    return found
