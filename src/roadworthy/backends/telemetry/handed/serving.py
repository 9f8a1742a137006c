"""What the process with the engine answers to `handed.store` in the process without."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from operator import attrgetter
from pathlib import Path

import orjson

from roadworthy.backends.telemetry.chdb.packing import SPAN_FIELDS
from roadworthy.backends.telemetry.chdb.store import ChdbTelemetryStore
from roadworthy.backends.telemetry.handed.calls import Answers
from roadworthy.domain.span import Span

log = logging.getLogger(__name__)

Announced = Callable[[str, Sequence[str]], None]
_FILE = re.compile(r"[0-9]+\.arrow")
_fields = attrgetter(*SPAN_FIELDS)


def write_answers(
    store: ChdbTelemetryStore,
    *,
    folder: Path,
    on_runs: Announced,
    on_said: Announced,
    on_unjudged: Announced = lambda _project, _run_ids: None,
    on_left: Announced = lambda _project, _run_ids: None,
    on_scored: Announced = lambda _project, _keys: None,
) -> Answers:
    """`on_runs(project, run_ids)` is called after the runs became queryable, `on_unjudged` with those of them
    that have no verdict, or `on_left` where there was no time for one, `on_said(project, traces)` after
    scores of these traces (or of these join keys) did, `on_scored` with the runs, traces or join keys of
    scores that have a value."""

    def insert(*, table: str, columns: Sequence[str], file: str, token: str) -> None:
        if not _FILE.fullmatch(file):
            raise ValueError(f"file: {file!r} is not a name of a handed file")
        store.insert_file(table, folder / file, columns=columns, token=token)

    def written(
        *,
        runs: dict[str, list[str]],
        unjudged: dict[str, list[str]],
        left: dict[str, list[str]],
        said: dict[str, list[str]],
        scored: dict[str, list[str]] | None = None,
    ) -> None:
        told = (
            (on_runs, runs),
            (on_unjudged, unjudged),
            (on_left, left),
            (on_said, said),
            (on_scored, scored or {}),
        )
        for announce, things in told:
            for project, ids in things.items():
                try:
                    announce(project, ids)
                except Exception:
                    # The batch is stored: what a listener cannot do must not have it written again.
                    log.exception("%d things of project %s could not be announced", len(ids), project)

    return {"insert": insert, "written": written}


def read_answers(store: ChdbTelemetryStore) -> Answers:
    def spans_of_traces(
        *, project: str, trace_ids: Sequence[str], started: Sequence[int] | None = None
    ) -> list[object]:
        first_last = (started[0], started[1]) if started else None
        return [_row(span) for span in store.spans_of_traces(project, trace_ids, started=first_last)]

    def places_of_traces(*, project: str, trace_ids: Sequence[str]) -> dict[str, object]:
        places = store.places_of_traces(project, trace_ids)
        return {
            trace_id: (place.run_id, place.sort_ns, place.trace_ids) for trace_id, place in places.items()
        }

    return {
        "spans_of_traces": spans_of_traces,
        "places_of_traces": places_of_traces,
        "traces_of_join_keys": store.traces_of_join_keys,
    }


def _row(span: Span) -> tuple[object, ...]:
    """As `chdb.nouns.SPAN_COLUMNS` has it."""
    return orjson.dumps(_fields(span)).decode(), span.input, span.output, span.attributes
