"""The spans of one run, annotated: what run assembly makes of the traces it lies in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from roadworthy.contracts.telemetry import RunPlace, TelemetryStore
from roadworthy.domain.run import Run
from roadworthy.domain.span import Span

StepsOf = Callable[[Run], Sequence[Span]]
"""A run's own spans as assembled."""


class Assembly(Protocol):
    """What run assembly answers; `run_of` maps trace_id + "/" + span_id to the id of a run."""

    @property
    def runs(self) -> Sequence[Run]: ...
    @property
    def spans(self) -> Sequence[Span]: ...
    @property
    def run_of(self) -> Mapping[str, str]: ...


class Assemble(Protocol):
    """Run assembly, which is another feature's: `app` passes it in."""

    def __call__(self, spans: Sequence[Span], *, place: RunPlace | None = None) -> Assembly: ...


def own_spans(assembly: Assembly, run: Run) -> list[Span]:
    """The run's among those of its traces. A run that is not found again among them (its rules changed since)
    gets them all."""
    own = [s for s in assembly.spans if assembly.run_of.get(f"{s.trace_id}/{s.span_id}") == run.id]
    return own or list(assembly.spans)


def assembled(store: TelemetryStore, run: Run, spans: Sequence[Span], *, assemble: Assemble) -> Assembly:
    """The assembly of the run's traces, with runs under the ids they are stored under."""
    own = RunPlace(run_id=run.id, sort_ns=run.sort_ns, trace_ids=run.trace_ids)
    assembly = assemble(spans, place=own)
    if len(assembly.runs) <= 1:
        return assembly
    # Several runs in these traces: a place names the first of them, which this one may not be.
    places = store.places_of_traces(run.project, run.trace_ids)
    first = min(places.values(), key=lambda place: (place.sort_ns, place.run_id), default=None)
    return assemble(spans, place=first)
