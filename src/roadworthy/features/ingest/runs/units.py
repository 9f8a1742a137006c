"""Which spans of a bundle are one run.

1. Everything of one trace is one run: agents called as tools, hand-offs and parallel branches stay together.
2. Traces that share a join key are one run. A `failed:` key only says "at the same moment": it is believed
   where one trace's span lies within the other's; an `echo:` key where, too, the outer one is alone; a
   `used:` key of the two halves of one call; both of the two that are closest. A `talk:` key only says "the
   same words": each call that brings results goes with the call just before it that asked for them, and with
   one whose answer was not recorded only where no other asked.
3. A trace holds several runs only where a plain span (no agent convention) has below it agents that belong to
   different sessions, and no other step of an agent: somebody worked through a list of tasks inside one
   span. Each such agent is a run; the plain spans above them belong to none.
4. Spans in which no agent worked are no run: setting up (`create_agent`, listing the tools of an MCP
   server), bare HTTP and database spans, and a workflow span that says nothing but its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from roadworthy.domain.span import SpanKind
from roadworthy.features.ingest.join_keys import ECHO, FAILED, TALK, UNHEARD, USED, talk_of
from roadworthy.features.ingest.runs.duplicates import closest, halves
from roadworthy.features.ingest.runs.node import AGENT, HANDOFF, LLM, OTHER, PLACEHOLDER, TOOL, Node

_STEPS = frozenset(
    {
        LLM,
        AGENT,
        TOOL,
        SpanKind.RETRIEVAL,
        SpanKind.EMBEDDING,
        SpanKind.RERANKER,
        HANDOFF,
        SpanKind.GUARDRAIL,
        SpanKind.EVALUATOR,
        SpanKind.PLAN,
        SpanKind.MEMORY,
    }
)


def by_traces(nodes: Iterable[Node]) -> dict[str, list[Node]]:
    by_trace: dict[str, list[Node]] = {}
    for node in nodes:
        by_trace.setdefault(node.span.trace_id, []).append(node)
    return by_trace


def split(by_trace: dict[str, list[Node]]) -> list[list[Node]]:
    """Groups of nodes, each one run, parents first; ordered by start. Nodes of no run are in none."""
    groups = list(by_trace.values()) if len(by_trace) == 1 else _joined(by_trace)
    found: list[list[Node]] = []
    for group in groups:
        found.extend(part for part in _by_session(group) if _is_run(part))
    if len(found) > 1:
        found.sort(key=lambda part: min(n.order for n in part))
    return found


def _joined(by_trace: dict[str, list[Node]]) -> list[list[Node]]:
    leader = {trace: trace for trace in by_trace}

    def find(trace: str) -> str:
        while leader[trace] != trace:
            leader[trace] = leader[leader[trace]]
            trace = leader[trace]
        return trace

    def join(left: str, right: str) -> None:
        left, right = find(left), find(right)
        if left != right:
            leader[max(left, right)] = min(left, right)

    holders: dict[str, list[Node]] = {}
    for trace, nodes in by_trace.items():
        for node in nodes:
            for key in node.span.join_keys:
                if key.startswith("trace:") and key[6:] in leader:
                    join(trace, key[6:])
                holders.setdefault(key, []).append(node)
    heard: set[int] = set()
    for key, nodes in holders.items():
        if key.startswith(FAILED):
            _join_twins(nodes, join)
        elif key.startswith(USED):
            for left, right in halves(nodes):
                join(left.span.trace_id, right.span.trace_id)
        elif key.startswith(ECHO):
            _join_echoes(nodes, join)
        elif key.startswith(UNHEARD):
            continue
        elif key.startswith(TALK):
            heard |= _join_talk(key, nodes, join)
        else:
            for node in nodes[1:]:
                join(nodes[0].span.trace_id, node.span.trace_id)
    unheard = [key for key in holders if key.startswith(UNHEARD)]
    asked = _asked(by_trace) if unheard else {}
    for key in unheard:
        waiting = [n for n in holders[key] if id(n) not in heard and not _is_answered(n, asked)]
        _join_talk(key, waiting, join, asking=holders[key])
    groups: dict[str, list[Node]] = {}
    for trace, nodes in by_trace.items():
        groups.setdefault(find(trace), []).extend(nodes)
    return list(groups.values())


def _join_twins(nodes: Sequence[Node], join: Callable[[str, str], None]) -> None:
    for outer in nodes:
        for inner in nodes:
            a, b = outer.span, inner.span
            if a.scope != b.scope and a.start_ns <= b.start_ns and b.end_ns <= a.end_ns:
                join(a.trace_id, b.trace_id)


def _join_echoes(nodes: Sequence[Node], join: Callable[[str, str], None]) -> None:
    alone, others = [n for n in nodes if not n.kids], [n for n in nodes if n.kids]
    for outer, inner in closest(alone, others, fits=_lies_around):
        join(outer.span.trace_id, inner.span.trace_id)


def _lies_around(outer: Node, inner: Node) -> bool:
    a, b = outer.span, inner.span
    return a.start_ns <= b.start_ns and b.end_ns <= a.end_ns


def _join_talk(
    key: str,
    nodes: Sequence[Node],
    join: Callable[[str, str], None],
    *,
    asking: Sequence[Node] | None = None,
) -> set[int]:
    """Each call that brings results goes with the call that asked for them last before it; the ids of nodes
    that found theirs. `asking` are those that may have asked, where they are others than `nodes`."""
    may_have = nodes if asking is None else asking
    asks = sorted(
        (n for n in may_have if key in talk_of(n.span).asks), key=lambda n: (n.span.end_ns, n.order)
    )
    found: set[int] = set()
    before: list[Node] = []
    at = 0
    for node in sorted((n for n in nodes if key in talk_of(n.span).brings), key=lambda n: n.order):
        while at < len(asks) and asks[at].span.end_ns <= node.span.start_ns:
            before.append(asks[at])
            at += 1
        if before:
            join(before.pop().span.trace_id, node.span.trace_id)
            found.add(id(node))
    return found


def _asked(by_trace: Mapping[str, Sequence[Node]]) -> dict[str, int]:
    """By the id of a call, when the answer that asked for it had ended."""
    found: dict[str, int] = {}
    for node in (n for nodes in by_trace.values() for n in nodes if n.kind is LLM):
        for call in (c for m in node.said() for c in m.get("tool_calls", ()) if c.get("id")):
            found[call["id"]] = min(found.get(call["id"], node.span.end_ns), node.span.end_ns)
    return found


def _is_answered(node: Node, asked: Mapping[str, int]) -> bool:
    """Whether it is known who asked for the calls whose results it brings."""
    start_ns = node.span.start_ns
    return any(asked.get(ident, start_ns + 1) <= start_ns for ident in talk_of(node.span).ids)


def _by_session(nodes: list[Node]) -> list[list[Node]]:
    tops = [n for n in nodes if n.kind is AGENT and n.parent is not None and _only_plain_above(n)]
    sessions = {n.span.session_id for n in tops}
    if len(tops) < 2 or len(sessions) < 2 or "" in sessions:
        return [nodes]
    parts = [_below(top) for top in tops]
    within = {id(node) for part in parts for node in part}
    if any(_is_work(node) for node in nodes if id(node) not in within):
        return [nodes]
    return parts


def _only_plain_above(node: Node) -> bool:
    return all(not above.span.dialect for above in node.ancestors())


def _below(top: Node) -> list[Node]:
    found: list[Node] = []
    waiting = [top]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting.extend(reversed(node.kids))
    return found


def _is_run(nodes: Iterable[Node]) -> bool:
    return any(_is_work(node) for node in nodes)


def _is_work(node: Node) -> bool:
    span = node.span
    if PLACEHOLDER in node.flags:
        return False
    if node.kind in _STEPS or span.outcome:
        return True
    return (
        bool(span.dialect)
        and span.dialect != "mcp"
        and bool(span.input or span.output)
        and (node.kind is not OTHER)
    )
