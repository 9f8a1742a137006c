"""Spans to trees: parents found, orphans and cycles marked, in an order that does not depend on arrival."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter

from roadworthy.domain.span import Span, SpanFlag
from roadworthy.features.ingest.runs.node import INFERRED, ORPHAN, Node, is_plumbing


def plant(spans: Iterable[Span]) -> list[Node]:
    """All nodes, parents before children where there are parents, else by start. Inferred spans of an earlier
    assembly are left out: they are inferred anew."""
    by_id: dict[tuple[str, str], Node] = {}
    for span in spans:
        if span.flags and INFERRED in span.flags:
            continue
        key = (span.trace_id, span.span_id)
        held = by_id.get(key)
        if held is None or _rank(span) > _rank(held.span):
            by_id[key] = Node(span)
    nodes = sorted(by_id.values(), key=attrgetter("order"))
    if not _find_parents(nodes, by_id):
        _cut_cycles(nodes)
    return _parents_first(nodes)


def _rank(span: Span) -> tuple[bool, int, int, str]:
    return (span.end_ns != 0, span.version, span.end_ns, span.name)


def _find_parents(nodes: Sequence[Node], by_id: dict[tuple[str, str], Node]) -> bool:
    """Whether all come after their parents or below roots, as almost always: then there are no cycles."""
    in_order = True
    for node in nodes:
        span = node.span
        if span.parent_id:
            node.parent = parent = by_id.get((span.trace_id, span.parent_id))
            if parent is None:
                node.flag(ORPHAN)
            elif parent.order >= node.order and parent.span.parent_id:
                in_order = False
    return in_order


def _cut_cycles(nodes: Sequence[Node]) -> None:
    """Each cycle loses the link above its earliest member, which thereby becomes a root."""
    done: set[int] = set()
    for node in nodes:
        # Most start after their parents, which have then been seen to lead to a root.
        if node.parent is None or id(node.parent) in done:
            done.add(id(node))
            continue
        path: list[Node] = []
        here: dict[int, int] = {}
        at: Node | None = node
        while at is not None and id(at) not in done:
            if id(at) in here:
                cycle = path[here[id(at)] :]
                for member in cycle:
                    member.flag(SpanFlag.PARENT_CYCLE)
                min(cycle, key=lambda n: n.order).parent = None
                break
            here[id(at)] = len(path)
            path.append(at)
            at = at.parent
        done.update(here)


def _parents_first(nodes: Sequence[Node]) -> list[Node]:
    roots: list[Node] = []
    for node in nodes:
        if node.parent is None:
            roots.append(node)
        else:
            node.parent.kids.append(node)
    ordered: list[Node] = []
    waiting = roots[::-1]
    while waiting:
        node = waiting.pop()
        ordered.append(node)
        if node.kids:
            waiting.extend(reversed(node.kids))
    return ordered


def find_near(nodes: Iterable[Node]) -> None:
    """Set `near`; parents must come first."""
    for node in nodes:
        parent = node.parent
        if parent is not None:
            node.near = parent.near if is_plumbing(parent.kind) else parent
