"""Tools that are other agents: handing work on is no tool execution, and stays within the run."""

from __future__ import annotations

from collections.abc import Sequence

from roadworthy.domain.run import Handoff
from roadworthy.domain.span import SpanKind
from roadworthy.features.ingest.handoffs import handoff_reason, handoff_target
from roadworthy.features.ingest.runs.duplicates import plain
from roadworthy.features.ingest.runs.node import Node

_AGENTS = frozenset({SpanKind.AGENT, SpanKind.WORKFLOW})
_TOOLS = frozenset({SpanKind.TOOL, SpanKind.HANDOFF})


def mark_delegations(nodes: Sequence[Node]) -> None:
    """A tool with an agent inside is a hand-off: either a span of kind agent, or steps that name another
    agent than the one that called the tool. `near` must be set."""
    for node in nodes:
        tool = node.near
        while tool is not None and tool.merged is not None:
            tool = tool.merged
        if tool is None or tool.kind is not SpanKind.TOOL:
            continue
        agent = node.span.agent
        other = bool(agent and tool.span.agent and agent != tool.span.agent)
        if node.kind in _AGENTS or (other and node.kind not in _TOOLS):
            tool.kind = SpanKind.HANDOFF
            tool.handoff_to = tool.handoff_to or agent or node.span.name


def agent_names(nodes: Sequence[Node]) -> set[str]:
    return {plain(n.span.agent) for n in nodes if n.kind in _AGENTS and n.span.agent}


def names_an_agent(tool_name: str, agents: set[str]) -> bool:
    """`ask_billing_specialist` where an agent `billing_specialist` took part."""
    name = plain(tool_name)
    return any(len(agent) > 2 and agent in name for agent in agents)


def handoffs(nodes: Sequence[Node]) -> tuple[Handoff, ...]:
    """In order of time; where no step said it, a change of agent on the way down says it."""
    found: list[Handoff] = []
    for node in nodes:
        if node.kind is SpanKind.HANDOFF and node.merged is None:
            found.append(_told(node))
    told = {plain(h.to_agent) for h in found}
    if not found:
        found = _changes(nodes, told)
    return tuple(sorted(found, key=lambda h: (h.at_ns, h.span_id)))


def _told(node: Node) -> Handoff:
    span = node.span
    return Handoff(
        from_agent=span.agent or _agent_above(node),
        to_agent=node.handoff_to or handoff_target(node.tool_name, span.input),
        reason=handoff_reason(span.input),
        span_id=span.span_id,
        at_ns=span.start_ns,
    )


def _changes(nodes: Sequence[Node], told: set[str]) -> list[Handoff]:
    found = []
    for node in nodes:
        if node.kind is not SpanKind.AGENT or not node.span.agent:
            continue
        above = _agent_above(node)
        if above and plain(above) != plain(node.span.agent) and plain(node.span.agent) not in told:
            found.append(
                Handoff(
                    from_agent=above,
                    to_agent=node.span.agent,
                    span_id=node.span.span_id,
                    at_ns=node.span.start_ns,
                )
            )
    return found


def _agent_above(node: Node) -> str:
    for above in node.ancestors():
        if above.kind is SpanKind.AGENT and above.span.agent:
            return above.span.agent
    return ""
