"""Spans of one bundle of traces to runs. Pure: no clock, no store, no order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from roadworthy.contracts.telemetry import RunPlace
from roadworthy.domain.run import Run
from roadworthy.domain.span import Span
from roadworthy.features.ingest.runs.delegation import mark_delegations
from roadworthy.features.ingest.runs.duplicates import merge_duplicates
from roadworthy.features.ingest.runs.forest import find_near, plant
from roadworthy.features.ingest.runs.inferred import infer_calls, infer_tools, promote_plain_tools
from roadworthy.features.ingest.runs.node import LLM, TOOLS, Node
from roadworthy.features.ingest.runs.summary import summarise
from roadworthy.features.ingest.runs.team_messages import infer_team
from roadworthy.features.ingest.runs.units import by_traces, split
from roadworthy.features.ingest.runs.whole_talks import infer_talks


@dataclass(slots=True, kw_only=True)
class Assembly:
    """`runs` by start; none where no agent worked (see `units`). `spans` are all spans put in, annotated (new
    objects where anything changed), and the inferred ones."""

    runs: list[Run] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    run_of: dict[str, str] = field(default_factory=dict)
    """trace_id + "/" + span_id → Run.id; spans of no run are left out."""


def assemble(spans: Sequence[Span], *, place: RunPlace | None = None) -> Assembly:
    """All spans of one bundle (traces joined by shared `join_keys`) to the runs they record.

    Deterministic, independent of the order of `spans`, idempotent over its own output, near-linear in the
    number of spans. Changes no span it was given. `place` says under which id and sort time the bundle's
    first run is already known; without it the id is that of the trace that started first.
    """
    nodes = plant(spans)
    assembly = Assembly()
    placed: set[int] = set()
    for number, (run, part) in enumerate(_runs(nodes)):
        if place is not None and number == 0:
            run = replace(run, id=place.run_id, sort_ns=place.sort_ns)
        assembly.runs.append(run)
        for node in part:
            placed.add(id(node))
            span = node.annotated()
            assembly.spans.append(span)
            assembly.run_of[f"{span.trace_id}/{span.span_id}"] = run.id
    assembly.spans.extend(node.annotated() for node in nodes if id(node) not in placed)
    return assembly


def runs_of(spans: Sequence[Span]) -> list[Run]:
    """The runs alone, as `assemble` finds them: what is written, at less cost."""
    return [run for run, _ in runs_and_nodes(spans)]


def runs_and_nodes(spans: Sequence[Span]) -> list[tuple[Run, list[Node]]]:
    """Each run with its nodes, inferred ones included; `node.annotated()` is what `assemble` gives of one."""
    return _runs(plant(spans))


def _runs(nodes: list[Node]) -> list[tuple[Run, list[Node]]]:
    found: list[tuple[Run, list[Node]]] = []
    by_trace = by_traces(nodes)
    starts = {trace: [n.order[0] for n in some] for trace, some in by_trace.items()}
    for part in split(by_trace):
        part += _work_out(part)
        run = summarise(part)
        run.first_step_ns = min([min(starts[trace]) for trace in run.trace_ids])
        run.last_step_ns = max([max(starts[trace]) for trace in run.trace_ids])
        found.append((run, part))
    if len(found) > 1:
        firsts = Counter(run.id for run, _ in found)
        for run, part in found:
            if firsts[run.id] > 1:
                run.id = f"{run.id}-{part[0].span.span_id}"
    _let_go(nodes)
    return found


def _let_go(nodes: Sequence[Node]) -> None:
    """Nodes no longer know their children, who know them: in a circle they and all their spans would stay in
    memory until the interpreter looks for such, which takes longer than assembling them."""
    for node in nodes:
        if node.kids:
            node.kids = []


def _work_out(nodes: list[Node]) -> list[Node]:
    """Find duplicates, delegations and hidden steps; the inferred nodes."""
    calls = [n for n in nodes if n.kind is LLM]
    promote_plain_tools(nodes, calls)
    find_near(nodes)
    tools = [n for n in nodes if n.kind in TOOLS]
    merge_duplicates(calls, tools)
    mark_delegations(nodes)
    if not calls:
        return infer_team(nodes) or infer_talks(nodes)
    return infer_tools(nodes, calls) + infer_calls(calls)
